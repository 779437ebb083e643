"""Phone numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.phone import e164

FORMS = [
    ("13800138000", "CN"),
    ("138 0013 8000", "CN"),
    ("138-0013-8000", "CN"),
    (" 13800138000\n", "CN"),
    ("13800138000", "cn"),
    ("13800138000", None),
    ("13800138000", ""),
    ("8613800138000", "CN"),
    ("+8613800138000", "CN"),
    ("+86 138 0013 8000", "CN"),
    ("+86-138-0013-8000", "US"),
    ("0086 138 0013 8000", "CN"),
    ("008613800138000", "CN"),
    ("(+86) 13800138000", "CN"),
    ("＋８６１３８００１３８０００", "CN"),
    ("１３８００１３８０００", "CN"),
    ("１３８－００１３－８０００", "CN"),
    ("13800138000 ext. 12", "CN"),
    ("tel:13800138000", "CN"),
]


@pytest.mark.parametrize(("text", "country"), FORMS)
def test_every_way_to_write_a_mobile_number_is_one_number(text: str, country: str | None) -> None:
    assert e164(text, country) == "+8613800138000"


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("0571-87654321", "CN", "+8657187654321"),
        ("(0571) 8765 4321", "CN", "+8657187654321"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("415.555.2671", "US", "+14155552671"),
        ("1-415-555-2671", "US", "+14155552671"),
        ("+1 415 555 2671", "CN", "+14155552671"),
        ("2123 4567", "HK", "+85221234567"),
        ("+852 2123 4567", "CN", "+85221234567"),
        ("06 6982 1234", "IT", "+390669821234"),
        ("020 7946 0958", "GB", "+442079460958"),
    ],
)
def test_numbers_of_other_kinds_and_countries_are_read(
    text: str, country: str, number: str
) -> None:
    assert e164(text, country) == number


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("", "CN"),
        (" ", "CN"),
        ("110", "CN"),
        ("1380013800", "CN"),
        ("138001380000", "CN"),
        ("13800138000", "US"),
        ("13800138000", "Deutschland"),
        ("13800138000/13900139000", "CN"),
        ("没有", "CN"),
        ("n/a", "CN"),
        ("0" * 20, "CN"),
        ("1" * 300, "CN"),
        ("+", "CN"),
        ("\x00", "CN"),
        ("555-625-1199", "US"),
    ],
)
def test_what_is_no_number_is_none(text: str, country: str) -> None:
    assert e164(text, country) is None


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("138****8000", "CN"),
        ("138＊＊＊＊8000", "CN"),
        ("138xxxx8000", "CN"),
        ("138XXXX8000", "CN"),
        ("138••••8000", "CN"),
        ("138****", "CN"),
        ("+86 138****8000", "CN"),
        ("030****2345", "DE"),
        ("06*2345678", "ID"),
        ("0512***3456", "AT"),
        ("03012345xx78", "DE"),
        ("138OOOO8000", "CN"),
        ("1800FLOWERS", "US"),
    ],
)
def test_a_number_with_something_else_in_place_of_digits_is_not_another_number(
    text: str, country: str
) -> None:
    assert e164(text, country) is None


_COUNTRIES = st.sampled_from(["CN", "US", "DE", "AT", "ID", "IT", "AR", "GB", "BR", "JP", "FI"])
_DIGITS = st.text("0123456789", min_size=5, max_size=15)


@given(_DIGITS, _COUNTRIES, st.data())
def test_hiding_digits_never_leaves_a_number(
    digits: str, country: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(1, len(digits) - 1))
    end = data.draw(st.integers(start + 1, len(digits)))
    assert e164(f"{digits[:start]}{'*' * (end - start)}{digits[end:]}", country) is None


@given(_DIGITS, _COUNTRIES)
def test_a_number_in_the_one_format_stays_as_it_is(digits: str, country: str) -> None:
    number = e164(digits, country)
    if number is not None:
        assert e164(number, country) == number == e164(number, None)


@given(st.text(), st.none() | st.text(max_size=4))
def test_any_text_is_a_number_or_none(text: str, country: str | None) -> None:
    number = e164(text, country)
    assert number is None or number.startswith("+")
