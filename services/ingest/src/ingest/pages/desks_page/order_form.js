/** Draws the form of an order; what is wrong with a field is said at the field. */
import { majorOf } from "./currency.js";
import { h } from "./dom.js";
import { ADDRESS, CUSTOMER, DELIVERY, LINE, PAYMENT, written } from "./order_document.js";
import { known, t, word } from "./words.js";

const TEXT_MAX = "2000";
const KEY_MAX = "200";
const MONEY = /_minor$/;
const OPTIONAL = new Set([
  "customer.email", "customer.platform_id", "customer.receiver_token", "address.country", "address.province",
  "address.district", "address.postcode", "title", "discount_minor", "method",
]);

/**
 * @param state  what was typed, how many rows there are, what is wrong
 * @param made   the document so far, as `drafted` returns it
 * @param doing  `add`, `remove` of rows
 */
export function orderForm(state, made, doing) {
  const currency = made.document.currency ?? "";
  const money = (minor) => (minor === null ? "–" : majorOf(minor, currency));

  function complaint(name) {
    const said = state.said.get(name);
    if (said) return said;
    const code = made.wrong.get(name);
    return code && (state.tried || code !== "missing") ? { code } : null;
  }

  /** One labelled input, with what helps and what is wrong below it. */
  function field(name, label, { help = null, optional = false, more = {} } = {}) {
    const wrong = complaint(name);
    const described = [help && `${name}-help`, wrong && `${name}-wrong`].filter(Boolean).join(" ");
    const given = {
      id: name, name, value: state.typed[name] ?? "", maxlength: KEY_MAX, autocomplete: "off", spellcheck: "false",
      "aria-invalid": wrong ? "true" : null, "aria-describedby": described || null, ...more,
    };
    return h("div", { class: "field", "data-key": name.replace(/\.\d+\./, ".") },
      h("label", { for: name }, label, optional ? h("span", { class: "quiet small" }, ` ${t("order.optional")}`) : null),
      h("input", given),
      help ? h("p", { id: `${name}-help`, class: "quiet small" }, help) : null,
      wrong ? h("p", { id: `${name}-wrong`, class: "wrong small" }, saidOf(wrong)) : null);
  }

  const decimal = { inputmode: "decimal", maxlength: "40" };
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const time = { help: t("order.local_time", { zone }), more: { type: "datetime-local", maxlength: null } };

  const which = () => section("which",
    h("div", { class: "fields" },
      field("channel", t("channels.channel"), { help: t("order.channel_help") }),
      field("shop", t("order.shop")),
      field("channel_order_no", t("field.channel_order_no")),
      field("placed_at", t("field.placed_at"), time),
      field("currency", t("field.currency"), { more: { maxlength: "3", size: "3" } }),
      delivery()));

  const delivery = () => h("div", { class: "field", "data-key": "delivery" },
    h("label", { for: "delivery" }, t("order.delivery")),
    h("select", { id: "delivery", name: "delivery" }, DELIVERY.map((each) =>
      h("option", { value: each, selected: made.document.delivery === each }, t(`order.${each}`)))));

  const handedOver = made.document.delivery === "in_store";
  const receiver = () => section("receiver",
    h("div", { class: "fields" },
      [...CUSTOMER.map((each) => `customer.${each}`), ...ADDRESS.map((each) => `address.${each}`)].map((name) =>
        field(name, t(`field.${name}`), { optional: handedOver || OPTIONAL.has(name), more: { maxlength: TEXT_MAX } }))));

  const rowField = (at, name) => {
    const more = MONEY.test(name) ? decimal : name === "quantity" ? { inputmode: "numeric", maxlength: "7" } : {};
    const label = name === "title" ? t("order.line_title") : t(`order.${name}`);
    return field(`${at}.${name}`, label, name === "paid_at" ? time : { optional: OPTIONAL.has(name), more });
  };
  const remove = (list, id, place) => h("button", {
    type: "button", class: "button remove", "data-key": "remove",
    "aria-label": t(list === "lines" ? "order.remove_line" : "order.remove_payment", { n: place + 1 }),
    on: { click: () => doing.remove(list, id) },
  }, "×");

  const add = (list, label) =>
    h("button", { id: `add-${list}`, type: "button", class: "button", on: { click: () => doing.add(list) } }, label);

  const lines = () => section("lines",
    state.lines.map((id, place) => h("div", { class: "row line", "data-key": `line-${id}` },
      LINE.map((name) => rowField(`lines.${place}`, name)),
      h("div", { class: "field", "data-key": "sum" }, h("span", { class: "label" }, t("order.sum")),
        h("output", { class: "figure" }, money(made.sums.each[place]))),
      remove("lines", id, place))),
    general("lines"),
    add("lines", t("order.add_line")));

  const payments = () => section("payments",
    state.payments.length ? null : h("p", { class: "quiet" }, t("order.no_payments")),
    state.payments.map((id, place) => h("div", { class: "row payment", "data-key": `payment-${id}` },
      PAYMENT.map((name) => rowField(`payments.${place}`, name)), remove("payments", id, place))),
    general("payments"),
    add("payments", t("order.add_payment")));

  const amounts = () => section("amounts",
    h("div", { class: "fields" },
      ["freight_minor", "discount_minor", "tax_minor", "payable_minor"].map((name) =>
        field(`amounts.${name}`, t(name === "discount_minor" ? "order.order_discount" : `order.${name}`), {
          optional: true, more: decimal, help: name === "payable_minor" ? t("order.payable_help") : null,
        }))),
    totals());

  function totals() {
    const { goods, payable, asked, paid, adds_up: addsUp, fits } = made.sums;
    const rest = asked === null ? null : asked - paid;
    const fact = (name, value, tone = "") => h("div", { class: tone }, h("dt", {}, t(name)), h("dd", {}, value));
    const over = rest !== null && rest < 0n;
    return h("div", { class: "stack", "data-key": "totals", role: "status" },
      h("dl", { class: "facts" },
        fact("order.goods", money(goods)), fact("order.payable", `${money(payable)} ${currency}`, addsUp ? "" : "bad"),
        fact("order.paid", money(paid)),
        fact(over ? "order.over" : "order.open", money(over ? -rest : rest), over ? "bad" : "")),
      payable === null || asked === null ? null
        : addsUp ? h("p", { class: "notice good" }, t("order.fits"))
          : h("p", { class: "problem" }, fits ? t("order.differs", { sum: money(payable), asked: money(asked) }) : t("order.too_large")));
  }

  const general = (name) => (state.said.has(name) ? h("p", { class: "wrong small" }, saidOf(state.said.get(name))) : null);

  const memo = () => h("div", { class: "card field", "data-key": "memo" },
    h("label", { for: "memo" }, t("field.memo"), h("span", { class: "quiet small" }, ` ${t("order.optional")}`)),
    h("textarea", { id: "memo", name: "memo", rows: "2", maxlength: TEXT_MAX }, state.typed.memo ?? ""));

  return [
    which(), receiver(), lines(), payments(), amounts(), memo(),
    h("details", { "data-key": "as-json" }, h("summary", {}, t("order.as_json")),
      h("pre", { class: "as-json", tabindex: "0" }, written(made.document, 2))),
  ];
}

/** Say what is wrong in the reader's language, or else as the API says it. */
export function saidOf({ code, message }) {
  return known("code", code) ? word("code", code) : (message ?? code);
}

const section = (name, ...content) =>
  h("section", { class: "card", "data-key": name, "aria-labelledby": `section-${name}` },
    h("h2", { id: `section-${name}` }, t(`order.${name}`)), content);
