/** Refunds of orders that were closed here: nobody was told of them, so a person sees to each. */
import { majorOf } from "./amount.js";
import { change, get } from "./api.js";
import { h } from "./dom.js";
import { button, confirmed } from "./frame.js";
import { t } from "./words.js";

export const readUntold = () => get("/v1/refunds/untold");

/** @param after  is called when one was closed */
export function untold(found, after) {
  if (!found?.total) return null;
  return h("section", { class: "card late", "data-key": "untold" },
    h("h2", {}, t("untold.title", { n: found.total })),
    h("p", { class: "quiet" }, t("untold.about")),
    h("ul", { class: "reasons" }, found.refunds.map((refund) => shown(refund, after))));
}

const shown = (refund, after) =>
  h("li", { "data-key": `${refund.order_id}/${refund.reference}` },
    h("strong", {}, `${majorOf(refund.amount_minor, refund.currency)} ${refund.currency}`),
    ` ${refund.channel} · ${refund.shop} · ${refund.channel_order_no ?? t("quarantine.no_number")} `,
    h("code", {}, refund.reference), " ",
    button(t("untold.close"), () => close(refund, after)));

async function close(refund, after) {
  const { order_id: id, reference } = refund;
  const title = t("untold.close_title", { reference });
  const made = await confirmed({ title, label: t("untold.close") }, ({ reason }) =>
    change("POST", `/v1/refunds/untold/${id}/close`, { reference, reason }));
  if (made) await after();
}
