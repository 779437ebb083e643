"""Load, a fault in the middle of it, and the wait until all is quiet again."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from common.clock import monotonic_seconds
from common.database.work import Announced
from common.ids import new_id
from common.messaging.connection import connected, publish
from common.messaging.pack import pack
from common.messaging.topology import EXCHANGE
from stack import Stack
from support.accounts import findings
from support.load import Journal, send_orders
from support.waiting import until

Fault = Callable[[Stack], Awaitable[None]]

QUIET_SECONDS_MAX = 300.0


async def kill(stack: Stack, *names: str) -> None:
    """End these processes as a power cut would; they are started again by their supervisor."""
    for name in names:
        await asyncio.to_thread(stack.kill, name)


async def freeze_and_kill_the_broker(stack: Stack, *, orders: int = 30) -> None:
    """Freeze the broker, let orders come in, and kill it: what it has not confirmed is gone."""
    connection: Any = await asyncpg.connect(stack.env()["DATABASE_URL"])
    count = "select count(*) from ingest.sales_order"
    await asyncio.to_thread(stack.signal, "rabbitmq", signal.SIGSTOP)
    before = await connection.fetchval(count)

    async def taken_in() -> bool:
        return bool(await connection.fetchval(count) >= before + orders)

    await until(taken_in, seconds=30)
    await connection.close()
    await kill(stack, "rabbitmq")


async def deliver_again(stack: Stack, *, events_max: int = 500) -> None:
    """Publish the latest events once more, as a broker does that lost an acknowledgement."""
    env = stack.env()
    connection: Any = await asyncpg.connect(env["DATABASE_URL"])
    announced = [
        Announced(row["event_id"], row["type"], row["order_id"], row["body"])
        for service in ("ingest", "risk", "fulfillment")
        for row in await connection.fetch(
            "select event_id, type, order_id, body::text as body"
            f" from {service}.event_log order by event_id desc limit $1",
            events_max,
        )
    ]
    await connection.close()
    async with connected(env["AMQP_URL"]) as broker:
        channel = await broker.channel(publisher_confirms=True)
        messages = [message for message, _ in pack(announced)]
        assert all(await publish(channel, messages, exchange=EXCHANGE, routing_key=None))


async def ordeal(
    stack: Stack, fault: Fault, *, seconds: float = 6.0, per_second: float = 60.0
) -> tuple[Journal, list[str]]:
    """Send orders, let the fault happen, wait until nothing changes, and return what is wrong."""
    env = stack.env()
    run = new_id().hex[-10:]
    sending = send_orders(
        env["INGEST_URL"],
        env["WEBHOOK_SECRET_SHOPIFY"],
        run=run,
        seconds=seconds,
        per_second=per_second,
    )
    async with asyncio.TaskGroup() as tasks:
        load = tasks.create_task(sending)
        await _until_half_sent(env["DATABASE_URL"], run, int(seconds * per_second / 3))
        await fault(stack)
    await asyncio.to_thread(stack.wait_ready, QUIET_SECONDS_MAX)
    journal = load.result()
    await until_quiet(env["DATABASE_URL"], journal)
    return journal, await findings(env["DATABASE_URL"], journal)


async def _until_half_sent(database_url: str, run: str, orders: int) -> None:
    """Wait until the load is under way, so that the fault meets work in every service."""
    connection: Any = await asyncpg.connect(database_url)
    query = "select count(*) from ingest.sales_order where channel_order_no like $1 || '%'"

    async def under_way() -> bool:
        return bool(await connection.fetchval(query, run) >= orders)

    await until(under_way, seconds=240)
    await connection.close()


async def until_quiet(database_url: str, journal: Journal) -> None:
    """Wait until nothing is wrong, or until nothing has changed for long enough to say it stays so.

    The longest rung of the ladder that a fault of seconds leads to is 30 s away.
    """
    last: list[str] = []
    changed = began = monotonic_seconds()
    while monotonic_seconds() - began < QUIET_SECONDS_MAX:
        now = await findings(database_url, journal)
        if not now:
            return
        if now != last:
            last, changed = now, monotonic_seconds()
        if monotonic_seconds() - changed > QUIET_SECONDS_MAX / 3:
            return
        await asyncio.sleep(0.5)
