"""HTTP: where orders are, for those who audit all services against each other."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from common.clock import utc_now
from common.http.accounts import AccountsPage, Asked
from common.http.reading import Reading
from common.life_cycle import State
from fulfillment.api.fields import Reader
from fulfillment.store import accounts

router = APIRouter(prefix="/v1/accounts", tags=["accounts"])


class AccountView(BaseModel):
    """An order in figures. Terms are null until the approval, which brings them, is here."""

    order_id: UUID
    state: State
    version: int
    steps: int
    """How many steps are stored; the same as the version, unless one is missing."""
    decision_no: int | None
    """Of the last decision of risk that counted here."""
    awaiting_channel: bool
    """It is held only because the channel keeps it back."""
    in_store: bool
    """It was sold over the counter: no warehouse has a task for it."""
    currency: str | None
    amount_minor: int | None
    """What the customer has to pay."""
    paid_minor: int
    """What is known to be paid, once the terms are."""
    cancellation: str | None
    """accepted | refused, where somebody wished it."""
    reserved: int
    """Pieces reserved for it."""
    tasks: int
    """Tasks that were not ended; an order has at most one."""
    announced_version: int | None
    """Of the last step that other services are told of."""
    announced_state: State | None
    changed_at: AwareDatetime | None
    """When it took its last step."""


class AccountsView(AccountsPage):
    items: list[AccountView]


class PlaceView(BaseModel):
    sku: str
    warehouse: str
    reserved: int
    owed: int
    """Pieces of the orders that hold a reservation there."""


class StockAccountView(BaseModel):
    """Reserved stock beside the orders it is reserved for, at one moment."""

    reserved: int
    owed: int
    differing: int
    """In how many places they differ."""
    places: list[PlaceView]
    """The first of those."""


@router.get("")
async def list_accounts(_: Reader, asked: Asked, reading: Reading) -> AccountsView:
    """Return where every order is, by order id."""
    span, read_at = asked.span(), utc_now()
    items = [AccountView.model_validate(row) for row in await accounts.page(reading, span)]
    following = items[-1].order_id if len(items) == span.limit else None
    return AccountsView(items=items, read_at=read_at, next=following)


@router.get("/stock")
async def read_stock_account(_: Reader, reading: Reading) -> StockAccountView:
    """Return whether the stock that is reserved is that of the open orders."""
    rows = await accounts.stock_page(reading)
    places = [PlaceView.model_validate(row) for row in rows if row["reserved"] != row["owed"]]
    first = rows[0] if rows else {"reserved_in_all": 0, "owed_in_all": 0, "differing": 0}
    return StockAccountView(
        reserved=first["reserved_in_all"],
        owed=first["owed_in_all"],
        differing=first["differing"],
        places=places,
    )
