"""What shall run: written by the person's commands, carried out by the supervisor."""

import json
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Self
from urllib.parse import urlsplit

from stack.failure import StackError
from stack.files import locked, write_atomically
from stack.home import Home
from stack.services import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    generation: int = 0
    services: tuple[Service, ...] = ()
    workers: dict[str, int] = field(default_factory=dict)
    api_ports: dict[str, int] = field(default_factory=dict)
    # Servers that the caller brought; empty means that the stack runs its own.
    database_url: str = ""
    amqp_url: str = ""
    # What watches the stack, by name, and what the caller has set for it.
    extras: tuple[str, ...] = ()
    extra_settings: dict[str, str] = field(default_factory=dict)
    # Services whose workers are added and taken away by need; the others are scaled by hand.
    autoscaled: tuple[str, ...] = ()

    def workers_of(self, service: Service) -> int:
        return self.workers.get(service.name, 1)

    def service_processes(self) -> list[str]:
        names = []
        for service in self.services:
            names.append(service.api_name)
            names.extend(service.worker_name(n + 1) for n in range(self.workers_of(service)))
        return names

    def processes(self) -> list[str]:
        database = [] if self.database_url else ["postgres"]
        broker = [] if self.amqp_url else ["epmd", "rabbitmq"]
        return [*database, *broker, *self.extras, *self.service_processes()]

    def with_workers(self, workers: Mapping[str, int]) -> Self:
        """With these numbers, given by hand: nobody else changes them from then on."""
        self._require(workers)
        if any(count < 0 for count in workers.values()):
            raise StackError("The number of workers cannot be negative.")
        automatic = tuple(name for name in self.autoscaled if name not in workers)
        return replace(self, workers={**self.workers, **workers}, autoscaled=automatic)

    def with_autoscaling(self, names: Collection[str]) -> Self:
        """With these scaled by themselves as well."""
        self._require(names)
        added = tuple(name for name in names if name not in self.autoscaled)
        return replace(self, autoscaled=(*self.autoscaled, *added))

    def with_extras(self, extras: Collection[str], settings: Mapping[str, str]) -> Self:
        """With these as well; what was set for one that runs counts when it starts again."""
        added = tuple(name for name in extras if name not in self.extras)
        known = {**self.extra_settings, **settings}
        return replace(self, extras=(*self.extras, *added), extra_settings=known)

    def _require(self, names: Collection[str]) -> None:
        known = {service.name for service in self.services}
        if unknown := sorted(set(names) - known):
            raise StackError(f"No such service is running: {', '.join(unknown)}.")


def read(home: Home) -> Plan:
    if not home.plan.exists():
        return Plan()
    fields = json.loads(home.plan.read_text())
    services = tuple(Service.read(service) for service in fields.pop("services"))
    extras = tuple(fields.pop("extras", ()))
    autoscaled = tuple(fields.pop("autoscaled", ()))
    return Plan(services=services, extras=extras, autoscaled=autoscaled, **fields)


def submit(home: Home, plan: Plan) -> int:
    """Make this the plan; returns its generation, which the state will name once it is met."""
    return amend(home, lambda _: plan)


def amend(home: Home, change: Callable[[Plan], Plan]) -> int:
    """Change the plan as it is now, which may be another than was read before."""
    with locked(home.plan_lock):
        current = read(home)
        generation = current.generation + 1
        text = json.dumps(asdict(replace(change(current), generation=generation)), indent=1)
        # The caller's database URL may hold a password.
        write_atomically(home.plan, text, mode=0o600)
    return generation


def fresh(home: Home, services: tuple[Service, ...]) -> Plan:
    """The plan for a stack that is not running; the caller's environment has a say."""
    ports = {service.name: f"{service.name.upper()}_PORT" for service in services}
    return Plan(
        generation=read(home).generation,
        services=services,
        api_ports={n: int(os.environ[name]) for n, name in ports.items() if name in os.environ},
        database_url=_brought(home, "DATABASE_URL"),
        amqp_url=_brought(home, "AMQP_URL"),
    )


def extend(current: Plan, services: tuple[Service, ...]) -> Plan:
    """The plan for a running stack: nothing is taken away, servers are not exchanged."""
    running = {service.name for service in current.services}
    added = tuple(service for service in services if service.name not in running)
    return replace(current, services=(*current.services, *added))


def _brought(home: Home, name: str) -> str:
    """The address of a server that the caller brought; our own env file may be in his shell."""
    url = os.environ.get(name, "")
    password = urlsplit(url).password
    own = password and home.secrets.exists() and password in home.secrets.read_text()
    return "" if own else url
