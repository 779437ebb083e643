/** What several views show alike: states, reasons, problems, times and tables. */
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { isKnown, moment, number, said, spoken, t, word } from "./words.js";

const TONES = {
  approved: "good", held: "warn", rejected: "bad",
  closed: "good", half_open: "warn", open: "bad",
  clear: "good", against: "bad", expired: "bad", moot: "plain",
  stable: "plain", canary: "accent", shadow: "accent",
};

export const badge = (group, code, tone = TONES[code] ?? "plain") =>
  h("span", { class: `badge ${tone}` }, word(group, code));

/** English that could not be said in the reader's language is marked as what it is. */
export function told(sentence, attributes = {}) {
  const mine = said(sentence);
  const foreign = spoken() !== "en" && mine === sentence && /[a-z]{3}/.test(mine);
  return h("span", foreign ? { lang: "en", ...attributes } : attributes, mine);
}

export const when = (iso) => h("time", { datetime: iso }, moment(iso));

export const code = (text, title = null) => h("code", { title }, text);

/** Long ids are told apart by their beginning. */
export const shortId = (id) => code(id.slice(0, 10), id);

export function ruleset(id, names) {
  if (!id) return "–";
  const name = names?.get(id);
  return h("span", { class: "ruleset" }, name ? h("strong", {}, name) : null, " ", shortId(id));
}

export function reasons(list) {
  if (!list.length) return h("p", { class: "quiet" }, t("reason.none"));
  return h("ul", { class: "reasons" }, list.map(reason));
}

function reason(each) {
  return h(
    "li",
    { class: `reason ${TONES[each.outcome]}` },
    h("div", { class: "line" },
      badge("outcome", each.outcome),
      h("strong", {}, word("code", each.code)),
      code(each.check, t("reason.check"))),
    detail(each),
  );
}

function detail(each) {
  if (each.check === "review") return h("p", { class: "quote" }, each.detail);
  const cause = causeWords(each.detail);
  if (cause) return h("p", {}, cause, " ", h("code", { class: "quiet" }, each.detail));
  return h("pre", { class: "clause", tabindex: "0", "aria-label": t("reason.clause") }, each.detail);
}

/** A cause such as missing:customer.orders_1h in words; null where it is none. */
export function causeWords(cause) {
  const [head, ...rest] = cause.split(":");
  if (!isKnown("cause", head)) return null;
  return word("cause", head);
}

/** What the API refused, and where: told at once to those who listen. */
export function problem(refusal, action = null) {
  return h(
    "div",
    { class: "problem", role: "alert" },
    icon("warning"),
    h("div", {},
      h("strong", {}, t(`problem.${title(refusal.status)}`)),
      refusal.message ? h("p", {}, told(refusal.message)) : null,
      refusal.errors.length ? h("ul", {}, refusal.errors.map(fieldError)) : null,
      action),
  );
}

const fieldError = (each) => h("li", {}, code(each.field), " ", told(each.message));

const title = (status) => (isKnown("problem", String(status)) ? status : status >= 500 ? "500" : "400");

export function notice(tone, ...children) {
  return h("div", { class: `notice ${tone}` }, icon("warning"), h("div", {}, children));
}

/** A share as a bar with its limit, if there is one; the number stands beside it. */
export function bar(share, { limit = null, tone = "accent", label }) {
  const width = (part) => `${Math.max(0, Math.min(1, part)) * 100}%`;
  return h(
    "span",
    { class: "bar", role: "img", "aria-label": label },
    h("span", { class: `fill ${tone}`, style: { width: width(share) } }),
    limit === null ? null : h("span", { class: "limit", style: { left: width(limit) } }),
  );
}

/** A table that becomes a list of cards where there is no room for columns. */
export function table(caption, columns, rows) {
  return h(
    "div",
    { class: "table", role: "region", "aria-label": caption, tabindex: "0" },
    h("table", {},
      h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col" }, column)))),
      h("tbody", {}, rows.map((row) => tableRow(columns, row)))),
  );
}

function tableRow(columns, { key, tone = "", cells }) {
  const [first, ...rest] = cells;
  return h(
    "tr",
    { "data-key": key, class: tone },
    h("th", { scope: "row" }, first),
    rest.map((cell, place) =>
      h("td", { "data-label": columns[place + 1] }, cell.length === 0 ? null : h("div", {}, cell))),
  );
}

export function facts(pairs) {
  return h("dl", { class: "facts" }, pairs.map(([name, value]) =>
    h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

export function button(label, act, { tone = "", disabled = false, picture = null } = {}) {
  const attributes = { type: "button", class: `button ${tone}`, disabled, on: { click: act } };
  return h("button", attributes, picture ? icon(picture) : null, h("span", {}, label));
}

export const amount = (n) => h("span", { class: "number" }, number(n));
