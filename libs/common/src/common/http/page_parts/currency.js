/** The decimals of every currency (ISO 4217), and amounts written with them. */

// Those that do not have two; a code that is not here has two. The services count by the same.
const DECIMALS = {
  "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0,
  "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
  "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
  "CLF": 4, "UYW": 4
};

export const decimalsOf = (currency) => (Object.hasOwn(DECIMALS, currency) ? DECIMALS[currency] : 2);

/** Write minor units, a BigInt or a whole number, with all decimals of the currency; never a float. */
export function majorOf(minor, currency) {
  const decimals = decimalsOf(currency);
  const digits = String(minor < 0 ? -minor : minor).padStart(decimals + 1, "0");
  const cut = digits.length - decimals;
  const written = decimals ? `${digits.slice(0, cut)}.${digits.slice(cut)}` : digits;
  return minor < 0 ? `-${written}` : written;
}
