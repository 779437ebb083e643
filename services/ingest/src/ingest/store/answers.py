"""Answers under an Idempotency-Key, read and kept for a whole group of requests at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import insert_new_rows, unnested
from common.errors import Collided
from ingest.store.tables import carried

_table = carried.idempotency


class CallKey(NamedTuple):
    principal: str
    key: str


@dataclass(frozen=True, slots=True)
class Answer:
    request_hash: bytes
    response: bytes


async def known(connection: AsyncConnection, keys: Collection[CallKey]) -> Mapping[CallKey, Answer]:
    if not keys:
        return {}
    given = unnested(_table, CallKey._fields)
    same = and_(*(_table.c[name] == given.c[name] for name in CallKey._fields))
    columns = dict(zip(CallKey._fields, map(list, zip(*keys, strict=True)), strict=True))
    rows = await connection.execute(select(_table).join(given, same), columns)
    return {CallKey(r.principal, r.key): Answer(r.request_hash, r.response) for r in rows}


async def add(
    connection: AsyncConnection, answers: Sequence[tuple[CallKey, Answer]], status: int
) -> None:
    """Keep the answers.

    Raises:
        Collided: another process answered one of these calls at the same moment.
    """
    ordered = sorted(answers, key=lambda a: a[0])
    added = await insert_new_rows(
        connection,
        _table,
        {
            "principal": [call.principal for call, _ in ordered],
            "key": [call.key for call, _ in ordered],
            "request_hash": [answer.request_hash for _, answer in ordered],
            "status": [status] * len(ordered),
            "response": [answer.response for _, answer in ordered],
        },
        returning="key",
    )
    if len(added) < len(ordered):
        raise Collided("A call was answered twice at once.")
