"""What is approved and not yet verified, per check and currency: read and changed under a lock."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import insert_new_rows
from risk.domain.deferral import Deferred
from risk.store.tables import exposure

Key = tuple[str, str]
"""Check and currency."""


async def lock(connection: AsyncConnection, keys: Collection[Key]) -> dict[Key, int]:
    """Return the amounts, in minor units, and let nobody change them before this transaction ends.

    In the order of their keys, so that two batches cannot wait for each other.
    """
    ordered = sorted(keys)
    columns: dict[str, list[Any]] = {
        "check": [check for check, _ in ordered],
        "currency": [currency for _, currency in ordered],
        "exposed_minor": [0] * len(ordered),
    }
    await insert_new_rows(connection, exposure, columns, returning="check")
    place = tuple_(exposure.c.check, exposure.c.currency)
    statement = select(exposure).where(place.in_(ordered))
    statement = statement.order_by(exposure.c.check, exposure.c.currency).with_for_update()
    rows = await connection.execute(statement)
    return {(row.check, row.currency): row.exposed_minor for row in rows}


async def change(connection: AsyncConnection, by: Mapping[Key, int]) -> None:
    """Add to the amounts, or take from them."""
    ordered = sorted((key, amount) for key, amount in by.items() if amount)
    if not ordered:
        return
    given = (
        func.unnest(
            bindparam("check", [key[0] for key, _ in ordered], type_=ARRAY(Text)),
            bindparam("currency", [key[1] for key, _ in ordered], type_=ARRAY(Text)),
            bindparam("amount", [amount for _, amount in ordered], type_=ARRAY(BigInteger)),
        )
        .table_valued("check", "currency", "amount")
        .render_derived(name="given")
    )
    new = insert(exposure).from_select(
        ["check", "currency", "exposed_minor"],
        select(given.c.check, given.c.currency, given.c.amount),
    )
    await connection.execute(
        new.on_conflict_do_update(
            index_elements=["check", "currency"],
            set_={"exposed_minor": exposure.c.exposed_minor + new.excluded.exposed_minor},
        )
    )


async def all_of(connection: AsyncConnection) -> dict[Key, int]:
    rows = await connection.execute(select(exposure).order_by(exposure.c.check))
    return {(row.check, row.currency): row.exposed_minor for row in rows}


def sums(deferrals: Iterable[Deferred]) -> dict[Key, int]:
    """Add up what the deferrals expose."""
    total: defaultdict[Key, int] = defaultdict(int)
    for each in deferrals:
        total[each.check, each.stake.currency] += each.exposed_minor
    return dict(total)
