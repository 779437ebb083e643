/** What decides now and what is on its way there: figures, workers, rule sets and history. */
import { Refused, get } from "./api.js";
import { candidateCard, changesCard, figuresCard, gateCard, stableCard, workersCard } from "./in_force.js";
import { h } from "./dom.js";
import { rulesetsCard } from "./rulesets.js";
import { abort, measure, promote, rollBack } from "./releasing.js";
import { view } from "./view.js";
import { t } from "./words.js";

const EVERY_MS = 2_000;
const RULESETS_TURNS = 15; // documents are large and change rarely

export function release(place) {
  let turns = 0;
  let rulesets = [];
  const names = new Map(); // rule set -> its name
  const reports = new Map(); // rule set -> measurements, the newest first
  const asked = { report: null, refusal: null }; // the rule set whose report is shown

  async function load() {
    const [active, changes] = await Promise.all([inForce(), get("changes", {}, { limit: 20 })]);
    if (turns++ % RULESETS_TURNS === 0) rulesets = (await get("rulesets", {}, { limit: 20 })).items;
    learn([...rulesets, ...(active ? [active.ruleset] : [])]);
    const candidate = active?.change.candidate;
    if (candidate && !names.has(candidate)) learn([await get("ruleset", { ruleset: candidate })]);
    if (candidate && !reports.has(candidate)) await loadReport(candidate);
    return { active, changes: changes.items };
  }

  async function inForce() {
    try {
      return await get("active");
    } catch (refusal) {
      if (refusal instanceof Refused && refusal.status === 404) return null;
      throw refusal;
    }
  }

  function learn(records) {
    for (const { id, document } of records) names.set(id, document.name);
  }

  async function loadReport(id) {
    reports.set(id, (await get("measurements", { ruleset: id }, { limit: 1 })).items);
  }

  async function showReport(id) {
    asked.report = asked.report === id ? null : id;
    asked.refusal = null;
    try {
      if (asked.report) await loadReport(id);
    } catch (refusal) {
      asked.refusal = refusal;
    }
    desk.redraw();
  }

  /** Do it, then look at once what has become of it. */
  const after = (act) => async (...given) => {
    const done = await act(...given);
    if (!done) return;
    turns = 0;
    reports.clear();
    if (done.measurement_id) asked.report = done.ruleset;
    if (asked.report) await loadReport(asked.report).catch(() => {});
    place.dispatchEvent(new Event("refresh"));
  };

  const acts = {
    promote: after(promote),
    abort: after(abort),
    rollBack: after(rollBack),
    measure: after(measure),
    showReport,
    redraw: () => desk.redraw(),
  };

  function draw({ active, changes }) {
    const shown = { active, changes, rulesets, names, reports, asked, acts };
    if (!active) return [h("p", { class: "empty" }, t("release.nothing")), rulesetsCard(shown)];
    return [
      h("div", { class: "columns" }, stableCard(shown), candidateCard(shown)),
      figuresCard(shown),
      gateCard(shown),
      workersCard(shown),
      rulesetsCard(shown),
      changesCard(shown),
    ];
  }

  const desk = view(place, { load, draw, every: EVERY_MS, title: "release.title", about: "release.about" });
  return desk;
}
