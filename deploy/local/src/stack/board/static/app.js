/** The page: asks for what is new every two seconds, and shows it. */
import { chart } from "./chart.js";
import { h, show } from "./dom.js";
import { alerts, attention, broker, business, checks, processes, states, totals } from "./parts.js";
import { serviceHead, serviceWords } from "./service.js";
import { choose, clock, LANGUAGES, spoken, t } from "./words.js";

const PERIOD = 2_000;
const KEPT_SECONDS = 900;

const past = { number: 0, times: [], values: {} };
const cards = new Map();
let now = null;
let answered = null;
let troubled = false;

const fresh = h("p", { class: "fresh" });
const tongue = h("div", { class: "languages", role: "group" });
const name = h("h1", {});
const places = Object.fromEntries(
  ["attention", "totals", "services", "alerts", "checks", "states", "business", "broker", "processes"]
    .map((part) => [part, h("section", { class: part })]));
const { services, totals: figures, attention: looks, broker: queues, processes: all, ...rest } = places;
document.body.append(
  h("header", { class: "top" },
    h("img", { src: "/assets/icon.svg", alt: "", width: 28, height: 28 }), name, fresh, tongue),
  h("main", {}, looks, figures, services, h("div", { class: "cards" }, Object.values(rest)),
    h("div", { class: "machinery" }, queues, all)));

/** Add what came since, and drop what is older than the charts are wide. */
function remember(news) {
  if (news.number < past.number) Object.assign(past, { times: [], values: {} }); // it has begun again
  const length = past.times.length;
  const names = new Set([...Object.keys(past.values), ...Object.keys(news.values)]);
  for (const line of names) {
    const before = past.values[line] ?? Array(length).fill(null);
    past.values[line] = before.concat(news.values[line] ?? Array(news.times.length).fill(null));
  }
  past.times = past.times.concat(news.times);
  past.number = news.number;
  const old = past.times.findIndex((time) => time >= past.times.at(-1) - KEPT_SECONDS);
  if (old > 0) {
    past.times = past.times.slice(old);
    for (const line of names) past.values[line] = past.values[line].slice(old);
  }
}

async function ask() {
  try {
    const answer = await fetch(`/v1/look?after=${past.number}`, { signal: AbortSignal.timeout(5_000) });
    if (!answer.ok) throw new Error(answer.statusText);
    const news = await answer.json();
    remember(news.past);
    now = news.now ?? now;
    answered = new Date();
    troubled = false;
  } catch {
    troubled = true;
  }
  draw();
  setTimeout(ask, PERIOD);
}

function draw() {
  document.title = `Sluice · ${t("title")}`;
  show(name, "Sluice", h("span", {}, t("title")));
  show(fresh, ...freshness());
  if (tongue.dataset.language !== spoken()) drawLanguages();
  if (now === null) return show(figures, h("p", { class: "quiet" }, t("loading")));
  document.body.classList.toggle("stale", troubled);
  show(looks, attention(now));
  show(figures, totals(now));
  drawServices();
  show(places.alerts, alerts(now));
  show(places.checks, checks(now));
  show(places.states, states(now));
  show(places.business, business(now));
  show(queues, broker(now));
  show(all, processes(now));
}

function freshness() {
  if (answered === null) return [];
  const time = clock(answered);
  if (troubled) return [h("i", { class: "dot bad" }), t("stale", { time })];
  return [h("i", { class: "dot good" }), t("live"), h("span", { class: "quiet number" }, t("at", { time }))];
}

function drawLanguages() {
  tongue.dataset.language = spoken();
  tongue.setAttribute("aria-label", t("language.label"));
  show(tongue);
  const buttons = LANGUAGES.map((language) =>
    h("button", { type: "button", lang: language === "zh" ? "zh-Hans" : "en",
      "aria-pressed": String(language === spoken()), on: { click: () => { choose(language); draw(); } } },
    t(`language.${language}`)));
  tongue.replaceChildren(...buttons);
}

/** The charts stay, so that a pointer on one of them is not lost; what is above them is shown anew. */
function drawServices() {
  for (const service of now.services) {
    if (!cards.has(service.name)) cards.set(service.name, card());
    const { head, waiting, rates } = cards.get(service.name);
    show(head, serviceHead(service));
    const line = (figure) => past.values[`${service.name}.${figure}`] ?? [];
    const words = serviceWords(service.name);
    waiting.draw(t("chart.waiting"), words, past.times, { waiting: line("waiting") });
    rates.draw(t("chart.rates"), words, past.times, { in: line("in_rate"), out: line("out_rate") });
  }
  const elements = now.services.map((service) => cards.get(service.name).element);
  if (elements.some((element, place) => services.children[place] !== element)
    || services.children.length !== elements.length) services.replaceChildren(...elements);
}

function card() {
  const head = h("div", { class: "head" });
  const waiting = chart([{ name: "waiting", tone: "accent", filled: true }]);
  const rates = chart([{ name: "in", tone: "second" }, { name: "out", tone: "good" }]);
  const element = h("article", { class: "card service" }, head, h("div", { class: "charts" }, waiting.element, rates.element));
  return { head, waiting, rates, element };
}

draw();
ask();
