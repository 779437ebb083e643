/** One service: how many work on it, what waits, what comes and goes, when it will be through. */
import { h } from "./dom.js";
import { millis, number, span, t, word } from "./words.js";

export const serviceName = (name) => word("service", name);

/** Return what the lines of its charts are called. */
export const serviceWords = (name) => {
  const own = name === "ingest" ? ".ingest" : "";
  return { waiting: t(`waiting${own}`), in: t(`in${own}`), out: t(`out${own}`) };
};

const figure = (label, value, tone = "") =>
  h("div", { class: `figure ${tone}` }, h("dt", {}, label), h("dd", { class: "number" }, value));

export function serviceHead(service) {
  const words = serviceWords(service.name);
  const isDoor = service.name === "ingest";
  return [
    h("div", { class: "line" },
      h("h2", {}, serviceName(service.name), " ", h("code", {}, service.name)), people(service)),
    recovery(service),
    h("dl", { class: "figures" },
      figure(words.waiting, service.waiting === null ? "?" : number(Math.round(service.waiting)), toneOfDepth(service)),
      figure(words.in, t("per_second", { n: number(service.in_rate) })),
      figure(words.out, t("per_second", { n: number(service.out_rate) })),
      isDoor ? null : figure(t("drain"), service.waiting === null ? "–" : span(service.drain_seconds), toneOfDrain(service)),
      isDoor ? null : figure(t("oldest"), age(service.oldest_seconds), (service.oldest_seconds ?? 0) > 120 ? "warn" : ""),
      isDoor ? figure(t("requests"), t("per_second", { n: number(service.requests_rate) })) : null,
      isDoor ? figure(t("queueing"), number(service.admission_waiting)) : null),
    h("p", { class: "meta" }, details(service).map((one) => h("span", {}, one))),
  ];
}

function people({ workers, workers_planned: planned }) {
  const dots = Array.from({ length: Math.min(planned, 16) }, (_, place) =>
    h("i", { class: `dot ${place < workers ? "good" : "bad"}` }));
  return h("span", { class: "people" }, h("span", { "aria-hidden": "true" }, dots),
    h("span", { class: "number" }, t("of", { n: workers, all: planned })), " ", t("workers"));
}

function recovery(service) {
  if (!service.recovery) return null;
  const rate = t("per_second", { n: number(service.recovery_rate) });
  const left = t("recovery.left", { n: number(Math.round(service.lanes.backlog ?? 0)), rate });
  return h("p", { class: "banner" }, h("b", {}, t(`recovery.${service.recovery}`)), " · ", left);
}

function details(service) {
  const lanes = ["main", "retry", "parked", "backlog"]
    .filter((lane) => lane in service.lanes && (lane !== "backlog" || service.lanes.backlog))
    .map((lane) => `${t(`lane.${lane}`)} ${number(Math.round(service.lanes[lane]))}`);
  const base = service.baseline_seconds ? ` (${t("baseline", { time: millis(service.baseline_seconds) })})` : "";
  const event = service.event_seconds === null ? null : `${t("per_event")} ${millis(service.event_seconds)}${base}`;
  const database = service.database_seconds === null ? null : `${t("database")} ${millis(service.database_seconds)}`;
  const shed = service.shed_rate ? `${t("shed")} ${t("per_second", { n: number(service.shed_rate) })}` : null;
  return [...lanes, event, database, ledger(service.ledger), shed].filter(Boolean);
}

function ledger({ open }) {
  if (open === undefined) return null;
  const said = open ? t("ledger.open", { n: number(open) }) : t("ledger.well");
  return `${t("ledger")}: ${said}`;
}

const age = (seconds) => (seconds === null ? "–" : span(seconds));
const toneOfDepth = ({ waiting }) => (waiting > 10_000 ? "bad" : waiting > 1_000 ? "warn" : "");
const toneOfDrain = ({ waiting, drain_seconds: seconds }) =>
  waiting > 100 ? (seconds === null ? "bad" : seconds > 300 ? "warn" : "") : "";
