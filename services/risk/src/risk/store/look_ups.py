"""Answers of slow checks that hold for a while: read before the first order, written behind."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, DateTime, LargeBinary, Text, bindparam, cast, delete, func, select
from sqlalchemy.dialects.postgresql import JSON, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from risk.domain.ruleset import Values
from risk.store.tables import looked_up


@dataclass(frozen=True, slots=True)
class Known:
    fingerprint: str
    """Of the check."""
    question: bytes
    """Digest of what was asked: the question itself may be personal data."""
    result: Values
    expires_at: datetime


async def known(connection: AsyncConnection, now: datetime, limit: int) -> list[Known]:
    """Return what holds still, what holds longest first."""
    statement = select(looked_up).where(looked_up.c.expires_at > now)
    statement = statement.order_by(looked_up.c.expires_at.desc()).limit(limit)
    return [
        Known(row.fingerprint, bytes(row.question), tuple(row.result), row.expires_at)
        for row in await connection.execute(statement)
    ]


async def remember(connection: AsyncConnection, new: Sequence[Known]) -> None:
    latest = {(each.fingerprint, each.question): each for each in new}
    ordered = [latest[key] for key in sorted(latest)]
    given = (
        func.unnest(
            bindparam("fingerprint", [k.fingerprint for k in ordered], type_=ARRAY(Text)),
            bindparam("question", [k.question for k in ordered], type_=ARRAY(LargeBinary)),
            bindparam("result", [json.dumps(k.result) for k in ordered], type_=ARRAY(Text)),
            bindparam(
                "expires_at", [k.expires_at for k in ordered], type_=ARRAY(DateTime(timezone=True))
            ),
        )
        .table_valued("fingerprint", "question", "result", "expires_at")
        .render_derived(name="given")
    )
    values = select(
        given.c.fingerprint, given.c.question, cast(given.c.result, JSON), given.c.expires_at
    )
    names = ["fingerprint", "question", "result", "expires_at"]
    statement = insert(looked_up).from_select(names, values)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["fingerprint", "question"],
            set_={
                "result": statement.excluded.result,
                "expires_at": statement.excluded.expires_at,
            },
        )
    )


async def forget(connection: AsyncConnection, now: datetime) -> None:
    await connection.execute(delete(looked_up).where(looked_up.c.expires_at <= now))
