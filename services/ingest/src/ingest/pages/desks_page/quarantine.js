/** The quarantine desk: orders that may not enter, what is wrong with them, and what to do. */
import { Refused, change, get } from "./api.js";
import { h } from "./dom.js";
import { badge, begin, button, confirmed, problem } from "./frame.js";
import { readUntold, untold } from "./untold.js";
import { known, moment, span, t, word } from "./words.js";

const PAGE = 50;
const ADDED_UP = new Set(["goods_do_not_add_up", "payable_does_not_add_up"]);
const TELLING = new Set([
  "unreadable_payload", "unreadable_field", "unclear_rule", "missing_value", "held_by_channel", "already_shipped",
]);
const AMOUNT = /_minor$|\.quantity$/;
const USUAL = [
  "channel_order_no", "placed_at", "currency", "customer.name", "customer.phone", "address.province",
  "address.city", "address.district", "address.detail",
];
const state = { orders: null, untold: null, more: false, refusal: null, open: null, filter: { state: "open", reason: "", channel: "", owner: "" }, said: new Map() };

/** Ask for the one order that the address names, or for what the filter finds. */
async function load() {
  const named = location.hash.slice(1);
  if (named) {
    state.orders = [await get(`/v1/quarantine/${encodeURIComponent(named)}`)];
    state.more = false;
    return;
  }
  const { orders } = await get("/v1/quarantine", { ...state.filter, limit: PAGE });
  state.orders = orders;
  state.more = orders.length === PAGE;
  state.untold = await readUntold();
}

/** Read more or else; what is refused is told above what was read before. */
async function reading(run) {
  state.refusal = null;
  try {
    await run();
  } catch (refusal) {
    if (!(refusal instanceof Refused)) throw refusal;
    state.refusal = refusal;
  }
  redraw();
}

async function loadMore() {
  const after = state.orders[state.orders.length - 1].order_id;
  const { orders } = await get("/v1/quarantine", { ...state.filter, limit: PAGE, after });
  state.orders = [...state.orders, ...orders];
  state.more = orders.length === PAGE;
}

async function doing(order, run) {
  state.said.delete(order.order_id);
  try {
    const after = await run();
    if (after) {
      state.orders = state.orders.map((one) => (one.order_id === order.order_id ? after : one));
      state.said.set(order.order_id, { told: t(after.state === "open" ? "quarantine.saved" : `quarantine.${after.state}`) });
    }
  } catch (refusal) {
    if (!(refusal instanceof Refused)) throw refusal;
    state.said.set(order.order_id, { refusal });
  }
  redraw();
}

const at = (order, verb) => `/v1/quarantine/${order.order_id}/${verb}`;

function assign(event, order) {
  event.preventDefault();
  const owner = event.target.elements.namedItem("owner").value.trim() || null;
  doing(order, () => change("POST", at(order, "assign"), { owner }));
}

function correct(event, order) {
  event.preventDefault();
  const form = event.target;
  doing(order, () => {
    const patch = patchOf(order, form);
    return change("PATCH", `/v1/quarantine/${order.order_id}`, patch);
  });
}

/** Return what was changed in the form as a merge patch; a list is sent whole. */
function patchOf(order, form) {
  const patch = {};
  for (const field of fieldsOf(order)) {
    const typed = form.elements.namedItem(field).value.trim();
    if (typed === text(valueAt(order.order, field))) continue;
    const value = typed === "" ? null : AMOUNT.test(field) ? whole(typed, field) : typed;
    const [first, ...rest] = field.split(".");
    if (Array.isArray(order.order[first])) {
      patch[first] ??= structuredClone(order.order[first]);
      patch[first][rest[0]][rest[1]] = value;
    } else if (rest.length) (patch[first] ??= {})[rest[0]] = value;
    else patch[first] = value;
  }
  return patch;
}

function whole(typed, field) {
  const value = Number(typed);
  if (!Number.isSafeInteger(value)) {
    throw new Refused(422, { detail: `${field}: ${t("quarantine.no_whole")}` });
  }
  return value;
}

/** Return the fields of the form: the usual ones, and each that is wrong and can be typed. */
function fieldsOf(order) {
  const wrong = order.reasons.map((reason) => reason.field).filter((field) => {
    const parts = field.split(".");
    const value = valueAt(order.order, field);
    return value !== undefined && (typeof value !== "object" || value === null) && parts.length <= 3;
  });
  return [...new Set([...wrong, ...USUAL])];
}

const valueAt = (order, field) => field.split(".").reduce((value, name) => value?.[name], order);
const text = (value) => (value === null || value === undefined ? "" : String(value));

const release = (order) => decide(order, "release", "good");
const discard = (order) => decide(order, "discard", "bad");

async function decide(order, verb, tone) {
  const title = t(`quarantine.${verb}_title`, { number: order.order.channel_order_no ?? "–" });
  const made = await confirmed({ title, label: t(`quarantine.${verb}`), tone }, ({ reason }) =>
    change("POST", at(order, verb), { reason }));
  if (made) await doing(order, async () => made);
}

async function merge(order) {
  const field = h("div", { class: "field" }, h("label", { for: "into" }, t("quarantine.into")),
    h("input", { id: "into", name: "into", class: "mono", required: true, maxlength: "36" }));
  const title = t("quarantine.merge_title", { number: order.order.channel_order_no ?? "–" });
  const made = await confirmed({ title, label: t("quarantine.merge"), extra: [field] }, ({ into, reason }) =>
    change("POST", at(order, "merge"), { into: into.trim(), reason }));
  if (made) await doing(order, async () => made);
}

// -- what is shown

function draw() {
  if (!state.orders) return h("p", { class: "quiet" }, t("loading"));
  if (location.hash) return [onlyOne(), ...state.orders.map(card)];
  return [
    untold(state.untold, () => reading(load)),
    filters(),
    state.refusal ? problem(state.refusal) : null,
    h("p", { class: "quiet", role: "status" }, t("quarantine.shown", { n: `${state.orders.length}${state.more ? "+" : ""}` })),
    state.orders.length ? null : h("div", { class: "card empty" }, t("quarantine.empty")),
    h("div", { class: "stack" }, state.orders.map(card)),
    state.more ? h("p", { class: "center" }, button(t("quarantine.more"), () => reading(loadMore))) : null,
  ];
}

const onlyOne = () =>
  h("p", { class: "quiet", role: "status" }, t("quarantine.one"), " ", h("a", { href: "quarantine-desk" }, t("quarantine.all")));

function filters() {
  const codes = [...new Set([state.filter.reason, ...(state.orders ?? []).flatMap((one) => one.reasons.map((r) => r.code))])].filter(Boolean);
  return h("form", { class: "card inline", on: { submit: filter } },
    h("div", { class: "field" }, h("label", { for: "state" }, t("filter.state")),
      h("select", { id: "state", name: "state" }, ["open", "resolved"].map((each) =>
        h("option", { value: each, selected: state.filter.state === each }, t(`filter.${each}`))))),
    h("div", { class: "field" }, h("label", { for: "reason" }, t("filter.reason")),
      h("select", { id: "reason", name: "reason" }, ["", ...codes].map((each) =>
        h("option", { value: each, selected: state.filter.reason === each }, each ? word("code", each) : t("filter.any"))))),
    ["channel", "owner"].map((each) => h("div", { class: "field" }, h("label", { for: `by-${each}` }, t(`filter.${each}`)),
      h("input", { id: `by-${each}`, name: each, value: state.filter[each], maxlength: "200" }))),
    h("button", { type: "submit", class: "button" }, t("filter.do")));
}

async function filter(event) {
  event.preventDefault();
  state.filter = Object.fromEntries(new FormData(event.target));
  await reading(load);
}

/** Say more where a reason's name does not say all of it. */
function detail({ code, message }) {
  if (ADDED_UP.has(code)) return h("p", { class: "quiet small" }, t(`detail.${code}`, { n: /-?\d+(?=\.$)/.exec(message)?.[0] }));
  if (known("code", code) && !TELLING.has(code)) return null;
  return h("p", { class: "quiet small", lang: "en" }, message);
}

function card(order) {
  const isOpen = order.state === "open";
  const late = isOpen && new Date(order.due_at) < new Date();
  const age = (Date.now() - new Date(order.opened_at)) / 1000;
  const said = state.said.get(order.order_id) ?? {};
  return h("article", { class: `card${late ? " late" : ""}`, "data-key": order.order_id },
    h("div", { class: "section-head" },
      h("div", {}, h("h2", {}, order.order.channel_order_no ?? t("quarantine.no_number")),
        h("p", { class: "quiet" }, `${order.order.channel} · ${order.order.shop}`)),
      h("div", { class: "actions" },
        isOpen ? null : badge("", t(`quarantine.${order.state}`)),
        late ? badge("bad", t("quarantine.late")) : null,
        h("span", { class: "quiet small" }, t("quarantine.age", { age: span(age) }), " · ", t("quarantine.due", { at: moment(order.due_at) })))),
    h("ul", { class: "reasons" }, order.reasons.map((reason) =>
      h("li", {}, h("strong", {}, word("code", reason.code)), " ", h("code", {}, reason.field), reason.value ? h("span", { class: "quiet" }, ` ${reason.value}`) : null,
        detail(reason)))),
    said.refusal ? problem(said.refusal) : null,
    said.told ? h("p", { class: "notice good", role: "status" }, said.told) : null,
    isOpen ? work(order) : null);
}

const work = (order) => [
  h("form", { class: "inline", on: { submit: (event) => assign(event, order) } },
    h("label", { for: `owner-${order.order_id}` }, t("quarantine.owner")),
    h("input", { id: `owner-${order.order_id}`, name: "owner", value: order.owner ?? "", maxlength: "100" }),
    h("button", { type: "submit", class: "button" }, t("quarantine.assign"))),
  h("details", { open: state.open === order.order_id },
    h("summary", {}, t("quarantine.correct")),
    h("form", { class: "stack", on: { submit: (event) => correct(event, order) } },
      h("div", { class: "grid" }, fieldsOf(order).map((field) => correction(order, field))),
      h("button", { type: "submit", class: "button primary" }, t("quarantine.save")))),
  h("div", { class: "actions" },
    button(t("quarantine.release"), () => release(order), { tone: "good" }),
    button(t("quarantine.merge"), () => merge(order)),
    button(t("quarantine.discard"), () => discard(order), { tone: "danger" })),
  order.reasons.length ? h("p", { class: "quiet small" }, t("quarantine.first_correct")) : null,
];

function correction(order, field) {
  const id = `${order.order_id}-${field}`;
  const wrong = order.reasons.some((reason) => reason.field === field);
  const value = text(valueAt(order.order, field));
  const [, place, leaf] = /^(?:lines|payments)\.(\d+)\.(\w+)$/.exec(field) ?? [null, null, field];
  const name = place === null ? word("field", leaf) : t(`row.${leaf}`, { n: Number(place) + 1 });
  return h("div", { class: "field" },
    h("label", { for: id }, name, " ", h("code", { class: "quiet small" }, field)),
    h("input", { id, name: field, value, maxlength: "2000", "aria-invalid": wrong ? "true" : null }));
}

addEventListener("hashchange", () => location.reload());
const redraw = begin({ name: "quarantine", tried: "/v1/quarantine", draw, load });
