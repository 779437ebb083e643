/** Amounts as people write them, and as the services reckon: whole minor units, never a float. */

/** The decimals of the currencies that do not have two. */
export const DECIMALS = { "JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "BHD": 3, "KWD": 3, "JOD": 3, "OMR": 3, "TND": 3 };
export const MINOR_MAX = 2n ** 53n;

export const isCurrency = (text) => /^[A-Z]{3}$/.test(text);
export const decimalsOf = (currency) => (Object.hasOwn(DECIMALS, currency) ? DECIMALS[currency] : 2);

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

/** Write minor units with all decimals of the currency. */
export function majorOf(minor, currency) {
  const decimals = decimalsOf(currency);
  const digits = String(minor < 0n ? -minor : minor).padStart(decimals + 1, "0");
  const cut = digits.length - decimals;
  const written = decimals ? `${digits.slice(0, cut)}.${digits.slice(cut)}` : digits;
  return minor < 0n ? `-${written}` : written;
}

/** Return the whole number that is written, as a BigInt, or null. */
export function wholeOf(text) {
  const plain = text.normalize("NFKC").trim();
  return /^\d{1,7}$/.test(plain) ? BigInt(plain) : null;
}
