/** A grid of shops and hours, and the figures of the one that was chosen; text never becomes markup. */
import { h } from "../mappings/dom.js"; // one for all scripts of the page
import { top } from "../mappings/top.js";
import { speakAsUsual, spoken } from "../mappings/words.js";
import WORDS from "./words.js";

const ROOT = new URL("../v1/completeness", import.meta.url);
const KEY = "sluice.ingest.key";
const READ_MS = 10_000;
const AGAIN_MS = 15_000;
const HOURS_MAX = 5_000;
const SPANS = [24, 72, 168];
const FIGURES = ["sold", "received", "quarantined", "missing", "late"];
const KINDS = ["complete", "came_late", "some_missing", "quiet"];

let hours = [];
let span = 24;
let channel = "";
let picked = null; // the key of the hour whose figures are shown
let trouble = null;
let timer = null;

const t = (name, values = {}) =>
  (WORDS[spoken()][name] ?? name).replace(/\{(\w+)\}/g, (_, value) => String(values[value] ?? ""));
const locale = () => (spoken() === "zh" ? "zh-Hans-CN" : "en-GB");
const number = (n) => new Intl.NumberFormat(locale()).format(n);
const time = (text, options) => new Intl.DateTimeFormat(locale(), options).format(new Date(text));
const CLOCK = { hour: "2-digit", minute: "2-digit" };
const DAY_CLOCK = { month: "short", day: "numeric", ...CLOCK };
const keyOf = (hour) => `${hour.channel}/${hour.shop}/${hour.begins_at}`;

// --- what is loaded ---------------------------------------------------------------------------

async function ask() {
  const url = new URL(ROOT);
  url.searchParams.set("since", new Date(Date.now() - span * 3_600_000).toISOString());
  url.searchParams.set("limit", HOURS_MAX);
  const response = await fetch(url, {
    headers: { Accept: "application/json", Authorization: `Bearer ${sessionStorage.getItem(KEY)}` },
    cache: "no-store", credentials: "omit", redirect: "error", signal: AbortSignal.timeout(READ_MS),
  });
  return [response.status, response.ok ? (await response.json()).hours : []];
}

async function turn() {
  clearTimeout(timer);
  if (!sessionStorage.getItem(KEY) || document.hidden) return;
  let status = 0;
  let found = [];
  try {
    [status, found] = await ask();
  } catch {
    status = 0; // asked again below
  }
  if (status === 401) leave("refused");
  else {
    if (status === 200) hours = found;
    trouble = { 200: null, 403: t("forbidden") }[status] ?? (status === 200 ? null : t("away"));
    draw();
    timer = setTimeout(turn, AGAIN_MS);
  }
}

function leave(why = null) {
  clearTimeout(timer);
  sessionStorage.removeItem(KEY);
  hours = [];
  trouble = why && t(why);
  draw();
}

// --- what is shown ----------------------------------------------------------------------------

function kindOf(hour) {
  if (hour.missing) return "some_missing";
  if (hour.late) return "came_late";
  return hour.sold ? "complete" : "quiet";
}

function shops() {
  const found = new Map();
  for (const hour of hours) {
    if (channel && hour.channel !== channel) continue;
    const name = `${hour.channel} / ${hour.shop}`;
    if (!found.has(name)) found.set(name, []);
    found.get(name).push(hour);
  }
  for (const all of found.values()) all.sort((a, b) => a.begins_at.localeCompare(b.begins_at));
  return [...found.entries()].sort(([a], [b]) => a.localeCompare(b));
}

function total(all, name) {
  return all.reduce((sum, hour) => sum + hour[name], 0);
}

function cell(hour) {
  const kind = kindOf(hour);
  const when = time(hour.begins_at, DAY_CLOCK);
  const label = `${when}: ${t(kind)}, ${t("sold")} ${number(hour.sold)}, ${t("missing")} ${number(hour.missing)}`;
  const chosen = picked === keyOf(hour);
  const shown = hour.missing || hour.late || "";
  return h("button", {
    type: "button", class: `cell ${kind}`, title: label, "aria-label": label, "aria-pressed": String(chosen),
    on: { click: () => { picked = chosen ? null : keyOf(hour); draw(); } },
  }, String(shown));
}

function shopCard([name, all]) {
  const chosen = all.find((hour) => keyOf(hour) === picked);
  return h("section", { class: "card" },
    h("div", { class: "head" },
      h("h3", {}, name),
      h("p", { class: "sums" },
        h("span", {}, `${t("sold")} ${number(total(all, "sold"))}`),
        h("span", {}, `${t("received")} ${number(total(all, "received") + total(all, "late"))}`),
        h("span", { class: total(all, "missing") ? "bad" : "" }, `${t("missing")} ${number(total(all, "missing"))}`),
        h("span", { class: total(all, "late") ? "warn" : "" }, `${t("late")} ${number(total(all, "late"))}`))),
    h("div", { class: "cells" }, all.map(cell)),
    h("p", { class: "ends" }, h("span", {}, time(all[0].begins_at, DAY_CLOCK)), h("span", {}, time(all.at(-1).ends_at, DAY_CLOCK))),
    chosen ? figures(name, chosen) : null);
}

function figures(name, hour) {
  const said = ["missing", "late"].filter((what) => hour[what]);
  return h("div", { class: "figures" },
    h("strong", {}, t("of", { shop: name, from: time(hour.begins_at, DAY_CLOCK), to: time(hour.ends_at, CLOCK) })),
    h("dl", {}, FIGURES.map((what) => h("div", { class: hour[what] ? what : "" }, h("dt", {}, t(what)), h("dd", {}, number(hour[what]))))),
    said.map((what) => h("p", {}, t(`explained.${what}`, { n: number(hour[what]) }))),
    h("p", { class: "quiet" }, t("checked", { when: time(hour.checked_at, DAY_CLOCK) })));
}

function choices() {
  const channels = [...new Set(hours.map((hour) => hour.channel))].sort();
  const spanOf = (event) => { span = Number(event.target.value); turn(); };
  const channelOf = (event) => { channel = event.target.value; draw(); };
  return h("div", { class: "choices" },
    h("label", {}, t("span"), h("select", { id: "span", on: { change: spanOf } },
      SPANS.map((one) => h("option", { value: one, selected: one === span }, t(`span.${one}`))))),
    h("label", {}, t("channel"), h("select", { id: "channel", on: { change: channelOf } },
      h("option", { value: "" }, t("every")),
      channels.map((one) => h("option", { value: one, selected: one === channel }, one)))));
}

function legend() {
  return h("ul", { class: "legend", "aria-label": t("legend") },
    KINDS.map((kind) => h("li", {}, h("span", { class: `cell ${kind}`, "aria-hidden": "true" }), t(kind))));
}

function door() {
  const enter = (event) => {
    event.preventDefault();
    sessionStorage.setItem(KEY, event.target.elements.namedItem("key").value.trim());
    trouble = null;
    turn();
  };
  return h("main", { class: "door" }, h("form", { class: "card", on: { submit: enter } },
    h("h1", {}, t("title")), h("p", { class: "quiet" }, t("sign_in")),
    trouble ? h("p", { class: "problem", role: "alert" }, trouble) : null,
    h("label", {}, t("key"), h("input", { name: "key", type: "password", required: true, autocomplete: "off", maxlength: "500" })),
    h("button", { class: "primary" }, t("enter"))));
}

function overview() {
  const all = shops();
  return h("main", {},
    h("div", {}, h("h1", {}, t("title")), h("p", { class: "quiet" }, t("about"))),
    trouble ? h("p", { class: "problem", role: "alert" }, trouble) : null,
    choices(), legend(),
    all.length ? all.map(shopCard) : h("p", { class: "card quiet" }, t("none")),
    all.length ? h("p", { class: "quiet" }, `${t("pick")} ${t("clock")}`) : null);
}

function draw() {
  document.title = `${t("title")} · Sluice`;
  const focus = document.activeElement?.id;
  const known = sessionStorage.getItem(KEY) !== null;
  const head = top({ name: "completeness", redraw: draw, leave: known ? leave : null });
  document.body.replaceChildren(head, known ? overview() : door());
  if (focus) document.getElementById(focus)?.focus();
}

document.addEventListener("visibilitychange", turn);
speakAsUsual();
draw();
turn();
