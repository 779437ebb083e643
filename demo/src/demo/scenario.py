"""What is sent, order by order, and what must become of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from random import Random

from demo.inventing import Inventor
from demo.sale import MALL, POS, SHOPIFY, WOOCOMMERCE, Item, Sale
from demo.story import Change, Ending, Money, Story

ORDERS_MIN = 60
SKU_NOWHERE = "SKU-0099"
SKUS_APART = {SHOPIFY: "SKU-0098", WOOCOMMERCE: "SKU-0097"}
"""Bought by cancelled orders alone, so that their return to the shelf can be seen."""
BLOCKED_PHONE = "+86 139 0000 0000"

_SEED = 20
_SHARES = {SHOPIFY: 45, WOOCOMMERCE: 30, MALL: 15, POS: 10}
_REPEATED_EVERY = 14
# Just above risk's limits for one order; prices of 80 pieces add up to it.
_PIECES = 80
_HELD_UNIT_MINOR = {SHOPIFY: 6_900, WOOCOMMERCE: 1_390}
_REJECTED_UNIT_MINOR = 68_000


class Repeat(StrEnum):
    """How a channel tells of the same order again."""

    AT_ONCE = "the same delivery, at the same moment"
    LATER = "the same delivery, later"
    ANEW = "the same order, as a new delivery"


@dataclass(frozen=True, slots=True)
class Planned:
    sale: Sale
    story: Story
    repeats: tuple[Repeat, ...] = ()


Twist = Callable[[Sale], Sale]


def build(orders: int, run: str, now: datetime) -> list[Planned]:
    """Make up so many orders; only their numbers and times differ from run to run."""
    random = Random(_SEED)
    inventor = Inventor(random, run, now)
    special = list(_special(inventor))
    ordinary = [
        Planned(inventor.sale(channel, count), Story(ending=_ending(random)), _repeats(count))
        for count, channel in enumerate(_channels(random, orders - len(special)), len(special))
    ]
    every = [*special, *ordinary]
    random.shuffle(every)
    return every


def _special(inventor: Inventor) -> Iterator[Planned]:
    for count, (channel, story, twist) in enumerate(_SPECIAL):
        yield Planned(twist(inventor.sale(channel, count)), story)


def _channels(random: Random, count: int) -> Sequence[str]:
    return random.choices(list(_SHARES), list(_SHARES.values()), k=count)


def _ending(random: Random) -> Ending:
    """Leave some orders where the warehouse has not finished."""
    shares = {Ending.HANDED_OVER: 82, Ending.PACKED: 5, Ending.PICKING: 5, Ending.ALLOCATED: 8}
    return random.choices(list(shares), list(shares.values()))[0]


def _repeats(count: int) -> tuple[Repeat, ...]:
    if count % _REPEATED_EVERY:
        return ()
    return (tuple(Repeat)[count // _REPEATED_EVERY % len(Repeat)],)


def _as_it_is(sale: Sale) -> Sale:
    return sale


def _with_phone(phone: str | None) -> Twist:
    return lambda sale: replace(sale, receiver=replace(sale.receiver, phone=phone))


def _with_nothing_in_it(sale: Sale) -> Sale:
    return replace(sale, items=(), discount_minor=0)


def _with_a_wrong_sum(sale: Sale) -> Sale:
    return replace(sale, misstated_minor=100)


def _without_sku(sale: Sale) -> Sale:
    first, *rest = sale.items
    return replace(sale, items=(replace(first, sku=None), *rest))


def _unpaid(sale: Sale) -> Sale:
    return replace(sale, paid_at=None)


def _of(sku: str, quantity: int) -> Twist:
    def twist(sale: Sale) -> Sale:
        unit_minor = sale.items[0].unit_minor
        item = Item(sku=sku, title="珍藏普洱茶饼", quantity=quantity, unit_minor=unit_minor)
        return replace(sale, items=(item,))

    return twist


def _cancellable(sale: Sale) -> Sale:
    return _of(SKUS_APART[sale.channel], 3)(sale)


def _too_large(sale: Sale) -> Sale:
    return _large(sale, _HELD_UNIT_MINOR[sale.channel])


def _far_too_large(sale: Sale) -> Sale:
    return _large(sale, _REJECTED_UNIT_MINOR)


def _large(sale: Sale, unit_minor: int) -> Sale:
    item = replace(sale.items[0], quantity=_PIECES, unit_minor=unit_minor, discount_minor=0)
    return replace(sale, items=(item,))


def _shipped(money: Money = Money.AGREES, change: Change | None = None) -> Story:
    return Story(ending=Ending.HANDED_OVER, money=money, change=change)


def _bad(reason: str, money: Money = Money.NOTHING) -> Story:
    return Story(ending=Ending.QUARANTINED, reason=reason, money=money)


_UNPAID = Story(ending=Ending.UNPAID, money=Money.NOTHING)
_HELD = Story(ending=Ending.HELD)
_REJECTED = Story(ending=Ending.REJECTED, money=Money.REFUNDED)
_BACKORDERED = Story(ending=Ending.BACKORDERED)
_CORRECTED = Story(
    ending=Ending.HANDED_OVER, reason="bad_phone", change=Change.CORRECTED, money=Money.AGREES
)

_SPECIAL: tuple[tuple[str, Story, Twist], ...] = (
    (SHOPIFY, Story(ending=Ending.REFUSED, money=Money.NOTHING), _as_it_is),
    (SHOPIFY, _CORRECTED, _with_phone("138-0013-80")),
    (WOOCOMMERCE, _bad("bad_phone", Money.STRANGE), _with_phone("n/a 000")),
    (MALL, _bad("bad_phone"), _with_phone("12345")),
    (SHOPIFY, _bad("missing_phone"), _with_phone(None)),
    (WOOCOMMERCE, _bad("missing_phone"), _with_phone("")),
    (MALL, _bad("no_lines"), _with_nothing_in_it),
    (POS, _bad("no_lines"), _with_nothing_in_it),
    (SHOPIFY, _bad("payable_does_not_add_up"), _with_a_wrong_sum),
    (POS, _bad("payable_does_not_add_up"), _with_a_wrong_sum),
    (WOOCOMMERCE, _bad("missing_sku"), _without_sku),
    (MALL, _bad("missing_sku"), _without_sku),
    (SHOPIFY, _bad("unreadable_payload"), _as_it_is),
    (SHOPIFY, _HELD, _too_large),
    (WOOCOMMERCE, _shipped(change=Change.REVIEWED), _too_large),
    (MALL, _REJECTED, _far_too_large),
    (SHOPIFY, _REJECTED, _with_phone(BLOCKED_PHONE)),
    (SHOPIFY, _BACKORDERED, _of(SKU_NOWHERE, 1)),
    (MALL, _BACKORDERED, _of(SKU_NOWHERE, 2)),
    (SHOPIFY, _UNPAID, _unpaid),
    (WOOCOMMERCE, _UNPAID, _unpaid),
    (MALL, _UNPAID, _unpaid),
    (SHOPIFY, _shipped(change=Change.PAID), _unpaid),
    (
        SHOPIFY,
        Story(ending=Ending.CANCELLED, change=Change.CANCELLED, money=Money.NOT_REFUNDED),
        _cancellable,
    ),
    (
        WOOCOMMERCE,
        Story(ending=Ending.CANCELLED, change=Change.CANCELLED, money=Money.REFUNDED),
        _cancellable,
    ),
    (WOOCOMMERCE, _shipped(Money.SHORT), _as_it_is),
    (SHOPIFY, _shipped(Money.TWICE), _as_it_is),
    (MALL, _shipped(Money.MISSING), _as_it_is),
)
