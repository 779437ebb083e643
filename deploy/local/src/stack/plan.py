"""What shall run: written by the person's commands, carried out by the supervisor."""

import json
import os
from collections.abc import Mapping
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
        return [*database, *broker, *self.service_processes()]

    def with_workers(self, workers: Mapping[str, int]) -> Self:
        known = {service.name for service in self.services}
        if unknown := sorted(workers.keys() - known):
            raise StackError(f"No such service is running: {', '.join(unknown)}.")
        if any(count < 0 for count in workers.values()):
            raise StackError("The number of workers cannot be negative.")
        return replace(self, workers={**self.workers, **workers})


def read(home: Home) -> Plan:
    if not home.plan.exists():
        return Plan()
    fields = json.loads(home.plan.read_text())
    services = tuple(Service.read(service) for service in fields.pop("services"))
    return Plan(services=services, **fields)


def submit(home: Home, plan: Plan) -> int:
    """Make this the plan; returns its generation, which the state will name once it is met."""
    with locked(home.plan_lock):
        generation = read(home).generation + 1
        text = json.dumps(asdict(replace(plan, generation=generation)), indent=1)
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
