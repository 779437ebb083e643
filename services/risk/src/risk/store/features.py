"""All that is known of those who order, in one query for a whole batch."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    Label,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from risk.domain.velocity import HOUR, NONE_SEEN, SUM_MAX, Cell, Counts, day_begins
from risk.store.feature_tables import receiver_history, velocity
from risk.store.velocity import HOURLY


class History(NamedTuple):
    orders: int
    refusals: int


NO_HISTORY = History(0, 0)


@dataclass(frozen=True, slots=True)
class Known:
    _counts: dict[Cell, Counts]
    _histories: dict[int, History]

    def counts(self, cell: Cell) -> Counts:
        return self._counts.get(cell, NONE_SEEN)

    def history(self, key: int) -> History:
        return self._histories.get(key, NO_HISTORY)


async def load(
    connection: AsyncConnection, cells: Collection[Cell], histories: Collection[int]
) -> Known:
    """Return what was counted up to each cell's minute, and the past of these keys."""
    asked, keys = list(dict.fromkeys(cells)), list(dict.fromkeys(histories))
    parameters = {
        "keys": [cell.key for cell in asked],
        "days": [day_begins(cell.minute) for cell in asked],
        "minutes": [cell.minute for cell in asked],
        "currencies": [cell.currency for cell in asked],
        "histories": keys,
    }
    counts: dict[Cell, Counts] = {}
    past: dict[int, History] = {}
    for place, *numbers in (await connection.execute(_LOAD, parameters)).all():
        if place > 0:
            counts[asked[place - 1]] = Counts._make(numbers)
        else:
            past[keys[-place - 1]] = History(numbers[0], numbers[1])
    return Known(counts, past)


def _counted() -> Select[Any]:
    asked = (
        func.unnest(
            bindparam("keys", type_=ARRAY(BigInteger, dimensions=1)),
            bindparam("days", type_=ARRAY(Integer, dimensions=1)),
            bindparam("minutes", type_=ARRAY(Integer, dimensions=1)),
            bindparam("currencies", type_=ARRAY(Text, dimensions=1)),
        )
        .table_valued("key", "day", "minute", "currency", with_ordinality="place")
        .render_derived(name="asked")
    )
    row, at = velocity.c, cast(asked.c.minute, Integer)
    minute = (row.minute >= at - 1) & (row.slot != HOURLY)
    hour = row.minute >= at - HOUR
    same = row.currency == asked.c.currency
    counted = (
        select(
            _sum(row.orders, minute, "orders_1m"),
            _sum(row.orders, hour, "orders_1h"),
            _sum(row.orders, true(), "orders_24h"),
            _sum(row.sum_minor, minute & same, "sum_minor_1m"),
            _sum(row.sum_minor, hour & same, "sum_minor_1h"),
            _sum(row.sum_minor, same, "sum_minor_24h"),
        )
        .where(row.key == asked.c.key, row.minute.between(asked.c.day, at))
        .having(func.count() > 0)
        .lateral("counted")
    )
    return select(asked.c.place, *counted.c).select_from(asked.join(counted, true()))


def _sum(value: ColumnElement[int], which: ColumnElement[bool], name: str) -> Label[int]:
    total = func.coalesce(func.sum(value).filter(which), 0)
    return cast(func.least(total, SUM_MAX), BigInteger).label(name)


def _past() -> Select[Any]:
    asked = (
        func.unnest(bindparam("histories", type_=ARRAY(BigInteger, dimensions=1)))
        .table_valued("key", with_ordinality="place")
        .render_derived(name="asked")
    )
    row = receiver_history.c
    nothing = (literal(0, BigInteger).label(f"nothing_{n}") for n in range(4))
    return select(-asked.c.place, row.orders, row.refusals, *nothing).select_from(
        asked.join(receiver_history, row.key == asked.c.key)
    )


_LOAD = union_all(_counted(), _past())
