"""`/v1/operations`: who did what to which thing, and why, the newest first."""

from datetime import datetime
from importlib.resources import files
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from common.database import operation_log
from common.database.operation_chain import Entry
from common.database.operation_log import Wanted
from common.http.assets import page_routes
from common.http.auth import Principal, requires
from common.http.reading import Reading

_Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]


class Asked(BaseModel):
    """What to look for; nothing given finds everything."""

    model_config = ConfigDict(extra="forbid")

    actor: _Text | None = None
    action: _Text | None = None
    subject: _Text | None = None
    """The id of the thing, its kind, or `kind:id`."""
    order_id: UUID | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    q: _Text | None = None
    """Found anywhere: in the reason, and in what was before and after."""
    after: int | None = Field(None, ge=1, lt=2**63)
    """The last number seen: what is older follows."""
    limit: int = Field(50, ge=1, le=200)

    def wanted(self) -> Wanted:
        return Wanted(
            actor=self.actor,
            action=self.action,
            subject=self.subject,
            order_id=self.order_id,
            since=self.since,
            until=self.until,
            text=self.q,
        )


class OperationView(BaseModel):
    number: int
    """Its place in the chain of this service."""
    operation_id: UUID
    at: datetime
    actor: str
    action: str
    subject_kind: str
    subject_id: str
    order_id: UUID | None
    before: Any
    after: Any
    reason: str
    previous_hash: str
    hash: str
    """Covers all of this and the hash before it."""

    @classmethod
    def of(cls, entry: Entry) -> Self:
        did = entry.operation
        return cls(
            number=entry.number,
            operation_id=did.operation_id,
            at=did.at,
            actor=did.actor,
            action=did.action,
            subject_kind=did.subject_kind,
            subject_id=did.subject_id,
            order_id=did.order_id,
            before=did.before,
            after=did.after,
            reason=did.reason,
            previous_hash=entry.previous_hash.hex(),
            hash=entry.hash.hex(),
        )


class OperationsView(BaseModel):
    service: str
    items: list[OperationView]
    next: int | None = None
    """Give this as `after` for what is older."""


def operations_routes(service: str) -> APIRouter:
    router = APIRouter(prefix="/v1/operations", tags=["operations"])
    reader = Annotated[Principal, requires(f"{service}:read")]

    @router.get("")
    async def list_operations(
        request: Request, _: reader, connection: Reading, asked: Annotated[Asked, Query()]
    ) -> OperationsView:
        """List who did what, the newest first."""
        entries = await operation_log.page(
            connection,
            request.app.state.works.tables,
            asked.wanted(),
            after=asked.after,
            limit=asked.limit,
        )
        items = [OperationView.of(entry) for entry in entries]
        more = len(items) == asked.limit
        return OperationsView(service=service, items=items, next=items[-1].number if more else None)

    return router


def operations_page() -> APIRouter:
    """Serve `/operations`, where the log is read and searched by people."""
    return page_routes("/operations", files("common.http") / "operations_page", "page.html")
