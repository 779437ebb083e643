"""Commands to a stack, for programs: bring it up, look at it, hurt it, take it down."""

import os
import signal
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psutil

from stack import environment, extras, identity, leftovers, packages, plan, state, supervision
from stack.failure import StackError
from stack.files import try_lock
from stack.home import Home, default_home
from stack.plan import Plan
from stack.services import SERVICES, Service
from stack.state import Condition, Process, Scaling, State

POLL_SECONDS = 0.05
UP_SECONDS_MAX = 300.0
# At a first start, who has died so often will not get better by itself.
FIRST_RESTARTS_MAX = 5


def _ignore(_: object) -> None:
    pass


class Stack:
    """One stack; `services` are those that `up` starts.

    `environment` is told to every service, beside what this process inherited; a stack that is
    running already keeps what it was started with. `say` is given sentences for a person, `watch`
    the state while something is awaited.
    """

    def __init__(
        self,
        home: Path | None = None,
        services: tuple[Service, ...] = SERVICES,
        *,
        environment: Mapping[str, str] | None = None,
        say: Callable[[str], None] = _ignore,
        watch: Callable[[State], None] = _ignore,
    ) -> None:
        self.home = Home.at(home or default_home())
        self._services = services
        self._environment = environment or {}
        self._say = say
        self._watch = watch

    def up(
        self,
        *,
        only_infrastructure: bool = False,
        workers: Mapping[str, int] | None = None,
        install: bool = True,
        extras: Collection[str] = (),
        autoscale: bool = False,
    ) -> bool:
        """Start what is missing and wait until all is ready; False if nothing was missing.

        `extras` are programs that watch the stack, such as "prometheus". `autoscale` hands all
        services over to the autoscaler, which begins with the given numbers of workers.
        """
        self.home.create()
        running = self.is_running()
        current = plan.read(self.home)
        services = () if only_infrastructure else self._services
        wanted = plan.extend(current, services) if running else plan.fresh(self.home, services)
        wanted = wanted.with_workers(workers or {}).with_extras(extras, self._settings(extras))
        if autoscale:
            wanted = wanted.with_autoscaling([service.name for service in wanted.services])
        if running and wanted == current and not state.read(self.home).problem:
            complete = self._is_ready(wanted.processes())
            self.wait_ready(UP_SECONDS_MAX)
            return not complete
        self._require_packages(wanted, install=install)
        generation = plan.submit(self.home, wanted)
        if not running:
            supervision.start(self.home, self._environment)
        self._await_generation(generation)
        restarts_max = None if running else FIRST_RESTARTS_MAX
        self._await_ready(wanted.processes(), UP_SECONDS_MAX, restarts_max)
        return True

    def down(self, *, wipe: bool = False) -> bool:
        """End everything this stack started; False if nothing was running."""
        if not self.home.path.exists():
            return False
        was_running = self.is_running()
        if was_running:
            supervision.stop(self.home)
        lock = try_lock(self.home.supervisor)
        if lock is None:
            raise StackError("Somebody else is starting the stack at this moment.")
        with closing(lock):
            was_running = leftovers.end_all(self.home) or was_running
            state.write(self.home, state.all_stopped(state.read(self.home)))
            if wipe:
                supervision.wipe(self.home)
        return was_running

    def env(self) -> dict[str, str]:
        """Addresses and keys, as in the env file."""
        return environment.read_env(self.home)

    def is_running(self) -> bool:
        return supervision.is_running(self.home)

    def processes(self) -> dict[str, Process]:
        """What is recorded, except that what does not live is never called alive."""
        absent = Condition.RESTARTING if self.is_running() else Condition.STOPPED
        found = {}
        for name, entry in state.read(self.home).processes.items():
            dead = entry.pid is not None and not identity.find(entry.pid, entry.create_time)
            found[name] = replace(entry, state=absent) if dead else entry
        return found

    def scale(self, service: str, count: int) -> None:
        self.scale_all({service: count})

    def scale_all(self, workers: Mapping[str, int]) -> None:
        """Change the numbers of workers and wait until it is so."""
        self._amend(lambda current: current.with_workers(workers))
        self.wait_ready(UP_SECONDS_MAX)

    def autoscale(self, *services: str) -> None:
        """Let the workers of these services, or of all, come and go by need."""

        def hand_over(current: Plan) -> Plan:
            return current.with_autoscaling(services or [s.name for s in current.services])

        self._amend(hand_over)

    def autoscaled(self) -> tuple[str, ...]:
        """Return the services that are scaled by themselves."""
        return plan.read(self.home).autoscaled

    def scaling(self) -> dict[str, Scaling]:
        """Return what was last decided about each of them."""
        return state.read(self.home).scaling if self.is_running() else {}

    def kill(self, name: str) -> None:
        """End it as a power cut would, and wait until it is dead."""
        identity.await_end([self.signal(name, signal.SIGKILL)], 10)

    def signal(self, name: str, number: signal.Signals) -> psutil.Process:
        """Signal a process by its recorded pid, if it is still the one recorded."""
        recorded = state.read(self.home)
        pid, created = recorded.supervisor_pid, recorded.supervisor_create_time
        if name != "supervisor":
            entry = recorded.processes.get(name)
            pid, created = (entry.pid, entry.create_time) if entry else (None, None)
        process = identity.find(pid, created)
        if process is None:
            raise StackError(f"{name} is not running.")
        identity.send(process, number)
        return process

    def wait_ready(self, timeout_seconds: float, names: Collection[str] | None = None) -> None:
        """Wait until these processes, or all that are planned, are ready."""
        wanted = plan.read(self.home).processes() if names is None else names
        self._await_ready(wanted, timeout_seconds, None)

    def is_ready(self) -> bool:
        return self.is_running() and self._is_ready(plan.read(self.home).processes())

    def _is_ready(self, names: Collection[str]) -> bool:
        found = self.processes()
        return all(name in found and found[name].state is Condition.READY for name in names)

    def _amend(self, change: Callable[[Plan], Plan]) -> None:
        if not self.is_running():
            raise StackError("The stack is not running. Start it with: python -m stack up")
        self._await_generation(plan.amend(self.home, change))

    def _await_ready(
        self, names: Collection[str], timeout_seconds: float, restarts_max: int | None
    ) -> None:
        deadline = time.monotonic() + timeout_seconds
        while not self._is_ready(names):
            self._pass_time()
            found = self.processes()
            late = [name for name in names if name not in found or not found[name].is_ready]
            hopeless = restarts_max is not None and any(
                name in found and found[name].restarts >= restarts_max for name in late
            )
            if late and (hopeless or time.monotonic() > deadline):
                raise StackError(supervision.explain(self.home, late, found))
        self._report()

    def _await_generation(self, generation: int) -> None:
        deadline = time.monotonic() + UP_SECONDS_MAX
        while (now := state.read(self.home)).generation < generation:
            self._pass_time()
            if time.monotonic() > deadline:
                late = [p.name for p in now.processes.values() if not p.is_ready]
                raise StackError(supervision.explain(self.home, late, now.processes))
        self._report()
        if now.problem:
            raise StackError(now.problem)

    def _pass_time(self) -> None:
        self._report()
        if not self.is_running():
            raise StackError(f"The supervisor is not running; log: {self.home.log('supervisor')}")
        time.sleep(POLL_SECONDS)

    def _report(self) -> None:
        now = state.read(self.home)
        # What a supervisor of the past has left is no news.
        if identity.find(now.supervisor_pid, now.supervisor_create_time):
            self._watch(now)

    def _settings(self, chosen: Collection[str]) -> dict[str, str]:
        """What the caller has set for the extras he asks for."""
        if unknown := sorted(set(chosen) - extras.KINDS.keys()):
            raise StackError(f"There is no {', '.join(unknown)}; only {', '.join(extras.KINDS)}.")
        told = {**os.environ, **self._environment}
        names = [name for kind in chosen for name in extras.SETTINGS.get(kind, ())]
        return {name: told[name] for name in names if name in told}

    def _require_packages(self, wanted: Plan, *, install: bool) -> None:
        missing = packages.missing(
            database=not wanted.database_url, broker=not wanted.amqp_url, extras=wanted.extras
        )
        if missing and not install:
            raise StackError(packages.how_to_install(missing))
        if missing:
            packages.install(missing, self.home.log("packages"), self._say)
