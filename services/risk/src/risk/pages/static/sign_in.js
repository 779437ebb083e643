/** Lets in who has a key; it stays in this tab and is gone with it. */
import { h, show } from "./dom.js";
import { problem } from "./parts.js";
import { t } from "./words.js";

const trouble = h("div", { "data-key": "trouble" });

/**
 * @param notice  key of a sentence that tells why one has to sign in again, or null
 * @param enter   tries the key; what it throws is shown
 */
export function signIn(notice, enter) {
  async function send(event) {
    event.preventDefault();
    const field = event.target.elements.namedItem("key");
    try {
      show(trouble);
      await enter(field.value.trim());
    } catch (refusal) {
      show(trouble, problem(refusal));
      field.focus();
    }
  }
  const field = {
    id: "key", name: "key", type: "password", required: true, autocomplete: "off",
    spellcheck: "false", autocapitalize: "off", "aria-describedby": "key-help", maxlength: "500",
  };
  return h("main", { class: "card sign-in" },
    h("div", { class: "brand" },
      h("img", { src: "desk/icon.svg", alt: "", width: "40", height: "40" }),
      h("h1", {}, t("app.name"))),
    h("p", { class: "quiet" }, t("sign_in.about")),
    notice ? h("p", { class: "notice warn", role: "status" }, t(notice)) : null,
    h("form", { on: { submit: send } },
      h("div", { class: "field" },
        h("label", { for: "key" }, t("sign_in.key")),
        h("input", field),
        h("p", { class: "quiet", id: "key-help" }, t("sign_in.help"))),
      trouble,
      h("button", { type: "submit", class: "button primary wide" }, t("sign_in.enter"))));
}
