/** Held orders, the oldest first: why they wait, and a person's word on each. */
import { get, post } from "./api.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { badge, button, notice, problem, reasons, shortId, when } from "./parts.js";
import { view } from "./view.js";
import { count, money, span, t, word } from "./words.js";

const PAGE = 20;

export function reviews(place) {
  let items = [];
  let more = false;
  let moreRefusal = null;
  const spoken = new Map(); // order -> {busy, refusal, missing, answer}

  async function load() {
    ({ items } = await get("reviews", {}, { limit: PAGE }));
    more = items.length === PAGE;
    moreRefusal = null;
    spoken.clear();
    return true;
  }

  async function loadMore() {
    try {
      const after = items[items.length - 1].order_id;
      const next = (await get("reviews", {}, { limit: PAGE, after })).items;
      items = [...items, ...next];
      more = next.length === PAGE;
      moreRefusal = null;
    } catch (refusal) {
      moreRefusal = refusal;
    }
    desk.redraw();
  }

  async function decide(order, form, decision) {
    const field = form.elements.namedItem("reason");
    const reason = field.value.trim();
    if (!reason) {
      spoken.set(order, { missing: true });
      desk.redraw();
      field.focus();
      return;
    }
    spoken.set(order, { busy: true });
    desk.redraw();
    try {
      const answer = await post("review", { order_id: order }, { decision, reason });
      spoken.set(order, { answer });
    } catch (refusal) {
      spoken.set(order, { refusal });
    }
    desk.redraw();
  }

  function draw() {
    const left = items.filter((item) => !spoken.get(item.order_id)?.answer).length;
    if (!items.length) {
      return h("div", { class: "empty" }, icon("check"), h("h2", {}, t("reviews.empty")), h("p", {}, t("reviews.empty_about")));
    }
    const told = more ? t("reviews.waiting_more", { n: left }) : count("reviews.waiting", left);
    return [
      h("p", { class: "quiet", role: "status" }, told),
      h("div", { class: "stack" }, items.map((item) => card(item, spoken.get(item.order_id) ?? {}))),
      moreRefusal ? problem(moreRefusal) : null,
      more ? h("p", { class: "center" }, button(t("reviews.more"), loadMore)) : null,
    ];
  }

  function card(item, said) {
    const id = `order-${item.order_id}`;
    return h("article", { class: "card", "data-key": item.order_id, "aria-labelledby": id },
      h("header", { class: "review-head" },
        h("div", {},
          h("h2", { id }, item.channel_order_no),
          h("p", { class: "quiet" }, `${item.channel} · ${item.shop}`, " · ", count("reviews.lines", item.lines))),
        h("div", { class: "worth" },
          h("span", { class: "amount" }, money(item.payable_minor, item.currency)),
          h("span", { class: "age" }, icon("clock"), t("reviews.age", { age: span(item.age_seconds) })))),
      item.left_before_hold ? left(item) : null,
      item.kept_back ? keptBack(item) : null,
      reasons(item.reasons),
      item.receiver ? receiver(item.receiver) : null,
      h("p", { class: "meta" },
        h("a", { href: `#/order/${item.order_id}` }, t("reviews.open")),
        h("span", {}, t("reviews.decision", { n: item.decision_no }), " · ", when(item.held_at)),
        h("span", {}, t("reviews.ruleset"), " ", shortId(item.ruleset))),
      said.answer ? answer(said.answer) : verdict(item.order_id, said));
  }

  const left = (item) =>
    notice("bad", h("strong", {}, t("reviews.left")), " ",
      t("reviews.left_about", { state: word("state", item.left_before_hold) }));

  const keptBack = (item) =>
    notice("warn", h("strong", {}, t("reviews.kept_back", { why: item.kept_back })), " ", t("reviews.kept_back_about"));

  function verdict(order, { busy = false, missing = false, refusal = null }) {
    const id = `reason-${order}`;
    const say = (decision) => (event) => decide(order, event.target.closest("form"), decision);
    const field = {
      id, name: "reason", maxlength: "1000", autocomplete: "off", disabled: busy, required: true,
      "aria-invalid": missing ? "true" : null, "aria-describedby": missing ? `${id}-missing` : null,
    };
    return h("form", { class: "verdict", novalidate: true, on: { submit: (event) => event.preventDefault() } },
      h("div", { class: "field" },
        h("label", { for: id }, t("reviews.reason")),
        h("input", field),
        missing ? h("p", { class: "wrong", id: `${id}-missing` }, t("reviews.reason_missing")) : null),
      h("div", { class: "actions" },
        button(t("reviews.approve"), say("approve"), { tone: "good", disabled: busy, picture: "check" }),
        button(t("reviews.reject"), say("reject"), { tone: "bad", disabled: busy, picture: "cross" })),
      refusal ? problem(refusal) : null);
  }

  const answer = (made) =>
    h("div", { class: `answer ${made.outcome === "approved" ? "good" : "bad"}`, role: "status" },
      badge("outcome", made.outcome),
      h("span", {}, t("reviews.answered", { by: made.decided_by }), " ", when(made.decided_at)),
      h("p", { class: "quote" }, made.reasons.map((reason) => reason.detail).join(" ")));

  const desk = view(place, { load, draw, title: "reviews.title", about: "reviews.about" });
  return desk;
}

function receiver({ customer, address }) {
  const where = [address.country, address.province, address.city, address.district, address.detail, address.postcode];
  const who = [customer.name, customer.phone, customer.email].filter(Boolean).join(" · ");
  return h("details", { class: "receiver" },
    h("summary", {}, t("reviews.receiver")),
    h("p", {}, who || "–"),
    h("p", {}, where.filter(Boolean).join(" ") || "–"));
}
