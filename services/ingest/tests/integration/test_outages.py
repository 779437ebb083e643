"""The database or the broker goes away and comes back: nothing false is said, nothing is lost."""

import json

import httpx
from ingest_material.shopify import shopify_order
from ingest_material.world import Serve, World, a_payment, canonical, json_bytes, only

from common.messaging.pack import Pack
from common.messaging.topology import ServiceQueues
from support.broker import open_broker
from support.proxy import Mode, proxied
from support.waiting import until

NO_ID = "01a20692-87c5-711f-8342-552729252215"


def assert_away(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_while_the_database_is_away_nothing_is_accepted_and_afterwards_everything(
    world: World, serve: Serve, database_url: str
) -> None:
    async with proxied(database_url) as proxy, serve(database_url=proxy.url) as client:
        only(await world.submit(canonical(channel_order_no="before"), client=client), "accepted")
        proxy.cut_off()
        for _ in range(3):
            assert_away(await world.shopify(client=client, delivery="d-1"))
            assert_away(await world.submit(canonical(), "k-1", client))
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200
        assert (await world.counts())["sales_order"] == 1
        proxy.mode = Mode.FORWARD
        only(await world.shopify(client=client, delivery="d-1"), "accepted")
        only(await world.submit(canonical(), "k-1", client), "accepted")
        assert (await client.get("/readyz")).status_code == 200
    assert len(await world.orders()) == len(await world.announced()) == 3


async def test_a_database_that_was_never_there_is_away_too(world: World, serve: Serve) -> None:
    nowhere = "postgresql://nobody:nothing@127.0.0.1:1/nothing"
    async with serve(database_url=nowhere) as client:
        assert_away(await world.shopify(client=client))
        assert_away(await world.submit(canonical(), client=client))
        body = json_bytes(shopify_order())
        unsigned = await client.post("/v1/webhooks/shopify/demo", content=body)
        assert unsigned.status_code == 401
        assert (await client.get("/healthz")).text == "ok"


CALLS = [
    ("GET", "/v1/orders", None),
    ("GET", f"/v1/orders/{NO_ID}", None),
    ("GET", "/v1/quarantine", None),
    ("POST", f"/v1/orders/{NO_ID}/payments", a_payment()),
    ("POST", f"/v1/orders/{NO_ID}/cancel", {"reason": "r"}),
    ("POST", f"/v1/quarantine/{NO_ID}/release", {"reason": "r"}),
]


async def test_every_other_call_says_so_too(serve: Serve, database_url: str, world: World) -> None:
    del world
    async with proxied(database_url) as proxy, serve(database_url=proxy.url) as client:
        assert (await client.get("/v1/orders")).status_code == 200
        proxy.cut_off()
        for method, path, body in CALLS:
            assert_away(await client.request(method, path, json=body))
        proxy.mode = Mode.FORWARD
        assert (await client.get("/v1/orders")).status_code == 200


async def test_without_a_broker_orders_are_accepted_and_wait_in_the_outbox(world: World) -> None:
    """So is every other test here: none of these has a broker."""
    only(await world.shopify(), "accepted")
    assert (await world.counts())["outbox"] == 1


async def test_with_a_broker_what_is_accepted_is_published_and_leaves_the_outbox(
    world: World, serve: Serve, amqp_url: str
) -> None:
    queues = ServiceQueues("ingest-test", ("order.received.v1",))
    accepted: set[str] = set()
    async with open_broker(amqp_url) as broker, serve(amqp_url=amqp_url) as client:
        await broker.set_up(queues)

        async def taken() -> list[Pack]:
            """Take in one more order: those before the relay is connected wait for a sweep."""
            document = canonical(channel_order_no=f"M-{len(accepted)}")
            accepted.add(only(await world.submit(document, client=client), "accepted"))
            return await broker.take_packs(queues.main)

        async def left_the_outbox() -> bool:
            return (await world.counts()).get("outbox", 0) < len(accepted)

        packs = await until(taken)
        await until(left_the_outbox)
        await broker.delete(queues.all())
    (event, *_) = json.loads(packs[0].body)
    assert event["type"] == "order.received.v1"
    assert event["data"]["order_id"] in accepted
    assert event["data"]["order"]["lines"][0]["sku"] == "SKU-0001"
