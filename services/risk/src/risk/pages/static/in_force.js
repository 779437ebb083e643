/** The rule sets that decide now, how they do beside each other, and who decides by which. */
import { h } from "./dom.js";
import { report, verdict } from "./measurement.js";
import { amount, badge, bar, button, code, notice, ruleset, table, told, when } from "./parts.js";
import { milliseconds, percent, t, word, who } from "./words.js";

const STEPS = [["shadow", 0], ["canary", 1], ["canary", 10], ["canary", 50]];

export function stableCard({ active, changes, names, acts }) {
  const { change } = active;
  return h("section", { class: "card", "data-key": "stable" },
    h("div", { class: "section-head" },
      h("h2", {}, t("release.stable")),
      button(t("release.roll_back"), () => acts.rollBack(change, changes, names), { tone: "danger" })),
    h("p", { class: "headline" }, ruleset(change.ruleset, names)),
    h("p", { class: "quiet" }, t("release.written", { by: who(active.ruleset.author) }), " ", when(active.ruleset.created_at)),
    h("p", { class: "quote" }, told(active.ruleset.reason)));
}

export function figuresCard({ active }) {
  return h("section", { class: "card", "data-key": "figures" },
    h("h2", {}, t("figures.title")),
    share(active.change),
    figures(active));
}

/** Whose orders they are: the one bar everybody looks at during a release. */
function share({ candidate, stage, percent: part }) {
  const canary = candidate && stage === "canary" ? part / 100 : 0;
  const label = t("release.share_label", { stable: percent(1 - canary), canary: percent(canary) });
  return h("div", { class: "share-box" },
    h("div", { class: "share", role: "img", "aria-label": label },
      h("span", { class: "stable", style: { "flex-grow": String(1 - canary) } }),
      canary ? h("span", { class: "canary", style: { "flex-grow": String(canary) } }) : null),
    h("div", { class: "legend", "aria-hidden": "true" },
      h("span", { class: "key stable" }, t("release.stable"), " ", h("strong", {}, percent(1 - canary))),
      h("span", { class: "key canary" }, word("stage", stage ?? "canary"), " ",
        h("strong", {}, stage === "shadow" ? t("release.only_compared") : percent(canary)))));
}

function figures({ stable_figures: stable, candidate_figures: candidate, change }) {
  const columns = [t("figures.what"), t("release.stable"), candidate ? word("stage", change.stage) : t("figures.none")];
  const shares = ["unanswered", "held", "rejected"].map((name) => ({
    key: name,
    cells: [t(`figures.${name}`), part(stable, name), candidate ? part(candidate, name) : "–"],
  }));
  const rows = [
    { key: "orders", cells: [t("figures.orders"), amount(stable.orders), candidate ? amount(candidate.orders) : "–"] },
    { key: "p95", cells: [t("figures.p95"), latency(stable), candidate ? latency(candidate) : "–"] },
    ...shares,
  ];
  return [
    h("div", { class: "compare" }, table(t("figures.title"), columns, rows)),
    h("p", { class: "quiet small" }, t("figures.about")),
  ];
}

const latency = (did) => (did.orders ? milliseconds(did.p95_seconds) : "–");

function part(did, name) {
  if (!did.orders) return "–";
  const share = did[name] / did.orders;
  const tone = name === "unanswered" ? "warn" : name === "held" ? "accent" : "bad";
  return h("span", { class: "with-bar" },
    h("span", { class: "number" }, percent(share)),
    bar(share, { tone, label: percent(share) }));
}

export function candidateCard({ active, names, reports, acts }) {
  const { change } = active;
  if (!change.candidate) {
    return h("section", { class: "card", "data-key": "no-candidate" },
      h("h2", {}, t("release.candidate")),
      h("p", { class: "quiet" }, t("release.no_candidate")), steps(null));
  }
  const place = STEPS.findIndex(([stage, part]) => stage === change.stage && part === change.percent);
  const next = STEPS[place + 1];
  const label = t("release.promote", { step: next ? stepName(next) : word("stage", "stable") });
  return h("section", { class: "card", "data-key": "candidate" },
    h("div", { class: "section-head" }, h("h2", {}, t("release.candidate")), badge("stage", change.stage)),
    h("p", { class: "headline" }, ruleset(change.candidate, names)),
    h("p", { class: "quiet" }, t("release.since", { by: who(change.changed_by) }), " ", when(change.changed_at)),
    h("p", { class: "quote" }, told(change.reason)),
    steps(place),
    h("div", { class: "actions" },
      button(label, () => acts.promote(change.candidate, label), { tone: "primary" }),
      button(t("release.abort"), () => acts.abort(change.candidate), { tone: "danger" })),
    gate(reports.get(change.candidate)?.[0]));
}

function gate(made) {
  const culprit = made?.report.culprit;
  return h("div", { class: "line" },
    h("span", {}, t("gate.title")),
    made ? verdict(made) : h("span", { class: "quiet" }, t("gate.never")),
    culprit ? [h("span", {}, t("gate.culprit")), code(culprit)] : null);
}

/** The whole report on the candidate, for those who want to know. */
export function gateCard({ active, names, reports }) {
  const made = reports.get(active.change.candidate)?.[0];
  if (!made) return null;
  return h("section", { class: "card", "data-key": `gate ${made.measurement_id}` },
    h("details", {}, h("summary", {}, t("gate.whole")), report(made, names)));
}

function steps(place) {
  const all = [...STEPS.map(stepName), word("stage", "stable")];
  return h("ol", { class: "steps", "aria-label": t("release.steps") },
    all.map((name, at) => {
      const here = place !== null && at === place;
      const done = place !== null && at < place;
      return h("li", { class: here ? "here" : done ? "done" : "", "aria-current": here ? "step" : null }, name);
    }));
}

const stepName = ([stage, part]) => (part ? percent(part / 100) : word("stage", stage));

export function workersCard({ active, names }) {
  const { change, workers } = active;
  const strays = (worker) => worker.stable !== change.ruleset || worker.candidate !== change.candidate;
  const columns = ["instance", "stable", "candidate", "state", "reported"].map((name) => t(`workers.${name}`));
  const rows = workers.map((worker) => ({
    key: worker.instance,
    tone: strays(worker) || worker.trouble ? "stray" : "",
    cells: [
      code(worker.instance),
      ruleset(worker.stable, names),
      ruleset(worker.candidate, names),
      strays(worker) ? badge("worker", "stray", "bad") : worker.trouble ? badge("worker", "trouble", "warn") : badge("worker", "good", "good"),
      [worker.trouble ? told(worker.trouble) : null, " ", when(worker.reported_at)],
    ],
  }));
  const some = workers.some(strays);
  return h("section", { class: "card", "data-key": "workers" },
    h("h2", {}, t("workers.title")),
    h("p", { class: "quiet" }, t("workers.about")),
    some ? notice("bad", t("workers.drift")) : null,
    rows.length ? table(t("workers.title"), columns, rows) : notice("warn", t("workers.none")));
}

export function changesCard({ changes, names }) {
  return h("section", { class: "card", "data-key": "changes" },
    h("h2", {}, t("changes.title")),
    h("ol", { class: "timeline" }, changes.map((change) =>
      h("li", { "data-key": change.change_id, class: change.kind },
        h("div", { class: "line" },
          badge("kind", change.kind, { rollback: "bad", abort: "warn", shadow: "accent", canary: "accent" }[change.kind] ?? "good"),
          change.stage === "canary" ? h("strong", {}, percent(change.percent / 100)) : null,
          ruleset(change.candidate ?? change.ruleset, names)),
        h("p", { class: "meta" }, when(change.changed_at), h("span", {}, t("order.by", { by: who(change.changed_by) }))),
        h("p", { class: "quote" }, told(change.reason))))));
}
