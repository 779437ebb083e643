"""What does not agree, derived anew at each question."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import BigInteger, Select, cast, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from reconciliation.domain.differences import Kind
from reconciliation.store.tables import difference, order_account, transaction


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the list a difference stands; written out, it is its id."""

    subject_id: UUID
    kind: str
    detail: str

    def __str__(self) -> str:
        return f"{self.subject_id}.{self.kind}.{self.detail}"

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read a difference's id.

        Raises:
            ValueError: it is none.
        """
        subject_id, kind, detail = text.split(".", 2)
        return cls(UUID(subject_id), Kind(kind), detail)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which differences are asked for."""

    kinds: Sequence[Kind]
    min_minor: int = 0
    order_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A difference with the names of its order."""

    place: Place
    kind: Kind
    order_id: UUID | None
    channel: str | None
    shop: str | None
    channel_order_no: str | None
    currency: str
    reference: str | None
    expected_minor: int
    received_minor: int
    difference_minor: int
    since: datetime
    cancelled: bool
    payable_minor: int | None
    statement_id: UUID | None
    line_no: int | None


class SummaryView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    kind: Kind
    currency: str
    differences: int
    expected_minor: int
    received_minor: int
    difference_minor: int


_FAMILY = {
    Kind.SHORT: "order",
    Kind.OVER: "order",
    Kind.MISSING: "payment",
    Kind.PENDING: "payment",
    Kind.UNKNOWN: "line",
}
"""Which part of the view tells of a kind; the others are not even looked at."""

PAYMENTS_AT_ONCE = 4_000


@dataclass(frozen=True, slots=True)
class _Window:
    """A range of ids: from after `low` (or the first) up to `high` (or the last)."""

    low: UUID | None
    high: UUID | None


async def listed(
    connection: AsyncConnection, wanted: Wanted, *, after: Place | None, limit: int
) -> list[Found]:
    """Return a page, in the order of the ids.

    Looks at a window of orders at a time and stops when the page is full, so that its cost does not
    grow with the number of orders; where little is found, the windows grow.
    """
    if wanted.order_id is not None:
        return await _page(connection, wanted, after, _Window(None, None), limit)
    found: list[Found] = []
    low, size = None, PAYMENTS_AT_ONCE
    while len(found) < limit:
        first = low or (after.subject_id if after else None)
        high = await _window_end(connection, first, size)
        found += await _page(connection, wanted, after, _Window(low, high), limit - len(found))
        if high is None:
            break
        low, size = high, size * 2
    return found


async def _window_end(connection: AsyncConnection, low: UUID | None, size: int) -> UUID | None:
    order_id = transaction.c.order_id
    query = select(order_id).order_by(order_id).offset(size).limit(1)
    if low is not None:
        query = query.where(order_id > low)
    return (await connection.execute(query)).scalar_one_or_none()


async def _page(
    connection: AsyncConnection, wanted: Wanted, after: Place | None, window: _Window, limit: int
) -> list[Found]:
    d, o = difference.c, order_account.c
    place = (d.subject_id, d.kind, d.detail)
    page = _narrowed(select(difference), wanted).order_by(*place).limit(limit)
    if after is not None:
        # The second condition says less than the first, but reaches the indexes.
        page = page.where(tuple_(*place) > (after.subject_id, after.kind, after.detail))
        page = page.where(d.subject_id >= after.subject_id)
    if window.low is not None:
        page = page.where(d.subject_id > window.low)
    if window.high is not None:
        page = page.where(d.subject_id <= window.high)
    p = page.subquery("page")
    rows = await connection.execute(
        select(p, o.channel, o.shop, o.channel_order_no)
        .outerjoin(order_account, o.order_id == p.c.order_id)
        .order_by(p.c.subject_id, p.c.kind, p.c.detail)
    )
    return [_found(dict(row)) for row in rows.mappings()]


def _narrowed(query: Select[Any], wanted: Wanted) -> Select[Any]:
    families = sorted({_FAMILY[kind] for kind in wanted.kinds})
    query = query.where(difference.c.family.in_(families), difference.c.kind.in_(wanted.kinds))
    if wanted.min_minor:
        query = query.where(func.abs(difference.c.difference_minor) >= wanted.min_minor)
    if wanted.order_id is not None:
        query = query.where(difference.c.order_id == wanted.order_id)
    return query


def _found(row: dict[str, Any]) -> Found:
    row.pop("family")
    kind = Kind(row.pop("kind"))
    place = Place(row.pop("subject_id"), kind, row.pop("detail"))
    return Found(place=place, kind=kind, **row)


async def summary(connection: AsyncConnection, wanted: Wanted) -> list[SummaryView]:
    d = difference.c
    sums = [
        cast(func.sum(d[name]), BigInteger).label(name)
        for name in ("expected_minor", "received_minor", "difference_minor")
    ]
    query = select(d.kind, d.currency, func.count().label("differences"), *sums)
    rows = await connection.execute(
        _narrowed(query, wanted).group_by(d.kind, d.currency).order_by(d.kind, d.currency)
    )
    return [SummaryView.model_validate(row) for row in rows]
