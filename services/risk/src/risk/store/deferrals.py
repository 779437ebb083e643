"""Checks to be made up for, and how each ended; with the orders that go on with them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, bindparam, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from common.contracts.order import Order
from common.database.rows import insert_new_rows, insert_rows
from risk.domain.deferral import LEASE_SECONDS, Deferred, Result
from risk.domain.ruleset import Stake
from risk.store.tables import deferred_check, deferred_order, recheck


@dataclass(frozen=True, slots=True)
class DeferredOrder:
    order_id: UUID
    correlation_id: UUID
    order: Order


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of one check wait to be made up for."""

    check: str
    count: int
    nearest_seconds: float
    """Until the first of their deadlines; negative when it has passed."""


@dataclass(frozen=True, slots=True)
class Recheck:
    """A check that an order was decided without, and how that ended."""

    check: str
    cause: str
    deferred_at: datetime
    deadline: datetime
    tries: int
    result: str | None
    rechecked_at: datetime | None


_ORDERS = bindparam("order_ids", type_=ARRAY(Uuid))
_OF_ORDERS = (
    select(deferred_check)
    .where(deferred_check.c.order_id == _ORDERS.any_())
    .order_by(deferred_check.c.order_id, deferred_check.c.check)
)


async def add(
    connection: AsyncConnection, checks: Sequence[Deferred], orders: Sequence[DeferredOrder]
) -> None:
    columns: dict[str, list[Any]] = {
        "order_id": [d.order_id for d in checks],
        "check": [d.check for d in checks],
        "decision_no": [d.decision_no for d in checks],
        "ruleset": [d.ruleset for d in checks],
        "cause": [d.cause for d in checks],
        "currency": [d.stake.currency for d in checks],
        "exposed_minor": [d.exposed_minor for d in checks],
        "deferred_at": [d.deferred_at for d in checks],
        "deadline": [d.deadline for d in checks],
        "next_try_at": [d.next_try_at for d in checks],
        "tries": [d.tries for d in checks],
    }
    await insert_rows(connection, deferred_check, columns)
    whole: dict[str, list[Any]] = {
        "order_id": [o.order_id for o in orders],
        "correlation_id": [o.correlation_id for o in orders],
        "order": [o.order.model_dump_json() for o in orders],
    }
    await insert_new_rows(connection, deferred_order, whole, returning="order_id")


async def claim(connection: AsyncConnection, now: datetime, limit: int) -> list[Deferred]:
    """Take the checks that are due, the most urgent first; others do not get them for a while."""
    due = (
        select(deferred_check.c.order_id, deferred_check.c.check)
        .where(deferred_check.c.next_try_at <= now)
        .order_by(deferred_check.c.deadline)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    statement = (
        update(deferred_check)
        .where(deferred_check.c.order_id == due.c.order_id, deferred_check.c.check == due.c.check)
        .values(
            next_try_at=now + timedelta(seconds=LEASE_SECONDS), tries=deferred_check.c.tries + 1
        )
        .returning(deferred_check)
    )
    return [_deferred(row) for row in await connection.execute(statement)]


async def lock(connection: AsyncConnection, order_ids: Collection[UUID]) -> list[Deferred]:
    """Return every check of these orders that is still to be made up for, and hold them."""
    rows = await connection.execute(_OF_ORDERS.with_for_update(), {"order_ids": list(order_ids)})
    return [_deferred(row) for row in rows]


async def history(connection: AsyncConnection, order_id: UUID) -> list[Recheck]:
    """Return every check the order was ever decided without, in the order of time."""
    ended = await connection.execute(select(recheck).where(recheck.c.order_id == order_id))
    found = [
        Recheck(r.check, r.cause, r.deferred_at, r.deadline, r.tries, r.result, r.rechecked_at)
        for r in ended
    ]
    left = await connection.execute(_OF_ORDERS, {"order_ids": [order_id]})
    found += [
        Recheck(r.check, r.cause, r.deferred_at, r.deadline, r.tries, None, None) for r in left
    ]
    return sorted(found, key=lambda each: (each.deferred_at, each.check))


async def orders(
    connection: AsyncConnection, order_ids: Collection[UUID]
) -> dict[UUID, DeferredOrder]:
    statement = select(deferred_order).where(deferred_order.c.order_id == _ORDERS.any_())
    rows = await connection.execute(statement, {"order_ids": list(order_ids)})
    return {
        row.order_id: DeferredOrder(
            row.order_id, row.correlation_id, Order.model_validate(row.order)
        )
        for row in rows
    }


async def waiting(connection: AsyncConnection, now: datetime) -> list[Waiting]:
    """Return what waits, by check, the most urgent first."""
    nearest = func.min(deferred_check.c.deadline)
    statement = (
        select(deferred_check.c.check, func.count().label("count"), nearest.label("nearest"))
        .group_by(deferred_check.c.check)
        .order_by(nearest)
    )
    return [
        Waiting(row.check, row[1], (row.nearest - now).total_seconds())
        for row in await connection.execute(statement)
    ]


async def postpone(connection: AsyncConnection, later: Sequence[Deferred]) -> None:
    """Give back checks that did not answer, to be tried when they say."""
    if not later:
        return
    given = (
        func.unnest(
            bindparam("order_id", [d.order_id for d in later], type_=ARRAY(Uuid)),
            bindparam("check", [d.check for d in later], type_=ARRAY(deferred_check.c.check.type)),
            bindparam(
                "at", [d.next_try_at for d in later], type_=ARRAY(deferred_check.c.next_try_at.type)
            ),
        )
        .table_valued("order_id", "check", "at")
        .render_derived(name="given")
    )
    await connection.execute(
        update(deferred_check)
        .where(
            deferred_check.c.order_id == given.c.order_id, deferred_check.c.check == given.c.check
        )
        .values(next_try_at=given.c.at)
    )


async def end(
    connection: AsyncConnection, ended: Sequence[tuple[Deferred, Result]], now: datetime
) -> None:
    """Take the checks off the list and write down how they ended."""
    if not ended:
        return
    columns: dict[str, list[Any]] = {
        "order_id": [d.order_id for d, _ in ended],
        "check": [d.check for d, _ in ended],
        "decision_no": [d.decision_no for d, _ in ended],
        "ruleset": [d.ruleset for d, _ in ended],
        "cause": [d.cause for d, _ in ended],
        "deferred_at": [d.deferred_at for d, _ in ended],
        "deadline": [d.deadline for d, _ in ended],
        "tries": [d.tries for d, _ in ended],
        "result": [result.value for _, result in ended],
        "rechecked_at": [now] * len(ended),
    }
    await insert_rows(connection, recheck, columns)
    given = (
        func.unnest(
            bindparam("order_id", [d.order_id for d, _ in ended], type_=ARRAY(Uuid)),
            bindparam(
                "check", [d.check for d, _ in ended], type_=ARRAY(deferred_check.c.check.type)
            ),
        )
        .table_valued("order_id", "check")
        .render_derived(name="given")
    )
    await connection.execute(
        delete(deferred_check).where(
            deferred_check.c.order_id == given.c.order_id, deferred_check.c.check == given.c.check
        )
    )
    left = exists().where(deferred_check.c.order_id == deferred_order.c.order_id)
    await connection.execute(
        delete(deferred_order).where(deferred_order.c.order_id == _ORDERS.any_(), ~left),
        {"order_ids": sorted({d.order_id for d, _ in ended})},
    )


def _deferred(row: Row[Any]) -> Deferred:
    return Deferred(
        order_id=row.order_id,
        check=row.check,
        decision_no=row.decision_no,
        ruleset=row.ruleset,
        cause=row.cause,
        stake=Stake(currency=row.currency, payable_minor=row.exposed_minor),
        exposed_minor=row.exposed_minor,
        deferred_at=row.deferred_at,
        deadline=row.deadline,
        next_try_at=row.next_try_at,
        tries=row.tries,
    )
