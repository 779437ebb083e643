/** Says everything in the reader's language. */
import en from "./strings.en.js";
import zh from "./strings.zh.js";

const TABLES = { en, zh };
const CHOICE = "sluice.language"; // one choice for all pages
const AGES = [["day", 86_400], ["hour", 3_600], ["minute", 60]];

let language = "en";

export const LANGUAGES = Object.keys(TABLES);
export const spoken = () => language;
const locale = () => (language === "zh" ? "zh-Hans-CN" : "en");

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

/** Return the sentence of this key, with the values in its {places}. */
export function t(key, values = {}) {
  const sentence = TABLES[language][key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** Return what a code of this group means, or the code, readable. */
export const word = (group, code) =>
  TABLES[language][`${group}.${code}`] ?? String(code).replaceAll("_", " ");

/** Tell whether a code of this group has words. */
export const known = (group, code) => `${group}.${code}` in TABLES[language];

export function moment(iso) {
  const shape = { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" };
  return new Intl.DateTimeFormat(locale(), shape).format(new Date(iso));
}

/** Say a length of time by its two largest units. */
export function span(seconds) {
  const place = AGES.findIndex(([, size]) => seconds >= size);
  if (place < 0) return unit(0, "minute");
  const [name, size] = AGES[place];
  const next = AGES[place + 1];
  const rest = next ? Math.floor((seconds % size) / next[1]) : 0;
  const first = unit(Math.floor(seconds / size), name);
  return rest ? `${first} ${unit(rest, next[0])}` : first;
}

const unit = (amount, name) =>
  new Intl.NumberFormat(locale(), { style: "unit", unit: name, unitDisplay: "short" }).format(amount);
