"""The product under load: signed webhooks in, rows in the last service out."""

import asyncio
import statistics
import time
from collections.abc import Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from common.ids import new_id
from loadtest.orders import webhook
from loadtest.sender import Sent, order_id, send

POLL_SECONDS = 0.1
WAIT_SECONDS_MAX = 300.0

# An order is through when the last service has both ends of it: what was ordered, from ingest, and
# that a warehouse has a task for it, which went through risk and fulfillment.
_INCOMPLETE = """
    select count(*) from ingest.sales_order o
    left join reconciliation.order_account a using (order_id)
    left join reconciliation.fulfilment f using (order_id)
    where o.channel_order_no like $1 || '%' and (a.order_id is null or f.order_id is null)"""
# Cheap enough to ask often while the system is being measured; the exact question comes last.
_HEARD_OF = "select count(*) from reconciliation.fulfilment"
# When each task became visible to others; the row is not changed before it is scanned.
_TASKS = """
    select t.order_id::text, extract(epoch from pg_xact_commit_timestamp(t.xmin))::float8
    from fulfillment.task t where t.order_id = any($1::uuid[])"""


@dataclass(frozen=True, slots=True)
class Flow:
    orders: int
    orders_per_second: float
    """From the first request to the last order through all four services."""
    http_orders_per_second: float


def throughput(env: Mapping[str, str], *, orders: int) -> Flow:
    """Send orders as fast as they are accepted and wait until the last is through."""
    run, requests = _requests(env, orders)
    with ProcessPoolExecutor(1) as pool:
        pool.submit(_port, env["INGEST_URL"]).result()
        before = asyncio.run(heard_of(env["DATABASE_URL"]))
        started = time.monotonic()
        sending: Future[Sent] = pool.submit(send, _port(env["INGEST_URL"]), requests)
        asyncio.run(until_through(env["DATABASE_URL"], run, before + orders, sending))
        seconds = time.monotonic() - started
        sent = sending.result()
    if sent.refused:
        raise RuntimeError(f"{sent.refused} orders were refused.")
    return Flow(orders, orders / seconds, orders / sent.seconds)


def latencies(env: Mapping[str, str], *, rate: float, seconds: float) -> dict[str, float]:
    """Send at a steady rate; return p50, p95 and p99 of webhook sent to task visible, in ms.

    A request that has to wait for its turn counts from the moment it was due.
    """
    orders = int(rate * seconds)
    run, requests = _requests(env, orders)
    before = asyncio.run(heard_of(env["DATABASE_URL"]))
    sent = send(_port(env["INGEST_URL"]), requests, rate=rate)
    asyncio.run(until_through(env["DATABASE_URL"], run, before + orders, None))
    started = {order_id(body): sent.started[place] for place, body in sent.accepted.items()}
    visible = asyncio.run(_task_times(env["DATABASE_URL"], list(started)))
    delays = sorted((visible[order] - at) * 1000 for order, at in started.items())
    cuts = statistics.quantiles(delays, n=100)
    return {name: round(cuts[percent - 1], 1) for name, percent in PERCENTILES.items()}


PERCENTILES = {"p50": 50, "p95": 95, "p99": 99}


def _requests(env: Mapping[str, str], orders: int) -> tuple[str, list[bytes]]:
    run = new_id().hex[-10:]
    random = Random(run)
    secret = env["WEBHOOK_SECRET_SHOPIFY"]
    return run, [webhook(number, random, secret=secret, run=run) for number in range(orders)]


def _port(url: str) -> int:
    return urlsplit(url).port or 80


async def heard_of(database_url: str) -> int:
    connection: Any = await asyncpg.connect(database_url)
    count: int = await connection.fetchval(_HEARD_OF)
    await connection.close()
    return count


async def until_through(
    database_url: str, run: str, expected: int, sending: "Future[Sent] | None"
) -> None:
    """Wait until the last service has heard of so many orders, and has all that the run sent."""
    connection: Any = await asyncpg.connect(database_url)
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while await connection.fetchval(_HEARD_OF) < expected or await _incomplete(connection, run):
        if time.monotonic() > deadline:
            raise TimeoutError("Not all orders came through.")
        if sending is not None and sending.done():
            sending.result()
        await asyncio.sleep(POLL_SECONDS)
    await connection.close()


async def _incomplete(connection: Any, run: str) -> bool:
    return bool(await connection.fetchval(_INCOMPLETE, run))


async def _task_times(database_url: str, order_ids: list[str]) -> dict[str, float]:
    connection: Any = await asyncpg.connect(database_url)
    rows = await connection.fetch(_TASKS, order_ids)
    await connection.close()
    return {row[0]: row[1] for row in rows}
