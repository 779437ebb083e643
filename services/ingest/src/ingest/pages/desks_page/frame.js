/** The frame of the desks: signing in, the page below its head, problems, and asking for a reason. */
import { Refused, get, key } from "./api.js";
import { h, show } from "./dom.js";
import { languages, top } from "./top.js";
import { speakAsUsual, t } from "./words.js";

const body = h("div", { class: "desk" });

/**
 * @param name   which page this is
 * @param tried  path that shows whether a key is good
 * @param draw   returns what the page shows
 * @param load   asks for what the page shows first
 */
export function begin({ name, tried, draw, load }) {
  let refusal = null;

  const redraw = () => {
    document.title = `${t(`${name}.title`)} · Sluice`;
    show(body, key.read() ? page() : door());
  };

  async function enter(event) {
    event.preventDefault();
    const given = event.target.elements.namedItem("key").value.trim();
    try {
      await get(tried, {}, given);
      key.keep(given);
      refusal = null;
      redraw();
      await load();
    } catch (failure) {
      if (!(failure instanceof Refused)) throw failure;
      refusal = failure;
    }
    redraw();
  }

  const door = () =>
    h("main", { class: "door", "data-key": "door" },
      h("div", { class: "card sign-in" },
        h("div", { class: "section-head" }, h("h1", {}, "Sluice"), languages(redraw)),
        h("p", { class: "quiet" }, t(`${name}.about`)),
        h("form", { class: "stack", on: { submit: enter } },
          h("div", { class: "field" },
            h("label", { for: "key" }, t("sign_in.key")),
            h("input", { id: "key", name: "key", type: "password", required: true, autocomplete: "off", maxlength: "500" }),
            h("p", { class: "quiet small" }, t("sign_in.help"))),
          refusal ? problem(refusal) : null,
          h("button", { type: "submit", class: "button primary wide" }, t("sign_in.enter")))));

  const page = () => [
    top({ name, redraw, leave }),
    h("main", { "data-key": "main" },
      h("header", { class: "head" }, h("h1", {}, t(`${name}.title`)), h("p", { class: "quiet" }, t(`${name}.about`))),
      refusal ? problem(refusal) : draw()),
  ];

  function leave() {
    key.forget();
    location.reload();
  }

  speakAsUsual();
  document.body.append(body);
  redraw();
  if (key.read()) {
    load().catch((failure) => {
      if (!(failure instanceof Refused)) throw failure;
      if (failure.status === 401) key.forget();
      refusal = failure;
    }).finally(redraw);
  }
  return redraw;
}

/** What the API refused, and where. */
export function problem(refusal) {
  const known = [0, 401, 403, 404, 409, 413, 422, 503];
  return h("div", { class: "problem", role: "alert" },
    h("div", {},
      h("strong", {}, t(`problem.${known.includes(refusal.status) ? refusal.status : 500}`)),
      refusal.message ? h("p", { lang: "en" }, refusal.message) : null,
      refusal.errors.length > 1 ? h("ul", { lang: "en" }, refusal.errors.map((each) => h("li", {}, h("code", {}, each.field), " ", each.message))) : null));
}

export function button(label, act, { tone = "", disabled = false } = {}) {
  return h("button", { type: "button", class: `button ${tone}`, disabled, on: { click: act } }, label);
}

export const badge = (tone, text) => h("span", { class: `badge ${tone}` }, text);

/** Ask for a reason and do it; what is refused is told in place. */
export function confirmed({ title, label, tone = "primary", extra = [] }, run) {
  return new Promise((resolve) => {
    const trouble = h("div", {});
    const submit = h("button", { type: "submit", class: `button ${tone}` }, label);
    const asking = h("dialog", { "aria-labelledby": "asked" });
    const form = h("form", { on: { submit: send } },
      h("h2", { id: "asked" }, title),
      extra,
      h("div", { class: "field" }, h("label", { for: "why" }, t("ask.reason")),
        h("textarea", { id: "why", name: "reason", rows: "3", maxlength: "500", required: true })),
      trouble,
      h("div", { class: "actions" }, submit, button(t("ask.cancel"), () => close(null))));

    async function send(event) {
      event.preventDefault();
      submit.disabled = true;
      try {
        close(await run(Object.fromEntries(new FormData(form))));
      } catch (refusal) {
        if (!(refusal instanceof Refused)) throw refusal;
        show(trouble, problem(refusal));
        submit.disabled = false;
      }
    }

    let made = null;
    function close(result) {
      made = result;
      asking.close();
    }
    asking.addEventListener("close", () => {
      asking.remove();
      resolve(made);
    });
    asking.append(form);
    document.body.append(asking);
    asking.showModal();
  });
}
