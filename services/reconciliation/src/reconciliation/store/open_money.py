"""What statements left open, and what it may be for; and who may look at it at the same time."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.selectable import CompoundSelect

from reconciliation.domain.matching import Claim, Line
from reconciliation.store.tables import (
    match,
    open_line,
    order_account,
    statement_line,
    transaction,
)

_GATE = 0x51_0C_E4_01  # any number no other lock of this database has


async def shut_out_events(connection: AsyncConnection) -> None:
    await connection.execute(text("select pg_advisory_xact_lock(:gate)"), {"gate": _GATE})


async def shut_out_statements(connection: AsyncConnection) -> None:
    await connection.execute(text("select pg_advisory_xact_lock_shared(:gate)"), {"gate": _GATE})


def _wanted() -> Any:
    """Return the references given as one array, as a table."""
    return (
        func.unnest(bindparam("references", type_=ARRAY(Text)))
        .table_valued("reference")
        .render_derived(name="wanted")
    )


@cache
def _lock() -> Select[tuple[UUID]]:
    wanted = _wanted()
    is_open = select(open_line.c.line_id).join(wanted, wanted.c.reference == open_line.c.reference)
    return (
        select(statement_line.c.line_id)
        .where(statement_line.c.line_id.in_(is_open))
        .order_by(statement_line.c.line_id)
        .with_for_update()
    )


async def lock_lines(connection: AsyncConnection, references: Sequence[str]) -> bool:
    """Keep others from matching what is open under these references; return whether anything is.

    Whoever waited here must read again: what was open may have been matched meanwhile.
    """
    locked = await connection.execute(_lock(), {"references": references})
    return bool(locked.scalars().all())


@cache
def _lines() -> Select[*tuple[Any, ...]]:
    wanted = _wanted()
    names = ("line_id", "transaction_id", "occurred_at", "reference", "currency", "amount_minor")
    columns = (open_line.c[name] for name in names)
    return select(*columns).join(wanted, wanted.c.reference == open_line.c.reference)


async def lines(connection: AsyncConnection, references: Sequence[str]) -> list[Line]:
    rows = await connection.execute(_lines(), {"references": references})
    return [Line(*row) for row in rows]


@cache
def _claims() -> CompoundSelect[*tuple[Any, ...]]:
    wanted, t, o, m = _wanted(), transaction.c, order_account.c, match.c
    none = literal(0, BigInteger)
    paid = (
        select(cast(func.coalesce(func.sum(m.amount_minor), none), BigInteger))
        .where(m.order_id == t.order_id, m.reference == t.reference, m.currency == t.currency)
        .scalar_subquery()
    )
    payments = select(
        wanted.c.reference, t.order_id, t.reference, t.currency, t.amount_minor, paid
    ).join(wanted, wanted.c.reference == t.reference)
    # What an order was paid under its number needs no sum here: no rule asks for it.
    numbers = select(
        wanted.c.reference, o.order_id, cast(null(), Text), o.currency, o.payable_minor, none
    ).join(wanted, wanted.c.reference == o.channel_order_no)
    return union_all(payments, numbers)


async def claims(connection: AsyncConnection, references: Sequence[str]) -> list[Claim]:
    """Return every payment and every order a statement line with such a reference may mean."""
    rows = await connection.execute(_claims(), {"references": references})
    return [Claim(*row) for row in rows]
