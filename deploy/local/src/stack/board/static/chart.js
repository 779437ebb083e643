/** A small chart of the last quarter of an hour: lines over time, with what was where under the pointer. */
import { h } from "./dom.js";
import { brief, clock, number, t } from "./words.js";

const WIDTH = 600, HEIGHT = 150;
const LEFT = 40, RIGHT = 4; // as the sheet places the drawing in its box
const SPAN_SECONDS = 900;
const GAP_SECONDS = 7; // longer than this nobody looked: the line has a hole

/** Make a chart; `lines` are {name, tone, filled}. `draw` gives it times and values by name. */
export function chart(lines) {
  const plot = h("svg", { class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", preserveAspectRatio: "none" });
  const axis = h("div", { class: "axis", "aria-hidden": "true" });
  const tip = h("div", { class: "tip", hidden: true });
  const legend = h("div", { class: "legend" });
  const title = h("figcaption", {});
  const box = h("div", { class: "plot-box" }, plot, axis, tip);
  const made = h("figure", { class: "chart" }, h("div", { class: "chart-head" }, title, legend), box);
  const state = { times: [], values: {}, top: 1, words: {} };

  function draw(caption, words, times, values) {
    Object.assign(state, { times, values, words });
    title.textContent = caption;
    legend.replaceChildren(...(lines.length > 1 ? lines.map((line) => entry(line)) : []));
    state.top = ceiling(Math.max(0, ...lines.flatMap(({ name }) => (values[name] ?? []).filter(isKnown))));
    plot.setAttribute("aria-label", caption);
    plot.replaceChildren(...grid(), ...lines.flatMap((line) => drawn(line)));
    label();
  }

  const isKnown = (value) => value !== null && value !== undefined;
  const end = () => state.times.at(-1) ?? 0;
  const x = (time) => WIDTH - ((end() - time) / SPAN_SECONDS) * WIDTH;
  const y = (value) => HEIGHT - (value / state.top) * (HEIGHT - 4) - 1;
  const entry = ({ name, tone }) =>
    h("span", {}, h("i", { class: `key ${tone}` }), state.words[name], " ", h("b", {}, number(state.values[name]?.at(-1))));

  function grid() {
    return [0, 0.5, 1].map((share) => {
      const height = y(state.top * share);
      return h("line", { class: "grid", x1: 0, x2: WIDTH, y1: height, y2: height });
    });
  }

  /** Labels are of the page and not of the drawing, which is stretched to its place. */
  function label() {
    const rows = [1, 0.5, 0].map((share) => h("span", { class: `y y${share * 2}` }, brief(state.top * share)));
    const columns = [15, 10, 5].map((n) => h("span", { class: `x x${n}` }, t("chart.ago", { n })));
    axis.replaceChildren(...rows, ...columns, h("span", { class: "x x0" }, t("chart.now")));
  }

  function drawn({ name, tone, filled }) {
    const runs = whole(name);
    const strokes = runs.map((run) => `M${run.map(([a, b]) => `${a.toFixed(1)} ${b.toFixed(1)}`).join("L")}`);
    const areas = runs.map((run, place) => `${strokes[place]}V${HEIGHT}H${run[0][0].toFixed(1)}Z`);
    return [
      filled ? h("path", { class: `area ${tone}`, d: areas.join("") }) : null,
      h("path", { class: `stroke ${tone}`, d: strokes.join("") }),
    ].filter(Boolean);
  }

  /** Split the line where something was not known, or where nobody looked. */
  function whole(name) {
    const runs = [[]];
    let before = null;
    state.times.forEach((time, place) => {
      const value = state.values[name]?.[place];
      if (!isKnown(value) || (before !== null && time - before > GAP_SECONDS)) runs.push([]);
      if (isKnown(value)) runs.at(-1).push([x(time), y(value)]);
      before = time;
    });
    return runs.filter((run) => run.length > 1);
  }

  function point(event) {
    const place = box.getBoundingClientRect();
    const share = (event.clientX - place.left - LEFT) / (place.width - LEFT - RIGHT);
    const wanted = end() - (1 - share) * SPAN_SECONDS;
    const nearest = state.times.reduce(
      (best, time, here) => (Math.abs(time - wanted) < Math.abs(state.times[best] - wanted) ? here : best), 0);
    if (!state.times.length || Math.abs(state.times[nearest] - wanted) > 20) return leave();
    const said = lines.map(({ name }) => `${state.words[name]} ${number(state.values[name]?.[nearest])}`);
    tip.textContent = [clock(new Date(state.times[nearest] * 1000)), ...said].join(" · ");
    tip.hidden = false;
    tip.style.left = `${Math.max(LEFT, Math.min(event.clientX - place.left + 8, place.width - tip.offsetWidth - 4))}px`;
  }

  const leave = () => { tip.hidden = true; };
  box.addEventListener("pointermove", point);
  box.addEventListener("pointerdown", point);
  box.addEventListener("pointerleave", leave);
  return { element: made, draw };
}

/** Return the next number that is round enough for an axis. */
function ceiling(most) {
  if (most <= 1) return 1;
  const size = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 5, 8, 10].map((n) => n * size).find((n) => n >= most);
}
