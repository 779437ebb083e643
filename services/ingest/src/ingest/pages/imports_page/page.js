/** Files of orders: hand one in, watch it, get its report; text never becomes markup. */
import { h } from "../mappings/dom.js"; // what all pages share is served beside each desk
import { top } from "../mappings/top.js";
import { speakAsUsual, spoken } from "../mappings/words.js";
import { Refused, download, get, key, stop, upload } from "./api.js";
import WORDS from "./words.js";

const RUNNING = ["waiting", "reading", "taking_in"];
const COUNTS = ["accepted", "duplicate", "updated", "quarantined"];
const OFTEN_MS = 1_500;
const RARELY_MS = 15_000;

let formats = [];
let chosen = "canonical";
let found = { items: [], next: null };
let older = []; // asked for by hand; they have ended
let way = null; // how far an upload is: percent
let trouble = null;
let news = null;
let timer = null;
let form = null; // drawn anew only by hand: it holds chosen files
let list = null;

const t = (name, values = {}) =>
  (WORDS[spoken()][name] ?? name).replace(/\{(\w+)\}/g, (_, value) => String(values[value] ?? ""));
const number = (n) => new Intl.NumberFormat(spoken() === "zh" ? "zh-Hans-CN" : "en").format(n);

// --- what is loaded ---------------------------------------------------------------------------

async function turn() {
  clearTimeout(timer);
  if (!key.read() || document.hidden) return;
  try {
    if (!formats.length) {
      formats = (await get("/formats")).items;
      draw();
    }
    found = await get("", { limit: 20 });
    if (trouble === t("away")) tell(null);
    drawList();
  } catch (refusal) {
    if (!(refusal instanceof Refused)) throw refusal;
    if (refusal.status === 401) return leave("refused");
    tell(sentence(refusal));
  }
  const running = found.items.some((one) => RUNNING.includes(one.state));
  timer = setTimeout(turn, running ? OFTEN_MS : RARELY_MS);
  return undefined;
}

function leave(why = null) {
  clearTimeout(timer);
  form = null;
  key.forget();
  [formats, older, found, news] = [[], [], { items: [], next: null }, null];
  trouble = why && t(why);
  draw();
}

function sentence(refusal) {
  if (refusal.status === 0) return t("away");
  if (refusal.status === 403) return t("forbidden");
  const known = refusal.errors
    .filter((error) => `said.${error.code}` in WORDS[spoken()])
    .map((error) => `${t(error.field)}: ${t(`said.${error.code}`)}`);
  return [...known, refusal.message || t("away")].join(" · ");
}

// --- what is shown ----------------------------------------------------------------------------

function draw() {
  document.title = `${t("title")} · Sluice`;
  list = null;
  document.body.replaceChildren(top({ name: "imports", redraw: draw, leave: key.read() ? leave : null }), key.read() ? desk() : door());
  drawList();
  tell(trouble);
}

function door() {
  const enter = (event) => {
    event.preventDefault();
    key.keep(new FormData(event.target).get("key").trim());
    trouble = null;
    draw();
    turn();
  };
  const field = { name: "key", type: "password", required: true, autocomplete: "off", maxlength: "500" };
  return h("main", { class: "door" }, h("div", { id: "trouble" }),
    h("form", { class: "card", on: { submit: enter } }, h("h1", {}, t("title")), h("p", { class: "quiet" }, t("sign_in")),
      h("label", {}, t("key"), h("input", field)), h("button", { class: "primary" }, t("enter"))));
}

function desk() {
  form = handIn();
  list = h("section", { "aria-labelledby": "handed-in" });
  return h("main", {}, h("div", { class: "title" }, h("h1", {}, t("title")), h("p", { class: "quiet" }, t("about"))), h("div", { id: "trouble" }), h("div", { class: "hand-in" }, form, columns()), list);
}

function handIn() {
  const pick = (event) => {
    chosen = event.target.value;
    draw();
    form.elements.namedItem("channel").value = chosen === "canonical" ? "" : chosen;
  };
  const fmt = formats.find((one) => one.name === chosen);
  const options = formats.map((one) =>
    h("option", { value: one.name, selected: one.name === chosen }, t(`format.${one.name}`)));
  const text = (name, value) => h("label", {}, t(name),
    h("input", { name, value, required: true, maxlength: "200", autocomplete: "off", spellcheck: "false" }));
  const pickFile = (name, words) => h("label", { class: "wide" }, t(words),
    h("input", { name, type: "file", required: true, accept: ".csv,.txt,.xlsx" }));
  const before = form ? new FormData(form) : null;
  return h("form", { class: "card fields", on: { submit: send } },
    h("label", { class: "wide" }, t("format"), h("select", { name: "format", on: { change: pick } }, options)),
    text("channel", before?.get("channel") ?? ""),
    text("shop", before?.get("shop") ?? ""),
    pickFile("file", fmt?.items ? `file.${chosen}` : "file"),
    fmt?.items ? pickFile("items", "items") : null,
    h("p", { class: "quiet wide" }, t("hint")),
    h("div", { class: "wide actions" },
      h("button", { class: "primary", id: "send" }, t("upload")),
      chosen === "canonical" ? ["xlsx", "csv"].map(template) : null),
    h("div", { class: "wide", id: "way", role: "status" }));
}

function template(kind) {
  const fetched = () => doing(() => download(`/template.${kind}`, { language: spoken() }, `template.${kind}`));
  return h("button", { type: "button", on: { click: fetched } }, `${t("template")} .${kind}`);
}

function columns() {
  const fmt = formats.find((one) => one.name === chosen);
  if (!fmt) return null;
  const one = (column) => h("li", {},
    h("code", {}, column.name),
    column.required ? h("span", { class: "badge" }, t("required")) : null,
    column.also.length ? h("span", { class: "quiet" }, ` ${t("also")} ${column.also.join(" · ")}`) : null);
  const table = (title, some) => [h("h3", {}, title), h("ul", { class: "columns" }, some.map(one))];
  return h("details", { class: "card" }, h("summary", {}, t("columns")),
    table(t(fmt.items ? `file.${chosen}` : "file"), fmt.file),
    fmt.items ? table(t("items"), fmt.items) : null);
}

async function send(event) {
  event.preventDefault();
  const given = new FormData(event.target);
  const button = document.getElementById("send");
  button.disabled = true;
  news = null;
  tell(null);
  try {
    way = 0;
    drawWay();
    await upload(given, (percent) => {
      way = percent;
      drawWay();
    });
    news = t("taken");
    event.target.querySelectorAll('input[type="file"]').forEach((input) => (input.value = ""));
  } catch (refusal) {
    if (!(refusal instanceof Refused)) throw refusal;
    if (refusal.status === 401) return leave("refused");
    tell(sentence(refusal));
  } finally {
    way = null;
    button.disabled = false;
    drawWay();
  }
  return turn();
}

function drawWay() {
  const place = document.getElementById("way");
  if (!place) return;
  if (way === null) place.replaceChildren(...(news ? [h("p", { class: "good" }, news)] : []));
  else {
    const words = way < 100 ? t("uploading", { n: way }) : t("looking");
    place.replaceChildren(h("p", { class: "quiet" }, words), h("progress", { max: 100, value: way, "aria-label": words }));
  }
}

function tell(what) {
  trouble = what;
  document.getElementById("trouble")?.replaceChildren(...(what ? [h("p", { class: "problem", role: "alert" }, what)] : []));
}

function drawList() {
  if (!list) return;
  const known = new Set(found.items.map((one) => one.import_id));
  const items = [...found.items, ...older.filter((one) => !known.has(one.import_id))];
  const last = items.at(-1)?.import_id;
  const focused = document.activeElement?.dataset?.key;
  const more = async () => {
    const page = await get("", { limit: 20, before: last });
    older = [...older, ...page.items];
    found.next = page.next;
    drawList();
  };
  list.replaceChildren(h("h2", { id: "handed-in" }, t("imports")),
    items.length ? h("ul", { class: "imports" }, items.map(one)) : h("p", { class: "quiet" }, t("none")),
    ...(found.next && older.length % 20 === 0
      ? [h("p", { class: "more" }, h("button", { type: "button", on: { click: () => doing(more) } }, t("more")))] : []));
  if (focused) list.querySelector(`[data-key="${focused}"]`)?.focus();
}

function one(it) {
  const running = RUNNING.includes(it.state);
  const all = it.orders_found;
  const words = all === null ? `${t("rows")}: ${number(it.rows_read)}` : t("progress", { done: number(it.orders_done), all: number(all) });
  const bar = all === null && !running ? null
    : h("progress", { max: all === null ? null : Math.max(all, 1), value: all === null ? null : all === 0 ? 1 : it.orders_done, "aria-label": words });
  return h("li", { class: `card ${it.state}` },
    h("div", { class: "head" },
      h("strong", {}, it.names.filter(Boolean).join(" + ") || it.import_id),
      h("span", { class: `badge ${it.state}` }, t(`state.${it.state}`))),
    h("p", { class: "quiet" }, `${t(`format.${it.format}`)} · ${it.channel} / ${it.shop} · `,
      h("time", { datetime: it.submitted_at }, moment(it.submitted_at)), ` · ${t("by", { who: it.imported_by })}`),
    bar, h("p", { class: "quiet" }, words),
    it.failure ? h("p", { class: "problem" }, it.failure) : null,
    h("dl", {}, fact("rows", it.rows_read), COUNTS.map((name) => fact(name, it[name], name === "quarantined" && it[name] ? "warn" : "")),
      fact("refused_orders", it.refused, it.refused ? "bad" : ""), fact("row_errors", it.row_errors, it.row_errors ? "bad" : "")),
    h("div", { class: "actions" },
      it.row_errors ? h("button", { type: "button", "data-key": `report-${it.import_id}`, on: { click: () => report(it) } }, `${t("report")} .csv`) : null,
      running ? h("button", { type: "button", class: "danger", "data-key": `stop-${it.import_id}`, on: { click: () => ask(it) } }, t("stop")) : null));
}

const fact = (name, value, tone = "") => h("div", { class: tone }, h("dt", {}, t(name)), h("dd", {}, number(value)));

function report(it) {
  return doing(() => download(`/${it.import_id}/errors.csv`, { language: spoken() }, `import-${it.import_id}-errors.csv`));
}

function ask(it) {
  const asking = h("dialog", { "aria-labelledby": "asked" });
  const run = async (event) => {
    event.preventDefault();
    const reason = new FormData(event.target).get("reason").trim();
    asking.close();
    await doing(() => stop(it.import_id, reason));
    turn();
  };
  asking.append(h("form", { on: { submit: run } },
    h("p", { id: "asked" }, t("why")),
    h("input", { name: "reason", required: true, maxlength: "500", "aria-labelledby": "asked" }),
    h("div", { class: "actions" },
      h("button", { type: "button", on: { click: () => asking.close() } }, t("cancel")),
      h("button", { class: "danger" }, t("stop")))));
  asking.addEventListener("close", () => asking.remove());
  document.body.append(asking);
  asking.showModal();
}

async function doing(act) {
  try {
    await act();
  } catch (refusal) {
    if (!(refusal instanceof Refused)) throw refusal;
    if (refusal.status === 401) leave("refused");
    else tell(sentence(refusal));
  }
}

function moment(iso) {
  const shape = { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" };
  return new Intl.DateTimeFormat(spoken() === "zh" ? "zh-Hans-CN" : "en", shape).format(new Date(iso));
}

document.addEventListener("visibilitychange", turn);
speakAsUsual();
draw();
turn();
