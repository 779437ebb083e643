"""What two rule sets decide otherwise."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from common.ids import new_id
from risk.domain.decision import APPROVAL, Decision, Outcome, Reason
from risk.domain.drift import EXAMPLES_MAX, Drift, Pair, compare
from risk.domain.ruleset import Stake

HELD = Decision(Outcome.HELD, (Reason("amount", "above", "", Outcome.HELD),))


def pair(was: Outcome, now: Decision, amount: int = 100, currency: str = "CNY") -> Pair:
    return Pair(new_id(), Stake(currency=currency, payable_minor=amount), was, now)


def test_of_no_orders_nothing_is_said() -> None:
    assert compare([]) == Drift()


def test_orders_that_go_another_way_are_counted_with_their_amounts_and_reasons() -> None:
    pairs = [
        pair(Outcome.APPROVED, APPROVAL),
        pair(Outcome.APPROVED, HELD, 100),
        pair(Outcome.APPROVED, HELD, 50),
        pair(Outcome.APPROVED, HELD, 7, "USD"),
        pair(Outcome.REJECTED, HELD, 9),
    ]
    drift = compare(pairs)
    assert (drift.orders, drift.changed, drift.incomplete) == (5, 4, 0)
    stricter = drift.moves[Outcome.APPROVED, Outcome.HELD]
    assert stricter.orders == 3
    assert stricter.amounts_minor == {"CNY": 150, "USD": 7}
    assert stricter.reasons == {"amount:above": 3}
    assert stricter.examples == [each.order_id for each in pairs[1:4]]
    assert drift.moves[Outcome.REJECTED, Outcome.HELD].orders == 1


def test_an_order_decided_without_some_check_is_told_apart() -> None:
    known = pair(Outcome.APPROVED, APPROVAL)
    unknown = Pair(known.order_id, known.stake, Outcome.APPROVED, APPROVAL, complete=False)
    assert compare([known, unknown]).incomplete == 1


outcomes = st.sampled_from(Outcome)
pairs = st.builds(
    Pair,
    st.integers(0, 2**64).map(lambda n: UUID(int=n)),
    st.builds(Stake, currency=st.sampled_from(["CNY", "USD"]), payable_minor=st.integers(0, 10**9)),
    outcomes,
    st.builds(Decision, outcomes),
    complete=st.booleans(),
)


@given(st.lists(pairs, max_size=60))
def test_every_order_is_in_one_place(given_pairs: list[Pair]) -> None:
    drift = compare(given_pairs)
    assert drift.orders == len(given_pairs)
    assert drift.changed == sum(move.orders for move in drift.moves.values())
    assert drift.changed == sum(p.was is not p.now.outcome for p in given_pairs)
    assert all(was is not now for was, now in drift.moves)
    moved = sum(p.stake.payable_minor for p in given_pairs if p.was is not p.now.outcome)
    assert moved == sum(sum(move.amounts_minor.values()) for move in drift.moves.values())
    assert all(len(m.examples) == min(m.orders, EXAMPLES_MAX) for m in drift.moves.values())
