"""What rules may ask of an order: the names, their types, and the values for one order.

The list is append-only: a stored vector that is shorter than the list is an older one, and what it
lacks is missing. None is a missing value everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from common.expression import Type
from risk.domain.velocity import HOUR, Cell, Counts, minute_of

Value = bool | int | str | tuple[str, ...] | None
Vector = tuple[Value, ...]
"""One value per feature, in their order."""

FEATURES_VERSION = 1


@dataclass(frozen=True, slots=True)
class Feature:
    name: str
    type: Type
    about: str
    personal: bool = False
    """Its value is shown to nobody."""


COUNTED = ("customer", "phone", "address", "device", "shop")
"""Whose orders are counted, in the order of Subject.cells."""

_ORDER = (
    Feature("order.channel", Type.STRING, "the sales channel"),
    Feature("order.shop", Type.STRING, "the shop on the channel"),
    Feature("order.currency", Type.STRING, "ISO 4217 code of all its amounts"),
    Feature("order.payable_minor", Type.INT, "what the customer has to pay"),
    Feature("order.goods_minor", Type.INT, "the lines, after their own discounts"),
    Feature("order.discount_minor", Type.INT, "the discount on the order as a whole"),
    Feature("order.freight_minor", Type.INT, "what delivery costs the customer"),
    Feature("order.paid_minor", Type.INT, "what the channel says was paid, all payments together"),
    Feature("order.lines", Type.INT, "number of lines"),
    Feature("order.pieces", Type.INT, "number of pieces, all lines together"),
    Feature("order.largest_line", Type.INT, "pieces in the line that has most"),
    Feature("order.hour", Type.INT, "hour of the day it was placed at, in UTC, 0 to 23"),
    Feature("order.has_memo", Type.BOOL, "whether the customer wrote a memo"),
    Feature("order.payment_methods", Type.STRINGS, "method of each payment"),
    Feature("order.skus", Type.STRINGS, "SKU of each line"),
)
_RECEIVER = (
    Feature("phone.sha256", Type.STRING, "SHA-256 of the receiver's phone in E.164 form", True),  # noqa: FBT003
    Feature("address.text", Type.STRING, "the address without width, case and spacing", True),  # noqa: FBT003
    Feature("address.country", Type.STRING, "ISO 3166 code"),
    Feature("address.province", Type.STRING, "as the channel writes it"),
    Feature("address.city", Type.STRING, "as the channel writes it"),
    Feature("address.quality", Type.INT, "how deliverable the address looks, 0 to 100"),
)
_HISTORY = (
    Feature("customer.known", Type.BOOL, "whether the order names an account or an e-mail"),
    Feature("customer.is_new", Type.BOOL, "whether it is this customer's first order"),
    Feature("customer.refusals", Type.INT, "orders of this customer that were rejected"),
    Feature("phone.refusals", Type.INT, "orders for this phone that were rejected"),
)
_WINDOWS = {"1m": "minute", "1h": "hour", "24h": "24 hours"}


def _velocity(who: str) -> tuple[Feature, ...]:
    orders = [
        Feature(
            f"{who}.orders_{short}", Type.INT, f"earlier orders of this {who} in the last {long}"
        )
        for short, long in _WINDOWS.items()
    ]
    sums = [
        Feature(f"{who}.sum_minor_{short}", Type.INT, "their amount, in this order's currency")
        for short in _WINDOWS
    ]
    return (*orders, *sums)


FEATURES: tuple[Feature, ...] = (
    *_ORDER,
    *_RECEIVER,
    *_HISTORY,
    *(feature for who in COUNTED for feature in _velocity(who)),
    Feature("order.in_store", Type.BOOL, "whether the goods were handed over in the shop"),
    Feature("order.is_sealed", Type.BOOL, "whether the channel alone can open who receives it"),
)
POSITIONS: Mapping[str, int] = {feature.name: place for place, feature in enumerate(FEATURES)}


class Subject(NamedTuple):
    """What is looked at in an order, without the receiver's name, phone or e-mail."""

    order_id: UUID
    channel: str
    shop: str
    currency: str
    payable_minor: int
    goods_minor: int
    discount_minor: int
    freight_minor: int
    payments_minor: tuple[int, ...]
    payment_methods: tuple[str, ...]
    skus: tuple[str, ...]
    quantities: tuple[int, ...]
    placed_at: datetime
    has_memo: bool
    in_store: bool
    is_sealed: bool
    phone_sha256: str | None
    address_text: str | None
    country: str | None
    province: str | None
    city: str | None
    address_quality: int | None
    cells: tuple[Cell | None, ...]
    """Where it is counted, in the order of COUNTED; None for whom the order does not tell."""

    @property
    def customer(self) -> Cell | None:
        return self.cells[0]

    @property
    def phone(self) -> Cell | None:
        return self.cells[1]


class Past(NamedTuple):
    """What was there before an order; None for whom the order does not tell."""

    customer_orders: int | None
    customer_refusals: int | None
    phone_refusals: int | None
    counts: tuple[Counts | None, ...]
    """In the order of COUNTED."""


_UNKNOWN = (None,) * len(Counts._fields)


def vector(order: Subject, past: Past) -> Vector:
    """Return the value of each feature."""
    quantities = order.quantities
    orders = past.customer_orders
    values: list[Value] = [
        order.channel,
        order.shop,
        order.currency,
        order.payable_minor,
        order.goods_minor,
        order.discount_minor,
        order.freight_minor,
        sum(order.payments_minor),
        len(quantities),
        sum(quantities),
        max(quantities, default=0),
        minute_of(order.placed_at) // HOUR % 24,
        order.has_memo,
        order.payment_methods,
        order.skus,
        order.phone_sha256,
        order.address_text,
        order.country,
        order.province,
        order.city,
        order.address_quality,
        orders is not None,
        None if orders is None else orders == 0,
        past.customer_refusals,
        past.phone_refusals,
    ]
    for counts in past.counts:
        values += _UNKNOWN if counts is None else counts
    values += (order.in_store, order.is_sealed)
    return tuple(values)


def padded(stored: Sequence[Any]) -> Vector:
    """Return a stored vector as one of today's: what it is too short for is missing."""
    missing = (None,) * (len(FEATURES) - len(stored))
    return (*(tuple(v) if isinstance(v, list) else v for v in stored), *missing)
