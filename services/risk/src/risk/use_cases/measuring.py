"""The performance gate and the backtest: a rule set on stored features, before orders."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from common.database.work import Work, WorkFactory
from common.expression import Type
from common.ids import new_id
from risk.domain.assessment import FIRST
from risk.domain.decision import Outcome
from risk.domain.drift import Drift, Pair, compare
from risk.domain.features import FEATURES, Value, Vector
from risk.domain.gate import CheckTimes, Times, Verdict, verdict
from risk.domain.judging import NOT_ASKED, answers_to
from risk.domain.percentile import percentile
from risk.domain.ruleset import RuleSet, conclude
from risk.gateways.answering import Answering
from risk.store import baselines, changes, figures, measurements, results, snapshots
from risk.store.baselines import Baseline
from risk.store.compiled import Faulty
from risk.store.measurements import Measurement
from risk.store.snapshots import Snapshot
from risk.use_cases.active_rules import ActiveRules
from risk.use_cases.shadowing import case_of
from risk.use_cases.timing import P95, inline_times, slow_times

SNAPSHOTS_MAX = 2_000
TIMED_MAX = 500
"""Orders an expression is timed on."""
LOOK_BACK = timedelta(days=14)

_EXAMPLE: Mapping[Type, Value] = {
    Type.BOOL: False,
    Type.INT: 1,
    Type.STRING: "a",
    Type.STRINGS: ("a",),
}


@dataclass(frozen=True, slots=True)
class Measured:
    verdict: Verdict
    candidate: Times
    stable: Times
    drift: Drift
    snapshots: int

    def report(self) -> dict[str, Any]:
        """Return it as data, ready to be stored and shown."""
        return {
            "passed": self.verdict.passed,
            "culprit": self.verdict.culprit,
            "told": self.verdict.told,
            "snapshots": self.snapshots,
            "candidate": _told(self.candidate),
            "stable": _told(self.stable),
            "drift": _drift_told(self.drift),
        }


async def measure(
    works: WorkFactory, rules: ActiveRules, answering: Answering, ruleset: str, by: str
) -> Measurement | None:
    """Time the rule set beside the stable one, and tell what it would have decided otherwise.

    None where there is no such rule set, or none is stable. What is slow is asked while no
    transaction is open.
    """
    async with works.begin() as work:
        now = await changes.in_force(work.connection)
        if now is None or not await _exists(work, rules, ruleset):
            return None
        candidate = await rules.load(work, ruleset)
        stable = await rules.load(work, now.release.stable)
        latest = await snapshots.recent(work.connection, SNAPSHOTS_MAX, work.now - LOOK_BACK)
        recent = [snapshot for snapshot in latest if snapshot.decision_no == FIRST]
        ids = [snapshot.order_id for snapshot in recent]
        outcomes = await figures.first_outcomes(work.connection, ids)
    measured = await _measured(answering, candidate, stable, recent, outcomes)
    async with works.begin() as work:
        made = Measurement(
            id=new_id(),
            ruleset=ruleset,
            against=now.release.stable,
            passed=measured.verdict.passed,
            report=measured.report(),
            measured_at=work.now,
            measured_by=by,
        )
        await measurements.add(work.connection, made)
        await baselines.keep(work.connection, _baselines(measured.candidate), work.now)
    return made


async def _exists(work: Work, rules: ActiveRules, ruleset: str) -> bool:
    try:
        await rules.load(work, ruleset)
    except Faulty as error:
        if error.faults:
            raise
        return False
    return True


async def _measured(
    answering: Answering,
    candidate: RuleSet,
    stable: RuleSet,
    recent: Sequence[Snapshot],
    outcomes: Mapping[UUID, Outcome],
) -> Measured:
    vectors = [snapshot.values for snapshot in recent[:TIMED_MAX]] or [_example()]
    inline = await asyncio.to_thread(inline_times, (candidate, stable), vectors)
    slow: dict[str, CheckTimes] = {}
    for check in (*candidate.slow, *stable.slow):
        if check.fingerprint not in slow:
            slow[check.fingerprint] = await slow_times(answering, check, vectors)
    times = [
        Times(
            inline_p95_seconds=percentile(orders, P95),
            checks=[*checks, *(slow[c.fingerprint] for c in rules.slow)],
        )
        for rules, (orders, checks) in zip((candidate, stable), inline, strict=True)
    ]
    return Measured(
        verdict=verdict(*times),
        candidate=times[0],
        stable=times[1],
        drift=compare(_pairs(candidate, stable, recent, outcomes)),
        snapshots=len(recent),
    )


def _pairs(
    candidate: RuleSet,
    stable: RuleSet,
    recent: Sequence[Snapshot],
    outcomes: Mapping[UUID, Outcome],
) -> Iterable[Pair]:
    """Decide each order again with what is known about it; nobody outside is asked."""
    shared = {c.id for c in candidate.slow if c.fingerprint in stable.by_fingerprint}
    for snapshot in recent:
        was = outcomes.get(snapshot.order_id)
        if was is None:
            continue
        known = {c: r for c, r in results.read(snapshot.results).items() if c in shared}
        answers = answers_to(candidate.checks, snapshot.values, known)
        said = {check: answer for check, answer in answers.items() if answer is not NOT_ASKED}
        stake = case_of(snapshot).stake
        now = conclude(candidate, said, stake)
        yield Pair(snapshot.order_id, stake, was, now, complete=len(said) == len(answers))


def _example() -> Vector:
    """Return an order of no consequence, for a system that has not decided any yet."""
    return tuple(_EXAMPLE[feature.type] for feature in FEATURES)


def _baselines(times: Times) -> list[Baseline]:
    """Keep what the check takes when it is well: not what failed calls took."""
    return [
        Baseline(c.fingerprint, c.check, c.p95_seconds, c.calls)
        for c in times.checks
        if c.calls and not c.failed
    ]


def _told(times: Times) -> dict[str, Any]:
    checks = [asdict(check) for check in times.checks]
    return {
        "p95_seconds": times.p95_seconds,
        "inline_p95_seconds": times.inline_p95_seconds,
        "checks": checks,
    }


def _drift_told(drift: Drift) -> dict[str, Any]:
    return {
        "orders": drift.orders,
        "changed": drift.changed,
        "incomplete": drift.incomplete,
        "moves": [
            {
                "was": was,
                "now": now,
                "orders": move.orders,
                "amounts_minor": dict(move.amounts_minor),
                "reasons": dict(move.reasons),
                "examples": [str(order) for order in move.examples],
            }
            for (was, now), move in drift.moves.items()
        ],
    }
