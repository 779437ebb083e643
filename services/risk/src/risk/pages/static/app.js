/** The frame of the desk: who is signed in, which view is open, and when it is loaded again. */
import { Refused, get, key } from "./api.js";
import { breakers } from "./breakers.js";
import { h, show } from "./dom.js";
import { icon } from "./icons.js";
import { order } from "./order.js";
import { button } from "./parts.js";
import { release } from "./release.js";
import { reviews } from "./reviews.js";
import { signIn } from "./sign_in.js";
import { LANGUAGES, choose, speakAsUsual, spoken, t } from "./words.js";

const VIEWS = { reviews, order, release, breakers };
const SHORT = { en: "EN", zh: "中文" };
const body = h("div", { class: "desk" });
const place = h("div", { class: "view" });
let open = null; // {name, parameter, view}
let timer = null;
let notice = null; // key of a sentence for the sign-in

function start() {
  speakAsUsual();
  document.body.append(body);
  window.addEventListener("hashchange", route);
  document.addEventListener("visibilitychange", () => !document.hidden && turn());
  place.addEventListener("refresh", turn);
  route();
}

function route() {
  if (!key.read()) {
    drawSignIn();
    return;
  }
  const [, name = "", parameter = ""] = location.hash.split("/");
  const wanted = name in VIEWS ? name : "reviews";
  if (open?.name !== wanted || open.parameter !== parameter) {
    show(place);
    open = { name: wanted, parameter, view: VIEWS[wanted](place, parameter) };
  }
  drawDesk();
  open.view.redraw();
  window.scrollTo(0, 0);
  place.querySelector("h1")?.focus({ preventScroll: true });
  turn();
}

/** Load the open view, and again after a while; nobody is asked while nobody looks. */
async function turn() {
  clearTimeout(timer);
  const mine = open;
  if (!mine || document.hidden) return;
  try {
    await mine.view.refresh();
  } catch (failure) {
    if (!(failure instanceof Refused)) throw failure;
    leave("sign_in.refused");
    return;
  }
  clearTimeout(timer);
  if (mine === open && mine.view.every) timer = setTimeout(turn, mine.view.every);
}

function leave(why = null) {
  clearTimeout(timer);
  key.forget();
  open = null;
  notice = why;
  document.querySelectorAll("dialog").forEach((each) => each.close());
  show(place);
  route();
}

function speakOther(language) {
  choose(language);
  if (!open) drawSignIn();
  else {
    drawDesk();
    open.view.redraw();
  }
}

function drawSignIn() {
  document.title = t("app.name");
  show(body, h("div", { class: "door", "data-key": "door" }, languages(), signIn(notice, enter)));
}

async function enter(given) {
  await get("reviews", {}, { limit: 1 }, given);
  key.keep(given);
  notice = null;
  route();
}

function drawDesk() {
  document.title = `${t(`nav.${open.name}`)} · ${t("app.name")}`;
  show(
    body,
    h("button", { class: "skip", type: "button", on: { click: skip } }, t("nav.skip")),
    h("div", { class: "bar-top" },
      h("div", { class: "brand" },
        h("img", { src: "desk/icon.svg", alt: "", width: "28", height: "28" }),
        h("span", {}, t("app.name"))),
      h("nav", { "aria-label": t("nav.label") }, Object.keys(VIEWS).map(link)),
      h("div", { class: "tools" },
        languages(),
        button(t("nav.sign_out"), () => leave(), { tone: "quiet", picture: "leave" }))),
    h("main", { "data-key": "main" }, place),
  );
}

function skip() {
  place.querySelector("h1")?.focus();
}

function link(name) {
  const current = open.name === name ? "page" : null;
  return h("a", { href: `#/${name}`, "aria-current": current }, icon(name), h("span", {}, t(`nav.${name}`)));
}

function languages() {
  const one = (language) => {
    const chosen = String(language === spoken());
    const attributes = { type: "button", lang: language === "zh" ? "zh-Hans" : "en", "aria-pressed": chosen };
    const listeners = { click: () => speakOther(language) };
    return h("button", { ...attributes, title: t(`language.${language}`), on: listeners }, SHORT[language]);
  };
  return h("div", { class: "switch", role: "group", "aria-label": t("language.label") }, LANGUAGES.map(one));
}

start();
