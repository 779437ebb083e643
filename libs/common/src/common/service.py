"""The life of any service: what it is made of, and how its two roles start, drain and stop.

Uvicorn turns SIGTERM into the end of the lifespan: there a worker finishes its batch, and closes.
"""

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp

from common.chores import keep_house, probe_database
from common.contracts.readers import publishers_for, readers_of
from common.database.engine import open_engine, trouble_of
from common.database.exporting import Kind
from common.database.schema import Carried
from common.database.work import WorkFactory
from common.http import description, problems
from common.http.admission import Admission
from common.http.auth import KeyFirst, KeyRing
from common.http.edge import Edge
from common.http.hot import HotRoute, HotRoutes
from common.http.operations import operations_page, operations_routes
from common.http.probes import probes
from common.http.recovery import recovery_routes
from common.messaging.batch import BatchHandler
from common.messaging.consumer import Consumer
from common.messaging.ledger.keeping import Ledger
from common.messaging.recovery.course import policy_of
from common.messaging.relay import Relay
from common.messaging.settling import BATCH_EVENTS_MAX
from common.messaging.subscription import Subscription
from common.messaging.topology import ServiceQueues
from common.settings import ServiceSettings
from common.telemetry.metrics import Metrics

DRAIN_SECONDS_MAX = 14  # the batch in hand and the acknowledgements
FLUSH_SECONDS_MAX = 4
API_CONNECTIONS_MAX = 20
WORKER_CONNECTIONS_MAX = 6

log = structlog.get_logger()


@dataclass(frozen=True)
class Runtime:
    """The concrete things a running process has, made once."""

    settings: ServiceSettings
    engine: AsyncEngine
    probe: AsyncEngine
    """One connection apart from the others: a busy process is not taken for a dead one."""
    works: WorkFactory
    metrics: Metrics
    relay: Relay
    background: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """What else an API process runs for its life; `mount` adds to it."""
    hot_routes: list[HotRoute] = field(default_factory=list)
    """Routes served without the framework, and while anything is; `mount` adds to it."""
    admission: Admission = field(default_factory=Admission)
    """Who an API process lets in; `mount` tells it where orders wait."""

    async def close(self) -> None:
        await self.engine.dispose()
        await self.probe.dispose()


Chore = Callable[[Runtime], Awaitable[None]]


@dataclass(frozen=True)
class CommandWithOptions:
    """A command that must be told how; its help is the first line of `run`'s docstring."""

    declare: Callable[[ArgumentParser], None]
    """Adds the options to the command's own parser."""
    run: Callable[[Runtime, Namespace], Awaitable[None]]
    """Does it, once; the options are in the namespace. A Problem it raises ends it with status 1
    and its text, without a traceback."""


Command = Chore | CommandWithOptions
"""What needs no telling stays a plain function, and alone can be named in `prepare --also`."""


@dataclass(frozen=True)
class Service:
    """What makes one service different from another."""

    name: str
    about: str
    settings: ServiceSettings
    tables: Carried
    mount: Callable[[FastAPI, Runtime], None]
    """Adds the service's routes and state to its API."""
    subscriptions: Sequence[Subscription] = ()
    larger_bodies: Mapping[str, int] = field(default_factory=dict)
    streamed_bodies: Mapping[str, int] = field(default_factory=dict)
    """Paths of uploads that no memory holds, and how many bytes each may have."""
    worker_chores: Sequence[Chore] = ()
    """Run for the life of a worker process, until cancelled."""
    batch_events_max: int = BATCH_EVENTS_MAX
    """How many events a worker handles in one transaction."""
    commands: Mapping[str, Command] = field(default_factory=dict)
    """More things `python -m <service> <command>` does, once."""
    kinds: Sequence[Kind] = ()
    """What it keeps beside events and operations that can be exported and restored."""

    def queues(self) -> ServiceQueues:
        keys = tuple(s.event.routing_key() for s in self.subscriptions)
        return ServiceQueues(self.name, keys)

    def runtime(self, *, connections_max: int, sweeps: bool) -> Runtime:
        url, instance = self.settings.database_url, self.settings.instance
        engine = open_engine(url, application=instance, connections_max=connections_max)
        metrics = Metrics(self.name)
        relay = Relay(engine, self.tables, self.settings.amqp_url, metrics, sweeps)
        probe = open_engine(url, application=f"{instance}-probe", connections_max=1)
        works = WorkFactory(engine, self.tables)
        return Runtime(self.settings, engine, probe, works, metrics, relay)


def api_app(service: Service) -> ASGIApp:
    """Build the API: it needs the database, and works without the broker."""
    runtime = service.runtime(connections_max=API_CONNECTIONS_MAX, sweeps=False)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with asyncio.TaskGroup() as tasks:
            watching = runtime.admission.run(runtime.metrics)
            jobs = [runtime.relay.run(), watching, *(job() for job in runtime.background)]
            running = [tasks.create_task(_as_coroutine(job)) for job in jobs]
            yield
            await _flush(runtime)
            for task in running:
                task.cancel()
        await runtime.close()

    async def ready() -> str | None:
        return await trouble_of(runtime.probe)

    app = description.DescribedApp(
        title=f"Sluice {service.name}", description=service.about, version="1", lifespan=lifespan
    )
    app.state.works = runtime.works
    app.state.relay = runtime.relay
    app.state.metrics = runtime.metrics
    app.state.keys = KeyRing(runtime.engine, service.tables)
    app.add_middleware(KeyFirst, keys=app.state.keys)
    app.include_router(probes(runtime.metrics, ready))
    _include_common(app, service)
    service.mount(app, runtime)
    problems.install(app)
    inner = HotRoutes(app, runtime.hot_routes)
    runtime.admission.serve_first(runtime.hot_routes)
    metrics, admission = runtime.metrics, runtime.admission
    larger, streamed = service.larger_bodies, service.streamed_bodies
    return Edge(inner, metrics=metrics, admission=admission, larger=larger, streamed=streamed)


def _include_common(app: FastAPI, service: Service) -> None:
    app.include_router(operations_routes(service.name))
    app.include_router(operations_page())
    if service.subscriptions:
        app.include_router(recovery_routes(service.name))


def worker_app(service: Service) -> FastAPI:
    """Build the worker: consumer, relay with sweep, and chores; its HTTP side is probes only."""
    runtime = service.runtime(connections_max=WORKER_CONNECTIONS_MAX, sweeps=True)
    consumer = _consumer(service, runtime)
    ledger = _ledger(service.name, runtime)
    runtime.metrics.baseline(runtime.settings.baseline_event_seconds)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with asyncio.TaskGroup() as tasks:
            chores = [
                keep_house(runtime.engine, service.tables, runtime.settings.operations_days),
                probe_database(runtime.probe, runtime.metrics),
            ]
            chores += [_as_coroutine(chore(runtime)) for chore in service.worker_chores]
            jobs = (runtime.relay.run(), ledger.run(), *chores)
            running = [tasks.create_task(job) for job in jobs]
            consuming = tasks.create_task(consumer.run()) if service.subscriptions else None
            yield
            await _drain(consumer, consuming)
            await _flush(runtime)
            for task in running:
                task.cancel()
        await runtime.close()

    async def ready() -> str | None:
        if service.subscriptions and not consumer.alive:
            return "the consumer is not connected"
        return await trouble_of(runtime.probe)

    app = FastAPI(title=f"Sluice {service.name} worker", lifespan=lifespan)
    app.include_router(probes(runtime.metrics, ready))
    return app


def _consumer(service: Service, runtime: Runtime) -> Consumer:
    handler = BatchHandler({s.event.routing_key(): s for s in service.subscriptions}, runtime.works)
    return Consumer(
        service.queues(),
        handler,
        runtime.relay,
        runtime.settings.amqp_url,
        runtime.metrics,
        policy_of(runtime.settings),
        service.batch_events_max,
        publishers_for(service.name),
    )


def _ledger(name: str, runtime: Runtime) -> Ledger:
    return Ledger(
        name,
        runtime.settings.instance,
        runtime.engine,
        runtime.works.tables,
        runtime.settings.amqp_url,
        readers_of(name),
        runtime.metrics.registry,
    )


async def _drain(consumer: Consumer, consuming: "asyncio.Task[None] | None") -> None:
    if consuming is None:
        return
    consumer.stop()
    await asyncio.wait([consuming], timeout=DRAIN_SECONDS_MAX)
    consuming.cancel()
    log.info("worker.drained")


async def _flush(runtime: Runtime) -> None:
    with suppress(TimeoutError):  # what is left is in the outbox, and swept
        async with asyncio.timeout(FLUSH_SECONDS_MAX):
            await runtime.relay.flush()


async def _as_coroutine(job: Awaitable[None]) -> None:
    await job
