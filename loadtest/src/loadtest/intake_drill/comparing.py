"""What a channel sold beside what intake has: pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Key = tuple[str, str]
"""Channel, and the number the channel gave."""


@dataclass(frozen=True, slots=True)
class Comparison:
    sold: int
    missing: Sequence[Key]
    doubled: Sequence[Key]
    strange: Sequence[Key]
    """Orders that are here and were never sold."""
    wrong: Mapping[Key, Sequence[str]]
    """The fields that differ, without their values."""

    @property
    def is_right(self) -> bool:
        return not (self.missing or self.doubled or self.strange or self.wrong)


def compared(sales: Sequence[Mapping[str, Any]], orders: Sequence[Mapping[str, Any]]) -> Comparison:
    """Compare; an order's payments that came after it are in its `later_minor`."""
    sold = {(sale["channel"], sale["number"]): sale for sale in sales}
    here: dict[Key, list[Mapping[str, Any]]] = {}
    for order in orders:
        document = order["order"]
        here.setdefault((document["channel"], document["channel_order_no"]), []).append(order)
    wrong = {key: list(_differing(sold[key], here[key][0])) for key in sold.keys() & here.keys()}
    return Comparison(
        sold=len(sold),
        missing=sorted(sold.keys() - here.keys()),
        doubled=sorted(key for key, found in here.items() if len(found) > 1),
        strange=sorted(here.keys() - sold.keys(), key=str),
        wrong={key: names for key, names in sorted(wrong.items()) if names},
    )


def _differing(sale: Mapping[str, Any], order: Mapping[str, Any]) -> Iterator[str]:
    found = facts_of(order)
    for name, value in found.items():
        if _plain(name, value) != _plain(name, sale[name]):
            yield name


def _plain(name: str, value: Any) -> Any:
    """Return a value so that two ways of writing the same time are the same."""
    return datetime.fromisoformat(value) if name == "sold_at" else value


def facts_of(order: Mapping[str, Any]) -> dict[str, Any]:
    """Return an order of intake's API as the simulator tells of one."""
    document = order["order"]
    customer, address = document["customer"], document["address"]
    paid = sum(payment["amount_minor"] for payment in document["payments"])
    return {
        "sold_at": document["placed_at"],
        "currency": document["currency"],
        "payable_minor": document["amounts"]["payable_minor"],
        "paid_minor": paid + order.get("later_minor", 0),
        "name": customer["name"],
        "phone": customer["phone"],
        "city": address["city"],
        "detail": address["detail"],
        "lines": sorted(
            [line["sku"], line["quantity"], line["unit_price_minor"]] for line in document["lines"]
        ),
    }
