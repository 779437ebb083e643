"""What intake took in, for those who audit all services against each other."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from common.clock import utc_now
from common.http.accounts import AccountsPage, Asked
from common.http.auth import Principal, requires
from common.http.reading import Reading
from ingest.store import accounts

router = APIRouter(prefix="/v1/accounts", tags=["accounts"])


class AccountView(BaseModel):
    """An order in figures; what is in quarantine has none that can be relied on."""

    order_id: UUID
    state: str
    """received | quarantined | discarded."""
    currency: str | None
    amount_minor: int | None
    """What the customer has to pay."""
    paid_minor: int | None
    """What the channel says it took, all payments together."""
    pieces: int | None
    cancellation_wished: bool
    accepted_at: datetime | None
    changed_at: datetime
    """When something happened last that other services learn of."""


class AccountsView(AccountsPage):
    items: list[AccountView]
    total: int | None
    """Of the whole span; given with its first page."""


@router.get("")
async def list_accounts(
    asked: Asked, reading: Reading, _: Annotated[Principal, requires("ingest:read")]
) -> AccountsView:
    """Return what every order is here, by order id."""
    span, read_at = asked.span(), utc_now()
    total = await accounts.count(reading, span) if asked.after is None else None
    items = [AccountView(**row) for row in await accounts.page(reading, span)]
    following = items[-1].order_id if len(items) == span.limit else None
    return AccountsView(items=items, total=total, read_at=read_at, next=following)
