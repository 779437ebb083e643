"""Phone numbers: one format, E.164, after libphonenumber's rules of each country."""

import re

import phonenumbers

NATIONAL_DEFAULT = "CN"
_MASK = re.compile(r"[*＊]|[xX]{2}")
_LETTERS = re.compile(r"[A-Za-z]")


def e164(text: str, country: str | None) -> str | None:
    """Return the number as "+8613800138000", or None where it is no possible number."""
    if _is_disguised(text):
        return None
    try:
        number = phonenumbers.parse(text, (country or NATIONAL_DEFAULT).upper())
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_disguised(text: str) -> bool:
    """Tell whether digits are hidden or written as letters: what is left is another number."""
    if _MASK.search(text):
        return True
    return _LETTERS.search(text) is not None and phonenumbers.is_alpha_number(text)
