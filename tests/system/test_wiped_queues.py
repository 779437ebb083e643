"""Every queue is wiped while orders flow: what was in them is found missing and emitted again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

import asyncpg
import httpx
from aiormq.exceptions import ChannelNotFoundEntity
from prometheus_client.parser import text_string_to_metric_families

from common.ids import new_id
from common.messaging.topology import UNROUTED, ServiceQueues, control_queue
from stack import Stack
from support.accounts import findings
from support.broker import Broker, open_broker
from support.load import Journal, send_orders
from support.waiting import until

SERVICES = ("ingest", "risk", "fulfillment", "reconciliation")
ENDED_SECONDS_MAX = 240  # how long to wait at most; nothing is said about how long it takes
Wipe = Callable[[Broker, str], Awaitable[None]]


def all_queues() -> Iterable[str]:
    for service in SERVICES:
        yield from (queue.name for queue in ServiceQueues(service).all())
        yield control_queue(service).name
    yield UNROUTED


async def delete(broker: Broker, queue: str) -> None:
    async with broker.channel() as channel:
        await channel.queue_delete(queue)


async def purge(broker: Broker, queue: str) -> None:
    """Empty it; a queue that is not there is empty."""
    channel = await broker.connection.channel()
    with suppress(ChannelNotFoundEntity):
        await channel.queue_purge(queue)
        await channel.close()


async def wipe(system: Stack, how: Wipe) -> None:
    async with open_broker(system.env()["AMQP_URL"]) as broker:
        for queue in all_queues():
            await how(broker, queue)


async def emitted_again(system: Stack) -> float:
    """Count over all workers that run; a worker that ends takes its count with it."""
    total = 0.0
    async with httpx.AsyncClient(timeout=10) as client:
        for process in system.processes().values():
            if "-worker-" in process.name and process.is_ready:
                url = f"http://127.0.0.1:{process.port}/metrics"
                text = (await client.get(url)).text
                for family in text_string_to_metric_families(text):
                    if family.name == "sluice_ledger_reemitted":
                        total += sum(s.value for s in family.samples if s.name.endswith("_total"))
    return total


async def orders(system: Stack) -> Journal:
    """Send orders for some seconds."""
    env = system.env()
    secret, run = env["WEBHOOK_SECRET_SHOPIFY"], new_id().hex[-10:]
    return await send_orders(env["INGEST_URL"], secret, run=run, seconds=6, per_second=60)


async def until_all_ended(system: Stack, journal: Journal) -> None:
    database_url = system.env()["DATABASE_URL"]

    async def all_is_well() -> bool:
        return not await findings(database_url, journal)

    assert len(journal.accepted) == 360
    try:
        await until(all_is_well, seconds=ENDED_SECONDS_MAX)
    except TimeoutError:
        assert await findings(database_url, journal) == []


async def test_orders_end_though_all_queues_are_deleted_again_and_again(system: Stack) -> None:
    async with asyncio.TaskGroup() as tasks:
        load = tasks.create_task(orders(system))
        while not load.done():
            await wipe(system, delete)
            await asyncio.to_thread(system.wait_ready, 60)
    waiting = await orders_that_wait(system)  # the last deletion shall hit events, not by chance
    await wipe(system, delete)
    before = await emitted_again(system)
    await asyncio.to_thread(system.scale, "risk", 2)
    await until_all_ended(system, load.result())
    await until_all_ended(system, waiting)
    assert await emitted_again(system) > before


async def test_orders_end_though_what_waited_was_purged(system: Stack) -> None:
    """Nobody notices a purge: nothing is closed, and the queue is as short as after good work."""
    journal = await orders_that_wait(system)
    await wipe(system, purge)
    before = await emitted_again(system)
    await asyncio.to_thread(system.scale, "risk", 2)
    await until_all_ended(system, journal)
    assert await emitted_again(system) >= before + 360


async def orders_that_wait(system: Stack) -> Journal:
    """Send orders that risk does not take; all of them wait in its queue then."""
    main = ServiceQueues("risk").main
    await asyncio.to_thread(system.scale, "risk", 0)
    journal = await orders(system)
    async with open_broker(system.env()["AMQP_URL"]) as broker:

        async def all_wait() -> bool:
            return await broker.count(main) > 0 and not await unpublished(system)

        await until(all_wait)
    return journal


async def unpublished(system: Stack) -> bool:
    connection = await asyncpg.connect(system.env()["DATABASE_URL"])
    try:
        return bool(await connection.fetchval("select exists (select from ingest.outbox)"))
    finally:
        await connection.close()
