"""Amounts: integers in minor units of an ISO 4217 currency, and nothing else."""

import re
from decimal import Decimal

# ISO 4217 exponents that are not 2, all of them: a code that is not here has 2 decimals.
EXPONENTS = {
    "BIF": 0,
    "CLP": 0,
    "DJF": 0,
    "GNF": 0,
    "ISK": 0,
    "JPY": 0,
    "KMF": 0,
    "KRW": 0,
    "PYG": 0,
    "RWF": 0,
    "UGX": 0,
    "UYI": 0,
    "VND": 0,
    "VUV": 0,
    "XAF": 0,
    "XOF": 0,
    "XPF": 0,
    "BHD": 3,
    "IQD": 3,
    "JOD": 3,
    "KWD": 3,
    "LYD": 3,
    "OMR": 3,
    "TND": 3,
    "CLF": 4,
    "UYW": 4,
}
# No exponents, infinities, grouping or digits of other scripts: nobody means them.
_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
_PLAIN_DIGITS = 15  # all numbers of so many digits are below MINOR_MAX
MINOR_MAX = 2**53  # what JSON readers in every language still read exactly


def exponent(currency: str) -> int:
    """Return how many decimals the currency has.

    A code that ISO 4217 does not list (yet) has 2: nearly every new currency does, pages reckon
    the same, and an amount that is finer is refused rather than rounded.
    """
    return EXPONENTS.get(currency, 2)


def minor_from_decimal(text: str, currency: str) -> int:
    """Read a decimal amount such as "19.90" exactly; finer than the currency is refused.

    Raises:
        ValueError: the text is no plain decimal, too large, or finer than the currency.
    """
    plain = _plain_minor(text, exponent(currency))
    if plain is not None:
        return plain
    if not _DECIMAL.fullmatch(text.strip()):
        raise ValueError("is not a decimal amount")
    scaled = Decimal(text.strip()).scaleb(exponent(currency))
    if abs(scaled) >= MINOR_MAX:
        raise ValueError("is out of range")
    minor = int(scaled)
    if minor != scaled:
        raise ValueError(f"has more decimals than {currency}")
    return minor


def _plain_minor(text: str, places: int) -> int | None:
    """Read the usual way to write an amount, at a fraction of the cost; None for all others."""
    whole, point, fraction = text.partition(".")
    missing = places - len(fraction)
    digits = whole + fraction
    if missing < 0 or len(digits) + missing > _PLAIN_DIGITS:
        return None
    if not (digits.isascii() and digits.isdecimal()):
        return None
    if not whole or (point and not fraction):
        return None
    return int(digits + "0" * missing)


def decimal_from_minor(minor: int, currency: str) -> str:
    """Write minor units as a decimal with all the currency's decimals."""
    return format(Decimal(minor).scaleb(-exponent(currency)), "f")
