"""From an order to its feature vector, and from a decision back to the counters."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import structlog

from common.clock import utc_now
from common.contracts.order import Customer, Order
from common.database.work import Work, WorkFactory
from risk.domain.address_quality import Parts, address_quality
from risk.domain.features import Past, Subject, Vector, vector
from risk.domain.receiver import comparable, phone_fingerprint
from risk.domain.velocity import Cell, Tally, key_of, minute_of, minute_received
from risk.store import features, receiver_history, velocity
from risk.store.features import Known
from risk.store.receiver_history import Change

_SLOT = secrets.choice(velocity.SLOTS)
"""This process's own; if two choose the same, they wait for each other now and then."""
MERGE_PERIOD_SECONDS = 600.0

log = structlog.get_logger()


def subject_of(order_id: UUID, order: Order, now: datetime) -> Subject:
    """Return what is looked at in the order."""
    address, amounts = order.address, order.amounts
    text = comparable(address.province + address.city + address.district + address.detail)
    fingerprint = phone_fingerprint(order.customer.phone)
    keys = (
        _customer(order.channel, order.customer),
        key_of("phone", fingerprint) if fingerprint else None,
        key_of("address", text) if text else None,
        key_of("device", order.device) if order.device else None,
        _shop(order.channel, order.shop),
    )
    minute, currency = minute_received(order_id, now), order.currency
    return Subject(
        order_id=order_id,
        channel=order.channel,
        shop=order.shop,
        currency=currency,
        payable_minor=amounts.payable_minor,
        goods_minor=amounts.goods_minor,
        discount_minor=amounts.discount_minor,
        freight_minor=amounts.freight_minor,
        payments_minor=tuple([p.amount_minor for p in order.payments]),
        payment_methods=tuple([p.method for p in order.payments]),
        skus=tuple([line.sku for line in order.lines]),
        quantities=tuple([line.quantity for line in order.lines]),
        placed_at=order.placed_at,
        has_memo=bool(order.memo),
        in_store=order.delivery == "in_store",
        is_sealed=bool((order.customer.receiver_token or "").strip()),
        phone_sha256=fingerprint,
        address_text=text or None,
        country=address.country or None,
        province=address.province or None,
        city=address.city or None,
        address_quality=_quality(order),
        cells=tuple([None if key is None else Cell(key, currency, minute) for key in keys]),
    )


def _quality(order: Order) -> int | None:
    address = order.address
    return address_quality(
        Parts(
            province=address.province,
            city=address.city,
            district=address.district,
            detail=address.detail,
            postcode=address.postcode or "",
        )
    )


def _customer(channel: str, customer: Customer) -> int | None:
    """Find who ordered: the account on the channel, else the e-mail, on whatever channel."""
    if customer.platform_id:
        return key_of("account", channel, customer.platform_id)
    return key_of("email", customer.email) if customer.email else None


@lru_cache(maxsize=1024)
def _shop(channel: str, shop: str) -> int:
    return key_of("shop", channel, shop)


async def vectors(work: Work, subjects: Sequence[Subject]) -> list[Vector]:
    """Return each order's features, in the order given: earlier ones count for later ones.

    One query. Leave out orders that were counted before, or they count twice.
    """
    cells = [cell for s in subjects for cell in s.cells if cell is not None]
    receivers = [cell.key for s in subjects for cell in _receivers(s)]
    known = await features.load(work.connection, cells, receivers)
    tally, seen = Tally(), dict[int, int]()
    made: list[Vector] = []
    for subject in subjects:
        made.append(vector(subject, _past(subject, known, tally, seen)))
        _tell(subject, tally)
        if subject.customer is not None:
            seen[subject.customer.key] = seen.get(subject.customer.key, 0) + 1
    return made


def _past(subject: Subject, known: Known, tally: Tally, seen: Mapping[int, int]) -> Past:
    customer, phone = subject.customer, subject.phone
    before = refusals = None
    if customer is not None:
        before, refusals = known.history(customer.key)
        before += seen.get(customer.key, 0)
    return Past(
        customer_orders=before,
        customer_refusals=refusals,
        phone_refusals=None if phone is None else known.history(phone.key).refusals,
        counts=tuple(
            [None if c is None else tally.onto(known.counts(c), c) for c in subject.cells]
        ),
    )


def _tell(subject: Subject, tally: Tally) -> None:
    for cell in subject.cells:
        if cell is not None:
            tally.add(cell, subject.payable_minor)


def _receivers(subject: Subject) -> list[Cell]:
    return [cell for cell in (subject.customer, subject.phone) if cell is not None]


async def count(work: Work, subjects: Sequence[Subject], refused: Sequence[Subject] = ()) -> None:
    """Count orders decided for the first time, and among them those refused: two statements."""
    tally = Tally()
    changes: dict[int, Change] = {}
    for subject in subjects:
        _tell(subject, tally)
        for cell in _receivers(subject):
            _change(changes, cell).orders += 1
    _refuse(refused, changes)
    await velocity.add(work.connection, tally.sums(), _SLOT)
    await receiver_history.add(work.connection, changes)


async def count_refusal(work: Work, *subjects: Subject) -> None:
    """Count that orders, counted when they were held, were refused in the end: one statement.

    Last of all that a transaction changes, as `count` is: whoever waits here holds what it needs.
    """
    changes: dict[int, Change] = {}
    _refuse(subjects, changes)
    await receiver_history.add(work.connection, changes)


def _refuse(subjects: Sequence[Subject], changes: dict[int, Change]) -> None:
    for subject in subjects:
        for cell in _receivers(subject):
            _change(changes, cell).refusals += 1


def _change(changes: dict[int, Change], cell: Cell) -> Change:
    change = changes.get(cell.key)
    if change is None:
        change = changes[cell.key] = Change(cell.minute)
    change.first_minute = min(change.first_minute, cell.minute)
    return change


async def keep_counters(works: WorkFactory) -> None:
    """Merge minutes that are over into hours and drop old ones, until cancelled: a worker chore.

    Several workers may: one does it, the others find nothing left.
    """
    while True:
        try:
            merged = await merge(works, utc_now())
            log.info("velocity.merged", rows=merged)
        except Exception as error:
            log.warning("velocity.failed", exc_info=error)
        await asyncio.sleep(MERGE_PERIOD_SECONDS)


async def merge(works: WorkFactory, now: datetime) -> int:
    """Do so once; return how many rows were merged or dropped."""
    minute = minute_of(now)
    gone = 0
    for hour in velocity.hours_to_merge(minute):
        gone += await _until_none(works, velocity.merge, hour)
    return gone + await _until_none(works, velocity.drop, minute)


async def _until_none(
    works: WorkFactory, step: Callable[[Any, int], Awaitable[int]], minute: int
) -> int:
    total = 0
    while True:
        async with works.begin() as work:  # a transaction each, so that none waits for all
            gone = await step(work.connection, minute)
        if not gone:
            return total
        total += gone
