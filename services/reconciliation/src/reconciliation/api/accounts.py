"""What is owed, claimed and shipped, for those who audit all services against each other."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from common.clock import utc_now
from common.http.accounts import AccountsPage, Asked
from common.http.auth import Principal, requires
from common.http.reading import Reading
from reconciliation.store import accounts

router = APIRouter(prefix="/v1/accounts", tags=["accounts"])


class AccountView(BaseModel):
    """An order in figures; what it owes is null until it is received here."""

    order_id: UUID
    state: str | None
    """Where fulfilment said it is: allocated | backordered | handed_over | cancelled."""
    version: int | None
    """Of that step."""
    currency: str | None
    amount_minor: int | None
    """What the customer has to pay."""
    paid_minor: int
    """What the channel claims to have taken, all payments together."""
    received_at: datetime | None


class AccountsView(AccountsPage):
    items: list[AccountView]


@router.get("")
async def list_accounts(
    asked: Asked, reading: Reading, _: Annotated[Principal, requires("reconciliation:read")]
) -> AccountsView:
    """Return what is known of every order's money and whereabouts, by order id."""
    span, read_at = asked.span(), utc_now()
    items = [AccountView(**row) for row in await accounts.page(reading, span)]
    following = items[-1].order_id if len(items) == span.limit else None
    return AccountsView(items=items, read_at=read_at, next=following)
