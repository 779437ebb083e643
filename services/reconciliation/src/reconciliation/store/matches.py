"""Which money of the statements is for which order: links, only ever added."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import insert_rows
from common.ids import new_id
from reconciliation.domain.matching import Link
from reconciliation.store.tables import match, statement_line


class MatchView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    match_id: UUID
    line_id: UUID
    statement_id: UUID
    line_no: int
    order_id: UUID
    reference: str | None
    currency: str
    amount_minor: int
    rule: str
    matched_at: datetime
    matched_by: str


async def add(connection: AsyncConnection, links: Sequence[Link], *, at: datetime, by: str) -> None:
    await insert_rows(
        connection,
        match,
        {
            "match_id": [new_id() for _ in links],
            "line_id": [link.line_id for link in links],
            "order_id": [link.order_id for link in links],
            "reference": [link.reference for link in links],
            "currency": [link.currency for link in links],
            "amount_minor": [link.amount_minor for link in links],
            "rule": [link.rule for link in links],
            "matched_at": [at] * len(links),
            "matched_by": [by] * len(links),
        },
    )


def _matches() -> Select[*tuple[Any, ...]]:
    line = statement_line
    return select(match, line.c.statement_id, line.c.line_no).join(
        line, line.c.line_id == match.c.line_id
    )


async def listed(
    connection: AsyncConnection, wanted: Mapping[str, UUID], *, after: UUID | None, limit: int
) -> list[MatchView]:
    """Return a page of links; `wanted` names `order_id` or `statement_id` and its value."""
    columns = {"order_id": match.c.order_id, "statement_id": statement_line.c.statement_id}
    statement = _matches().order_by(match.c.match_id).limit(limit)
    for name, value in wanted.items():
        statement = statement.where(columns[name] == value)
    if after is not None:
        statement = statement.where(match.c.match_id > after)
    return [MatchView.model_validate(row) for row in await connection.execute(statement)]
