"""Lines of statements, kept as they were told."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ARRAY, Text, bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import Columns, insert_rows
from common.ids import new_id
from reconciliation.statements.reading import StatementLine
from reconciliation.store.tables import match, statement_line


class LineView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    line_id: UUID
    statement_id: UUID
    line_no: int
    transaction_id: str
    occurred_at: datetime
    amount_minor: int
    currency: str
    reference: str | None
    payer_masked: str | None
    repeated: bool
    matched: bool


async def known_transactions(
    connection: AsyncConnection, source: str, transaction_ids: Collection[str]
) -> set[str]:
    """Return which of these transactions the source told of before."""
    c = statement_line.c
    given = bindparam("ids", list(transaction_ids), type_=ARRAY(Text))
    known = select(c.transaction_id).where(
        c.source == source, ~c.repeated, c.transaction_id == given.any_()
    )
    return set((await connection.execute(known)).scalars())


async def add(
    connection: AsyncConnection,
    place: tuple[UUID, str],
    lines: Sequence[StatementLine],
    repeated: Collection[int],
) -> None:
    """Add lines to a statement of a source; `repeated` names those that do not count."""
    statement_id, source = place
    columns: Columns = {
        "line_id": [new_id() for _ in lines],
        "statement_id": [statement_id] * len(lines),
        "line_no": [line.line_no for line in lines],
        "source": [source] * len(lines),
        "transaction_id": [line.transaction_id for line in lines],
        "occurred_at": [line.occurred_at for line in lines],
        "amount_minor": [line.amount_minor for line in lines],
        "currency": [line.currency for line in lines],
        "reference": [line.reference for line in lines],
        "payer_masked": [line.payer_masked for line in lines],
        "repeated": [line.line_no in repeated for line in lines],
    }
    await insert_rows(connection, statement_line, columns)


_is_matched = exists().where(match.c.line_id == statement_line.c.line_id).label("matched")


async def of_statement(
    connection: AsyncConnection, statement_id: UUID, *, after: int, limit: int
) -> list[LineView]:
    """Return a page of lines, from the line number after this one."""
    c = statement_line.c
    rows = await connection.execute(
        select(statement_line, _is_matched)
        .where(c.statement_id == statement_id, c.line_no > after)
        .order_by(c.line_no)
        .limit(limit)
    )
    return [LineView.model_validate(row) for row in rows]


async def of_order(connection: AsyncConnection, order_id: UUID) -> list[LineView]:
    """Return every line that brought or took back money of the order."""
    linked = select(match.c.line_id).where(match.c.order_id == order_id)
    rows = await connection.execute(
        select(statement_line, _is_matched)
        .where(statement_line.c.line_id.in_(linked))
        .order_by(statement_line.c.occurred_at, statement_line.c.line_id)
    )
    return [LineView.model_validate(row) for row in rows]
