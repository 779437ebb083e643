/** The operation log: signs in, searches, shows; text never becomes markup. */
import WORDS from "./words.js";

const ADDRESS = new URL("../v1/operations", import.meta.url);
const KEY = "sluice.operations.key";
const CHOICE = "sluice.language";
const FIELDS = ["q", "actor", "action", "subject", "order_id", "since", "until"];
const TIMES = ["since", "until"];
const READ_MS = 10_000;

let language = localStorage.getItem(CHOICE) ?? (navigator.language.startsWith("zh") ? "zh" : "en");
let asked = {};
let found = { service: "", items: [], next: null };
let trouble = null;
let busy = false;
let turn = 0;

const t = (key) => WORDS[language][key];

function h(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name === "on") Object.entries(value).forEach(([type, act]) => made.addEventListener(type, act));
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null));
  return made;
}

async function load(after = null) {
  const mine = (turn += 1);
  busy = true;
  trouble = null;
  draw();
  const url = new URL(ADDRESS);
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  if (after !== null) url.searchParams.set("after", after);
  const answer = await read(url);
  if (mine !== turn) return; // somebody searched for something else meanwhile
  busy = false;
  if (answer.page) {
    const items = after === null ? answer.page.items : [...found.items, ...answer.page.items];
    found = { ...answer.page, items };
  } else trouble = answer.trouble;
  draw();
}

async function read(url) {
  try {
    const response = await fetch(url, {
      headers: { Authorization: `Bearer ${sessionStorage.getItem(KEY)}` },
      cache: "no-store", credentials: "omit", redirect: "error", signal: AbortSignal.timeout(READ_MS),
    });
    if (response.ok) return { page: await response.json() };
    if (response.status === 401) {
      sessionStorage.removeItem(KEY);
      return { trouble: t("refused") };
    }
    if (response.status === 403) return { trouble: t("forbidden") };
    const problem = await response.json();
    return { trouble: (problem.errors ?? []).map((e) => `${e.field}: ${e.message}`).join(" ") || problem.detail };
  } catch {
    return { trouble: t("away") };
  }
}

function draw() {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  document.title = `${t("title")} · ${found.service || "Sluice"}`;
  const typed = new Map([...document.querySelectorAll("form.search input")].map((i) => [i.name, i.value]));
  const focused = document.activeElement?.name;
  document.body.replaceChildren(top(), sessionStorage.getItem(KEY) ? log(typed) : door());
  if (focused) document.querySelector(`input[name="${focused}"]`)?.focus();
}

function top() {
  const other = language === "zh" ? "en" : "zh";
  const speak = () => {
    language = other;
    localStorage.setItem(CHOICE, language);
    draw();
  };
  const leave = () => {
    turn += 1;
    sessionStorage.removeItem(KEY);
    found = { service: "", items: [], next: null };
    [asked, trouble, busy] = [{}, null, false];
    draw();
  };
  return h("header", {},
    h("div", {}, h("h1", {}, `${t("title")}${found.service ? ` · ${found.service}` : ""}`),
      h("p", { class: "quiet" }, t("about"))),
    h("div", { class: "tools" },
      h("button", { type: "button", lang: other === "zh" ? "zh-Hans" : "en", on: { click: speak } }, other === "zh" ? "中文" : "EN"),
      sessionStorage.getItem(KEY) ? h("button", { type: "button", on: { click: leave } }, t("leave")) : null));
}

function door() {
  const enter = (event) => {
    event.preventDefault();
    sessionStorage.setItem(KEY, new FormData(event.target).get("key").trim());
    load();
  };
  const field = { name: "key", type: "password", required: true, autocomplete: "off", maxlength: "500" };
  return h("main", { class: "door" }, problem(),
    h("div", { class: "card" }, h("p", { class: "quiet" }, t("sign_in")),
      h("form", { on: { submit: enter } }, h("label", {}, t("key"), h("input", field)),
        h("button", { class: "primary" }, t("enter")))));
}

const problem = () => (trouble ? h("p", { class: "problem", role: "alert" }, trouble) : null);

function log(typed) {
  return h("main", {}, search(typed), problem(),
    busy && !found.items.length ? h("p", { class: "quiet", role: "status" }, t("loading")) : table(),
    found.next === null ? null : h("p", { class: "more" },
      h("button", { type: "button", disabled: busy, on: { click: () => load(found.next) } }, t("more"))));
}

function search(typed) {
  const submit = (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    asked = {};
    for (const [name, value] of Object.entries(given)) {
      if (value.trim()) asked[name] = TIMES.includes(name) ? new Date(value).toISOString() : value.trim();
    }
    load();
  };
  const clear = () => {
    document.querySelectorAll("form.search input").forEach((input) => (input.value = ""));
    asked = {};
    load();
  };
  const field = (name) => h("label", name === "q" ? { class: "wide" } : {}, t(name), h("input", {
    name, type: TIMES.includes(name) ? "datetime-local" : "text", value: typed.get(name) ?? "", maxlength: "200",
  }));
  return h("form", { class: "card search", on: { submit } }, FIELDS.map(field),
    h("button", { class: "primary" }, t("search")),
    h("button", { type: "button", on: { click: clear } }, t("clear")));
}

const COLUMNS = ["number", "at", "actor", "action", "thing", "reason", "change"];

function table() {
  if (!found.items.length) return trouble ? null : h("p", { class: "quiet" }, t("none"));
  return [
    h("p", { class: "quiet", role: "status" }, t("count").replace("{n}", found.items.length)),
    h("div", { class: "card" }, h("table", {},
      h("thead", {}, h("tr", {}, COLUMNS.map((name) => h("th", { scope: "col" }, t(name))))),
      h("tbody", {}, found.items.map(row)))),
  ];
}

function row(did) {
  const cell = (name, kind, ...children) => h("td", { class: kind, "data-label": t(name) }, ...children);
  return h("tr", {},
    cell("number", "number", String(did.number)),
    cell("at", "time", h("time", { datetime: did.at }, moment(did.at))),
    cell("actor", "actor", did.actor),
    cell("action", "action", did.action),
    cell("thing", "subject", h("span", {}, `${did.subject_kind} `, h("code", {}, did.subject_id))),
    cell("reason", "reason", did.reason),
    cell("change", "change", h("details", {}, h("summary", {}, t("show")), detail(did))));
}

function detail(did) {
  const json = (content) => h("pre", {}, JSON.stringify(content, null, 1));
  const facts = [
    ["before", did.before === null ? null : json(did.before)],
    ["after", did.after === null ? null : json(did.after)],
    ["order", did.order_id === null ? null : h("code", {}, did.order_id)],
    ["hash", h("code", {}, did.hash)],
    ["previous_hash", h("code", {}, did.previous_hash)],
  ];
  return h("dl", {}, facts.filter(([, shown]) => shown !== null)
    .flatMap(([name, shown]) => [h("dt", {}, t(name)), h("dd", {}, shown)]));
}

function moment(iso) {
  const shape = { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" };
  return new Intl.DateTimeFormat(language === "zh" ? "zh-Hans-CN" : "en", shape).format(new Date(iso));
}

if (sessionStorage.getItem(KEY)) load();
else draw();
