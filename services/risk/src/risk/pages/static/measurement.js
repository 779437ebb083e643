/** What the performance gate found: every check beside its budget, and what would change. */
import { h } from "./dom.js";
import { amount, badge, bar, code, ruleset, table, told, when } from "./parts.js";
import { count, milliseconds, money, number, t, who, word } from "./words.js";

/** The gate's word in short. */
export const verdict = (made) => badge("gate", made.passed ? "passed" : "refused", made.passed ? "good" : "bad");

export function report(made, names) {
  if (!made) return h("p", { class: "quiet" }, t("gate.never"));
  const { candidate, stable, drift, culprit, told: why, snapshots } = made.report;
  return [
    h("div", { class: `answer ${made.passed ? "good" : "bad"}` },
      h("div", { class: "line" },
        verdict(made),
        culprit ? [h("span", {}, t("gate.culprit")), code(culprit)] : null),
      h("p", {}, told(why)),
      h("p", { class: "meta" },
        when(made.measured_at),
        h("span", {}, t("order.by", { by: who(made.measured_by) })),
        h("span", {}, count("gate.snapshots", snapshots)),
        h("span", {}, t("gate.against"), " ", ruleset(made.against, names)))),
    h("h3", {}, t("gate.checks")),
    times(candidate, stable, culprit),
    h("h3", {}, t("drift.title")),
    moves(drift),
  ];
}

function times(candidate, stable, culprit) {
  const before = new Map(stable.checks.map((check) => [check.check, check]));
  const columns = ["check", "p95", "p50", "stable", "calls"].map((name) => t(`gate.${name}`));
  const rows = candidate.checks.map((check) => ({
    key: check.check,
    tone: check.check === culprit ? "stray" : "",
    cells: [
      h("span", {}, code(check.check), " ", h("span", { class: "quiet small" }, t(check.inline ? "gate.inline" : "gate.slow"))),
      budgeted(check),
      milliseconds(check.p50_seconds),
      before.has(check.check) ? milliseconds(before.get(check.check).p95_seconds) : t("gate.new"),
      check.failed ? t("gate.failed", { n: number(check.failed), calls: number(check.calls) }) : number(check.calls),
    ],
  }));
  const whole = {
    key: " order",
    tone: "total",
    cells: [t("gate.order"), milliseconds(candidate.p95_seconds), "", milliseconds(stable.p95_seconds), ""],
  };
  return table(t("gate.checks"), columns, [...rows, whole]);
}

function budgeted({ p95_seconds: took, budget_seconds: budget }) {
  if (!budget) return [milliseconds(took), " ", h("span", { class: "quiet small" }, t("gate.later"))];
  const label = t("gate.of_budget", { took: milliseconds(took), budget: milliseconds(budget) });
  return h("span", { class: "with-bar" },
    h("span", { class: "number" }, label),
    bar(took / budget, { tone: took > budget ? "bad" : took > budget * 0.8 ? "warn" : "good", label }));
}

function moves(drift) {
  const summary = h("p", {}, t("drift.summary", { orders: number(drift.orders), changed: number(drift.changed) }));
  const unsure = drift.incomplete ? h("p", { class: "quiet" }, count("drift.incomplete", drift.incomplete)) : null;
  if (!drift.moves.length) return [summary, unsure];
  const columns = ["move", "orders", "amounts", "reasons", "examples"].map((name) => t(`drift.${name}`));
  const rows = drift.moves.map((move) => ({
    key: `${move.was} ${move.now}`,
    cells: [
      h("span", { class: "line" }, badge("outcome", move.was), "→", badge("outcome", move.now)),
      amount(move.orders),
      Object.entries(move.amounts_minor).map(([currency, minor]) => h("div", { class: "number" }, money(minor, currency))),
      Object.entries(move.reasons).map(([reason, n]) => h("div", {}, spelled(reason), ` × ${number(n)}`)),
      move.examples.slice(0, 3).map((id) => h("a", { href: `#/order/${id}`, class: "mono", title: id }, `…${id.slice(-8)} `)),
    ],
  }));
  return [summary, unsure, table(t("drift.title"), columns, rows)];
}

function spelled(reason) {
  const [check, ...rest] = reason.split(":");
  return [code(check), " ", word("code", rest.join(":"))];
}
