/** The head of every page of intake: where else to go, the language, signing out. */
import { h } from "./dom.js";
import { LANGUAGES, choose, spoken, t } from "./words.js";

const SHORT = { en: "EN", zh: "中文" };
const PAGES = {
  order: "new-order", quarantine: "quarantine-desk", imports: "imports", completeness: "completeness",
  mappings: "mappings", operations: "operations",
};

/**
 * @param name    which page this is
 * @param redraw  shows the page anew, in the language that was chosen
 * @param leave   signs out; absent: nobody is signed in
 */
export function top({ name, redraw, leave = null }) {
  const link = ([each, path]) => h("a", { href: path, "aria-current": each === name ? "page" : null }, t(`nav.${each}`));
  return h("header", { class: "bar-top" },
    h("strong", { class: "brand" }, h("img", { src: "mappings/icon.svg", alt: "", width: "28", height: "28" }), "Sluice"),
    h("nav", { "aria-label": t("nav.label") }, Object.entries(PAGES).map(link)),
    h("div", { class: "tools" }, languages(redraw),
      leave ? h("button", { type: "button", class: "sign-out", on: { click: () => leave() } }, t("nav.sign_out")) : null));
}

export function languages(redraw) {
  const one = (language) =>
    h("button", {
      type: "button", lang: language === "zh" ? "zh-Hans" : "en", "aria-pressed": String(language === spoken()),
      on: { click: () => { choose(language); redraw(); } },
    }, SHORT[language]);
  return h("div", { class: "switch", role: "group", "aria-label": t("language.label") }, LANGUAGES.map(one));
}
