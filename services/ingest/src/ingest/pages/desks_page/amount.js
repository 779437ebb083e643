/** Amounts as people write them, and as the services reckon: whole minor units, never a float. */
import { decimalsOf } from "./currency.js";

export const MINOR_MAX = 2n ** 53n;

export const isCurrency = (text) => /^[A-Z]{3}$/.test(text);

/**
 * Return the minor units of a decimal such as "19.90" as a BigInt, or null where it is no amount:
 * grouped, signed, finer than the currency, or too large. Full-width digits are read as digits.
 */
export function minorOf(text, currency) {
  if (!isCurrency(currency)) return null;
  const read = /^(\d{1,18})(?:\.(\d{0,18}))?$/.exec(text.normalize("NFKC").trim());
  if (!read) return null;
  const [, whole, fraction = ""] = read;
  const decimals = decimalsOf(currency);
  if (/[1-9]/.test(fraction.slice(decimals))) return null;
  const minor = BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, "0"));
  return minor < MINOR_MAX ? minor : null;
}

/** Return the whole number that is written, as a BigInt, or null. */
export function wholeOf(text) {
  const plain = text.normalize("NFKC").trim();
  return /^\d{1,7}$/.test(plain) ? BigInt(plain) : null;
}
