"""The decisions that follow when checks were made up for: saved and announced together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from common.contracts.event import Cause
from common.database.work import Work
from risk.domain.assessment import AUTOMATIC, Assessment, follow
from risk.domain.decision import Outcome
from risk.domain.deferral import Deferred, ended, expired, next_try, open_checks, revised
from risk.domain.deferral import Result as Ending
from risk.domain.features import FEATURES_VERSION, Vector
from risk.domain.judging import Result, answers_to
from risk.domain.ruleset import Answer, RuleSet, Unanswered
from risk.store import assessments, deferrals, exposure, held_orders, results, snapshots
from risk.store.deferrals import DeferredOrder
from risk.store.held_orders import HeldOrder
from risk.store.snapshots import Snapshot
from risk.use_cases import featuring
from risk.use_cases.announcing import announcement


@dataclass(frozen=True, slots=True, kw_only=True)
class Remade:
    """An order of which checks were asked again."""

    order_id: UUID
    rules: RuleSet | None
    """None: this version cannot read the rule set any more."""
    values: Vector | None
    results: Mapping[str, Result]
    asked: Sequence[Deferred]

    def answers(self, now: datetime) -> dict[str, Answer]:
        """Return what all checks say; one that is past its deadline is waited for no more."""
        said: dict[str, Answer] = {}
        if self.rules is not None and self.values is not None:
            said = answers_to(self.rules.checks, self.values, self.results)
        for each in self.asked:
            answer = said.get(each.check)
            if self.rules is None or self.values is None:
                answer = said[each.check] = Unanswered(each.cause)
            if isinstance(answer, Unanswered) and now >= each.deadline:
                said[each.check] = expired(answer.cause)
        return said

    def retry_at(self, deferred: Deferred, now: datetime) -> datetime:
        check = None if self.rules is None else self.rules.by_id.get(deferred.check)
        if check is not None and check.source is None:
            return deferred.deadline  # the same features give the same answer
        return next_try(deferred.tries, now, deferred.deadline)


@dataclass(slots=True)
class _Consequences:
    """What a batch of made-up checks leads to."""

    decided: list[Assessment] = field(default_factory=list)
    ended: list[tuple[Deferred, Ending]] = field(default_factory=list)
    later: list[Deferred] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)


async def revise(work: Work, made: Sequence[Remade]) -> None:
    """Decide anew what was decided without these checks; what a person decided stands."""
    ids = [each.order_id for each in made]
    waiting = await held_orders.lock_all(work.connection, ids)
    open_now: dict[UUID, list[Deferred]] = {}
    for deferral in await deferrals.lock(work.connection, ids):
        open_now.setdefault(deferral.order_id, []).append(deferral)
    standing = await assessments.latest(work.connection, ids)
    orders = await deferrals.orders(work.connection, ids)

    found = _Consequences()
    for each in made:
        left = open_now.get(each.order_id)
        if left:
            _follow_up(found, each, left, standing[each.order_id], work.now)
    await _save(work, found, orders, waiting)
    for assessed in found.decided:
        taken = orders[assessed.order_id]
        flow = Cause(correlation_id=taken.correlation_id)
        work.publish(announcement(assessed, taken.order), because=flow)


def _follow_up(
    found: _Consequences,
    made: Remade,
    left: Sequence[Deferred],
    standing: Assessment,
    now: datetime,
) -> None:
    if standing.is_review:
        found.ended += [(each, Ending.MOOT) for each in left]
        return
    answers = made.answers(now)
    asked = {each.check for each in made.asked}
    decision = revised(standing.decision, _only_asked(answers, asked, standing))
    settled = decision.outcome is not standing.decision.outcome and bool(decision.reasons)
    for each in left:
        end = ended(answers.get(each.check), each, now) if each.check in asked else None
        if end is not None:
            found.ended.append((each, end))
        elif settled:
            found.ended.append((each, Ending.MOOT))
        elif each.check in asked:
            found.later.append(replace(each, next_try_at=made.retry_at(each, now)))
    if decision != standing.decision:
        assessed = follow(standing, decision, now, by=AUTOMATIC)
        found.decided.append(assessed)
        found.snapshots.append(_snapshot(made, assessed, answers))


def _only_asked(
    answers: Mapping[str, Answer], asked: set[str], standing: Assessment
) -> dict[str, Answer]:
    """Count a check as open that somebody else is asking at this moment."""
    others = open_checks(standing.decision) - asked
    return {**answers, **{check: Unanswered("asked_elsewhere") for check in others}}


def _snapshot(made: Remade, assessed: Assessment, answers: Mapping[str, Answer]) -> Snapshot:
    """Keep what the decision was made on, with the marks of what came too late."""
    known = {**made.results, **{c: a for c, a in answers.items() if isinstance(a, Unanswered)}}
    return Snapshot(
        assessed.order_id,
        assessed.decision_no,
        FEATURES_VERSION,
        made.values or (),
        results.written(known),
    )


async def _save(
    work: Work,
    found: _Consequences,
    orders: Mapping[UUID, DeferredOrder],
    waiting: Mapping[UUID, HeldOrder],
) -> None:
    connection = work.connection
    await assessments.add(connection, found.decided)
    await snapshots.add(connection, found.snapshots)
    held = [a for a in found.decided if a.decision.outcome is Outcome.HELD]
    wait = [HeldOrder(a, _order(a, orders).correlation_id, _order(a, orders).order) for a in held]
    await held_orders.put(connection, wait)
    gone = {a.order_id for a in found.decided} - {a.order_id for a in held}
    await held_orders.remove(connection, gone & waiting.keys())
    await deferrals.postpone(connection, found.later)
    await deferrals.end(connection, found.ended, work.now)
    taken = exposure.sums(deferral for deferral, _ in found.ended)
    await exposure.change(connection, {key: -amount for key, amount in taken.items()})
    refused = [a for a in found.decided if a.decision.outcome is Outcome.REJECTED]
    await featuring.count_refusal(
        work,
        *(featuring.subject_of(a.order_id, _order(a, orders).order, work.now) for a in refused),
    )


def _order(assessed: Assessment, orders: Mapping[UUID, DeferredOrder]) -> DeferredOrder:
    return orders[assessed.order_id]
