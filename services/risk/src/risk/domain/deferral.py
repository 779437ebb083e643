"""Checks an order was decided without: by when they are made up for, and what then follows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from risk.domain.assessment import Assessment
from risk.domain.decision import APPROVAL, Decision, Outcome, Reason, worst
from risk.domain.ruleset import (
    AUTOMATIC_CODES,
    UNANSWERED,
    Against,
    Answer,
    Check,
    Stake,
    Unanswered,
)

UNVERIFIED = "unverified_at_deadline"
"""Code of the reason for which an order is held whose check was not made up for in time."""
_EXPIRED = "expired:"
RETRY_SECONDS_MAX = 60.0
LEASE_SECONDS = 45.0
"""Longer than any check may take: who claimed a check and died loses it after this."""
LAST_TRY_SECONDS = 5.0
"""So long before its deadline a check is tried once more, whatever the pause."""


class Result(StrEnum):
    """How a deferred check ended."""

    CLEAR = "clear"
    AGAINST = "against"
    EXPIRED = "expired"
    MOOT = "moot"
    """A person, or another check, decided the order meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """One check of one order that is to be made up for."""

    order_id: UUID
    check: str
    decision_no: int
    ruleset: str
    cause: str
    stake: Stake
    exposed_minor: int
    """How much of the order's amount counts against the check's cap: 0 while it is held."""
    deferred_at: datetime
    deadline: datetime
    next_try_at: datetime
    tries: int = 0


def deferred(
    assessed: Assessment, stake: Stake, skipped: Iterable[tuple[Check, str]]
) -> list[Deferred]:
    """Write down what is left to do; nothing where the order is refused anyway."""
    outcome, now = assessed.decision.outcome, assessed.decided_at
    if outcome is Outcome.REJECTED:
        return []
    exposed = stake.payable_minor if outcome is Outcome.APPROVED else 0
    return [
        Deferred(
            order_id=assessed.order_id,
            check=check.id,
            decision_no=assessed.decision_no,
            ruleset=assessed.ruleset,
            cause=cause,
            stake=stake,
            exposed_minor=exposed,
            deferred_at=now,
            deadline=now + timedelta(seconds=check.deadline_seconds),
            next_try_at=now,
        )
        for check, cause in skipped
    ]


def next_try(tries: int, now: datetime, deadline: datetime) -> datetime:
    """Say when to try again: after a pause that doubles, and once more just before the deadline."""
    pause = now + timedelta(seconds=min(2.0 ** min(tries, 10), RETRY_SECONDS_MAX))
    last = deadline - timedelta(seconds=LAST_TRY_SECONDS)
    return min(pause, last) if last > now else min(pause, deadline)


def ended(answer: Answer | None, deferral: Deferred, now: datetime) -> Result | None:
    """Say how the check ended with this answer; None where it has to be tried again."""
    match answer:
        case None:
            return Result.CLEAR
        case Against():
            return Result.AGAINST
        case Unanswered(cause):
            late = now >= deferral.deadline or cause.startswith(_EXPIRED)
            return Result.EXPIRED if late else None


def expired(cause: str) -> Unanswered:
    """Mark a check that was not made up for in time, so that it is not waited for any more."""
    return Unanswered(f"{_EXPIRED}{cause.removeprefix(_EXPIRED)}")


def open_checks(decision: Decision) -> frozenset[str]:
    """Return the checks that the decision was made without."""
    held = (reason.check for reason in decision.reasons if reason.code in AUTOMATIC_CODES)
    return frozenset((*decision.degraded, *held))


def revised(standing: Decision, answers: Mapping[str, Answer]) -> Decision:
    """Return the decision that follows when checks were made up for; the same one if none does.

    Only what the decision was made without is looked at: what has answered, has.

    Args:
        standing: the decision in force, which no person made.
        answers: by check; one without has nothing against the order.
    """
    left, against = _sorted_out(standing, answers)
    kept = tuple(r for r in standing.reasons if r.code not in AUTOMATIC_CODES or r.check in left)
    degraded = tuple(check for check in standing.degraded if check in left)
    if against and standing.outcome is Outcome.APPROVED:
        # Goods may be moving: a person says what becomes of an order that was approved.
        return Decision(Outcome.HELD, tuple(against))
    if against:
        outcome = worst(reason.outcome for reason in (*kept, *against))
        # What is still open may yet reject a held order; a rejected one stays so.
        left_open = () if outcome is Outcome.REJECTED else degraded
        return Decision(outcome, (*kept, *against), left_open)
    if not kept and not degraded:
        return APPROVAL
    if standing.outcome is Outcome.HELD and not kept:
        kept = tuple(Reason(c, UNANSWERED, "to_be_made_up_for", Outcome.HELD) for c in degraded)
    return replace(standing, reasons=kept, degraded=degraded)


def _sorted_out(standing: Decision, answers: Mapping[str, Answer]) -> tuple[set[str], list[Reason]]:
    """Return the checks that are still open, and what the others have against the order."""
    left: set[str] = set()
    against: list[Reason] = []
    for check in sorted(open_checks(standing)):
        match answers.get(check):
            case Against(reason):
                against.append(reason)
            case Unanswered(cause) if cause.startswith(_EXPIRED):
                told = cause.removeprefix(_EXPIRED)
                against.append(Reason(check, UNVERIFIED, told, Outcome.HELD))
            case Unanswered():
                left.add(check)
            case None:
                pass
    return left, against


@dataclass(frozen=True, slots=True)
class Wish:
    """An order that would be approved without a check."""

    order_id: UUID
    check: str
    currency: str
    amount_minor: int
    cap_minor: Mapping[str, int] | None
    """The check's exposure cap, by currency; None: there is none."""

    @property
    def key(self) -> tuple[str, str]:
        return (self.check, self.currency)

    def exceeds(self, exposed_minor: int) -> bool:
        """Tell whether the cap would be passed with this order on top of what is exposed."""
        if self.cap_minor is None:
            return False
        return exposed_minor + self.amount_minor > self.cap_minor.get(self.currency, 0)


def over_cap(
    wishes: Iterable[Wish], exposed: Mapping[tuple[str, str], int]
) -> dict[UUID, set[str]]:
    """Return the orders that would exceed a cap, with the checks whose cap it is.

    Args:
        wishes: in the order in which they are to be granted; of one order, one for each check.
        exposed: (check, currency) -> amount unverified now, in minor units.
    """
    used = dict(exposed)
    refused: dict[UUID, set[str]] = {}
    by_order: dict[UUID, list[Wish]] = {}
    for wish in wishes:
        by_order.setdefault(wish.order_id, []).append(wish)
    for order_id, wanted in by_order.items():
        over = {wish.check for wish in wanted if wish.exceeds(used.get(wish.key, 0))}
        if over:
            refused[order_id] = over
            continue  # it is held: nothing of it is exposed
        for wish in wanted:
            used[wish.key] = used.get(wish.key, 0) + wish.amount_minor
    return refused
