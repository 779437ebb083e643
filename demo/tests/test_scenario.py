"""The scenario has every kind of order, each run with its own numbers, and its money adds up."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from demo.finance import as_csv, expected_totals, statement
from demo.sale import CHANNELS
from demo.scenario import ORDERS_MIN, Planned, Repeat, build
from demo.story import DIFFERENCES, Change, Ending, Money

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def scenario(orders: int = 200) -> list[Planned]:
    return build(orders, "12345678", NOW)


@pytest.mark.parametrize("orders", [ORDERS_MIN, 200, 1000])
def test_there_are_as_many_orders_as_asked_for_with_every_kind_among_them(orders: int) -> None:
    planned = scenario(orders)
    assert len(planned) == orders
    assert {one.sale.channel for one in planned} == set(CHANNELS)
    assert {one.story.ending for one in planned} == set(Ending)
    assert {one.story.change for one in planned} == {None, *Change}
    assert {one.story.money for one in planned} == set(Money)
    assert {repeat for one in planned for repeat in one.repeats} == set(Repeat)


def test_a_run_is_told_again_with_other_numbers_only() -> None:
    first, again = scenario(), scenario()
    other = build(200, "87654321", NOW)
    assert first == again
    assert [one.story for one in first] == [one.story for one in other]
    assert not {one.sale.number for one in first} & {one.sale.number for one in other}


def test_no_two_orders_share_a_number_or_a_payment_reference() -> None:
    planned = scenario(1000)
    assert len({(one.sale.channel, one.sale.number) for one in planned}) == 1000
    assert len({one.sale.reference for one in planned}) == 1000


def test_ordinary_orders_stay_below_what_risk_would_hold() -> None:
    limits = {"CNY": 500_000, "USD": 100_000}
    for one in scenario(1000):
        is_large = one.story.ending in (Ending.HELD, Ending.REJECTED)
        if not is_large and one.story.change is not Change.REVIEWED:
            assert one.sale.payable_minor <= limits[one.sale.currency]


def test_only_orders_in_quarantine_have_a_reason_unless_one_is_corrected() -> None:
    for one in scenario():
        is_bad = one.story.ending is Ending.QUARANTINED or one.story.change is Change.CORRECTED
        assert (one.story.reason is not None) == is_bad


def test_each_kind_of_difference_is_on_the_statement() -> None:
    kinds = Counter(DIFFERENCES.get(one.story.money) for one in scenario())
    assert (kinds["short"], kinds["over"], kinds["missing"], kinds["unknown"]) == (1, 2, 1, 1)


def test_the_money_of_the_statement_is_received_or_open() -> None:
    planned = scenario()
    lines = statement(planned, NOW)
    totals = expected_totals(planned, lines)
    for currency in ("CNY", "USD"):
        received = totals[currency, "received_minor"] + totals[currency, "unmatched_minor"]
        assert totals[currency, "statement_minor"] == received
    let_in = [one for one in planned if one.story.is_let_in]
    assert totals["CNY", "orders"] + totals["USD", "orders"] == len(let_in)


def test_the_statement_has_a_line_for_each_movement_and_a_header() -> None:
    lines = statement(scenario(), NOW)
    text = as_csv(lines).decode().splitlines()
    assert text[0] == "transaction_id,occurred_at,amount,currency,reference,payer"
    assert len(text) == len(lines) + 1
    assert len({line.transaction_id for line in lines}) == len(lines)
