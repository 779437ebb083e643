"""HTTP: what was decided, for those who audit all services against each other."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from common.clock import utc_now
from common.http.accounts import AccountsPage, Asked
from common.http.auth import Principal, requires
from common.http.reading import Reading
from risk.domain.decision import Outcome
from risk.store import accounts

router = APIRouter(prefix="/v1/accounts", tags=["accounts"])


class AccountView(BaseModel):
    """An order in figures."""

    order_id: UUID
    state: Outcome
    """The decision in force."""
    decision_no: int
    """Its number: the first is 1."""
    decisions: int
    """How many are stored; the same as the number, unless one is missing."""
    currency: str | None
    """Null once what the order was decided on is kept no more (15 days)."""
    amount_minor: int | None
    """What the customer has to pay; null with the currency."""
    changed_at: datetime
    """When it was decided last."""


class AccountsView(AccountsPage):
    items: list[AccountView]


@router.get("")
async def list_accounts(
    asked: Asked, reading: Reading, _: Annotated[Principal, requires("risk:read")]
) -> AccountsView:
    """Return what was decided about every order, by order id."""
    span, read_at = asked.span(), utc_now()
    items = [AccountView(**row) for row in await accounts.page(reading, span)]
    following = items[-1].order_id if len(items) == span.limit else None
    return AccountsView(items=items, read_at=read_at, next=following)
