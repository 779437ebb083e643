"""What risk shows of itself beside what every service shows."""

from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge

from common.clock import monotonic_seconds
from risk.domain.breaker import State
from risk.store.deferrals import Waiting
from risk.use_cases.active_rules import InForce
from risk.use_cases.panel import Desk

ID_SHOWN = 12
"""Characters of a rule set's id that a label shows."""

_LEVEL = {State.CLOSED: 0.0, State.HALF_OPEN: 0.5, State.OPEN: 1.0}


@dataclass
class Measures:
    registry: CollectorRegistry

    def __post_init__(self) -> None:
        self._breaker = self._gauge(
            "breaker_state", "Breaker of a check: 0 closed, 0.5 half-open, 1 open.", "check"
        )
        self._skipped = Counter(
            "sluice_checks_unanswered",
            "Checks that orders were decided without, by cause.",
            ["service", "check", "cause"],
            registry=self.registry,
        )
        self._ruleset = self._gauge(
            "ruleset_info", "1 for each rule set this worker decides by.", "ruleset", "arm"
        )
        self._percent = self._gauge("canary_percent", "Share of orders the candidate decides.")
        self._safeguards = self._gauge(
            "safeguards", "1; 0 where budgets, breakers and abort are switched off."
        )
        self._trouble = self._gauge(
            "ruleset_trouble", "1 while this worker cannot read what is in force."
        )
        self._deferred = self._gauge(
            "deferred_checks", "Checks waiting to be made up for, in the database.", "check"
        )
        self._nearest = self._gauge(
            "deferred_deadline_seconds",
            "Time to the nearest deadline of a deferred check.",
            "check",
        )

    def safeguards(self, *, on: bool) -> None:
        self._safeguards.labels("risk").set(int(on))

    def skipped(self, check: str, cause: str) -> None:
        # A cause may name a field: the label says only what kind it is.
        self._skipped.labels("risk", check, cause.split(":", 1)[0]).inc()

    def release(self, in_force: InForce) -> None:
        self._ruleset.clear()
        self._ruleset.labels("risk", in_force.stable.id[:ID_SHOWN], "stable").set(1)
        if in_force.candidate is not None and in_force.release.stage is not None:
            shown = in_force.candidate.id[:ID_SHOWN]
            self._ruleset.labels("risk", shown, in_force.release.stage).set(1)
        self._percent.labels("risk").set(in_force.release.percent)
        self._trouble.labels("risk").set(int(in_force.trouble is not None))

    def breakers(self, desks: Iterable[Desk]) -> None:
        self._breaker.clear()
        now = monotonic_seconds()
        levels: dict[str, float] = {}
        for desk in desks:
            # Two rule sets may write a check differently: the worse of both is shown.
            level = _LEVEL[desk.breaker.state(now)]
            levels[desk.check.id] = max(level, levels.get(desk.check.id, 0.0))
        for check, level in levels.items():
            self._breaker.labels("risk", check).set(level)

    def deferred(self, waiting: Iterable[Waiting]) -> None:
        self._deferred.clear()
        self._nearest.clear()
        for each in waiting:
            self._deferred.labels("risk", each.check).set(each.count)
            self._nearest.labels("risk", each.check).set(each.nearest_seconds)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"sluice_{name}", text, ["service", *labels], registry=self.registry)
