"""From feature vectors to decisions, for a whole batch: ask, conclude, and mind what is exposed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from common.clock import monotonic_seconds
from common.database.work import Work
from risk.domain.assessment import AUTOMATIC, FIRST, Arm, Assessment
from risk.domain.decision import Decision, Outcome
from risk.domain.deferral import Wish, over_cap
from risk.domain.features import Subject, Vector
from risk.domain.judging import Result, judged_by_result
from risk.domain.release import arm_of
from risk.domain.ruleset import Answer, Check, Stake, conclude, unanswered
from risk.store import exposure
from risk.use_cases.active_rules import InForce, Loaded
from risk.use_cases.panel import Inquiry, Panel

_MICROS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One order to decide."""

    order_id: UUID
    stake: Stake
    values: Vector

    @classmethod
    def of(cls, subject: Subject, values: Vector) -> Self:
        stake = Stake(currency=subject.currency, payable_minor=subject.payable_minor)
        return cls(order_id=subject.order_id, stake=stake, values=values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What the checks of one rule set said about a case."""

    case: Case
    by: Loaded
    arm: Arm
    answers: Mapping[str, Answer]
    results: Mapping[str, Result]
    """What cannot be had again from the features alone."""
    took_micros: int

    def decision(self, over: Collection[str] = ()) -> Decision:
        return conclude(self.by.rules, self.answers, self.case.stake, over)

    def skipped(self) -> list[tuple[Check, str]]:
        return unanswered(self.by.rules, self.answers)


async def opinions(panel: Panel, active: InForce, cases: Sequence[Case]) -> list[Opinion]:
    """Ask, for each case, the rule set of its arm."""
    by_arm: dict[Arm, list[Case]] = {}
    for case in cases:
        by_arm.setdefault(arm_of(case.order_id, active.release), []).append(case)
    found: list[Opinion] = []
    for arm, group in by_arm.items():
        found += await opinions_of(panel, active.of(arm), arm, group)
    return found


async def opinions_of(panel: Panel, by: Loaded, arm: Arm, cases: Sequence[Case]) -> list[Opinion]:
    vectors = [case.values for case in cases]
    inquiries = await panel.inquire(by.rules, vectors)
    started = monotonic_seconds()
    answers = panel.judge_inline(by.rules, vectors, inquiries)
    each = (monotonic_seconds() - started) / len(cases)
    for check in by.rules.slow:
        for values, inquiry, told in zip(vectors, inquiries, answers, strict=True):
            answer = judged_by_result(check, values, inquiry.results[check.id])
            if answer is not None:
                told[check.id] = answer
    return [
        Opinion(
            case=case,
            by=by,
            arm=arm,
            answers=told,
            results=inquiry.results,
            took_micros=_micros(each, inquiry),
        )
        for case, told, inquiry in zip(cases, answers, inquiries, strict=True)
    ]


def _micros(seconds: float, inquiry: Inquiry) -> int:
    return round((seconds + inquiry.seconds) * _MICROS)


async def decide(work: Work, said: Sequence[Opinion]) -> list[tuple[Opinion, Assessment]]:
    """Conclude each case; those above a check's exposure cap are held instead of approved."""
    decided = [opinion.decision() for opinion in said]
    wishes = [
        wish for o, decision in zip(said, decided, strict=True) for wish in _wishes(o, decision)
    ]
    if wishes:
        exposed = await exposure.lock(work.connection, {wish.key for wish in wishes})
        over = over_cap(wishes, exposed)
        decided = [
            opinion.decision(over[opinion.case.order_id])
            if opinion.case.order_id in over
            else decision
            for opinion, decision in zip(said, decided, strict=True)
        ]
    return [(o, _assessment(o, d, work)) for o, d in zip(said, decided, strict=True)]


def _wishes(opinion: Opinion, decision: Decision) -> list[Wish]:
    if decision.outcome is not Outcome.APPROVED:
        return []
    stake, checks = opinion.case.stake, opinion.by.rules.by_id
    return [
        Wish(
            opinion.case.order_id,
            check,
            stake.currency,
            stake.payable_minor,
            checks[check].exposure_cap_minor,
        )
        for check in decision.degraded
    ]


def _assessment(opinion: Opinion, decision: Decision, work: Work) -> Assessment:
    return Assessment(
        order_id=opinion.case.order_id,
        decision_no=FIRST,
        decision=decision,
        ruleset=opinion.by.id,
        arm=opinion.arm,
        decided_at=work.now,
        decided_by=AUTOMATIC,
        took_micros=opinion.took_micros,
        unanswered=len(opinion.skipped()),
    )


def refused(decided: Sequence[Assessment]) -> set[UUID]:
    return {a.order_id for a in decided if a.decision.outcome is Outcome.REJECTED}
