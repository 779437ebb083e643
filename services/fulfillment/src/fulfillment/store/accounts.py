"""Where orders are and what is reserved for them, for those who audit all services."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    RowMapping,
    case,
    cast,
    column,
    false,
    func,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.spans import Span
from common.life_cycle import State
from fulfillment.domain.order import RESERVING
from fulfillment.store.orders import IN_STORE
from fulfillment.store.tables import order_step, orders, stock, task
from fulfillment.store.tasks import is_living

_ANNOUNCED = (State.ALLOCATED, State.BACKORDERED, State.HANDED_OVER, State.CANCELLED)
"""The states that other services are told of."""
_PLACES_MAX = 100


async def page(connection: AsyncConnection, span: Span) -> Sequence[RowMapping]:
    """Return the accounts of a span in the order of order ids."""
    some = (
        select(orders)
        .where(*span.holds(orders.c.order_id))
        .order_by(orders.c.order_id)
        .limit(span.limit)
        .subquery("some")
    )
    steps = _steps(some)
    living = (
        select(func.count())
        .select_from(task)
        .where(task.c.order_id == some.c.order_id, is_living)
        .scalar_subquery()
    )
    statement = (
        select(
            *(some.c[name] for name in ("order_id", "state", "version", "decision_no")),
            *(some.c[name] for name in ("currency", "paid_minor", "cancellation")),
            some.c.awaiting_channel,
            _in_store(some).label("in_store"),
            some.c.payable_minor.label("amount_minor"),
            case((some.c.state.in_(RESERVING), _pieces(some)), else_=0).label("reserved"),
            living.label("tasks"),
            *(steps.c[name] for name in ("steps", "changed_at")),
            *(steps.c[name] for name in ("announced_version", "announced_state")),
        )
        .select_from(some.join(steps, true()))
        .order_by(some.c.order_id)
    )
    return await _rows(connection, statement)


def _steps(some: Any) -> Any:
    """Sum up each order's history: how long it is, and what of it was announced last."""
    step = order_step.c
    announced = step.target.in_(_ANNOUNCED)
    latest_first = aggregate_order_by(step.target, step.version.desc())
    return (
        select(
            func.count().label("steps"),
            func.max(step.at).label("changed_at"),
            func.max(step.version).filter(announced).label("announced_version"),
            func.array_agg(latest_first).filter(announced)[1].label("announced_state"),
        )
        .where(step.order_id == some.c.order_id)
        .lateral("steps")
    )


def _in_store(some: Any) -> ColumnElement[bool]:
    told = some.c.particulars["delivery"].as_string()
    return func.coalesce(told == IN_STORE, false())


def _pieces(some: Any) -> ColumnElement[int]:
    line = _lines_of(some)
    return select(func.sum(_quantity(line))).select_from(line).scalar_subquery()


async def stock_page(connection: AsyncConnection) -> Sequence[RowMapping]:
    """Return where reserved stock and open orders differ, and on every row the sums of all.

    One statement sees one moment: stock and orders change in one transaction, so they agree in any.
    """
    line = _lines_of(orders)
    sku = line.c.value["sku"].as_string()
    owed = (
        select(orders.c.warehouse, sku.label("sku"), func.sum(_quantity(line)).label("pieces"))
        .select_from(orders.join(line, true()))
        .where(orders.c.state.in_(RESERVING))
        .group_by(orders.c.warehouse, sku)
        .subquery("owed")
    )
    same = (owed.c.sku == stock.c.sku) & (owed.c.warehouse == stock.c.warehouse)
    reserved = func.coalesce(stock.c.reserved, 0)
    pieces = func.coalesce(owed.c.pieces, 0)
    differs = reserved != pieces
    statement = (
        select(
            func.coalesce(stock.c.sku, owed.c.sku).label("sku"),
            func.coalesce(stock.c.warehouse, owed.c.warehouse).label("warehouse"),
            cast(reserved, BigInteger).label("reserved"),
            cast(pieces, BigInteger).label("owed"),
            cast(func.sum(reserved).over(), BigInteger).label("reserved_in_all"),
            cast(func.sum(pieces).over(), BigInteger).label("owed_in_all"),
            func.count().filter(differs).over().label("differing"),
        )
        .select_from(stock.join(owed, same, full=True))
        .order_by(differs.desc(), "sku", "warehouse")
        .limit(_PLACES_MAX)
    )
    return await _rows(connection, statement)


def _lines_of(some: Any) -> Any:
    lines = func.json_array_elements(some.c.particulars["lines"])
    return lines.table_valued(column("value", JSON), name="line").lateral()


def _quantity(line: Any) -> ColumnElement[int]:
    return cast(line.c.value["quantity"].as_string(), BigInteger)


async def _rows(connection: AsyncConnection, statement: Any) -> Sequence[RowMapping]:
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows
