"""What a customer bought, before any channel writes it down in its own way."""

from dataclasses import dataclass
from datetime import datetime

SHOPIFY, WOOCOMMERCE, MALL, POS = "shopify", "woocommerce", "mall", "pos"
CHANNELS = (SHOPIFY, WOOCOMMERCE, MALL, POS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    sku: str | None
    title: str
    quantity: int
    unit_minor: int
    discount_minor: int = 0

    @property
    def before_discount_minor(self) -> int:
        return self.quantity * self.unit_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    name: str
    phone: str | None
    country: str
    province: str
    city: str
    street: str
    postcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """All money is in minor units of `currency`."""

    channel: str
    number: str
    reference: str
    """What the payment is called on statements."""
    currency: str
    placed_at: datetime
    receiver: Receiver
    items: tuple[Item, ...]
    freight_minor: int
    discount_minor: int
    """On the whole order, beside the items' own."""
    method: str
    paid_at: datetime | None
    misstated_minor: int = 0
    """By how much the document's total is wrong."""

    @property
    def goods_minor(self) -> int:
        return sum(item.before_discount_minor - item.discount_minor for item in self.items)

    @property
    def payable_minor(self) -> int:
        return self.goods_minor - self.discount_minor + self.freight_minor

    @property
    def stated_minor(self) -> int:
        return self.payable_minor + self.misstated_minor

    def pieces(self) -> dict[str, int]:
        """Return how many of each SKU; two items may be of the same."""
        pieces: dict[str, int] = {}
        for item in self.items:
            if item.sku:
                pieces[item.sku] = pieces.get(item.sku, 0) + item.quantity
        return pieces


def decimal(minor: int) -> str:
    """Write an amount of a currency with two decimals, as all of the demo's have."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"
