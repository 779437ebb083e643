/** The parts of the page beside the services, each made of the same document. */
import { bar, h } from "./dom.js";
import { serviceName } from "./service.js";
import { bytes, clock, money, number, percent, span, t, word } from "./words.js";

const DOT = { bad: "bad", warn: "warn", note: "accent" };
const STATES = ["held", "awaiting_payment", "awaiting_allocation", "backordered", "allocated", "picking", "packed",
  "handed_over", "in_transit"];
const KINDS = ["short", "over", "missing", "unknown", "pending"];

const titled = (title, ...content) => h("div", { class: "card" }, h("h2", {}, title), ...content);
const quiet = (text) => h("p", { class: "quiet" }, text);

export function attention({ attention: notices }) {
  if (!notices.length) return h("p", { class: "card well" }, h("i", { class: "dot good" }), t("well"));
  const worst = notices[0].level;
  return h("div", { class: `card looks ${worst}` },
    h("h2", {}, t("attention"), " ", h("span", { class: `badge ${DOT[worst]}` }, number(notices.length))),
    h("ul", {}, notices.map((one) =>
      h("li", {}, h("i", { class: `dot ${DOT[one.level]}` }), h("span", {}, said(one))))));
}

const said = ({ code, subject, value }) =>
  t(`notice.${code}`, {
    subject: serviceName(subject), count: number(value === null ? null : Math.round(value * 10) / 10),
    time: span(value), share: percent(value ?? 0),
  });

export function totals({ totals: all, alerts: told }) {
  const firing = told?.filter(({ state, severity }) => state === "firing" && severity !== "none").length;
  const tile = (label, value, tone = "") =>
    h("div", { class: `tile ${tone}` }, h("dt", {}, label), h("dd", { class: "number" }, value));
  return h("dl", { class: "tiles" },
    tile(t("total.orders"), t("per_second", { n: number(all.orders_rate) })),
    tile(t("total.waiting"), number(Math.round(all.waiting)), all.waiting > 10_000 ? "bad" : ""),
    tile(t("total.drain"), span(all.drain_seconds), all.drain_seconds === null ? "bad" : all.drain_seconds > 300 ? "warn" : ""),
    tile(t("total.oldest"), span(all.oldest_seconds), all.oldest_seconds > 120 ? "warn" : ""),
    tile(t("total.workers"), t("of", { n: all.workers, all: all.workers_planned }), all.workers < all.workers_planned ? "bad" : ""),
    told === null
      ? tile(t("total.alerts"), h("small", {}, t("total.no_prometheus")), "off")
      : tile(t("total.alerts"), number(firing), firing ? "bad" : ""));
}

export function checks({ risk }) {
  const names = Object.keys(risk.breakers);
  const arms = Object.entries(risk.rulesets).sort(([a]) => (a === "stable" ? -1 : 1));
  if (!names.length && !arms.length) return titled(t("risk.title"), quiet(t("risk.none")));
  const tones = { 0: "good", 0.5: "warn", 1: "bad" };
  return titled(t("risk.title"),
    h("ul", { class: "rows" }, arms.map(([arm, id]) => h("li", {},
      h("span", { class: "badge" }, word("arm", arm)), h("code", {}, id),
      arm === "stable" ? null : h("span", { class: "number push" }, percent(risk.canary_percent / 100)),
      arm === "stable" ? null : bar(risk.canary_percent / 100, "accent")))),
    h("ul", { class: "rows" }, names.map((check) => h("li", { "aria-label": t("breaker", { check }) },
      h("i", { class: `dot ${tones[risk.breakers[check]]}` }), h("code", {}, check),
      h("span", { class: `badge push ${tones[risk.breakers[check]]}` }, t(`breaker.${risk.breakers[check]}`)),
      late(risk.deferred[check])))));
}

const late = (one) =>
  one?.orders
    ? h("span", { class: "quiet whole" }, t("deferred", { n: number(one.orders), time: span(one.deadline_seconds) }))
    : null;

export function states({ business }) {
  if (!Object.keys(business.states).length) return titled(t("states.title"), quiet(t("states.none")));
  const most = Math.max(1, ...Object.values(business.states));
  return titled(t("states.title"), h("ul", { class: "rows bars" }, STATES.map((state) => h("li", {},
    h("span", {}, word("state", state)), h("span", { class: "number push" }, number(business.states[state])),
    bar((business.states[state] ?? 0) / most, state === "held" || state === "backordered" ? "warn" : "accent")))));
}

export function business({ business: figures }) {
  const rate = (status) => row(t(status), t("per_second", { n: number(figures.rates[status]) }));
  const sums = Object.entries(figures.difference_minor).filter(([, minor]) => minor);
  return titled(t("money.title"),
    h("ul", { class: "rows" }, ["accepted", "quarantined", "duplicate", "updated"].map(rate),
      row(t("quarantine"), number(figures.quarantine), figures.quarantine ? "warn" : "")),
    h("h3", {}, t("differences")),
    h("ul", { class: "rows" },
      KINDS.map((kind) => row(t(`difference.${kind}`), number(figures.differences[kind]),
        kind !== "pending" && figures.differences[kind] ? "warn" : "")),
      sums.map(([currency, minor]) => h("li", { class: "quiet" }, t("difference.sum", { sum: money(minor, currency) })))));
}

const row = (label, value, tone = "") =>
  h("li", {}, h("span", {}, label), h("span", { class: `number push ${tone}` }, value));

const rank = ({ state, severity }) => (state === "firing" ? 0 : 2) + (severity === "page" ? 0 : 1);

export function alerts({ alerts: told }) {
  if (told === null) return titled(t("alerts.title"), quiet(t("alerts.absent")));
  const shown = told.filter(({ severity }) => severity !== "none").sort((a, b) => rank(a) - rank(b));
  if (!shown.length) return titled(t("alerts.title"), quiet(t("alerts.none")));
  const tone = ({ state, severity }) => (state === "pending" ? "" : severity === "page" ? "bad" : "warn");
  return titled(t("alerts.title"), h("ul", { class: "rows" }, shown.map((one) => h("li", { class: "alert" },
    h("span", { class: `badge ${tone(one)}` }, t(`alert.${one.state}`)), h("b", {}, one.name),
    h("span", { class: "quiet push number" }, t("alert.since", { time: clock(new Date(one.since)) })),
    h("span", { class: "whole" }, one.summary),
    one.runbook ? h("code", { class: "whole quiet" }, one.runbook) : null))));
}

export function broker({ broker: shown }) {
  if (shown === null) return titled(t("broker.title"), quiet(t("broker.none")));
  return titled(t("broker.title"),
    shown.alarms.map((alarm) => h("p", { class: "banner bad" }, t("notice.broker_alarm", { subject: alarm }))),
    table([t("queue"), t("messages"), t("consumers")],
      shown.queues.map(({ name, messages, consumers }) => [h("code", {}, name), number(messages), number(consumers)])),
    quiet(t("broker.note")));
}

export function processes({ processes: all }) {
  const tones = { ready: "good", starting: "warn", restarting: "bad", stopped: "" };
  return titled(t("processes.title"), table(
    [t("process"), t("process.state"), t("up"), t("restarts"), t("cpu"), t("memory")],
    all.map((one) => [
      h("code", {}, one.name),
      h("span", { class: "state" }, h("i", { class: `dot ${tones[one.state]}` }), word("condition", one.state)),
      one.up_seconds === null ? "" : span(one.up_seconds < 60 ? Math.floor(one.up_seconds / 10) * 10 : Math.floor(one.up_seconds / 60) * 60),
      one.restarts ? number(one.restarts) : "",
      one.cpu === null ? "" : percent(one.cpu), bytes(one.memory_bytes)])));
}

function table(heads, rows) {
  const cell = (content, place) => h("td", { class: place ? "number" : "" }, content);
  return h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, heads.map((head, place) => h("th", { scope: "col", class: place ? "number" : "" }, head)))),
    h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map(cell))))));
}
