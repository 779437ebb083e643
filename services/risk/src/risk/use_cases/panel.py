"""The checks of a worker process at work: each with its breaker, its slots and what it remembers.

On the order path nothing waits longer than its budget; what does not answer is told as such, and
somebody makes up for it later.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from common.clock import monotonic_seconds, utc_now
from risk.domain.breaker import Breaker, BreakerPolicy, Probe
from risk.domain.features import POSITIONS, Vector
from risk.domain.judging import Result
from risk.domain.ruleset import Answer, Check, RuleSet, Source, Unanswered, Values, judge
from risk.gateways.answering import Answering, Question, Unreachable
from risk.use_cases.looking_up import LookUps, question_digest

SLOW_TIMES_BASELINE = 3.0
SLOW_FLOOR_SECONDS = 0.02
"""What is faster than this is never slow by comparison: a busy machine is no reason to skip."""

RECHECK_SHARE = 4
"""The re-check asks a quarter as much at once as orders may, on top of them."""

BREAKER_OPEN = Unanswered("breaker_open")
BUDGET_SPENT = Unanswered("budget_spent")
NO_FREE_SLOT = Unanswered("no_free_slot")
ASKED_LATER = Unanswered("asked_later")
FAILED = Unanswered("failed")

log = structlog.get_logger()


def slow_after(check: Check, baseline_seconds: float | None) -> float:
    """Say from which time on a call of this check counts as slow."""
    budget = check.budget_seconds or (check.source.timeout_seconds if check.source else 0)
    if baseline_seconds is None:
        return budget
    return min(max(SLOW_TIMES_BASELINE * baseline_seconds, SLOW_FLOOR_SECONDS), budget)


@dataclass(slots=True)
class Desk:
    """One check as it is configured, and its state in this process."""

    check: Check
    breaker: Breaker
    slots: asyncio.Semaphore
    """For orders."""
    spare_slots: asyncio.Semaphore
    """For the re-check: it must not take the places that orders need."""
    logged: int = 0
    """Number of the last transition of the breaker that was written down."""


@dataclass(slots=True)
class Inquiry:
    """What slow checks said about one order, and how long the order waited for them."""

    results: dict[str, Result] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass
class Panel:
    answering: Answering
    policy: BreakerPolicy = field(default_factory=BreakerPolicy)
    look_ups: LookUps = field(default_factory=LookUps)
    baselines: Mapping[str, float] = field(default_factory=dict)
    """Fingerprint -> seconds the check takes when it is well (p95)."""
    desks: dict[str, Desk] = field(default_factory=dict)
    """By fingerprint."""

    def desk(self, check: Check) -> Desk:
        desk = self.desks.get(check.fingerprint)
        if desk is None:
            limit = slow_after(check, self.baselines.get(check.fingerprint))
            breaker = Breaker(self.policy, slow_after_seconds=limit, random=random.random)
            places = check.source.concurrency if check.source else 1
            slots = asyncio.Semaphore(places)
            spare = asyncio.Semaphore(max(1, places // RECHECK_SHARE))
            desk = self.desks[check.fingerprint] = Desk(check, breaker, slots, spare)
        return desk

    def keep(self, fingerprints: frozenset[str]) -> None:
        """Forget the state of checks that no rule set in force has any more."""
        for gone in self.desks.keys() - fingerprints:
            del self.desks[gone]

    def judge_inline(
        self, ruleset: RuleSet, vectors: Sequence[Vector], inquiries: Sequence[Inquiry]
    ) -> list[dict[str, Answer]]:
        """Ask each check that needs no outside answer about all orders; only answers are kept."""
        answers: list[dict[str, Answer]] = [{} for _ in vectors]
        for check in ruleset.inline:
            breaker, started = self.desk(check).breaker, monotonic_seconds()
            if not breaker.permits(started):
                for inquiry, told in zip(inquiries, answers, strict=True):
                    inquiry.results[check.id] = told[check.id] = BREAKER_OPEN
                continue
            failures = 0
            for values, told, inquiry in zip(vectors, answers, inquiries, strict=True):
                try:
                    answer = judge(check, values)
                except Exception as error:  # noqa: BLE001 - a fault of ours must not stop an order
                    log.warning("check.failed", check=check.id, error=type(error).__name__)
                    answer, failures = FAILED, failures + 1
                    inquiry.results[check.id] = FAILED
                if answer is not None:
                    told[check.id] = answer
            ended = monotonic_seconds()
            each = (ended - started) / len(vectors)
            breaker.observe(ended, calls=len(vectors), seconds_each=each, failures=failures)
        return answers

    async def inquire(self, ruleset: RuleSet, vectors: Sequence[Vector]) -> list[Inquiry]:
        """Ask the slow checks about all orders at once, none for longer than its budget."""
        inquiries = [Inquiry() for _ in vectors]
        if not ruleset.slow:
            return inquiries
        async with asyncio.TaskGroup() as tasks:
            for check in ruleset.slow:
                desk = self.desk(check)
                limit = check.budget_seconds
                if not check.core:
                    limit = min(limit, ruleset.budget_seconds)
                refusal = self._refusal(desk, limit)
                for vector, inquiry in zip(vectors, inquiries, strict=True):
                    if refusal is None:
                        tasks.create_task(self.within(limit, desk, vector, inquiry))
                    else:
                        inquiry.results[check.id] = refusal
        return inquiries

    def _refusal(self, desk: Desk, limit: float) -> Unanswered | None:
        if not desk.breaker.permits(monotonic_seconds()):
            return BREAKER_OPEN
        return None if limit > 0 else ASKED_LATER

    async def within(
        self, limit: float | None, desk: Desk, vector: Vector, inquiry: Inquiry
    ) -> None:
        """Note what the check says, and how long that took; None: it may take its time."""
        started = monotonic_seconds()
        result: Result
        waiting = Waiting()
        try:
            async with asyncio.timeout(limit):
                result = await self._ask(desk, vector, waiting)
        except TimeoutError:
            result = BUDGET_SPENT if waiting.called else NO_FREE_SLOT
        except Unreachable:
            result = FAILED
        inquiry.results[desk.check.id] = result
        inquiry.seconds = max(inquiry.seconds, monotonic_seconds() - started)

    async def _ask(self, desk: Desk, vector: Vector, waiting: "Waiting") -> Values:
        check, source = desk.check, _source(desk.check)
        question = asked(source, vector)

        async def call() -> Values:
            waiting.called = False
            async with desk.slots:
                waiting.called = True
                return await _called(self.answering, desk, source, question)

        if not source.cache_seconds:
            return await call()
        key = (check.fingerprint, question_digest(question))
        waiting.called = True  # perhaps by somebody else with the same question
        return await self.look_ups.once(key, source.cache_seconds, utc_now, call)

    def judge_again(self, check: Check, values: Vector) -> Result:
        """Ask a check that needs nobody once more; what it takes may tell its breaker."""
        breaker = self.desk(check).breaker
        started = monotonic_seconds()
        probe = breaker.lease_probe(started)
        try:
            judge(check, values)
        except Exception as error:  # noqa: BLE001 - as on the order path
            log.warning("check.failed", check=check.id, error=type(error).__name__)
            _report(breaker, probe, started, failed=True)
            return FAILED
        _report(breaker, probe, started, failed=False)
        return ()

    async def ask_again(self, check: Check, vector: Vector) -> Result:
        """Ask a slow check in its own time: in the re-check, where no order waits.

        What it takes tells the breaker, if that wants to know whether the check is well again.
        """
        desk, source = self.desk(check), _source(check)
        if desk.breaker.explain(monotonic_seconds()).forced == "open":
            return BREAKER_OPEN  # a person wants it left alone
        question = asked(source, vector)
        async with desk.spare_slots:
            started = monotonic_seconds()
            probe = desk.breaker.lease_probe(started)
            try:
                async with asyncio.timeout(source.timeout_seconds):
                    result = source.typed(await self.answering.ask(source, question))
            except Exception as error:  # noqa: BLE001 - whoever answers: it is tried again
                log.warning("check.failed", check=check.id, error=type(error).__name__)
                _report(desk.breaker, probe, started, failed=True)
                return FAILED
            _report(desk.breaker, probe, started, failed=False)
            return result


@dataclass(slots=True)
class Waiting:
    called: bool = False
    """Whether it was asked in time: a slot was free, or somebody else asks the same."""


def asked(source: Source, vector: Vector) -> Question:
    return {name: vector[POSITIONS[name]] for name in source.sends}


def _source(check: Check) -> Source:
    if check.source is None:
        raise TypeError(f"{check.id} asks nobody.")
    return check.source


async def _called(answering: Answering, desk: Desk, source: Source, question: Question) -> Values:
    breaker = desk.breaker
    call = breaker.begin(monotonic_seconds())
    try:
        result = source.typed(await answering.ask(source, question))
    except asyncio.CancelledError:
        breaker.abandon(call, monotonic_seconds())
        raise
    except Exception as error:
        breaker.end(call, monotonic_seconds(), failed=True)
        raise Unreachable(type(error).__name__) from error
    breaker.end(call, monotonic_seconds(), failed=False)
    return result


def _report(breaker: Breaker, probe: Probe | None, started: float, *, failed: bool) -> None:
    if probe is not None:
        now = monotonic_seconds()
        breaker.end_probe(probe, now, seconds=now - started, failed=failed)
