"""Figures that must add up, whatever is matched to what."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from common.http.auth import Principal, requires
from common.http.reading import Reading
from reconciliation.store import totals
from reconciliation.store.totals import MoneyView

router = APIRouter(prefix="/v1/totals", tags=["totals"])


class TotalsView(BaseModel):
    orders: int
    states: dict[str, int]
    currencies: list[MoneyView]


@router.get("")
async def read_totals(
    _: Annotated[Principal, requires("reconciliation:read")], reading: Reading
) -> TotalsView:
    """Return all money by currency, and orders by state, both of one moment."""
    await reading.execution_options(isolation_level="REPEATABLE READ")
    states = await totals.by_state(reading)
    currencies = await totals.by_currency(reading)
    return TotalsView(orders=sum(states.values()), states=states, currencies=currencies)
