"""Steps that make texts of texts."""

import hashlib
from collections.abc import Mapping
from typing import Any

import re2  # type: ignore[import-untyped]

from ingest.domain.mapping.kinds import (
    SINGLE,
    Kind,
    Make,
    Setting,
    Step,
    Tables,
    coerced,
    each,
    plain,
)
from ingest.domain.phone import e164

PATTERN_MAX = 500
FINGERPRINT_LENGTH = 32
_GROUP = re2.compile(r"\\(\d)")


def _pattern(text: Any) -> Any:
    if not isinstance(text, str) or not 0 < len(text) <= PATTERN_MAX:
        raise ValueError(f"a pattern is a text of 1 to {PATTERN_MAX} characters")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except re2.error as error:
        raise ValueError(f"the pattern is not one of RE2: {error}") from None


def _replace(argument: Any, kind: Kind, _: Tables) -> Step:
    if not isinstance(argument, dict) or argument.keys() != {"pattern", "with"}:
        raise ValueError('replace takes {"pattern": …, "with": …}')
    pattern, new = _pattern(argument["pattern"]), argument["with"]
    if not isinstance(new, str):
        raise ValueError("with is a text")  # noqa: TRY004 - one kind of error for callers
    if any(int(group) > pattern.groups for group in _GROUP.findall(new)):
        raise ValueError("with names a group that is not there")
    return each(
        "replace",
        kind,
        Kind.TEXT,
        Kind.TEXT,
        lambda text, _: pattern.sub(new, text).strip() or None,
    )


def _extract(argument: Any, kind: Kind, _: Tables) -> Step:
    pattern = _pattern(argument)
    group = 1 if pattern.groups else 0

    def run(text: str, _: Setting) -> str | None:
        found = pattern.search(text)
        return (found[group] or "").strip() or None if found else None

    return each("extract", kind, Kind.TEXT, Kind.TEXT, run)


def _join(argument: Any, kind: Kind, _: Tables) -> Step:
    if not isinstance(argument, str):
        raise ValueError(  # noqa: TRY004 - one kind of error for callers
            "join takes the text that is put between"
        )
    read = coerced(kind, Kind.TEXTS)
    if read is None:
        raise ValueError(f"join takes {Kind.TEXTS}, this is {kind}")
    return Step(
        "join", Kind.TEXT, lambda values, setting: argument.join(read(values, setting)) or None
    )


def _split(argument: Any, kind: Kind, _: Tables) -> Step:
    if not isinstance(argument, str) or not argument:
        raise ValueError("split takes the text to part at")
    read = coerced(kind, Kind.TEXT)
    if read is None:
        raise ValueError(f"split takes {Kind.TEXT}, this is {kind}")

    def run(value: Any, setting: Setting) -> list[str]:
        parts = (read(value, setting) or "").split(argument)
        return [part.strip() for part in parts if part.strip()]

    return Step("split", Kind.TEXTS, run)


def _item(argument: Any, kind: Kind, _: Tables) -> Step:
    if type(argument) is not int:
        raise ValueError("item takes a place, counted from 0; from the end it is negative")
    if kind not in SINGLE:
        raise ValueError(f"item takes many, this is {kind}")
    within = argument if argument >= 0 else -argument - 1
    return Step(
        "item",
        SINGLE[kind],
        lambda values, _: values[argument] if within < len(values) else None,
    )


def _phone(argument: Any, kind: Kind, _: Tables) -> Step:
    """What is no possible number stays as it came, for the validation to say so."""
    if argument is not None and not (isinstance(argument, str) and len(argument) == 2):  # noqa: PLR2004 - ISO 3166
        raise ValueError("phone takes the two letters of a country, or nothing")

    def run(text: str, setting: Setting) -> str:
        return e164(text, argument or setting.country or None) or text

    return each("phone", kind, Kind.TEXT, Kind.TEXT, run)


def _fingerprint(argument: Any, kind: Kind, _: Tables) -> Step:
    """One value out of several that cannot be read from it: a hash, the same for the same."""
    if argument is not None:
        raise ValueError("fingerprint takes no argument")
    read = coerced(kind, Kind.TEXTS)
    if read is None:
        raise ValueError(f"fingerprint takes {Kind.TEXTS}, this is {kind}")

    def run(values: Any, setting: Setting) -> str | None:
        texts = read(values, setting)
        digest = hashlib.sha256("|".join(texts).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()[:FINGERPRINT_LENGTH] if texts else None

    return Step("fingerprint", Kind.TEXT, run)


TEXT_STEPS: Mapping[str, Make] = {
    "extract": _extract,
    "fingerprint": _fingerprint,
    "item": _item,
    "join": _join,
    "lower": plain("lower", Kind.TEXT, Kind.TEXT, lambda text, _: text.lower()),
    "phone": _phone,
    "replace": _replace,
    "split": _split,
    "text": plain("text", Kind.TEXT, Kind.TEXT, lambda text, _: text),
    "upper": plain("upper", Kind.TEXT, Kind.TEXT, lambda text, _: text.upper()),
}
