/** Says everything in the reader's language: sentences, amounts, times and what codes mean. */
import { decimalsOf, majorOf } from "./currency.js";
import en from "./strings.en.js";
import zh from "./strings.zh.js";

const TABLES = { en, zh };
const CHOICE = "sluice.desk.language";
const AGES = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

let language = "en";

export const LANGUAGES = Object.keys(TABLES);

export function speak(chosen) {
  language = chosen in TABLES ? chosen : "en";
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
}

export function speakAsUsual() {
  const usual = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
  speak(localStorage.getItem(CHOICE) ?? usual);
}

export function choose(chosen) {
  localStorage.setItem(CHOICE, chosen);
  speak(chosen);
}

export const spoken = () => language;
const locale = () => (language === "zh" ? "zh-Hans-CN" : "en");

/** Return the sentence of this key, with the values in its {places}. */
export function t(key, values = {}) {
  return filled(TABLES[language][key] ?? key, values);
}

export function count(key, n) {
  const form = new Intl.PluralRules(locale()).select(n) === "one" ? "one" : "other";
  return t(`${key}.${form}`, { n: number(n) });
}

/** Return what a code of this group means, or the code, readable. */
export function word(group, code) {
  return TABLES[language][`${group}.${code}`] ?? String(code).replaceAll("_", " ");
}

/** Name a person, or the product where nobody did it. */
export const who = (name) => (name === "sluice" ? t("app.itself") : name);

export const isKnown = (group, code) => `${group}.${code}` in TABLES[language];

function filled(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

// What the services say in English, as patterns; the other tables say the same.
const SAID = Object.entries(en)
  .filter(([key]) => key.startsWith("said."))
  .map(([key, sentence]) => {
    const escaped = sentence.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
    return [key, new RegExp(`^${escaped.replace(/\{(\w+)\}/g, "(?<$1>.*?)")}$`, "s")];
  });

/** Say in the reader's language what a service said in English; what is not known stays. */
export function said(sentence) {
  if (language === "en" || !sentence) return sentence;
  for (const [key, pattern] of SAID) {
    const found = pattern.exec(sentence);
    if (found) {
      const parts = Object.entries(found.groups ?? {});
      return t(key, Object.fromEntries(parts.map(([name, part]) => [name, said(part)])));
    }
  }
  return sentence;
}

export const number = (value, options = {}) =>
  new Intl.NumberFormat(locale(), options).format(value);

export const percent = (share) =>
  number(share, { style: "percent", maximumFractionDigits: share > 0 && share < 0.1 ? 1 : 0 });

/** A time in milliseconds; in microseconds where those would be fractions. */
export function milliseconds(seconds) {
  const [scale, name] = seconds < 1e-4 ? [1e6, "µs"] : [1e3, "ms"];
  const digits = seconds < 0.1 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 };
  return `${number(seconds * scale, digits)}\u00a0${name}`;
}

/** Write minor units as an amount, exactly, whatever its size. */
export function money(minor, currency) {
  const decimals = decimalsOf(currency);
  const places = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return number(majorOf(minor, currency), { style: "currency", currency, ...places });
}

export function moment(iso) {
  const shape = { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" };
  return new Intl.DateTimeFormat(locale(), shape).format(new Date(iso));
}

export function clock(date) {
  return new Intl.DateTimeFormat(locale(), { timeStyle: "medium", hourCycle: "h23" }).format(date);
}

/** Say a length of time by its largest unit, and by two where the first alone is too coarse. */
export function span(seconds) {
  const place = AGES.findIndex(([, size]) => seconds >= size);
  if (place < 0) return unit(0, "second");
  const [name, size] = AGES[place];
  const amount = Math.floor(seconds / size);
  const next = AGES[place + 1];
  const rest = next ? Math.floor((seconds % size) / next[1]) : 0;
  return amount < 10 && rest && size > 60 ? `${unit(amount, name)} ${unit(rest, next[0])}` : unit(amount, name);
}

const unit = (amount, name) => number(amount, { style: "unit", unit: name, unitDisplay: "short" });
