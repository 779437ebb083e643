/** Asks before something is changed: why, and whether really; what is refused is told in place. */
import { h, show } from "./dom.js";
import { button, problem } from "./parts.js";
import { t } from "./words.js";

/**
 * Ask for a reason and do it; resolves to what was done, or to null where nobody wants it any more.
 *
 * @param about   {title, text, label, tone, extra}: extra holds more fields of the form
 * @param run     does it with the fields of the form; what it throws is shown
 */
export function confirmed({ title, text, label, tone = "", extra = [] }, run) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const trouble = h("div", {});
    const reason = h("textarea", { id: "why", name: "reason", rows: "3", maxlength: "1000", required: true });
    const submit = h("button", { type: "submit", class: `button ${tone || "primary"}` }, label);
    const asking = h("dialog", { "aria-labelledby": "asked" });
    const form = h("form", { on: { submit: send } },
      h("h2", { id: "asked" }, title),
      h("p", {}, text),
      h("div", { class: "field" }, h("label", { for: "why" }, t("ask.reason")), reason),
      extra,
      trouble,
      h("div", { class: "actions end" }, button(t("ask.cancel"), () => close(null)), submit));
    let result = null;

    async function send(event) {
      event.preventDefault();
      submit.disabled = true;
      show(trouble, h("p", { class: "quiet", role: "status" }, t("ask.working")));
      try {
        close(await run(Object.fromEntries(new FormData(form))));
      } catch (refusal) {
        show(trouble, problem(refusal));
        submit.disabled = false;
      }
    }

    function close(made) {
      result = made;
      asking.close();
    }

    asking.addEventListener("close", () => {
      asking.remove();
      if (before?.isConnected) before.focus();
      resolve(result);
    });
    asking.append(form);
    document.body.append(asking);
    asking.showModal();
    reason.focus();
  });
}

export function tick(name, label, help) {
  return h("div", { class: "tick" },
    h("input", { type: "checkbox", id: `ask-${name}`, name, "aria-describedby": `ask-${name}-help` }),
    h("label", { for: `ask-${name}` }, label),
    h("p", { class: "quiet", id: `ask-${name}-help` }, help));
}

export function pick(name, label, options) {
  return h("div", { class: "field" },
    h("label", { for: `ask-${name}` }, label),
    h("select", { id: `ask-${name}`, name },
      options.map(([value, text]) => h("option", { value }, text))));
}
