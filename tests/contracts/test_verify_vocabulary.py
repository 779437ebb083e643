"""What `sluice verify` takes for granted about the services it does not import."""

from dataclasses import fields

import pytest
from pydantic import BaseModel
from rendering.services import NAMES

from common import money
from common.life_cycle import State
from fulfillment.api.accounts import AccountView as ShippedView
from fulfillment.domain import order
from fulfillment.store.accounts import _ANNOUNCED
from ingest.api.accounts import AccountView as IntakeView
from reconciliation.api.accounts import AccountView as BookedView
from risk.api.accounts import AccountView as DecidedView
from risk.domain.decision import Outcome
from sluice.domain import outcomes, totals
from sluice.domain.accounts import RECEIVED, Booked, Decided, Intake, Shipped
from sluice.domain.money import EXPONENTS
from sluice.settings import SERVICES


def test_it_asks_every_service() -> None:
    assert set(SERVICES) == set(NAMES)


@pytest.mark.parametrize(
    ("account", "view"),
    [
        (Intake, IntakeView),
        (Decided, DecidedView),
        (Shipped, ShippedView),
        (Booked, BookedView),
    ],
)
def test_it_asks_for_nothing_a_service_does_not_tell(account: type, view: type[BaseModel]) -> None:
    assert {field.name for field in fields(account)} <= view.model_fields.keys()


def test_its_states_are_those_of_the_life_cycle() -> None:
    assert set(Outcome) == outcomes.RESTING.keys()
    assert outcomes.RESERVING == order.RESERVING
    assert outcomes.LEFT == order.LEFT
    for states in (*outcomes.RESTING.values(), outcomes.PAID, {RECEIVED}):
        assert states <= set(State)
    shipped = set(State) - {State.QUARANTINED, State.DISCARDED, State.RECEIVED}
    known = {*totals.STAGES[totals.FULFILLMENT]} - {totals.IN_PROGRESS, totals.STUCK}
    assert known == shipped


def test_what_fulfillment_calls_announced_is_what_reconciliation_hears_of() -> None:
    from common.contracts import fulfillment as contracts
    from reconciliation.subscriptions import subscriptions

    published = [event for event in vars(contracts).values() if isinstance(event, type)]
    heard = {s.event.TYPE for s in subscriptions() if s.event in published}
    assert {f"order.{state}" for state in _ANNOUNCED} == heard


def test_its_amounts_have_the_decimals_the_services_count_by() -> None:
    assert {currency: money.exponent(currency) for currency in EXPONENTS} == EXPONENTS
    assert money.exponent("CNY") == 2
    assert money.EXPONENTS == EXPONENTS
