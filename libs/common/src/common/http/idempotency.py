"""Repeatable calls: the same Idempotency-Key and body get the same answer, done once.

After draft-ietf-httpapi-idempotency-key-header: a key used again with another body is refused.
The key, a hash of the request and the answer are stored in the transaction that does the work.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from common.contracts.event import Cause
from common.database.schema import Carried
from common.database.work import Work, WorkFactory
from common.http.auth import Principal
from common.http.problems import Conflict, Unprocessable
from common.ids import new_id
from common.messaging.relay import Relay

KEY_LENGTH_MAX = 200
KEPT_DAYS = 15

Command = Callable[[Work, Cause], Awaitable[BaseModel]]


class Repeatable:
    """Runs a command once for each key; without a key, once for each call."""

    def __init__(self, request: Request, key: str | None) -> None:
        if key is not None and not 0 < len(key) <= KEY_LENGTH_MAX:
            raise Unprocessable(f"Idempotency-Key: must have 1 to {KEY_LENGTH_MAX} characters.")
        self._request = request
        self._key = key

    async def run(
        self,
        principal: Principal,
        command: Command,
        *,
        status: int = 200,
        content: bytes | None = None,
    ) -> Response:
        """Do the work in one transaction and answer with what the command returns.

        `content` stands for the body where that was streamed: a hash of what it says.
        """
        works: WorkFactory = self._request.app.state.works
        relay: Relay = self._request.app.state.relay
        answer: bytes
        async with works.begin() as work:
            stored = await self._stored_answer(work, principal, content)
            if stored is not None:
                return stored
            view = await command(work, cause_of(self._request))
            answer = view.model_dump_json().encode()
            await self._store(work.connection, works.tables, principal, (status, answer))
        relay.offer(work.announced)
        return Response(answer, status, media_type="application/json")

    async def _stored_answer(
        self, work: Work, principal: Principal, content: bytes | None
    ) -> Response | None:
        """Claim the key; a concurrent call with the same key waits here for the first to end."""
        if self._key is None:
            return None
        table = self._request.app.state.works.tables.idempotency
        wanted = await self._hash(content)
        claim = (
            insert(table)
            .values(principal=principal.name, key=self._key, request_hash=wanted)
            .on_conflict_do_nothing()
            .returning(table.c.key)
        )
        if (await work.connection.execute(claim)).one_or_none() is not None:
            return None
        mine = (table.c.principal == principal.name, table.c.key == self._key)
        row = (await work.connection.execute(select(table).where(*mine))).one()
        if row.request_hash != wanted:
            raise Conflict("This Idempotency-Key was used for another request.")
        headers = {"Idempotent-Replayed": "true"}
        return Response(row.response, row.status, headers=headers, media_type="application/json")

    async def _store(
        self,
        connection: AsyncConnection,
        tables: Carried,
        principal: Principal,
        answer: tuple[int, bytes],
    ) -> None:
        if self._key is not None:
            table = tables.idempotency
            await connection.execute(
                update(table)
                .where(table.c.principal == principal.name, table.c.key == self._key)
                .values(status=answer[0], response=answer[1])
            )

    async def _hash(self, content: bytes | None) -> bytes:
        url = self._request.url
        target = f"{url.path}?{url.query}"
        body = await self._request.body() if content is None else content
        return request_hash(self._request.method, target, body)


def request_hash(method: str, target: str, body: bytes) -> bytes:
    """Return what tells one request from another; the target is path and query."""
    return hashlib.sha256(f"{method} {target}\n".encode() + body).digest()


def cause_of(request: Request) -> Cause:
    """Begin a flow: what happens because of this request can be found by its correlation id."""
    return Cause(correlation_id=new_id(), traceparent=request.headers.get("traceparent"))


async def _repeatable(
    request: Request, idempotency_key: Annotated[str | None, Header()] = None
) -> Repeatable:
    return Repeatable(request, idempotency_key)


Once = Annotated[Repeatable, Depends(_repeatable)]


async def forget_old_keys(connection: AsyncConnection, tables: Carried) -> None:
    table = tables.idempotency
    age = func.make_interval(0, 0, 0, KEPT_DAYS)
    await connection.execute(table.delete().where(table.c.created_at < func.now() - age))
