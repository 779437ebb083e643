/** The mapping desk: what is in force, an editor, and beside it what the mapping makes of a message. */
import { Refused, ask, change, get } from "./api.js";
import { h } from "./dom.js";
import { badge, begin, button, confirmed, problem } from "./frame.js";
import { lineOf, linesOf, written } from "./mapping_text.js";
import { moment, t, word } from "./words.js";

const SAMPLE = "{\n}";
const state = {
  list: null, channel: null, shop: "", history: null, messages: [], text: "", busy: "", refusal: null,
  wrongLine: null, marked: null, payload: SAMPLE, receipt: "", topic: "", preview: null, compared: null, told: "",
};

async function load() {
  state.list = (await get("/v1/mappings")).in_force;
}

async function open(channel, shop) {
  await doing("open", async () => {
    const query = { channel, shop };
    const [history, kept] = await Promise.all([
      get("/v1/mappings/history", query), get("/v1/mappings/messages", query)]);
    Object.assign(state, { channel, shop, history, messages: kept.messages, preview: null, compared: null });
    state.receipt = kept.messages[0]?.receipt_id ?? "";
    put(written(history.in_force?.document ?? {}));
  });
}

async function doing(what, run) {
  Object.assign(state, { busy: what, refusal: null, wrongLine: null, told: "" });
  redraw();
  try {
    await run();
  } catch (refusal) {
    if (!(refusal instanceof Refused)) throw refusal;
    state.refusal = refusal;
    const place = refusal.errors[0]?.field;
    if (refusal.status === 422 && place) {
      state.wrongLine = lineOf(linesOf(state.text), place);
      setTimeout(() => scrollTo(state.wrongLine));
    }
  }
  state.busy = "";
  redraw();
}

/** The document goes as the text it is: no digit of it passes through a number of ours. */
function withDocument(rest) {
  try {
    JSON.parse(state.text);
  } catch (error) {
    throw new Refused(422, { detail: t("editor.no_json", { error: error.message }) });
  }
  return `${JSON.stringify(rest).slice(0, -1)},"document":${state.text}}`;
}

const preview = () => doing("preview", async () => {
  const what = state.receipt ? { receipt_id: state.receipt } : { payload: state.payload };
  const rest = { channel: state.channel, shop: state.shop, topic: state.receipt ? "" : state.topic, ...what };
  state.preview = await ask("/v1/mappings/preview", withDocument(rest));
});

const compare = () => doing("compare", async () => {
  const rest = { channel: state.channel, shop: state.shop, last: 100 };
  state.compared = await ask("/v1/mappings/compare", withDocument(rest));
});

async function publish() {
  let body;
  await doing("", async () => { body = withDocument({}); });
  if (!body) return;
  const made = await confirmed({ title: t("publish.title"), label: t("publish.do") }, ({ reason }) =>
    change("POST", "/v1/mappings", withDocument({ channel: state.channel, shop: state.shop, reason })));
  if (made) await again(t("publish.done"));
}

async function activate(id) {
  const made = await confirmed({ title: t("activate.title"), label: t("activate.do") }, ({ reason }) =>
    change("POST", `/v1/mappings/${id}/activate`, { reason }));
  if (made) await again(t("activate.done"));
}

async function rollBack() {
  const made = await confirmed({ title: t("rollback.title"), label: t("rollback.do"), tone: "bad" }, ({ reason }) =>
    change("POST", "/v1/mappings/rollback", { channel: state.channel, shop: state.shop, reason }));
  if (made) await again(t("rollback.done"));
}

async function readAgain() {
  const made = await confirmed({ title: t("replay.title"), label: t("replay.do") }, ({ reason }) =>
    change("POST", "/v1/mappings/replay", { receipt_ids: [state.receipt], reason }));
  if (!made) return;
  const orders = made.messages.flatMap((one) => one.receipt.orders);
  await again(t("replay.done", { orders: orders.map((one) => `${one.channel_order_no ?? "–"}: ${word("status", one.status)}`).join(", ") || "–" }));
}

async function again(told) {
  await doing("", async () => {
    await load();
    state.history = await get("/v1/mappings/history", { channel: state.channel, shop: state.shop });
  });
  state.told = told;
  redraw();
}

async function fetchInto(id) {
  await doing("open", async () => { put(written((await get(`/v1/mappings/${id}`)).document)); });
}

// -- what is shown

function draw() {
  if (!state.list) return state.refusal ? problem(state.refusal) : h("p", { class: "quiet" }, t("loading"));
  return [picker(), state.channel ? desk() : h("p", { class: "quiet" }, t("channels.choose"))];
}

const picker = () =>
  h("section", { class: "card", "aria-label": t("channels.title") },
    h("ul", { class: "channels" }, state.list.map((one) =>
      h("li", {}, h("button", {
        type: "button", class: "channel", "aria-pressed": String(one.channel === state.channel && one.shop === state.shop),
        on: { click: () => open(one.channel, one.shop) },
      },
        h("strong", {}, one.channel), one.shop ? ` / ${one.shop}` : "",
        h("span", { class: "quiet small" }, one.id ? `${one.name} · ${moment(one.published_at)}` : t("channels.built_in")))))),
    h("form", { class: "inline", on: { submit: other } },
      h("label", { for: "channel" }, t("channels.other")),
      h("input", { id: "channel", name: "channel", required: true, placeholder: t("channels.channel"), maxlength: "200" }),
      h("input", { name: "shop", "aria-label": t("channels.shop"), placeholder: t("channels.shop"), maxlength: "200" }),
      h("button", { type: "submit", class: "button" }, t("channels.open"))));

function other(event) {
  event.preventDefault();
  const fields = event.target.elements;
  open(fields.namedItem("channel").value.trim(), fields.namedItem("shop").value.trim());
}

const desk = () => [
  state.refusal ? problem(state.refusal) : null,
  state.told ? h("p", { class: "notice", role: "status" }, state.told) : null,
  h("div", { class: "columns", "data-key": "desk" }, h("div", { class: "stack" }, editor(), past()), h("div", { class: "stack" }, trial(), changes())),
];

const area = h("textarea", {
  class: "mono code", spellcheck: "false", autocapitalize: "off", wrap: "off", rows: "28",
  on: { input: () => { state.text = area.value; number(); }, scroll: () => { gutter.scrollTop = area.scrollTop; } },
});
const gutter = h("pre", { class: "gutter", "aria-hidden": "true" });
const editorBox = h("div", { class: "editor", "data-key": "editor-box" }, gutter, area);

function put(text) {
  state.text = text;
  area.value = text;
}

function number() {
  const marks = new Set([state.marked]);
  const wrong = state.wrongLine;
  const lines = state.text.split("\n").map((_, place) => {
    const n = place + 1;
    const tone = n === wrong ? "wrong-line" : marks.has(n) ? "marked-line" : null;
    return tone ? h("mark", { class: tone }, `${n}\n`) : `${n}\n`;
  });
  gutter.replaceChildren(...lines);
  gutter.scrollTop = area.scrollTop;
}

function scrollTo(line) {
  const height = parseFloat(getComputedStyle(area).lineHeight);
  area.scrollTop = Math.max(0, (line - 6) * height);
}

function editor() {
  area.setAttribute("aria-label", t("editor.title"));
  number();
  return h("section", { class: "card", "data-key": "editor" },
    h("div", { class: "section-head" },
      h("h2", {}, t("editor.title"), " ", h("code", {}, state.shop ? `${state.channel} / ${state.shop}` : state.channel)),
      state.history?.in_force?.id ? badge("good", t("editor.published")) : badge("", t("channels.built_in"))),
    state.wrongLine ? h("p", { class: "wrong" }, t("editor.wrong_line", { n: state.wrongLine })) : null,
    editorBox,
    h("div", { class: "actions" },
      button(t("publish.do"), publish, { tone: "primary", disabled: state.busy !== "" }),
      button(t("compare.do"), compare, { disabled: state.busy !== "" }),
      state.busy ? h("span", { class: "quiet", role: "status" }, t("working")) : null));
}

function past() {
  const { published, changes: turns } = state.history;
  const now = turns[0]?.mapping_id ?? null;
  return h("section", { class: "card", "data-key": "past" },
    h("div", { class: "section-head" }, h("h2", {}, t("history.title")),
      now ? button(t("rollback.do"), rollBack, { tone: "danger" }) : null),
    published.length ? h("ul", { class: "rows" }, published.map((one) =>
      h("li", {},
        h("div", {}, h("strong", {}, one.name), " ", one.id === now ? badge("good", t("history.in_force")) : null),
        h("p", { class: "quiet small" }, `${one.published_by} · ${moment(one.published_at)}`),
        h("p", { class: "quote" }, one.reason),
        h("div", { class: "actions" },
          one.id === now ? null : button(t("activate.do"), () => activate(one.id)),
          button(t("history.edit"), () => fetchInto(one.id), { tone: "quiet" }))))) : h("p", { class: "quiet" }, t("history.none")));
}

function trial() {
  const set = (name) => (event) => { state[name] = event.target.value; if (name === "receipt") redraw(); };
  return h("section", { class: "card", "data-key": "trial" },
    h("h2", {}, t("preview.title")),
    h("div", { class: "field" },
      h("label", { for: "receipt" }, t("preview.message")),
      h("select", { id: "receipt", on: { change: set("receipt") } },
        h("option", { value: "", selected: state.receipt === "" }, t("preview.paste")),
        state.messages.map((one) => h("option", { value: one.receipt_id, selected: state.receipt === one.receipt_id },
          `${one.channel_order_no ?? "–"} · ${one.shop} · ${one.topic} · ${moment(one.received_at)}`)))),
    state.receipt ? null : [
      h("div", { class: "field" }, h("label", { for: "topic" }, t("preview.topic")),
        h("input", { id: "topic", value: state.topic, maxlength: "200", on: { input: set("topic") } })),
      h("div", { class: "field" }, h("label", { for: "payload" }, t("preview.payload")),
        h("textarea", { id: "payload", class: "mono", rows: "10", spellcheck: "false", on: { input: set("payload") } }, state.payload))],
    h("div", { class: "actions" }, button(t("preview.do"), preview, { tone: "primary", disabled: state.busy !== "" }),
      state.receipt ? button(t("replay.do"), readAgain, { tone: "quiet", disabled: state.busy !== "" }) : null),
    state.preview ? result(state.preview) : null);
}

const result = (made) => [
  made.orders.length ? null : h("p", { class: "notice" }, t("preview.nothing")),
  made.to_fetch.length ? h("p", { class: "notice" }, t("preview.to_fetch", { numbers: made.to_fetch.join(", ") })) : null,
  made.orders.map((order, place) => h("div", { class: "stack", "data-key": `order-${place}` },
    order.reasons.length
      ? h("div", { class: "problem" }, h("div", {}, h("strong", {}, t("preview.quarantined")),
        h("ul", {}, order.reasons.map((r) => h("li", {}, h("code", {}, r.field), " ", word("code", r.code), r.value ? ` (${r.value})` : "")))))
      : h("p", { class: "notice good" }, t("preview.let_in")),
    order.cancelled ? h("p", { class: "notice" }, t("preview.cancelled", { reason: order.cancelled })) : null,
    h("div", { class: "table" }, h("table", {},
      h("thead", {}, h("tr", {}, ["preview.field", "preview.value", "preview.origin"].map((each) => h("th", { scope: "col" }, t(each))))),
      h("tbody", {}, order.origins.map((origin) => fieldRow(origin))))))),
];

function fieldRow(origin) {
  const mark = (go) => () => {
    state.marked = lineOf(linesOf(state.text), origin.rule);
    if (go) scrollTo(state.marked);
    number();
  };
  return h("tr", { class: "origin", tabindex: "0", on: { mouseenter: mark(false), focus: mark(true), click: mark(true) } },
    h("th", { scope: "row" }, h("code", {}, origin.field)),
    h("td", { class: "wrap" }, origin.value ?? h("span", { class: "quiet" }, "–")),
    h("td", { class: "wrap small" },
      origin.formula ? h("div", {}, h("code", {}, `= ${origin.formula}`)) : null,
      origin.constant ? h("div", { class: "quiet" }, t("preview.constant")) : null,
      origin.found.map((one) => h("div", {}, h("code", {}, one.path), " ", h("span", { class: "quiet" }, one.value)))));
}

function changes() {
  const made = state.compared;
  if (!made) return null;
  const shown = (value) => (value === null ? "–" : Array.isArray(value) ? value.join("; ") || "–" : String(value));
  const counted = ["changed", "newly_wrong", "newly_right", "gone", "found"];
  return h("section", { class: "card", "data-key": "changes" },
    h("h2", {}, t("compare.title")),
    h("p", { class: "quiet" }, t("compare.of", { messages: made.messages, orders: made.orders })),
    h("dl", { class: "facts" }, counted.map((name) => h("div", {}, h("dt", {}, t(`compare.${name}`)), h("dd", {}, String(made[name]))))),
    made.changes.length ? null : h("p", { class: "notice good" }, t("compare.same")),
    h("ul", { class: "rows" }, made.changes.slice(0, 50).map((one) => h("li", {},
      h("strong", {}, one.channel_order_no ?? "–"),
      h("ul", { class: "diff" }, one.fields.map((each) => h("li", { class: "wrap" },
        h("code", {}, each.field), " ", h("del", {}, shown(each.before)), " → ", h("ins", {}, shown(each.after)))))))));
}

const redraw = begin({ name: "mappings", tried: "/v1/mappings", draw, load });
