"""What each transform makes of a value, and what it refuses."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import MINOR_MAX, decimal_from_minor
from ingest.domain.mapping.kinds import Kind, Setting
from ingest.domain.mapping.problems import Unreadable
from ingest.domain.mapping.steps import step_of

MORNING = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
APRIL = datetime(2021, 4, 2, 9, 23, 33, tzinfo=UTC)
TABLES: Mapping[str, Mapping[str, str | int | bool]] = {
    "states": {"1": "open", "2": "closed"},
    "ranks": {"a": 1},
    "mixed": {"a": 1, "b": "x"},
}


def through(*steps: Any, value: Any, currency: str = "CNY", country: str = "CN") -> Any:
    kind = Kind.RAWS if isinstance(value, list) else Kind.RAW
    for written in steps:
        step = step_of(written, kind, TABLES)
        kind = step.gives
        value = None if value is None else step.run(value, Setting(currency, country))
    return value


MAKES: list[tuple[list[Any], Any, Any]] = [
    (["text"], "  a b \n", "a b"),
    (["text"], "   ", None),
    (["text"], 6212345678901234567, "6212345678901234567"),
    (["upper"], "cny", "CNY"),
    (["lower"], "AbC", "abc"),
    ([{"replace": {"pattern": "[^0-9]", "with": ""}}], "138-0013 8000", "13800138000"),
    ([{"replace": {"pattern": r"(\d+)/(\d+)", "with": r"\2/\1"}}], "1/2", "2/1"),
    ([{"replace": {"pattern": ".", "with": ""}}], "abc", None),
    ([{"extract": r"#(\d+)"}], "order #17", "17"),
    ([{"extract": r"\d+"}], "order 17", "17"),
    ([{"extract": r"\d+"}], "order", None),
    ([{"join": ""}], ["浙江省", " 杭州市 ", "", None], "浙江省杭州市"),
    ([{"join": " "}], [], None),
    ([{"split": ","}, {"join": "|"}], "a, b,,c", "a|b|c"),
    ([{"split": "|"}, {"item": 0}], "SF1|SF2", "SF1"),
    ([{"item": -1}], ["a", "b"], "b"),
    ([{"item": 5}], ["a"], None),
    ([{"phone": "CN"}], "138 0013 8000", "+8613800138000"),
    (["phone"], "138 0013 8000", "+8613800138000"),
    ([{"phone": "US"}], "(415) 555-2671", "+14155552671"),
    (["phone"], "138****8000", "138****8000"),
    (["json", {"at": "a[0].b"}], '{"a": [{"b": 1.10}]}', Decimal("1.10")),
    (["json", {"at": "a[].b"}, "sum"], '{"a": [{"b": 1}, {"b": 2}]}', 3),
    ([{"lookup": "states"}], "1", "open"),
    ([{"lookup": "states"}], 2, "closed"),
    ([{"lookup": {"table": "states", "else": "unknown"}}], "9", "unknown"),
    ([{"lookup": {"table": "states", "else": None}}], "9", None),
    ([{"none_if": ["0", "-"]}], 0, None),
    ([{"none_if": ["0", "-"]}], "10", "10"),
    (["whole"], "2", 2),
    (["whole"], "2.000", 2),
    (["whole"], Decimal("2.0"), 2),
    (["flag"], "true", True),
    (["flag"], 0, False),
    ([{"money": "major"}], "19.90", 1990),
    ([{"money": "major"}], Decimal("0.1"), 10),
    ([{"money": "major"}], Decimal("1E+2"), 10_000),
    ([{"money": "major"}], "-3.5", -350),
    ([{"money": "major"}], "1.9000", 190),
    ([{"money": "minor"}], "1990", 1990),
    ([{"money": "major"}, "sum"], ["1.10", Decimal("2.2"), None], 330),
    (["sum"], [], 0),
    (["fingerprint"], [], None),
    ([{"time": {"zone": "Asia/Shanghai"}}], "2026-11-22 09:30:00", MORNING),
    ([{"time": {}}], "2026-11-22T09:30:00.5+0800", MORNING + timedelta(milliseconds=500)),
    ([{"time": {"as": "seconds"}}], "1617355413", APRIL),
    ([{"time": {"as": "milliseconds"}}], 1617355413663, APRIL + timedelta(milliseconds=663)),
    ([{"time": {"as": "seconds"}}], 0, None),
    ([{"time": {"as": ["milliseconds", "iso"]}}], "1617355413000", APRIL),
    ([{"time": {"as": ["milliseconds", "iso"]}}], "2026-11-22T01:30:00Z", MORNING),
    ([{"time": {"as": "%d/%m/%Y %H:%M", "zone": "UTC"}}], "22/11/2026 01:30", MORNING),
    ([{"time": {"none": ["0001-01-01 00:00:00"]}}], " 0001-01-01 00:00:00 ", None),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "value", "made"), MAKES, ids=[f"{s} {v}" for s, v, _ in MAKES])
def test_steps_make(steps: list[Any], value: Any, made: Any) -> None:
    assert through(*steps, value=value) == made


REFUSES: list[tuple[list[Any], Any]] = [
    (["text"], True),
    (["text"], 1.5),
    (["text"], Decimal("1.23E+18")),
    (["text"], {}),
    (["text"], 10**50),
    (["whole"], "2.5"),
    (["whole"], Decimal("2.5")),
    (["whole"], True),
    (["whole"], 2**63),
    (["whole"], Decimal("1E+999")),
    (["flag"], "maybe"),
    ([{"money": "major"}], "19.999"),
    ([{"money": "major"}], "1e3"),
    ([{"money": "major"}], "1.5.0"),
    ([{"money": "major"}], "100.000.000"),
    ([{"money": "major"}], "1."),
    ([{"money": "major"}], ".00"),
    ([{"money": "major"}], Decimal("0.001")),
    ([{"money": "major"}], Decimal("NaN")),
    ([{"money": "major"}], 0.1),
    ([{"money": "minor"}], "19.90"),
    ([{"money": "minor"}], "90.00"),
    ([{"money": "minor"}], Decimal("90.0")),
    ([{"money": "minor"}], MINOR_MAX),
    ([{"time": {}}], "yesterday"),
    ([{"time": {"as": "seconds"}}], 10**18),
    ([{"time": {"as": ["milliseconds", "iso"]}}], "yesterday"),
    ([{"lookup": "states"}], "9"),
    (["json"], "{"),
    (["json"], "[NaN]"),
    (["json"], "[" * 100_000),
    (["sum"], [MINOR_MAX - 1, MINOR_MAX - 1]),
]


@pytest.mark.parametrize(
    ("steps", "value"), REFUSES, ids=[f"{s} {str(v)[:30]}" for s, v in REFUSES]
)
def test_steps_refuse(steps: list[Any], value: Any) -> None:
    with pytest.raises(Unreadable):
        through(*steps, value=value)


WRONG: list[tuple[Any, Kind, str]] = [
    ("shout", Kind.RAW, "there is no step"),
    ({"upper": 1}, Kind.RAW, "takes no argument"),
    ({"upper": None, "lower": None}, Kind.RAW, "one name"),
    ("upper", Kind.WHOLE, "upper takes a text"),
    ("sum", Kind.RAW, "sum takes whole numbers"),
    ({"join": ","}, Kind.RAW, "join takes texts"),
    ({"item": 0}, Kind.RAW, "item takes many"),
    ({"replace": {"pattern": "("}}, Kind.RAW, "replace takes"),
    ({"replace": {"pattern": "(", "with": ""}}, Kind.RAW, "not one of RE2"),
    ({"replace": {"pattern": "a", "with": "\\3"}}, Kind.RAW, "group"),
    ({"extract": r"(?<=a)b"}, Kind.RAW, "not one of RE2"),
    ({"money": "yuan"}, Kind.RAW, "major"),
    ({"time": {"zone": "Mars"}}, Kind.RAW, "time zone"),
    ({"time": {"as": "days"}}, Kind.RAW, "as is"),
    ({"time": {"as": []}}, Kind.RAW, "as is"),
    ({"time": {"as": ["iso", ["seconds"]]}}, Kind.RAW, "as is"),
    ({"lookup": "nothing"}, Kind.RAW, "not there"),
    ({"lookup": "mixed"}, Kind.RAW, "not all of one kind"),
    ({"at": "a..b"}, Kind.RAW, "no name"),
    ({"phone": "China"}, Kind.RAW, "two letters"),
]


@pytest.mark.parametrize(("written", "kind", "problem"), WRONG, ids=[str(w[0]) for w in WRONG])
def test_a_wrong_step_is_told(written: Any, kind: Kind, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        step_of(written, kind, TABLES)


@given(st.integers(-(10**12), 10**12), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_money_comes_back_to_the_cent(minor: int, currency: str) -> None:
    written = decimal_from_minor(minor, currency)
    for value in (written, Decimal(written)):
        assert through({"money": "major"}, value=value, currency=currency) == minor
    assert through({"money": "minor"}, value=str(minor), currency=currency) == minor


@given(st.text() | st.integers() | st.decimals() | st.booleans() | st.lists(st.text()) | st.none())
def test_whatever_comes_a_step_gives_or_refuses(value: Any) -> None:
    for written in ("text", "whole", "flag", "json", "phone", {"money": "major"}, {"time": {}}):
        if isinstance(value, list) and written in ("json", "flag", {"time": {}}):
            continue
        message = ""
        try:
            through(written, value=value)
        except Unreadable as error:
            message = str(error)
        assert len(message) < 200
