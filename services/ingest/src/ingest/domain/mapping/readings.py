"""Reading one value of foreign data: what is not clearly meant is refused, never guessed around.

Numbers come as `int` or `Decimal`, as the digits are written: no float is ever made.
"""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from common.money import MINOR_MAX, minor_from_decimal
from ingest.domain.mapping.problems import Unreadable

WHOLE_MAX = 2**63
TEXT_MAX = 100_000
TEXT_DIGITS_MAX = 40
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}(\.0{1,8})?")
_CODE = re.compile(r"[A-Z]{3}")
_DIGITS = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL_DIGITS_MAX = 30
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def text_of(value: Any) -> str | None:
    """Return a text without the blanks around it; a whole number as it is written."""
    if isinstance(value, str):
        if len(value) > TEXT_MAX:
            raise Unreadable("is too long")
        text = value.strip()
        return (text if text.isascii() else _storable(text)) or None
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable("is no text")
    if abs(value) >= 10**TEXT_DIGITS_MAX:
        raise Unreadable("has too many digits")
    return str(value)


def _storable(text: str) -> str:
    """Refuse half a surrogate pair, which JSON lets through and no database stores."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unreadable("has half a character") from None
    return text


def whole_of(value: Any) -> int | None:
    """Return a whole number; "2" and 2.0 are the number 2, 2.5 is none."""
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        if not _WHOLE.fullmatch(text):
            raise Unreadable("is no whole number")
        number = int(text.partition(".")[0])
    elif value is None:
        return None
    elif isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Unreadable("is no whole number")
    else:
        number = _integral(value)
    if abs(number) >= WHOLE_MAX:
        raise Unreadable("is out of range")
    return number


def _integral(value: int | Decimal) -> int:
    if isinstance(value, Decimal):
        if not value.is_finite() or value.adjusted() > _DECIMAL_DIGITS_MAX:
            raise Unreadable("is out of range")
        if value != value.to_integral_value():
            raise Unreadable("is no whole number")
    return int(value)


def flag_of(value: Any) -> bool | None:
    """Return a yes or no, also where it is written as text or as 1 and 0."""
    if value is None or isinstance(value, bool):
        return value
    text = text_of(value)
    if text is None:
        return None
    if text.lower() not in _TRUTHS:
        raise Unreadable("is neither true nor false")
    return _TRUTHS[text.lower()]


def major_of(value: Any, currency: str) -> int | None:
    """Return the minor units of an amount in major units, such as yuan, exactly.

    A JSON number is taken at the digits it was written with; an amount finer than the currency is
    refused rather than rounded.
    """
    if type(value) is str:  # nearly always, and nearly always written plainly
        with suppress(ValueError):
            return minor_from_decimal(value, currency)
    text = _decimal_text(value)
    if text is None:
        return None
    try:
        return minor_from_decimal(text, currency)
    except ValueError as error:
        # What the payload calls a currency may be anything: only a code is repeated.
        known = _CODE.fullmatch(currency) is not None
        raise Unreadable(str(error) if known else "is no amount of its currency") from None


def minor_of(value: Any) -> int | None:
    """Return an amount that is in minor units already, such as fen.

    One with a point is refused, even "90.00": whoever writes that means yuan.
    """
    if isinstance(value, Decimal) or (isinstance(value, str) and "." in value):
        raise Unreadable("is no whole number of minor units")
    number = whole_of(value)
    if number is not None and abs(number) >= MINOR_MAX:
        raise Unreadable("is out of range")
    return number


def _decimal_text(value: Any) -> str | None:
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(value.adjusted()) > _DECIMAL_DIGITS_MAX:
            raise Unreadable("is out of range")
        # Not `normalize`, which rounds to the 28 digits of the context.
        return _without_excess_zeros(format(value, "f")) if value else "0"
    if isinstance(value, bool) or not isinstance(value, int | str | None):
        raise Unreadable("is no decimal amount")
    text = str(value).strip() if value is not None else ""
    return _without_excess_zeros(text) or None


def _without_excess_zeros(text: str) -> str:
    """Drop zeros at the end that say nothing: "1.9000" is no finer than "1.90"."""
    whole, _, fraction = text.partition(".")
    if not whole or not (fraction.isascii() and fraction.isdecimal()):
        return text
    told = fraction.rstrip("0")
    return f"{whole}.{told}" if told else whole


def moment_of(value: Any, zone: tzinfo | None) -> datetime | None:
    """Return an ISO 8601 time; one without an offset is in the zone, or stays without."""
    text = text_of(value)
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable("is no ISO 8601 time") from None
    return time.replace(tzinfo=zone) if time.tzinfo is None and zone else time


def moment_in(value: Any, pattern: str, zone: tzinfo | None) -> datetime | None:
    """Return a time written after a strftime pattern."""
    text = text_of(value)
    if text is None:
        return None
    try:
        time = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone follows
    except ValueError:
        raise Unreadable(f"is no time written as {pattern}") from None
    return time.replace(tzinfo=zone) if time.tzinfo is None and zone else time


def moment_since_epoch(value: Any, unit: timedelta) -> datetime | None:
    """Return the time so many units after the beginning of 1970; 0 stands for no time."""
    number = whole_of(value)
    if not number:
        return None
    try:
        return _EPOCH + number * unit
    except OverflowError:
        raise Unreadable("is no possible time") from None
