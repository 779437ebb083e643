"""An order as it came in, in the canonical shape: anything may still be missing or wrong.

Also the document of `POST /v1/orders`: the edge reads JSON straight into these classes, strictly,
and refuses fields that are not here.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

SHIPMENT, IN_STORE = "shipment", "in_store"
ROWS_MAX = 2_000
"""Far more lines or payments than an order may have; reading even more would hold up others."""
_STRICT: dict[str, Any] = {"extra": "forbid", "strict": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCustomer:
    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    platform_id: str | None = None
    receiver_token: str | None = None
    """What the channel gives instead of a readable receiver, such as Taobao's oaid: name, phone and
    street may then be masked, and carriers are told the token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftAddress:
    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    country: str | None = None
    province: str | None = None
    city: str | None = None
    district: str | None = None
    detail: str | None = None
    postcode: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    sku: str | None = None
    title: str | None = None
    quantity: int | None = None
    unit_price_minor: int | None = None
    discount_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftAmounts:
    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    goods_minor: int | None = None
    freight_minor: int = 0
    discount_minor: int = 0
    tax_minor: int = 0
    payable_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPayment:
    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    reference: str | None = None
    method: str | None = None
    amount_minor: int | None = None
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    channel: str | None = None
    shop: str | None = None
    channel_order_no: str | None = None
    placed_at: datetime | None = None
    currency: str | None = None
    customer: DraftCustomer = field(default_factory=DraftCustomer)
    address: DraftAddress = field(default_factory=DraftAddress)
    lines: tuple[DraftLine, ...] = ()
    amounts: DraftAmounts = field(default_factory=DraftAmounts)
    payments: tuple[DraftPayment, ...] = ()
    memo: str | None = None
    device: str | None = None
    """What it was ordered with: any text that is the same for the same device."""
    delivery: str = SHIPMENT
    """How the goods reach the buyer: by a parcel, or over the counter where they were sold."""

    @property
    def needs_receiver(self) -> bool:
        """Tell whether it has to say whom to reach.

        Not where the goods were handed over, nor where the channel masks the receiver on purpose.
        """
        sealed = bool((self.customer.receiver_token or "").strip())
        return not (sealed or self.delivery == IN_STORE)
