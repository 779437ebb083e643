"""How long checks take on stored features: expressions in turns, slow ones by a few calls."""

import asyncio
import math
from collections.abc import Sequence

from common.clock import monotonic_seconds
from risk.domain.features import Vector
from risk.domain.gate import CheckTimes
from risk.domain.percentile import percentile
from risk.domain.ruleset import Check, RuleSet, judge
from risk.gateways.answering import Answering, Unreachable
from risk.use_cases.panel import asked

P95 = 0.95
ROUNDS = 5
SLOW_CALLS = 20
"""Calls of each slow check: few, since somebody outside has to answer them."""
SLOW_AT_ONCE = 4


def inline_times(
    sets: Sequence[RuleSet], vectors: Sequence[Vector]
) -> list[tuple[list[float], list[CheckTimes]]]:
    """Time each expression check on each order, the rule sets in turns, the best of some rounds.

    The best, since whatever else the machine does only ever adds.
    """
    best = [[[math.inf] * len(rules.inline) for _ in vectors] for rules in sets]
    for _ in range(ROUNDS):
        for rules, times in zip(sets, best, strict=True):
            for vector, row in zip(vectors, times, strict=True):
                for place, check in enumerate(rules.inline):
                    started = monotonic_seconds()
                    judge(check, vector)
                    row[place] = min(row[place], monotonic_seconds() - started)
    return [
        (
            [sum(row) for row in times],
            [
                _check_times(check, [row[place] for row in times], failed=0)
                for place, check in enumerate(rules.inline)
            ],
        )
        for rules, times in zip(sets, best, strict=True)
    ]


async def slow_times(answering: Answering, check: Check, vectors: Sequence[Vector]) -> CheckTimes:
    """Ask a slow check some times, some at once; who does not answer in time took that long."""
    source = check.source
    if source is None:
        raise TypeError(f"{check.id} asks nobody.")
    slots = asyncio.Semaphore(min(SLOW_AT_ONCE, source.concurrency))
    failures = 0

    async def timed(vector: Vector) -> float:
        nonlocal failures
        async with slots:
            started = monotonic_seconds()
            try:
                async with asyncio.timeout(source.timeout_seconds):
                    await answering.ask(source, asked(source, vector))
            except (TimeoutError, Unreachable):
                failures += 1
            return monotonic_seconds() - started

    sample = [vectors[i % len(vectors)] for i in range(SLOW_CALLS)]
    # The first call pays for the connection or the process; orders rarely do.
    await timed(sample[0])
    failures = 0
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(timed(vector)) for vector in sample]
    return _check_times(check, [task.result() for task in running], failed=failures)


def _check_times(check: Check, seconds: Sequence[float], *, failed: int) -> CheckTimes:
    return CheckTimes(
        check=check.id,
        fingerprint=check.fingerprint,
        inline=check.source is None,
        p50_seconds=percentile(seconds, 0.5),
        p95_seconds=percentile(seconds, P95),
        calls=len(seconds),
        failed=failed,
        budget_seconds=check.budget_seconds,
    )
