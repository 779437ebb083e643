"""Which statement lines are for which orders."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from common.http.auth import Principal, requires
from common.http.reading import Reading
from reconciliation.api.paging import Limit
from reconciliation.store import matches
from reconciliation.store.matches import MatchView

router = APIRouter(prefix="/v1/matches", tags=["matches"])


class MatchesView(BaseModel):
    items: list[MatchView]


@router.get("")
async def list_matches(
    _: Annotated[Principal, requires("reconciliation:read")],
    reading: Reading,
    order_id: UUID | None = None,
    statement_id: UUID | None = None,
    after: UUID | None = None,
    limit: Limit = 50,
) -> MatchesView:
    """List links, oldest first."""
    given = {"order_id": order_id, "statement_id": statement_id}
    wanted = {name: value for name, value in given.items() if value is not None}
    return MatchesView(items=await matches.listed(reading, wanted, after=after, limit=limit))
