"""More than can be done, and a database that is silent: what is let in, sent away, and told."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

import httpx
import pytest
from ingest_material.process import ServiceProcess, api_process
from ingest_material.world import SECRETS, World, canonical, only
from sqlalchemy import text

from common.http.admission import OTHERS_AT_ONCE_MAX, OTHERS_WAITING_MAX, RETRY_SECONDS_MAX
from common.http.protocol import WAITED_FOR_MAX
from loadtest.orders import webhook
from support.proxy import Mode, Proxy, proxied
from support.waiting import until

NOBODY_THERE = "amqp://guest:guest@127.0.0.1:1/"
SECRET = "the new secret"
ANSWER_SECONDS_MAX = 15.0
ORDERS = 1_500
FIRST = 100


@pytest.fixture(scope="module")
async def proxy(database_url: str) -> AsyncIterator[Proxy]:
    async with proxied(database_url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
async def process(
    proxy: Proxy, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServiceProcess]:
    environment = {
        "DATABASE_URL": proxy.url,
        "AMQP_URL": NOBODY_THERE,
        "WEBHOOK_SECRETS": json.dumps(SECRETS),
    }
    output: Path = tmp_path_factory.mktemp("process") / "output"
    async with api_process(output, environment) as process:
        yield process


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def order_id(self) -> str:
        (order,) = json.loads(self.body)["orders"]
        return str(order["order_id"])


async def sent(process: ServiceProcess, request: bytes) -> Answer:
    """Send by a connection of its own, as so many channels do."""
    reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
    try:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        body = await reader.readexactly(int(headers["content-length"]))
    finally:
        writer.close()
    return Answer(int(first.split()[1]), headers, body)


def orders(count: int, run: str) -> list[bytes]:
    random = Random(run)
    return [webhook(number, random, secret=SECRET, run=run) for number in range(count)]


def assert_told_when_to_come_again(answer: Answer | httpx.Response) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    assert 1 <= int(answer.headers["retry-after"]) <= RETRY_SECONDS_MAX


@asynccontextmanager
async def standing_database(world: World) -> AsyncIterator[None]:
    """Nobody's order is taken in until the block ends."""
    async with world.engine.connect() as other:
        await other.execute(text("lock table ingest.receipt in access exclusive mode"))
        yield
        await other.rollback()


async def until_sent_away(client: httpx.AsyncClient, path: str) -> httpx.Response:
    async def sent_away() -> httpx.Response | None:
        answer = await client.get(path)
        return answer if answer.status_code == 503 else None

    found = await until(sent_away)
    assert found is not None
    return found


async def sent_until_one_is_sent_away(
    process: ServiceProcess, requests: list[bytes]
) -> list["asyncio.Task[Answer]"]:
    """Send more and more of them while nothing is taken in; the rest after the first refusal."""
    left = iter(requests)
    answering: list[asyncio.Task[Answer]] = []

    async def one_is_sent_away() -> bool:
        some = islice(left, 2 if answering else FIRST)
        answering.extend(asyncio.ensure_future(sent(process, request)) for request in some)
        return any(answer.done() for answer in answering)

    await until(one_is_sent_away, seconds=8)
    return [*answering, *(asyncio.ensure_future(sent(process, request)) for request in left)]


async def test_of_more_orders_than_can_be_done_each_2xx_is_committed_and_the_rest_come_again(
    world: World, process: ServiceProcess
) -> None:
    async with process.client() as client:
        async with standing_database(world):
            answering = await sent_until_one_is_sent_away(process, orders(ORDERS, "crowd"))
            assert not any(answer.done() for answer in answering[:FIRST])
            for path in ("/v1/orders", "/v1/quarantine"):
                assert_told_when_to_come_again(await until_sent_away(client, path))
            for path in ("/healthz", "/metrics"):
                assert (await client.get(path)).status_code == 200
        answers = await asyncio.gather(*answering)
    statuses = Counter(answer.status for answer in answers)
    assert set(statuses) == {202, 503}
    for answer in answers:
        if answer.status == 503:
            assert_told_when_to_come_again(answer)
    accepted = {answer.order_id for answer in answers if answer.status == 202}
    assert accepted == {str(row.order_id) for row in await world.orders()}
    assert len(accepted) == statuses[202] >= FIRST


async def test_what_was_sent_away_is_taken_when_it_comes_again(
    world: World, process: ServiceProcess
) -> None:
    requests = orders(ORDERS, "again")
    async with standing_database(world):
        answering = await sent_until_one_is_sent_away(process, requests)
    pairs = zip(requests, await asyncio.gather(*answering), strict=True)
    waiting = [request for request, answer in pairs if answer.status != 202]
    assert waiting

    async def accepted() -> bool:
        answers = await asyncio.gather(*(sent(process, request) for request in waiting[:100]))
        pairs = zip(waiting, answers, strict=False)
        left = [request for request, answer in pairs if answer.status != 202]
        waiting[:100] = left
        return not waiting

    await until(accepted)
    assert len(await world.orders()) == len(await world.announced()) == ORDERS


async def test_readers_that_hang_keep_no_order_out(world: World, process: ServiceProcess) -> None:
    many = OTHERS_AT_ONCE_MAX + OTHERS_WAITING_MAX + 20
    limits = httpx.Limits(max_connections=many)
    headers = {"Authorization": "Bearer writer"}
    url = f"http://127.0.0.1:{process.port}"
    async with (
        world.engine.connect() as other,
        httpx.AsyncClient(base_url=url, headers=headers, limits=limits, timeout=30) as readers,
        process.client() as client,
    ):
        await other.execute(text("lock table ingest.quarantine in access exclusive mode"))
        reading = asyncio.gather(*(readers.get("/v1/quarantine") for _ in range(many)))
        await world.until_somebody_waits(OTHERS_AT_ONCE_MAX)
        for number in range(20):
            document = canonical(channel_order_no=f"M-{number}")
            only(await world.submit(document, client=client), "accepted")
        refused = await until_sent_away(client, "/v1/orders")
        assert_told_when_to_come_again(refused)
        await other.rollback()
        statuses = Counter(answer.status_code for answer in await reading)
    assert set(statuses) == {200, 503}
    assert statuses[200] >= OTHERS_AT_ONCE_MAX


async def test_clients_that_say_nothing_keep_nobody_out(
    world: World, process: ServiceProcess
) -> None:
    idle = [
        await asyncio.open_connection("127.0.0.1", process.port) for _ in range(WAITED_FOR_MAX + 50)
    ]
    for request in orders(10, "quiet"):
        assert (await sent(process, request)).status == 202
    async with process.client() as client:
        assert (await client.get("/readyz")).status_code == 200
        assert (await client.get("/v1/orders")).status_code == 200
    for _, writer in idle:
        writer.close()
    assert len(await world.orders()) == 10


async def test_a_database_that_falls_silent_is_told_of_in_time_and_left(
    world: World, process: ServiceProcess, proxy: Proxy
) -> None:
    """As when its machine loses power: nothing is refused, and nothing ever comes back."""
    first, second, *later = orders(12, "silent")
    async with process.client() as client:
        client.timeout = httpx.Timeout(ANSWER_SECONDS_MAX)
        proxy.swallow()
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            answers = await asyncio.gather(sent(process, first), sent(process, second))
        for answer in answers:
            assert answer.status == 503
            assert_told_when_to_come_again(answer)
        answer = await world.submit(canonical(), client=client)
        assert answer.status_code == 503
        assert_told_when_to_come_again(answer)
        assert (await client.get("/readyz")).status_code == 503
        for path in ("/healthz", "/metrics"):
            assert (await client.get(path)).status_code == 200
        proxy.mode = Mode.FORWARD

        async def healthy() -> bool:
            return (await sent(process, first)).status == 202

        await until(healthy)
        for request in [second, *later]:
            assert (await sent(process, request)).status == 202
        only(await world.submit(canonical(), client=client), "accepted")
        proxy.reset()
    assert len(await world.orders()) == 13


async def test_connections_that_died_unused_cost_no_order(
    world: World, process: ServiceProcess, proxy: Proxy
) -> None:
    """As after the database was restarted: the first to use them finds out, and tries again."""
    for number, request in enumerate(orders(5, "restart")):
        assert (await sent(process, request)).status == 202, number
        proxy.reset()
    assert len(await world.orders()) == 5
