/** Orders by hand: a form or a pasted document, one order however often it is sent. */
import { Refused, get, handIn, randomKey } from "./api.js";
import { h } from "./dom.js";
import { begin, button, problem } from "./frame.js";
import { drafted, withoutRow, written } from "./order_document.js";
import { orderForm, saidOf } from "./order_form.js";
import { moment, t, word } from "./words.js";

const KEPT = ["channel", "shop", "currency", "address.country"]; // usually the same for the next order
const USED = 409;
let rows = 0;

const fresh = (typed, mode) => ({
  number: (rows += 1), mode, typed, pasted: "", key: randomKey(), lines: [(rows += 1)], payments: [], tried: false,
  busy: false, said: new Map(), refusal: null, receipt: null, kept: null,
});
let state = fresh({ currency: "CNY", "address.country": "CN" }, "form");

const made = () => drafted(state.typed, { lines: state.lines.length, payments: state.payments.length });

function typed(event) {
  const { name, value } = event.target;
  if (name === "pasted") state.pasted = value;
  else state.typed[name] = value;
  state.said.delete(name);
  redraw();
}

const rowsChanged = {
  add(list) {
    state[list].push((rows += 1));
    redraw();
    document.getElementById(`${list}.${state[list].length - 1}.${list === "lines" ? "sku" : "reference"}`).focus();
  },
  remove(list, id) {
    state.typed = withoutRow(state.typed, list, state[list].indexOf(id));
    state[list] = state[list].filter((each) => each !== id);
    for (const name of [...state.said.keys()]) if (name.startsWith(list)) state.said.delete(name);
    redraw();
    document.getElementById(`add-${list}`).focus();
  },
};

/** Return the body to send, or null where something is wrong that is seen from here. */
function content() {
  if (state.mode === "form") {
    const { document: order, wrong } = made();
    return wrong.size ? null : written(order);
  }
  try {
    JSON.parse(state.pasted);
  } catch (error) {
    state.refusal = new Refused(422, { detail: t("order.no_json", { error: error.message }) });
    return null;
  }
  return state.pasted; // as it is: no digit of it passes through a number of ours
}

async function send(event) {
  event?.preventDefault();
  if (state.busy) return;
  Object.assign(state, { tried: true, refusal: null, said: new Map() });
  const body = content();
  if (body !== null) await hand(body);
  redraw();
  const place = document.querySelector('[aria-invalid="true"]') ?? document.getElementById("result");
  place?.focus();
}

async function hand(body) {
  state.busy = true;
  redraw();
  try {
    state.receipt = await handIn("/v1/orders", body, state.key);
  } catch (refusal) {
    if (!(refusal instanceof Refused)) throw refusal;
    state.refusal = refusal;
    state.said = new Map(refusal.errors.map((error) => [error.field, error]));
  }
  state.busy = false;
}

function anew() {
  state.key = randomKey();
  return send();
}

async function showKept(id) {
  try {
    state.kept = await get(`/v1/orders/${id}`);
  } catch (refusal) {
    if (!(refusal instanceof Refused)) throw refusal;
    state.refusal = refusal;
  }
  redraw();
}

function another() {
  const same = Object.fromEntries(KEPT.map((name) => [name, state.typed[name] ?? ""]));
  state = fresh(same, state.mode);
  redraw();
  document.getElementById(state.mode === "form" ? "channel_order_no" : "pasted").focus();
}

// -- what is shown

const draw = () => h("div", { class: "stack", "data-key": `order-${state.number}` },
  state.receipt ? result() : [tabs(), entry()]);

function tabs() {
  const one = (mode) => h("button", {
    type: "button", "aria-pressed": String(mode === state.mode),
    on: { click: () => { Object.assign(state, { mode, refusal: null, said: new Map(), tried: false }); redraw(); } },
  }, t(`order.${mode}`));
  return h("div", { class: "switch", role: "group", "aria-label": t("order.how"), "data-key": "tabs" }, ["form", "json"].map(one));
}

function entry() {
  const now = made();
  const isForm = state.mode === "form";
  return h("form", { id: "order", class: "stack", novalidate: true, "data-key": state.mode, on: { submit: send, input: typed } },
    isForm ? orderForm(state, now, rowsChanged) : pasteField(),
    isForm && state.tried && now.wrong.size ? h("p", { class: "problem", role: "alert" }, t("order.wrong")) : null,
    state.refusal ? refused() : null,
    h("div", { class: "actions", "data-key": "send" },
      h("button", { type: "submit", class: "button primary", disabled: state.busy }, t(state.busy ? "working" : "order.send"))));
}

function pasteField() {
  return h("div", { class: "card field", "data-key": "paste" },
    h("label", { for: "pasted" }, t("order.paste")),
    h("textarea", { id: "pasted", name: "pasted", class: "mono pasted", rows: "18", required: true, spellcheck: "false" }, state.pasted));
}

/** What was refused; what the form has no field for is listed. */
function refused() {
  const listed = state.refusal.errors.filter((error) => !document.getElementById(error.field));
  return h("div", { id: "result", class: "stack result", tabindex: "-1", "data-key": "refused" },
    problem(told(state.refusal)),
    listed.length ? h("ul", { class: "reasons" }, listed.map(reason)) : null,
    state.refusal.status === USED ? h("div", { class: "actions" }, button(t("order.anew"), anew)) : null);
}

/** The refusal without what is said in the reader's language, here or at the fields. */
function told({ status, message, errors }) {
  if (status === USED) return new Refused(status, { detail: t("order.used") });
  return new Refused(status, { detail: errors.length ? "" : message });
}

const reason = (each) => h("li", {}, h("strong", {}, saidOf(each)), " ", h("code", {}, each.field), each.value ? h("span", { class: "quiet" }, ` ${each.value}`) : null);

function result() {
  return h("div", { id: "result", class: "stack result", tabindex: "-1", role: "status", "data-key": "result" },
    state.receipt.orders.map((order) => outcome(order)),
    state.refusal ? problem(state.refusal) : null,
    state.kept ? keptOrder() : null,
    h("div", { class: "actions" }, button(t("order.another"), another, { tone: "primary" })));
}

function outcome(order) {
  const waits = order.status === "quarantined";
  return h("div", { class: "card" },
    h("p", { class: `notice ${order.status === "accepted" ? "good" : ""}` },
      h("strong", {}, t(`order.${order.status}`, { number: order.channel_order_no ?? "–" }))),
    order.reasons?.length ? h("ul", { class: "reasons" }, order.reasons.map(reason)) : null,
    h("div", { class: "actions" },
      waits ? inQuarantine(order.order_id) : null,
      button(t("order.show"), () => showKept(order.order_id))));
}

const inQuarantine = (id) => h("a", { class: "button", href: `quarantine-desk#${id}` }, t("order.to_quarantine"));

function keptOrder() {
  const { state: where, received_at: at, order, order_id: id } = state.kept;
  return h("div", { class: "card", "data-key": "kept" },
    h("p", {}, t("order.state", { state: word("state", where), at: moment(at) })),
    h("pre", { class: "as-json", tabindex: "0" }, JSON.stringify(order, null, 2)),
    where === "quarantined" ? h("div", { class: "actions" }, inQuarantine(id)) : null);
}

const load = async () => {}; // nothing is needed to begin with
const redraw = begin({ name: "order", tried: "/v1/imports/formats", draw, load }); // a small answer, for any key of intake
