/** One order: what was decided about it, on what, and whether it would be decided so again. */
import { Refused, get } from "./api.js";
import { h } from "./dom.js";
import { badge, button, causeWords, code, facts, notice, problem, reasons, shortId, table, told, when } from "./parts.js";
import { view } from "./view.js";
import { count, milliseconds, money, number, t, word, who } from "./words.js";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const GROUPS = ["order", "customer", "phone", "address", "device", "shop"];
const COUNTED = GROUPS.slice(1);
const WINDOWS = ["orders_1m", "orders_1h", "orders_24h", "sum_minor_1m", "sum_minor_1h", "sum_minor_24h"];

export function order(place, id) {
  let wrong = false;
  let again = null; // what the replay said: {busy} | {refusal} | {items}

  async function load() {
    if (!UUID.test(id)) return {};
    const [assessment, inputs] = await Promise.all([get("assessment", { order_id: id }), kept()]);
    return { assessment, inputs };
  }

  async function kept() {
    try {
      return (await get("inputs", { order_id: id })).items;
    } catch (refusal) {
      if (refusal instanceof Refused && refusal.status === 404) return [];
      throw refusal;
    }
  }

  async function replay() {
    again = { busy: true };
    desk.redraw();
    try {
      again = await get("replay", { order_id: id });
    } catch (refusal) {
      again = { refusal };
    }
    desk.redraw();
  }

  function search(event) {
    event.preventDefault();
    const field = event.target.elements.namedItem("order");
    const given = field.value.trim().toLowerCase();
    wrong = !UUID.test(given);
    if (wrong) {
      desk.redraw();
      field.focus();
    } else location.hash = `#/order/${given}`;
  }

  function form() {
    const field = {
      id: "find", name: "order", value: id || null, maxlength: "36", autocomplete: "off", spellcheck: "false",
      placeholder: "01900000-0000-7000-8000-000000000000", class: "mono",
      "aria-invalid": wrong ? "true" : null, "aria-describedby": wrong ? "find-wrong" : null,
    };
    return h("form", { class: "find", role: "search", novalidate: true, on: { submit: search } },
      h("div", { class: "field" },
        h("label", { for: "find" }, t("order.id")),
        h("input", field),
        wrong ? h("p", { class: "wrong", id: "find-wrong" }, t("order.id_wrong")) : null),
      h("button", { type: "submit", class: "button primary" }, t("order.find")));
  }

  function draw({ assessment, inputs }) {
    if (!assessment) return form();
    const replayed = new Map((again?.items ?? []).map((each) => [each.decision_no, each]));
    return [
      form(),
      summary(assessment),
      h("section", { class: "card" },
        h("div", { class: "section-head" },
          h("h2", {}, t("order.decisions")),
          button(t("order.replay"), replay, { disabled: again?.busy === true, picture: "refresh" })),
        h("p", { class: "quiet" }, t("order.replay_about")),
        again?.refusal ? problem(again.refusal) : null,
        h("ol", { class: "timeline" }, assessment.decisions.map((each) => decision(each, replayed.get(each.decision_no))))),
      assessment.rechecks.length ? rechecks(assessment.rechecks) : null,
      features(inputs),
    ];
  }

  const desk = view(place, { load, draw, title: "order.title", about: "order.about" });
  return desk;
}

function summary({ order_id, outcome, left_before_hold, decisions }) {
  return h("section", { class: "card" },
    h("div", { class: "section-head" },
      h("h2", { class: "mono wrap" }, order_id), badge("outcome", outcome)),
    h("p", { class: "quiet" }, count("order.decided", decisions.length)),
    left_before_hold
      ? notice("bad", h("strong", {}, t("reviews.left")), " ", t("reviews.left_about", { state: word("state", left_before_hold) }))
      : null);
}

function decision(each, replayed) {
  return h("li", { "data-key": String(each.decision_no), class: each.outcome },
    h("div", { class: "line" },
      h("strong", {}, t("order.decision", { n: each.decision_no })),
      badge("outcome", each.outcome),
      badge("arm", each.arm),
      each.degraded.length ? badge("flag", "degraded", "warn") : null,
      each.await_recheck ? badge("flag", "await_recheck", "warn") : null,
      replayed ? sameness(replayed) : null),
    h("p", { class: "meta" },
      when(each.decided_at),
      h("span", {}, t("order.by", { by: who(each.decided_by) })),
      each.took_micros ? h("span", {}, t("order.took", { time: milliseconds(each.took_micros / 1e6) })) : null,
      h("span", {}, t("reviews.ruleset"), " ", shortId(each.ruleset))),
    each.degraded.length
      ? h("p", {}, t("order.without"), " ", each.degraded.map((check) => [code(check), " "]))
      : null,
    reasons(each.reasons));
}

function sameness({ same, why_not }) {
  if (same) return h("span", { class: "badge good", role: "status" }, t("order.same"));
  if (!why_not) return h("span", { class: "badge bad", role: "status" }, t("order.not_same"));
  return h("span", { class: "badge plain", role: "status" }, t("order.not_replayed"), " ", told(why_not));
}

function rechecks(list) {
  const columns = ["check", "cause", "deferred_at", "deadline", "tries", "result"].map((name) => t(`recheck.${name}`));
  const rows = list.map((each) => ({
    key: `${each.check} ${each.deferred_at}`,
    cells: [
      code(each.check),
      [causeWords(each.cause), " ", h("code", { class: "quiet" }, each.cause)],
      when(each.deferred_at),
      when(each.deadline),
      number(each.tries),
      each.result ? [badge("result", each.result), " ", when(each.rechecked_at)] : badge("result", "waiting", "warn"),
    ],
  }));
  return h("section", { class: "card" },
    h("h2", {}, t("recheck.title")), h("p", { class: "quiet" }, t("recheck.about")), table(t("recheck.title"), columns, rows));
}

function features(inputs) {
  if (!inputs.length) {
    return h("section", { class: "card" }, h("h2", {}, t("inputs.title")), h("p", { class: "quiet" }, t("inputs.none")));
  }
  return h("section", { class: "card" },
    h("h2", {}, t("inputs.title")),
    h("p", { class: "quiet" }, t("inputs.about")),
    inputs.map((each, place) =>
      h("details", { "data-key": String(each.decision_no), open: place === 0 },
        h("summary", {}, t("order.decision", { n: each.decision_no })),
        GROUPS.map((group) => featureGroup(group, each.features)),
        velocity(each.features),
        Object.keys(each.results).length ? results(each.results) : null)));
}

function featureGroup(group, all) {
  const mine = Object.entries(all).filter(([name]) => name.startsWith(`${group}.`) && !isCounted(name));
  if (!mine.length) return null;
  const pairs = mine.map(([name, value]) => [code(name), featureValue(name, value, all["order.currency"])]);
  return [h("h3", {}, word("group", group)), facts(pairs)];
}

const isCounted = (name) => WINDOWS.includes(name.split(".")[1]);

/** Who ordered how much before: too many numbers to be read one by one. */
function velocity(all) {
  const columns = [t("velocity.who"), ...WINDOWS.map((name) => t(`velocity.${name}`))];
  const rows = COUNTED.map((who) => {
    const values = WINDOWS.map((name) => [`${who}.${name}`, all[`${who}.${name}`] ?? null]);
    const cells = values.map(([name, value]) => h("span", { title: name }, featureValue(name, value, all["order.currency"])));
    return { key: who, cells: [word("group", who), ...cells] };
  });
  return [h("h3", {}, t("velocity.title")), table(t("velocity.title"), columns, rows)];
}

function featureValue(name, value, currency) {
  if (value === null) return h("span", { class: "quiet" }, t("inputs.missing"));
  if (value === "withheld") return h("span", { class: "quiet" }, t("inputs.withheld"));
  if (typeof value === "boolean") return t(value ? "inputs.yes" : "inputs.no");
  if (name.includes("_minor") && currency) return h("span", { title: String(value) }, money(value, currency));
  if (typeof value === "number") return number(value);
  return Array.isArray(value) ? value.join(", ") || "–" : String(value);
}

function results(all) {
  const pairs = Object.entries(all).map(([check, result]) => [code(check), code(JSON.stringify(result))]);
  return [h("h3", {}, t("inputs.results")), facts(pairs)];
}
