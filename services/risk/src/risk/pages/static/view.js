/** The life of a view: loads, shows what it knows, and says how fresh that is. */
import { Refused } from "./api.js";
import { h, show } from "./dom.js";
import { button, problem } from "./parts.js";
import { clock, t } from "./words.js";

/**
 * @param place  element that shows the view
 * @param load   asks the API; what it returns is given to `draw`
 * @param draw   returns what to show, of what was loaded
 * @param every  milliseconds after which it is loaded again; 0: only on request
 * @param names  keys of the title and of the sentence below it
 */
export function view(place, { load, draw, every = 0, title, about }) {
  const state = { known: null, refusal: null, at: null, busy: false };

  async function refresh() {
    state.busy = true;
    if (!every) redraw();
    try {
      state.known = await load();
      state.refusal = null;
      state.at = new Date();
    } catch (refusal) {
      if (!(refusal instanceof Refused) || refusal.status === 401) throw refusal;
      state.refusal = refusal;
    } finally {
      state.busy = false;
    }
    redraw();
  }

  function redraw() {
    const again = button(t("view.refresh"), () => place.dispatchEvent(new Event("refresh")), {
      tone: "quiet",
      picture: "refresh",
      disabled: state.busy && !every,
    });
    show(
      place,
      h("header", { class: "head" },
        h("div", {}, h("h1", { tabindex: "-1" }, t(title)), h("p", { class: "quiet" }, t(about))),
        h("div", { class: "fresh" }, freshness(), every ? null : again)),
      state.refusal ? problem(state.refusal) : null,
      state.known === null && !state.refusal ? h("p", { class: "quiet" }, t("view.loading")) : null,
      state.known === null ? null : draw(state.known),
    );
  }

  function freshness() {
    if (!state.at) return null;
    const time = h("span", {}, t("view.at", { time: clock(state.at) }));
    if (!every) return time;
    const tone = state.refusal ? "bad" : "good";
    return [h("span", { class: `dot ${tone}` }), h("span", {}, t(`view.live_${tone}`)), " · ", time];
  }

  return { refresh, redraw, every };
}
