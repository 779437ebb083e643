/** The rule sets that were published: each can be measured, and begin its way to the orders. */
import { h } from "./dom.js";
import { report } from "./measurement.js";
import { badge, button, problem, ruleset, when } from "./parts.js";
import { count, t, who } from "./words.js";

const measuring = new Map(); // rule set -> {busy} | {refusal}

export function rulesetsCard(shown) {
  const { rulesets } = shown;
  return h("section", { class: "card", "data-key": "rulesets" },
    h("h2", {}, t("rulesets.title")),
    h("p", { class: "quiet" }, t("rulesets.about")),
    h("ul", { class: "rows" }, rulesets.map((record) => row(record, shown))));
}

function row(record, { active, names, reports, asked, acts }) {
  const { id, document } = record;
  const change = active?.change;
  const going = measuring.get(id) ?? {};
  const open = asked.report === id;
  const rules = (document.checks ?? document.rules ?? []).length;
  const beginning = change && !change.candidate && change.ruleset !== id;
  return h("li", { "data-key": id },
    h("div", { class: "section-head" },
      h("div", {},
        h("div", { class: "line" },
          ruleset(id, names),
          change?.ruleset === id ? badge("stage", "stable", "good") : null,
          change?.candidate === id ? badge("stage", change.stage) : null),
        h("p", { class: "meta" },
          when(record.created_at),
          h("span", {}, t("order.by", { by: who(record.author) })),
          h("span", {}, count("rulesets.checks", rules)))),
      h("div", { class: "actions" },
        button(t("rulesets.measure"), () => take(id, acts), { disabled: going.busy === true }),
        toggle(open, () => acts.showReport(id)),
        beginning ? button(t("rulesets.begin"), () => acts.promote(id, t("rulesets.begin")), { tone: "primary" }) : null)),
    h("p", { class: "quote" }, record.reason),
    going.busy ? h("p", { class: "quiet", role: "status" }, t("rulesets.measuring")) : null,
    going.refusal ? problem(going.refusal) : null,
    open ? h("div", { class: "inset" }, asked.refusal ? problem(asked.refusal) : report(reports.get(id)?.[0], names)) : null);
}

function toggle(open, act) {
  const attributes = { type: "button", class: "button", "aria-expanded": String(open), on: { click: act } };
  return h("button", attributes, t(open ? "rulesets.hide" : "rulesets.report"));
}

async function take(id, acts) {
  measuring.set(id, { busy: true });
  acts.redraw();
  try {
    await acts.measure(id);
    measuring.delete(id);
  } catch (refusal) {
    measuring.set(id, { refusal });
  }
  acts.redraw();
}
