"""Repeats, steps, thresholds and the sentences, without a database."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciliation.domain.differences import Kind, Position, Threshold, explain
from reconciliation.domain.repeats import Told, repeated
from reconciliation.domain.steps import Step, last_steps

DAY = datetime(2026, 11, 22, tzinfo=UTC)

told = st.builds(
    lambda name, seconds, amount: (name, DAY + timedelta(seconds=seconds), "CNY", amount),
    st.sampled_from("ABC"),
    st.integers(0, 2),
    st.integers(-2, 2),
)


@given(st.lists(told, max_size=10), st.sets(st.sampled_from("ABC")), st.randoms())
def test_each_transaction_counts_once_and_the_same_in_any_order(
    facts: list[tuple[str, datetime, str, int]], known: set[str], random: Random
) -> None:
    def counted() -> list[tuple[str, datetime, str, int]]:
        lines = [Told(*fact, line_no) for line_no, fact in enumerate(facts)]
        again = repeated(lines, known)
        return sorted(fact for n, fact in enumerate(facts) if n not in again)

    first = counted()
    assert [fact[0] for fact in first] == sorted({f[0] for f in facts} - known)
    random.shuffle(facts)
    assert counted() == first


@given(st.permutations([Step(UUID(int=o), v, "s", None, DAY) for o in (1, 2) for v in (1, 2, 3)]))
def test_the_highest_version_of_each_order_stands(steps: list[Step]) -> None:
    assert [(s.order_id.int, s.version) for s in last_steps(steps)] == [(1, 3), (2, 3)]


@pytest.mark.parametrize(
    ("difference_minor", "currency", "flagged"),
    [
        (4_999, "CNY", False),
        (5_000, "CNY", True),
        (-5_000, "CNY", True),
        (49, "JPY", False),
        (50, "JPY", True),
        (49_999, "KWD", False),
    ],
)
def test_fifty_whole_units_are_flagged(
    difference_minor: int, currency: str, *, flagged: bool
) -> None:
    assert Threshold(Decimal(50)).reached_by(difference_minor, currency) is flagged


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("cancelled", [True, False])
def test_every_difference_is_told_in_one_sentence(kind: Kind, *, cancelled: bool) -> None:
    sentence = explain(Position(kind, "CNY", 1_000, 1_250, 1_000, cancelled))
    assert sentence.endswith(".")
    assert "CNY" in sentence
    assert "\n" not in sentence


def test_money_claimed_by_nobody_is_told_apart_from_money_not_owed() -> None:
    unclaimed = explain(Position(Kind.OVER, "CNY", 400, 1_000, 1_000, cancelled=False))
    assert "more than the 4.00 CNY of payments claimed" in unclaimed
    too_much = explain(Position(Kind.OVER, "CNY", 400, 1_001, 1_000, cancelled=False))
    assert "too much" in too_much
