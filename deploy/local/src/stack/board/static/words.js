/** Says everything in the reader's language: sentences, numbers and times. */
import { decimalsOf, majorOf } from "./currency.js";
import en from "./strings.en.js";
import zh from "./strings.zh.js";

const TABLES = { en, zh };
const CHOICE = "sluice.board.language";

export const LANGUAGES = Object.keys(TABLES);

const usual = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
const asked = new URLSearchParams(location.search).get("lang");
const kept = localStorage.getItem(CHOICE);
let language = [asked, kept, usual].find((one) => one in TABLES);
announce();

function announce() {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
}

export function choose(chosen) {
  language = chosen;
  localStorage.setItem(CHOICE, chosen);
  announce();
}

export const spoken = () => language;
const locale = () => (language === "zh" ? "zh-Hans-CN" : "en-GB");

/** Return the sentence of this key, with the values in its {places}. */
export function t(key, values = {}) {
  const sentence = TABLES[language][key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** Return what a code of this group means, or the code, readable. */
export const word = (group, code) =>
  TABLES[language][`${group}.${code}`] ?? String(code).replaceAll("_", " ");

export function number(value) {
  if (value === null || value === undefined) return "–";
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
}

/** Return a number for the axis of a chart: short. */
export const brief = (value) =>
  new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(value);

export const percent = (share) =>
  new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 1 }).format(share);

/** Return a span of time in its largest two units; null is for ever. */
export function span(seconds) {
  if (seconds === null || seconds === undefined) return "∞";
  if (seconds > 0 && seconds < 1) return t("unit.ms", { n: Math.max(1, Math.round(seconds * 1000)) });
  if (seconds < 10) return t("unit.s", { n: Math.round(seconds * 10) / 10 });
  const whole = Math.round(seconds);
  const parts = [["d", 86_400], ["h", 3_600], ["m", 60], ["s", 1]];
  const first = parts.findIndex(([, size]) => whole >= size);
  return parts
    .slice(first, first + 2)
    .map(([unit, size], place) => [unit, Math.floor((place ? whole % parts[first][1] : whole) / size)])
    .filter(([, n], place) => n || !place)
    .map(([unit, n]) => t(`unit.${unit}`, { n }))
    .join(" ");
}

/** Return milliseconds as such, however few. */
export const millis = (seconds) =>
  seconds === null || seconds === undefined ? "–" : t("unit.ms", { n: number(seconds * 1000) });

export const clock = (date) =>
  new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(date);

/** Write minor units as an amount, exactly, whatever its size. */
export function money(minor, currency) {
  const decimals = decimalsOf(currency);
  const places = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const format = new Intl.NumberFormat(locale(), { style: "currency", currency, ...places });
  return format.format(majorOf(minor, currency));
}

export const bytes = (n) =>
  n === null || n === undefined ? "" : `${number(Math.round(n / 2 ** 20))} MiB`;
