"""Amounts in words: minor units as decimals."""

from decimal import Decimal

# ISO 4217 exponents that are not 2; a test compares them with those the services count by.
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


def decimal(minor: int, currency: str) -> str:
    return format(Decimal(minor).scaleb(-EXPONENTS.get(currency, 2)), ",f")
