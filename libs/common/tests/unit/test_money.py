"""Amounts are exact or refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import EXPONENTS, MINOR_MAX, decimal_from_minor, exponent, minor_from_decimal

CURRENCIES = ("CNY", "EUR", "JPY", "KWD", "CLF")
# As ISO 4217 publishes them (list one); funds and units of account among them.
PUBLISHED = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
minors = st.integers(-MINOR_MAX + 1, MINOR_MAX - 1)


def test_every_currency_without_two_decimals_is_known() -> None:
    published = {code: places for places, codes in PUBLISHED.items() for code in codes.split()}
    assert published == EXPONENTS


@pytest.mark.parametrize("code", ["CNY", "USD", "HUF", "MGA", "XTS", "QQQ"])
def test_every_other_code_has_two_decimals_and_nothing_finer_is_read(code: str) -> None:
    assert minor_from_decimal("1.50", code) == 150
    with pytest.raises(ValueError, match=f"more decimals than {code}"):
        minor_from_decimal("1.505", code)


@given(minors, st.sampled_from(CURRENCIES))
def test_minor_units_survive_a_round_trip(minor: int, currency: str) -> None:
    assert minor_from_decimal(decimal_from_minor(minor, currency), currency) == minor


@given(minors, st.sampled_from(CURRENCIES))
def test_all_decimals_of_the_currency_are_written(minor: int, currency: str) -> None:
    written = decimal_from_minor(minor, currency)
    assert len(written.partition(".")[2]) == exponent(currency)
    assert "E" not in written


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4), st.sampled_from(CURRENCIES))
def test_what_is_read_is_exactly_what_was_written(amount: Decimal, currency: str) -> None:
    try:
        minor = minor_from_decimal(format(amount, "f"), currency)
    except ValueError:
        scale = 10 ** exponent(currency)
        numerator, denominator = amount.as_integer_ratio()
        assert numerator * scale % denominator or abs(numerator * scale) >= MINOR_MAX * denominator
    else:
        assert Decimal(minor) == amount * 10 ** exponent(currency)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("19.90", "CNY", 1990),
        ("-0.05", "EUR", -5),
        ("100", "JPY", 100),
        ("1.005", "KWD", 1005),
        ("1500.00", "XOF", 1500),
        ("1.25", "IQD", 1250),
        ("0.0001", "CLF", 1),
        ("900719925474.0991", "CLF", MINOR_MAX - 1),
        (" 1 ", "CNY", 100),
    ],
)
def test_a_decimal_amount_is_read(text: str, currency: str, minor: int) -> None:
    assert minor_from_decimal(text, currency) == minor


@pytest.mark.parametrize(
    "text",
    ["", ".", "abc", "1,00", "0x10", "1e400", "NaN", "sNaN", "Infinity", "-Infinity", "1e-400"],
)
def test_what_is_no_finite_decimal_in_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|has) "):
        minor_from_decimal(text, "CNY")


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("1.999", "CNY"),
        ("1.5", "JPY"),
        ("0.5", "XAF"),
        ("0.0001", "KWD"),
        ("0.00001", "CLF"),
        ("90071992547409.92", "CNY"),
        ("900719925474.0992", "CLF"),
        ("999999999999", "UYW"),  # few digits, and too many minor units
    ],
)
def test_what_is_finer_or_larger_than_the_currency_can_hold_is_refused(
    text: str, currency: str
) -> None:
    with pytest.raises(ValueError, match=r"^(is|has) "):
        minor_from_decimal(text, currency)


@pytest.mark.parametrize(
    "text",
    [
        "٣",  # Decimal reads the digits of every script
        "1_000",  # and Python's way to group them
        "1e999999999",  # decimal.Overflow is no InvalidOperation
        "1.99000000000000000000000000000000000001",  # beyond 28 digits Decimal rounds
    ],
)
def test_what_only_python_takes_for_a_decimal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|has) "):
        minor_from_decimal(text, "CNY")
