"""The detached process that carries out the plan: starts, watches, restarts and stops."""

import asyncio
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

import httpx

from stack import credentials, environment, identity, leftovers, plan, state
from stack.autoscaling.autoscaler import Autoscaler
from stack.child import Child
from stack.extras import Extras
from stack.failure import StackError
from stack.files import try_lock
from stack.home import Home
from stack.infrastructure import Infrastructure
from stack.plan import Plan
from stack.ports import Ports
from stack.preparation import Preparation
from stack.program import Program
from stack.service_process import ServiceProcess
from stack.services import Command, Service
from stack.simulator import channel_apis
from stack.state import State
from stack.turns import Turns

log = logging.getLogger(__name__)

POLL_SECONDS = 0.1
OPEN_FILES = 65_536
ALREADY_RUNNING = 3


class Supervisor:
    def __init__(self, home: Home, http: httpx.AsyncClient, tasks: asyncio.TaskGroup) -> None:
        self._home = home
        self._tasks = tasks
        self._credentials = credentials.obtain(home)
        self._ports = Ports(home)
        self._plan = Plan()
        self._met = 0
        self._problem = ""
        self._infrastructure = Infrastructure(home, self._ports, self._credentials, self._keep)
        self._extras = Extras(home, self._ports, http, self._keep)
        self._autoscaler = Autoscaler(home, http, self._changed)
        self._services: dict[str, Child] = {}
        self._turns = Turns()
        self._preparation = Preparation(
            home,
            lambda name: self._environment(name, None),
            self._credentials.api_key,
            self._changed,
        )
        self._prepared: set[str] = set()
        self._create_time = identity.create_time(os.getpid())

    async def run(self, stopping: asyncio.Event) -> None:
        scaling = self._tasks.create_task(self._autoscaler.run())
        while not stopping.is_set():
            wanted = plan.read(self._home)
            if wanted.generation > self._met:
                meeting = self._tasks.create_task(self._meet(wanted))
                stop = self._tasks.create_task(stopping.wait())
                await asyncio.wait((meeting, stop), return_when=asyncio.FIRST_COMPLETED)
                meeting.cancel()
                stop.cancel()
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), POLL_SECONDS)
        scaling.cancel()
        await self._stop_services(list(self._services))
        await self._extras.stop()
        await self._infrastructure.stop()
        self._changed()

    async def _meet(self, wanted: Plan) -> None:
        """Carry out the plan; a failure is reported and leaves what is running alone."""
        self._plan = wanted
        self._problem = ""
        try:
            self._infrastructure.start(wanted)
            self._extras.start(wanted)
            await self._infrastructure.database_ready()
            fresh = [s for s in wanted.services if s.name not in self._prepared]
            await self._preparation.run(fresh)
            self._prepared.update(service.name for service in fresh)
            await self._infrastructure.broker_ready()
            await self._arrange_services(wanted)
        except StackError as error:
            self._problem = str(error)
        except Exception as error:  # the edge: the person is told, the supervision goes on
            log.exception("The plan could not be carried out")
            self._problem = f"The supervisor failed: {error!r}; log: {self._home.log('supervisor')}"
        self._met = wanted.generation
        self._changed()

    async def _arrange_services(self, wanted: Plan) -> None:
        for service in wanted.services:
            self._run(service.api_name, service.api, partial(self._api_port, service))
            for number in range(wanted.workers_of(service)):
                name = service.worker_name(number + 1)
                self._run(name, service.worker, partial(self._ports.claim, name))
        surplus = self._services.keys() - set(wanted.service_processes())
        await self._stop_services(surplus)
        for name in surplus:
            del self._services[name]

    def _run(self, name: str, command: Command, claim_port: Callable[[], int]) -> None:
        if name not in self._services:
            program = ServiceProcess(
                name=name,
                command=command,
                directory=self._home.path,
                claim_port=claim_port,
                environment=lambda port: self._environment(name, port),
                turns=self._turns,
            )
            self._services[name] = self._keep(program)

    def _api_port(self, service: Service) -> int:
        demanded = self._plan.api_ports.get(service.name, 0)
        return self._ports.claim(service.api_name, demanded=demanded, default=service.api_port)

    async def _stop_services(self, names: Iterable[str]) -> None:
        await asyncio.gather(*(self._services[name].stop() for name in names))

    def _keep(self, program: Program) -> Child:
        child = Child(program, self._home, self._changed)
        self._tasks.create_task(child.run())
        return child

    def _environment(self, instance: str, port: int | None) -> dict[str, str]:
        connections = self._infrastructure.connections(self._plan)
        own = environment.of_service(
            self._home, connections, self._credentials, instance=instance, port=port
        )
        return own | self._told_of_channels() if instance.startswith("ingest") else own

    def _told_of_channels(self) -> dict[str, str]:
        """What intake is to know of simulated channels; a caller's own APIs go before."""
        if "simulator" not in self._plan.extras or "CHANNEL_APIS" in os.environ:
            return {}
        return {"CHANNEL_APIS": channel_apis(self._ports["simulator"], self._credentials)}

    def _changed(self) -> None:
        """Tell everybody else what is now so."""
        processes = {
            child.program.name: child.record
            for child in (
                *self._infrastructure.children,
                *self._extras.children,
                *self._services.values(),
            )
        }
        state.write(
            self._home,
            State(
                supervisor_pid=os.getpid(),
                supervisor_create_time=self._create_time,
                generation=self._met,
                problem=self._problem,
                postgres_directory=self._infrastructure.postgres_directory,
                steps=tuple(self._preparation.steps.values()),
                processes=processes,
                scaling=self._autoscaler.decisions,
            ),
        )
        connections = self._infrastructure.connections(self._plan)
        self._extras.tell(processes.values(), connections.metrics_url)
        doors = {service.name: service.api_name for service in self._plan.services}
        doors |= {name: name for name in self._plan.extras}
        ports = {name: processes[door].port for name, door in doors.items() if door in processes}
        known = {name: port for name, port in ports.items() if port is not None}
        environment.write_env(self._home, connections, self._credentials, known)


async def supervise(home: Home) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await asyncio.to_thread(leftovers.end_all, home)
    # The services are on this machine: no proxy, no encryption.
    http = httpx.AsyncClient(trust_env=False, verify=False, timeout=2)  # noqa: S501
    async with http, asyncio.TaskGroup() as tasks:
        await Supervisor(home, http, tasks).run(stopping)


def main() -> int:
    """Become the supervisor of the home, detached from whoever started it."""
    home = Home(Path(sys.argv[1]))
    lock = try_lock(home.supervisor)
    if lock is None:
        return ALREADY_RUNNING
    # The lock goes over to the child: once the starter's wait is over, the supervisor exists.
    if os.fork():
        os._exit(0)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    _allow_open_files()
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel("WARNING")
    asyncio.run(supervise(home))
    return 0


def _allow_open_files() -> None:
    """Servers hold many connections; they inherit this limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = OPEN_FILES if most == resource.RLIM_INFINITY else min(most, OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))


if __name__ == "__main__":
    sys.exit(main())
