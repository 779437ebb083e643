"""What would have been decided otherwise: two decisions about each of many orders, compared."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from risk.domain.decision import Decision, Outcome
from risk.domain.ruleset import Stake

EXAMPLES_MAX = 10


@dataclass(frozen=True, slots=True)
class Pair:
    """One order as it was decided, and as the candidate decides it."""

    order_id: UUID
    stake: Stake
    was: Outcome
    now: Decision
    complete: bool = True
    """Whether every check of the candidate could be asked."""


@dataclass(slots=True)
class Move:
    """Orders that would go another way."""

    orders: int = 0
    amounts_minor: Counter[str] = field(default_factory=Counter)
    """By currency."""
    reasons: Counter[str] = field(default_factory=Counter)
    """What speaks against them now, as check:code."""
    examples: list[UUID] = field(default_factory=list)


@dataclass(slots=True)
class Drift:
    orders: int = 0
    changed: int = 0
    incomplete: int = 0
    """Orders the candidate was asked about without some check: what that says is not known."""
    moves: dict[tuple[Outcome, Outcome], Move] = field(default_factory=dict)


def compare(pairs: Iterable[Pair]) -> Drift:
    drift = Drift()
    moves: defaultdict[tuple[Outcome, Outcome], Move] = defaultdict(Move)
    for pair in pairs:
        drift.orders += 1
        drift.incomplete += not pair.complete
        if pair.was is pair.now.outcome:
            continue
        drift.changed += 1
        move = moves[pair.was, pair.now.outcome]
        move.orders += 1
        move.amounts_minor[pair.stake.currency] += pair.stake.payable_minor
        move.reasons.update(reason.name for reason in pair.now.reasons)
        if len(move.examples) < EXAMPLES_MAX:
            move.examples.append(pair.order_id)
    drift.moves = dict(moves)
    return drift
