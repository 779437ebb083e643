"""Damage to JSON, as careless programs, broken proxies and ill will make it.

Pure: the same generator of random numbers makes the same damage. Numbers stay the digits they are
written with, names may come twice, and what no JSON library would write can be written.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any

CHANGES = (1, 1, 1, 1, 2, 3)
NESTED = (60, 400, 900, 960, 985, 10_000)
"""How deep: harmless, about where readers that call themselves give up, and far beyond."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A piece of JSON as it is written."""

    text: str


class Again(str):
    """A name that its object has already."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def read(body: bytes | str) -> Any:
    """Read JSON and keep its numbers as they are written."""
    return json.loads(body, parse_float=Literal, parse_int=Literal, parse_constant=Literal)


def written(value: Any) -> str:
    match value:
        case Literal():
            return value.text
        case dict():
            pairs = (f"{written(name)}:{written(inner)}" for name, inner in value.items())
            return f"{{{','.join(pairs)}}}"
        case list():
            return f"[{','.join(map(written, value))}]"
        case _:  # half a character cannot be written as such
            return json.dumps(value, ensure_ascii=not is_writable(value))


def is_writable(value: Any) -> bool:
    """Tell whether UTF-8 has a way to write it."""
    return not isinstance(value, str) or not any("\ud800" <= sign <= "\udfff" for sign in value)


LITERALS = (
    *("0", "-0", "-1", "1e2", "1E+2", "1.0", "0.1", "12.345", "100.000000000000000000000000000001"),
    *("19.90000000000000000000000000000000001", "1e15", "9007199254740991", "9007199254740993"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775809", "1e-999999999"),
    *(
        "1e999999999",
        "-1e999999999",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "0e99999",
    ),
    *("NaN", "Infinity", "-Infinity", "1" * 40, "9" * 4_299, "9" * 4_301, "9" * 10_000),
    *(f"0.{'0' * 5_000}1", "253402300800", "-62135596801", "1e400", "true", "false", "null"),
    *("01", "+1", ".5", "1.", "0x10", "'a'", "undefined", "[,]", "{,}", '"\\ud800"', '"\\u0000"'),
    *("[" * depth + "]" * depth for depth in NESTED),
    *('{"a":' * depth + "1" + "}" * depth for depth in NESTED),
)
TEXTS = (
    *(
        "",
        " ",
        "\x00",
        "a\x00b",
        "\ud800",
        "x\udfff",
        "\u202eevil\u202c",
        "😀" * 40,
        "👩‍👩‍👧‍👦",
        "\ufeff",
    ),
    *(
        "\x1b[31m",
        "\x7f",
        "\x85",
        "\u2028",
        "\uffff",
        "\u200b",
        "ﷺ" * 20,
        "İ",
        "x" * 201,
        "x" * 2_001,
    ),
    *(
        "x" * 100_001,
        "长" * 3_000,
        "' or 1=1 --",
        "<script>",
        "{{7*7}}",
        "%s%n",
        "../../etc/passwd",
    ),
    *("0000-00-00 00:00:00", "0000-01-01T00:00:00Z", "0001-01-01 00:00:00", "2025-02-30T00:00:00Z"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31 23:59:59"),
    *("10000-01-01T00:00:00Z", "2025-11-22T24:00:00Z", "2025-11-22T09:30:00", "2025-11-22"),
    *("2025-11-22T09:30:00+23:59", "2025-11-22T09:30:00+99:99", "20251122T093000Z", "2025-W47-6"),
    *(
        "-1",
        "1e2",
        "1,000.00",
        "１２",
        "٣",
        "12.345",
        "1" * 30,
        "1" * 5_000,
        "NaN",
        "Infinity",
        "0.00",
    ),
    *(
        "-0.01",
        "99999999999999.99",
        "90071992547409.91",
        "92233720368547758.08",
        "¥12.00",
        "12.00元",
    ),
    *(
        "[]",
        "{}",
        "null",
        "true",
        "JPY",
        "KWD",
        "XAU",
        "usd",
        "CN",
        "TW",
        "+86 138 0013 8000",
        "1_000",
    ),
)
EMPTY: tuple[Any, ...] = ({}, [], [{}], [None], [[]], {"": None}, [[[[[None]]]]], None, True, False)


def likely_names(document: Any) -> frozenset[str]:
    """Return the words of a mapping: names of fields that are read, among others."""
    words = set[str]()
    for text in _texts(document):
        words.update(text.replace("[]", "").replace("$", "").split("."))
    return frozenset(word for word in words if word.isidentifier())


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from _texts(inner)


# --- in the structure -------------------------------------------------------------------------

Place = tuple[Any, Any]
"""What holds a value, and under which name or number."""


def changed(random: Random, body: bytes, names: frozenset[str]) -> bytes:
    """Change a few places of a document; those with these names more often than others."""
    document = [read(body)]
    for _ in range(random.choice(CHANGES)):
        places = list(_places(document))
        some = [place for place in places if place[1] in names] or places
        holder, key = random.choice(some if random.random() < 0.75 else places)
        random.choice(_CHANGES)(random, holder, key, names)
        if not document:
            break
    return "".join(map(written, document)).encode()


def _places(holder: Any) -> Iterator[Place]:
    if isinstance(holder, dict):
        keys: Sequence[Any] = list(holder)
    elif isinstance(holder, list):
        keys = range(len(holder))
    else:
        return
    for key in keys:
        yield holder, key
        yield from _places(holder[key])


def _drop(_: Random, holder: Any, key: Any, __: frozenset[str]) -> None:
    del holder[key]


def _rename(random: Random, holder: Any, key: Any, _: frozenset[str]) -> None:
    if isinstance(holder, dict):
        new = (
            key.upper(),
            key.title(),
            f" {key}",
            f"{key}\x00",
            f"{key}_",
            "",
            "\ud800",
            "__class__",
        )
        holder[random.choice(new)] = holder.pop(key)


def _add(random: Random, holder: Any, key: Any, names: frozenset[str]) -> None:
    if isinstance(holder, dict):
        holder[random.choice(sorted(names) or [key])] = _anything(random, None)
    else:
        holder.insert(key, _anything(random, None))


def _duplicate(random: Random, holder: Any, key: Any, _: frozenset[str]) -> None:
    """Say a name twice, the second time something else; of a list, a row as often as may hurt."""
    if isinstance(holder, dict):
        holder[Again(key)] = _anything(random, holder[key])
    else:
        times = random.choice((2, 2, 2, 3, 101, 501, 2_001))
        if len(written(holder[key])) * times < 400_000:
            holder[key : key + 1] = [deepcopy(holder[key]) for _ in range(times)]


def _replace(random: Random, holder: Any, key: Any, _: frozenset[str]) -> None:
    holder[key] = _anything(random, holder[key])


def _anything(random: Random, old: Any) -> Any:
    match random.randrange(6):
        case 0:
            return deepcopy(random.choice(EMPTY))
        case 1 | 2:
            return Literal(random.choice(LITERALS))
        case 3:
            return random.choice(TEXTS)
        case 4:
            return random.choice(([old], {"value": old}, [[old]], written(old)[:5_000]))
        case _:
            return _twisted(random, old)


def _twisted(random: Random, old: Any) -> Any:
    """Return nearly the same: another sign, size, type, or a few characters more."""
    if isinstance(old, Literal):
        text = old.text
        new = (f"-{text}", f"{text}0", f"{text}.0", f"{text}.001", f"{text}e3", f"{text}e-3")
        return random.choice((*(Literal(one) for one in new), text, f" {text} "))
    if isinstance(old, str):
        odd = random.choice(TEXTS)
        return random.choice(
            (Literal(old or "0"), f"-{old}", f"{old}0", old + odd, odd + old, old[:-1])
        )
    return Literal(random.choice(LITERALS))


def _swap(random: Random, holder: Any, key: Any, _: frozenset[str]) -> None:
    keys = list(holder) if isinstance(holder, dict) else range(len(holder))
    other = random.choice(keys)
    holder[key], holder[other] = holder[other], holder[key]


_CHANGES: tuple[Callable[[Random, Any, Any, frozenset[str]], None], ...] = (
    *(_replace, _replace, _replace, _replace, _replace, _add, _add),
    *(_drop, _rename, _duplicate, _duplicate, _swap),
)


# --- in the bytes -----------------------------------------------------------------------------

_PIECES = (
    b"\x00",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b'"',
    b"{",
    b"]",
    b",",
    b"\\u12",
)
_WHOLE = (b"", b" ", b"null", b"[]", b"{}", b'""', b"0", b"[[]]", b"\x1f\x8b")
_ENCODINGS = ("utf-16", "utf-32", "gbk", "utf-8-sig", "latin-1", "utf-7")


def garbled(random: Random, body: bytes, other: bytes) -> bytes:
    """Damage the bytes; `other` is a second body to cut together with the first."""
    return random.choice(_GARBLINGS)(random, body, other)


def _flipped(random: Random, body: bytes, _: bytes) -> bytes:
    bits = bytearray(body or b"\x00")
    for _bit in range(random.randint(1, 8)):
        bits[random.randrange(len(bits))] ^= 1 << random.randrange(8)
    return bytes(bits)


def _spliced(random: Random, body: bytes, other: bytes) -> bytes:
    return body[: _cut(random, body)] + other[_cut(random, other) :]


def _inserted(random: Random, body: bytes, _: bytes) -> bytes:
    at = _cut(random, body)
    return body[:at] + random.choice(_PIECES) + body[at:]


def _moved(random: Random, body: bytes, _: bytes) -> bytes:
    """Leave a piece out, or say one twice."""
    return body[: _cut(random, body)] + body[_cut(random, body) :]


def _encoded(random: Random, body: bytes, _: bytes) -> bytes:
    return body.decode(errors="replace").encode(random.choice(_ENCODINGS), errors="replace")


def _something_else(random: Random, _: bytes, __: bytes) -> bytes:
    return random.choice((*_WHOLE, random.randbytes(64)))


def _cut(random: Random, body: bytes) -> int:
    return random.randint(0, len(body))


_GARBLINGS: tuple[Callable[[Random, bytes, bytes], bytes], ...] = (
    *(_flipped, _flipped, _spliced, _inserted, _moved, _encoded, _something_else),
    lambda random, body, _: body[: _cut(random, body)],
)
