"""`/v1/recovery`: begin, watch and stop a recovery of this service's backlog."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from common.clock import utc_now
from common.contracts.event import Cause
from common.database import backlog, recovery
from common.database.schema import Carried
from common.database.work import Work
from common.http.auth import Principal, requires
from common.http.idempotency import Once
from common.http.reading import Reading

Sequence = Literal["newest-first", "oldest-first"]


class RecoveryWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    order: Sequence = "newest-first"
    """By the time each order was accepted."""
    today_first: bool = True
    """Today's orders before all others."""
    reason: str = Field(min_length=1, max_length=500)


class RecoveryView(BaseModel):
    state: Literal["off", "on", "finishing"]
    order: Sequence
    today_first: bool
    started_by: str
    reason: str
    started_at: datetime | None
    ended_at: datetime | None
    waiting: int
    """Events in the backlog table; those still in the queue are not among them."""
    moved: int
    settled: int
    rate_per_second: float
    """Settled per second since it began."""
    eta_seconds: float | None
    """When the backlog is empty, at that rate; null while there is none."""


def recovery_routes(service: str) -> APIRouter:
    router = APIRouter(prefix="/v1/recovery", tags=["recovery"])
    reader = Annotated[Principal, requires(f"{service}:read")]
    writer = Annotated[Principal, requires(f"{service}:write")]

    @router.get("")
    async def show(request: Request, _: reader, connection: Reading) -> RecoveryView:
        return await _view(connection, request.app.state.works.tables)

    @router.put("", response_model=RecoveryView)
    async def begin(
        request: Request, principal: writer, once: Once, wanted: RecoveryWanted
    ) -> Response:
        tables: Carried = request.app.state.works.tables

        async def command(work: Work, _: Cause) -> BaseModel:
            order = {
                "newest_first": wanted.order == "newest-first",
                "today_first": wanted.today_first,
            }
            await recovery.start(work, tables, by=principal.name, reason=wanted.reason, **order)
            return await _view(work.connection, tables)

        return await once.run(principal, command)

    @router.delete("", response_model=RecoveryView)
    async def stop(request: Request, principal: writer, once: Once) -> Response:
        """Move nothing more; what is in the backlog is settled beside the queue."""
        tables: Carried = request.app.state.works.tables

        async def command(work: Work, _: Cause) -> BaseModel:
            await recovery.stop(work, tables, by=principal.name)
            return await _view(work.connection, tables)

        return await once.run(principal, command)

    return router


async def _view(connection: AsyncConnection, tables: Carried) -> RecoveryView:
    now = await recovery.standing(connection, tables)
    waiting = await backlog.depth(connection, tables)
    rate = 0.0
    if now.started_at:
        seconds = ((now.ended_at or utc_now()) - now.started_at).total_seconds()
        rate = now.settled / max(seconds, 1.0)
    return RecoveryView(
        state=now.state,
        order="newest-first" if now.newest_first else "oldest-first",
        today_first=now.today_first,
        started_by=now.started_by,
        reason=now.reason,
        started_at=now.started_at,
        ended_at=now.ended_at,
        waiting=waiting,
        moved=now.moved,
        settled=now.settled,
        rate_per_second=round(rate, 1),
        eta_seconds=round(waiting / rate, 1) if rate and waiting else None,
    )
