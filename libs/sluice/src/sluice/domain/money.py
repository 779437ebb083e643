"""Amounts in words: minor units as decimals."""

from decimal import Decimal

# ISO 4217 exponents that are not 2; a test compares them with those the services count by.
EXPONENTS = {
    "JPY": 0,
    "KRW": 0,
    "VND": 0,
    "CLP": 0,
    "ISK": 0,
    "BHD": 3,
    "KWD": 3,
    "JOD": 3,
    "OMR": 3,
    "TND": 3,
}


def decimal(minor: int, currency: str) -> str:
    return format(Decimal(minor).scaleb(-EXPONENTS.get(currency, 2)), ",f")
