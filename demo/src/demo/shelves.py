"""Stock: what one run of the demo must have done to it."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from demo.account import Sum
from demo.scenario import Planned
from demo.story import PLACES, Ending


class Level(NamedTuple):
    on_hand: int
    reserved: int


Shelves = dict[tuple[str, str], Level]
"""(Warehouse, SKU) -> pieces."""


def shelves_of(rows: Iterable[dict[str, Any]]) -> Shelves:
    return {(r["warehouse"], r["sku"]): Level(r["on_hand"], r["reserved"]) for r in rows}


def stock_sums(before: Shelves, after: Shelves, planned: Iterable[Planned]) -> list[Sum]:
    """Compare by SKU, over all warehouses: which of them serves an order is not the demo's say."""
    gone: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for one in planned:
        if one.story.ending is Ending.HANDED_OVER:
            gone.update(one.sale.pieces())
        elif PLACES[one.story.ending].booked == "allocated":
            kept.update(one.sale.pieces())
    left, reserved = _left(before, after), _reserved(before, after)
    return [
        *(Sum(f"{sku} left the shelf", left[sku], gone[sku]) for sku in sorted(left | gone)),
        *(Sum(f"{sku} reserved", reserved[sku], kept[sku]) for sku in sorted(reserved | kept)),
    ]


def _left(before: Shelves, after: Shelves) -> Counter[str]:
    change: Counter[str] = Counter()
    for (warehouse, sku), level in before.items():
        change[sku] += level.on_hand - after[warehouse, sku].on_hand
    return change


def _reserved(before: Shelves, after: Shelves) -> Counter[str]:
    change: Counter[str] = Counter()
    for (warehouse, sku), level in after.items():
        change[sku] += level.reserved - before[warehouse, sku].reserved
    return change


def told(sums: Iterable[Sum]) -> str:
    """Tell of the stock in one line."""
    found: Counter[str] = Counter()
    for one in sums:
        found[one.what.partition(" ")[2]] += one.found
    gone, kept = found["left the shelf"], found["reserved"]
    return f"stock: {gone} pieces left the shelves, {kept} are reserved; each SKU adds up"
