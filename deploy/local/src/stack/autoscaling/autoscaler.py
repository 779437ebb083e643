"""Watches the workers of the services that are scaled by themselves, and changes the plan."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import httpx

from stack import environment, plan, state
from stack.autoscaling.budget import connections_of, workers_allowed
from stack.autoscaling.measurements import Measurements
from stack.autoscaling.policy import Limits, wish
from stack.autoscaling.sampling import WorkerSample
from stack.autoscaling.steadiness import Decision, History, decide
from stack.home import Home
from stack.plan import Plan
from stack.services import Service
from stack.state import Scaling

PERIOD_SECONDS = 5.0

log = logging.getLogger(__name__)


@dataclass
class Watched:
    """What is remembered of one service as long as it is scaled by itself."""

    history: History
    measurements: Measurements = field(default_factory=Measurements)


class Autoscaler:
    """Knows what everybody knows, from the home's files, and changes what everybody may."""

    def __init__(self, home: Home, http: httpx.AsyncClient, changed: Callable[[], None]) -> None:
        self.decisions: dict[str, Scaling] = {}
        self._home = home
        self._http = http
        self._changed = changed
        self._watched: dict[str, Watched] = {}
        self._connections = 0

    async def run(self) -> None:
        """Look and decide until cancelled; what fails is tried again."""
        while True:
            try:
                await self._once(plan.read(self._home))
            except Exception:  # the edge: the supervision goes on without
                log.exception("scaling failed and is tried again")
            await asyncio.sleep(PERIOD_SECONDS)

    async def _once(self, current: Plan) -> None:
        automatic = [s for s in current.services if s.name in current.autoscaled]
        for name in self._watched.keys() - {service.name for service in automatic}:
            log.info("%s is scaled by hand from now on", name)
            del self._watched[name], self.decisions[name]
            self._changed()
        if automatic and not self._connections:
            url = environment.read_env(self._home).get("DATABASE_URL", current.database_url)
            self._connections = await connections_of(url)
        for service in automatic:
            await self._attend(current, service)

    async def _attend(self, current: Plan, service: Service) -> None:
        now, workers = time.monotonic(), current.workers_of(service)
        watched = self._watched.setdefault(
            service.name, Watched(history=History.beginning(now, workers))
        )
        watched.measurements.take(await self._samples(current, service), now)
        limits = Limits(connections_allow=workers_allowed(current, service, self._connections))
        reading = watched.measurements.reading(workers, now)
        decision = decide(wish(reading, limits), workers, watched.history, now)
        watched.history = decision.history
        self._publish(service, workers, decision)
        if decision.workers != workers:
            plan.amend(self._home, _resized(service, workers, decision.workers))

    async def _samples(self, current: Plan, service: Service) -> dict[str, WorkerSample]:
        """Ask every worker that runs; a process started anew counts from nothing."""
        known = state.read(self._home).processes
        names = [service.worker_name(n + 1) for n in range(current.workers_of(service))]
        ports = {f"{name} {known[name].pid}": known[name].port for name in names if name in known}
        texts = await asyncio.gather(*(self._metrics_at(port) for port in ports.values()))
        now = time.monotonic()
        answers = zip(ports, texts, strict=True)
        return {worker: WorkerSample.read(text, now) for worker, text in answers if text}

    async def _metrics_at(self, port: int | None) -> str:
        try:
            answer = await self._http.get(f"http://127.0.0.1:{port}/metrics")
        except httpx.HTTPError:
            return ""
        return answer.text if answer.is_success else ""

    def _publish(self, service: Service, workers: int, decision: Decision) -> None:
        """Tell in the state what was decided, and in the log what is new about it."""
        name, wished = service.name, decision.wish
        before = self.decisions.get(name)
        told = Scaling(
            workers=decision.workers,
            wish=wished.workers,
            cause=wished.cause,
            why=wished.why,
            at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        if decision.workers != workers:
            log.info("%s: %d → %d workers: %s", name, workers, decision.workers, wished.why)
        elif before is None or before.cause != told.cause:
            log.info("%s stays at %d: %s", name, workers, wished.why)
        self.decisions[name] = told
        self._changed()


def _resized(service: Service, seen: int, workers: int) -> Callable[[Plan], Plan]:
    """Return the change, which is none if a person has changed the number meanwhile."""

    def change(current: Plan) -> Plan:
        if service.name not in current.autoscaled or current.workers_of(service) != seen:
            return current
        return replace(current, workers={**current.workers, service.name: workers})

    return change
