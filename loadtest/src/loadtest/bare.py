"""The bare pipeline: the same I/O as the product's four stages, and no product around it.

Per order and stage one state row, one inbox row, one outbox row deleted after its confirm, and
one persistent message on a quorum queue (or, packed, one for many orders). Batches of 200 a
transaction, `synchronous_commit` on, no HTTP, no rules. What it makes is the most these cores can
do; the product is measured as a ratio to it, in the same run.
"""

import asyncio
import json
import multiprocessing
import time
from collections.abc import Sequence
from uuid import UUID

import aio_pika
import asyncpg
import uvloop
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from pydantic_core import from_json

from common.ids import new_id

SCHEMA = "bench_bare"
STAGES = ("ingest", "risk", "fulfillment", "reconciliation")
BATCH = 200
PREFETCH = 3 * BATCH
ID_BYTES = 16

ORDER = json.dumps(
    {
        "channel": "shopify",
        "shop": "demo",
        "channel_order_no": "2026112200001",
        "placed_at": "2026-11-22T01:30:00Z",
        "currency": "CNY",
        "customer": {"name": "张三", "phone": "+8613800000000", "email": "customer@example.com"},
        "address": {"province": "浙江省", "city": "杭州市", "detail": "文三路 1 号 " * 6},
        "lines": [
            {
                "sku": f"SKU-{n:04d}",
                "title": "预制菜 家常口味 " * 4,
                "quantity": 2,
                "price_minor": 1990,
            }
            for n in range(3)
        ],
        "amounts": {"goods_minor": 11940, "freight_minor": 600, "payable_minor": 12040},
    },
    ensure_ascii=False,
).encode()
SIZE = ID_BYTES + len(ORDER)


def orders_per_second(database_url: str, amqp_url: str, *, orders: int, pack: int) -> float:
    """Run the pipeline once in processes of its own; from the first insert to the last commit."""
    uvloop.run(_prepare(database_url, amqp_url))
    context = multiprocessing.get_context("spawn")
    stages = [
        context.Process(target=_run_stage, args=(database_url, amqp_url, stage, orders, pack))
        for stage in STAGES
    ]
    started = time.monotonic()
    for process in stages:
        process.start()
    for process in stages:
        process.join()
    seconds = time.monotonic() - started
    failed = [process.exitcode for process in stages if process.exitcode]
    uvloop.run(_clear(database_url, amqp_url))
    if failed:
        raise RuntimeError("A stage of the bare pipeline failed.")
    return orders / seconds


def _run_stage(database_url: str, amqp_url: str, stage: str, orders: int, pack: int) -> None:
    if stage == STAGES[0]:
        uvloop.run(_first_stage(database_url, amqp_url, orders, pack))
    else:
        uvloop.run(_later_stage(database_url, amqp_url, stage, orders, pack))


async def _prepare(database_url: str, amqp_url: str) -> None:
    await _clear(database_url, amqp_url)
    database = await asyncpg.connect(database_url)
    await database.execute(f"create schema {SCHEMA}")
    for stage in STAGES:
        await database.execute(
            f"create table {SCHEMA}.{stage}_order (id uuid primary key, payload jsonb not null);"
            f"create table {SCHEMA}.{stage}_inbox (id uuid primary key);"
            f"create table {SCHEMA}.{stage}_outbox (id uuid primary key, payload bytea not null)"
        )
    await database.close()
    async with await aio_pika.connect(amqp_url) as broker:
        channel = await broker.channel()
        for stage in STAGES[1:]:
            await channel.declare_queue(
                _queue(stage), durable=True, arguments={"x-queue-type": "quorum"}
            )


async def _clear(database_url: str, amqp_url: str) -> None:
    database = await asyncpg.connect(database_url)
    await database.execute(f"drop schema if exists {SCHEMA} cascade")
    await database.close()
    async with await aio_pika.connect(amqp_url) as broker:
        channel = await broker.channel()
        for stage in STAGES[1:]:
            await channel.queue_delete(_queue(stage))


def _queue(stage: str) -> str:
    return f"bench.bare.{stage}"


async def _first_stage(database_url: str, amqp_url: str, orders: int, pack: int) -> None:
    database = await asyncpg.connect(database_url)
    async with await aio_pika.connect(amqp_url) as broker:
        channel = await broker.channel()
        for _ in range(0, orders, BATCH):
            bodies = [new_id().bytes + ORDER for _ in range(BATCH)]
            for body in bodies:
                from_json(body[ID_BYTES:])
            await _write(database, STAGES[0], bodies, inbox=False)
            await _publish(database, channel, STAGES[0], bodies, pack)


async def _later_stage(
    database_url: str, amqp_url: str, stage: str, orders: int, pack: int
) -> None:
    database = await asyncpg.connect(database_url)
    done = 0
    async with (
        await aio_pika.connect(amqp_url) as taking,
        await aio_pika.connect(amqp_url) as giving,
    ):
        outgoing, incoming = await giving.channel(), await taking.channel()
        await incoming.set_qos(prefetch_count=PREFETCH)
        arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        await (await incoming.get_queue(_queue(stage))).consume(arrived.put)
        while done < orders:
            messages = [await arrived.get()]
            while len(messages) < BATCH // pack and not arrived.empty():
                messages.append(arrived.get_nowait())
            bodies = [
                message.body[start : start + SIZE]
                for message in messages
                for start in range(0, len(message.body), SIZE)
            ]
            for body in bodies:
                from_json(body[ID_BYTES:])
            await _write(database, stage, bodies, inbox=True)
            await _publish(database, outgoing, stage, bodies, pack)
            await messages[-1].ack(multiple=True)
            done += len(bodies)


async def _write(
    database: "asyncpg.Connection[asyncpg.Record]",
    stage: str,
    bodies: Sequence[bytes],
    *,
    inbox: bool,
) -> None:
    ids = [UUID(bytes=body[:ID_BYTES]) for body in bodies]
    texts = [body[ID_BYTES:].decode() for body in bodies]
    table = f"{SCHEMA}.{stage}"
    async with database.transaction():
        if inbox:
            await database.execute(
                f"insert into {table}_inbox select unnest($1::uuid[]) on conflict do nothing",
                ids,
            )
        await database.execute(
            f"insert into {table}_order select * from unnest($1::uuid[], $2::jsonb[])"  # noqa: S608 - constants
            " on conflict do nothing",
            ids,
            texts,
        )
        await database.execute(
            f"insert into {table}_outbox select * from unnest($1::uuid[], $2::bytea[])",  # noqa: S608 - constants
            ids,
            bodies,
        )


async def _publish(
    database: "asyncpg.Connection[asyncpg.Record]",
    channel: AbstractChannel,
    stage: str,
    bodies: Sequence[bytes],
    pack: int,
) -> None:
    position = STAGES.index(stage) + 1
    if position < len(STAGES):
        messages = [
            aio_pika.Message(
                b"".join(bodies[start : start + pack]),
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            )
            for start in range(0, len(bodies), pack)
        ]
        key = _queue(STAGES[position])
        await asyncio.gather(
            *(channel.default_exchange.publish(message, routing_key=key) for message in messages)
        )
    await database.execute(
        f"delete from {SCHEMA}.{stage}_outbox where id = any($1::uuid[])",  # noqa: S608 - constants
        [UUID(bytes=body[:ID_BYTES]) for body in bodies],
    )
