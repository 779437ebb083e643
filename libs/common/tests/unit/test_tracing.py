"""The trace stays, the span changes, and what is malformed is replaced."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.telemetry.tracing import next_hop

VALID = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def test_a_valid_trace_is_continued_with_a_span_of_its_own() -> None:
    version, trace, span, flags = next_hop(VALID).split("-")
    assert (version, trace, flags) == ("00", "0af7651916cd43dd8448eb211c80319c", "01")
    assert span != "b7ad6b7169203331"


def test_what_was_not_sampled_stays_so() -> None:
    assert next_hop(VALID[:-2] + "00").endswith("-00")


@pytest.mark.parametrize(
    "malformed",
    [
        None,
        "",
        VALID.upper(),
        VALID + "-01",
        VALID + "\n",
        VALID.replace("00-", "ff-", 1),
        "00-" + "0" * 32 + "-b7ad6b7169203331-01",
        "00-short-b7ad6b7169203331-01",
    ],
)
def test_a_malformed_or_missing_trace_is_replaced(malformed: str | None) -> None:
    hop = next_hop(malformed)
    assert FORM.fullmatch(hop)
    assert "0af7651916cd43dd8448eb211c80319c" not in hop


@given(st.text(max_size=80))
def test_whatever_comes_in_a_valid_trace_goes_out(text: str) -> None:
    assert FORM.fullmatch(next_hop(text))
