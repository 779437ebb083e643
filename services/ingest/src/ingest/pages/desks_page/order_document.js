/** What was typed into the form, as the canonical order: pure, so that it can be tried alone. */
import { MINOR_MAX, isCurrency, minorOf, wholeOf } from "./amount.js";

export const CUSTOMER = ["name", "phone", "email", "platform_id", "receiver_token"];
export const ADDRESS = ["country", "province", "city", "district", "detail", "postcode"];
export const IDENTITY = ["channel", "shop", "channel_order_no", "placed_at", "currency"];
export const LINE = ["sku", "title", "quantity", "unit_price_minor", "discount_minor"];
export const PAYMENT = ["reference", "method", "amount_minor", "paid_at"];
export const AMOUNTS = ["freight_minor", "discount_minor", "tax_minor", "payable_minor"];
export const DELIVERY = ["shipment", "in_store"];
const RECEIVER = ["customer.name", "customer.phone", "address.city", "address.detail"];
const QUANTITY_MAX = 1_000_000n;

/**
 * @param typed  text by the field's place in the document, such as `lines.0.sku`
 * @param rows   how many `lines` and `payments` there are
 * @returns `document`; `wrong`, a Map from field to the code of what is wrong with it; `sums` of minor
 *          units (BigInt), null where they cannot be told yet
 */
export function drafted(typed, rows) {
  const wrong = new Map();
  const text = (field) => (typed[field] ?? "").trim() || null;
  const currency = (text("currency") ?? "").normalize("NFKC").toUpperCase();
  if (currency && !isCurrency(currency)) wrong.set("currency", "bad_currency");

  const amount = (field) => number(field, (written) => minorOf(written, currency), isCurrency(currency));
  function number(field, read, readable = true) {
    const written = text(field);
    const value = written === null ? null : read(written);
    if (written !== null && value === null && readable) wrong.set(field, "no_amount");
    return value;
  }
  function quantity(field) {
    const written = text(field);
    const value = written === null ? null : wholeOf(written);
    if (written !== null && (value === null || value < 1n || value > QUANTITY_MAX)) wrong.set(field, "bad_quantity");
    return value;
  }
  const part = (name, fields) => Object.fromEntries(fields.map((field) => [field, text(`${name}.${field}`)]));

  const lines = places("lines", rows.lines).map((at) => ({
    sku: text(`${at}.sku`), title: text(`${at}.title`), quantity: quantity(`${at}.quantity`),
    unit_price_minor: amount(`${at}.unit_price_minor`), discount_minor: amount(`${at}.discount_minor`) ?? 0n,
  }));
  const payments = places("payments", rows.payments).map((at) => ({
    reference: text(`${at}.reference`), method: text(`${at}.method`),
    amount_minor: amount(`${at}.amount_minor`), paid_at: instant(text(`${at}.paid_at`)),
  }));
  const parts = Object.fromEntries(AMOUNTS.map((name) => [name, amount(`amounts.${name}`)]));
  for (const name of AMOUNTS.slice(0, 3)) parts[name] ??= 0n;

  for (const field of needed(text, rows)) if (text(field) === null) wrong.set(field, "missing");
  const sums = summed(lines, payments, parts, wrong);
  const amounts = { goods_minor: sums.goods, ...parts, payable_minor: parts.payable_minor ?? sums.payable };
  const document = {
    ...Object.fromEntries(IDENTITY.map((field) => [field, text(field)])),
    placed_at: instant(text("placed_at")), currency: currency || null,
    customer: part("customer", CUSTOMER), address: part("address", ADDRESS),
    lines, amounts, payments, memo: text("memo"), delivery: text("delivery") ?? DELIVERY[0],
  };
  return { document, wrong, sums };
}

function needed(text, rows) {
  const receiver = text("customer.receiver_token") || text("delivery") === "in_store" ? [] : RECEIVER;
  const each = (name, fields) => places(name, rows[name]).flatMap((at) => fields.map((field) => `${at}.${field}`));
  return [
    ...IDENTITY, ...receiver, ...each("lines", ["sku", "quantity", "unit_price_minor"]),
    ...each("payments", ["reference", "amount_minor", "paid_at"]),
  ];
}

/** Add up; `payable` is what the parts make, `asked` what the order says. */
function summed(lines, payments, parts, wrong) {
  const unread = (pattern) => [...wrong].some(([field, code]) => code !== "missing" && pattern.test(field));
  const known = lines.length > 0 && !unread(/^lines/) && lines.every((line) => line.quantity !== null && line.unit_price_minor !== null);
  const each = lines.map((line) =>
    line.quantity === null || line.unit_price_minor === null ? null : line.quantity * line.unit_price_minor - line.discount_minor);
  const goods = known ? each.reduce((sum, one) => sum + one, 0n) : null;
  const payable = goods === null || unread(/^amounts\.(freight|discount|tax)/) ? null
    : goods - parts.discount_minor + parts.freight_minor + parts.tax_minor;
  const asked = parts.payable_minor ?? (unread(/^amounts\.payable/) ? null : payable);
  const paid = payments.reduce((sum, one) => sum + (one.amount_minor ?? 0n), 0n);
  const fits = [goods, payable].every((sum) => sum === null || (sum >= 0n && sum < MINOR_MAX));
  return { each, goods, payable, asked, paid, adds_up: fits && (payable === null || asked === null || asked === payable), fits };
}

/** Write the document as JSON: below 2^53 a number holds every whole number exactly. */
export function written(document, indent = 0) {
  return JSON.stringify(document, (_, value) => {
    if (typeof value !== "bigint") return value;
    return -MINOR_MAX < value && value < MINOR_MAX ? Number(value) : null;
  }, indent);
}

/** Return the instant of a time as the browser's field gives it, which is the device's. */
function instant(local) {
  const time = local === null ? null : new Date(local);
  return time === null || Number.isNaN(time.getTime()) ? null : time.toISOString();
}

/** Return what is typed without one row of a list: what is behind it moves up. */
export function withoutRow(typed, list, gone) {
  const kept = Object.entries(typed).flatMap(([name, value]) => {
    const [, of, place, field] = /^(\w+)\.(\d+)\.(\w+)$/.exec(name) ?? [];
    if (of !== list || Number(place) < gone) return [[name, value]];
    return Number(place) === gone ? [] : [[`${list}.${Number(place) - 1}.${field}`, value]];
  });
  return Object.fromEntries(kept);
}

const places = (name, count) => Array.from({ length: count }, (_, place) => `${name}.${place}`);
