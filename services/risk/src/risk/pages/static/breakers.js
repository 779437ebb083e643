/** Every check's breaker: where it stands, why, what waits because of it, and who set it. */
import { get } from "./api.js";
import { h } from "./dom.js";
import { badge, bar, button, code, facts, notice, problem, told, when } from "./parts.js";
import { force } from "./releasing.js";
import { view } from "./view.js";
import { count, money, number, percent, t, word, who } from "./words.js";

const EVERY_MS = 2_000;
const STATES = ["auto", "open", "closed"];

export function breakers(place) {
  const histories = new Map(); // check -> {items} | {refusal}; those that are shown

  async function load() {
    const [{ items }] = await Promise.all([get("breakers"), ...Array.from(histories.keys(), loadHistory)]);
    return items;
  }

  async function loadHistory(check) {
    try {
      const made = await get("breaker_changes", { check }, { limit: 20 });
      if (histories.has(check)) histories.set(check, made);
    } catch (refusal) {
      if (histories.has(check)) histories.set(check, { refusal });
    }
  }

  async function turnHistory(check) {
    if (!histories.delete(check)) {
      histories.set(check, { items: [] });
      await loadHistory(check);
    }
    desk.redraw();
  }

  async function set(check, state) {
    if (!(await force(check, state))) return;
    if (histories.has(check)) await loadHistory(check);
    place.dispatchEvent(new Event("refresh"));
  }

  function draw(items) {
    if (!items.length) return notice("warn", t("breakers.none"));
    const open = items.filter((item) => item.state !== "closed").length;
    return [
      h("p", { class: `summary ${open ? "bad" : "good"}`, role: "status" },
        h("span", { class: `dot ${open ? "bad" : "good"}` }),
        open ? count("breakers.open", open) : t("breakers.all_closed", { n: number(items.length) })),
      h("div", { class: "lamps" }, items.map(card)),
    ];
  }

  function card(item) {
    const id = `check-${item.check}`;
    const shown = histories.get(item.check);
    const attributes = { "data-key": item.check, class: `card breaker ${item.state}`, "aria-labelledby": id };
    return h("article", attributes,
      h("div", { class: "section-head" },
        h("div", { class: "line" },
          h("span", { class: `lamp ${item.state}`, "aria-hidden": "true" }),
          h("h2", { id, class: "mono" }, item.check),
          badge("breaker", item.state),
          badge("core", item.core ? "yes" : "no", item.core ? "accent" : "plain")),
        setting(item)),
      item.override ? override(item.override) : null,
      owed(item),
      workers(item),
      h("p", {}, toggle(shown !== undefined, () => turnHistory(item.check))),
      shown ? history(shown) : null);
  }

  function setting({ check, override: set_by }) {
    const current = set_by?.state ?? "auto";
    return h("div", { class: "switch", role: "group", "aria-label": t("breakers.setting", { check }) },
      STATES.map((state) => {
        const pressed = { type: "button", "aria-pressed": String(state === current) };
        return h("button", { ...pressed, on: { click: () => set(check, state) } }, word("force", state));
      }));
  }

  const desk = view(place, { load, draw, every: EVERY_MS, title: "breakers.title", about: "breakers.about" });
  return desk;
}

const override = (set_by) =>
  notice("warn",
    h("strong", {}, t("breakers.forced", { state: word("breaker", set_by.state), by: set_by.set_by })),
    " ", when(set_by.set_at), h("p", { class: "quote" }, set_by.reason));

function owed({ core, deferred, exposed_minor }) {
  const exposed = Object.entries(exposed_minor).filter(([, minor]) => minor);
  const amounts = exposed.length ? exposed.map(([currency, minor]) => h("div", {}, money(minor, currency))) : "–";
  return facts([
    [t("breakers.deferred"), number(deferred)],
    [t("breakers.exposed"), amounts],
    [t("breakers.meanwhile"), t(core ? "breakers.meanwhile_core" : "breakers.meanwhile_other")],
  ]);
}

/** What is well needs one line; what is not is told of every worker. */
function workers(item) {
  const list = h("ul", { class: "rows" }, item.workers.map(worker));
  if (item.state !== "closed" || item.override) return list;
  return h("details", { "data-key": "well" },
    h("summary", {}, count("breakers.workers", new Set(item.workers.map((each) => each.instance)).size)),
    list);
}

function worker({ instance, state, sentence, figures }) {
  const { thresholds = {}, calls = 0, fingerprint = "" } = figures;
  return h("li", { "data-key": `${instance} ${fingerprint}` },
    h("div", { class: "line" },
      code(instance), badge("breaker", state),
      h("span", { class: "quiet small" }, t("breakers.version"), " ", code(fingerprint.slice(0, 8), fingerprint))),
    h("p", {}, told(sentence)),
    calls
      ? h("div", { class: "rates" },
        rate("breakers.slow", figures.slow_rate, thresholds.slow_rate),
        rate("breakers.failed", figures.error_rate, thresholds.error_rate),
        h("span", { class: "quiet small" }, count("breakers.calls", calls)))
      : null);
}

function rate(key, share = 0, limit = null) {
  const label = t(key, { share: percent(share), limit: limit === null ? "–" : percent(limit) });
  const tone = limit !== null && share >= limit ? "bad" : share > 0 ? "warn" : "good";
  return h("span", { class: "with-bar" }, h("span", { class: "small" }, label), bar(share, { limit, tone, label }));
}

function toggle(open, act) {
  const attributes = { type: "button", class: "button quiet", "aria-expanded": String(open), on: { click: act } };
  return h("button", attributes, t(open ? "breakers.history_hide" : "breakers.history"));
}

function history({ items = [], refusal = null }) {
  if (refusal) return problem(refusal);
  if (!items.length) return h("p", { class: "quiet" }, t("breakers.history_none"));
  return h("ol", { class: "timeline" }, items.map((change) =>
    h("li", { "data-key": `${change.changed_at} ${change.instance}`, class: change.after },
      h("div", { class: "line" }, badge("breaker", change.before), "→", badge("breaker", change.after),
        code(change.instance === "all" ? t("breakers.everywhere") : change.instance)),
      h("p", { class: "meta" }, when(change.changed_at), h("span", {}, t("order.by", { by: who(change.changed_by) }))),
      h("p", { class: "quote" }, told(change.cause)))));
}
