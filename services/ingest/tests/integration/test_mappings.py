"""Mappings over HTTP: published, put in force, taken back; the door follows within seconds."""

from typing import Any

import pytest
from ingest_material.mappings import Desk, shopify_mapping
from ingest_material.world import World, as_, only

from common.database.operation_chain import Operation
from ingest.store import tables
from support.operations import operations_in

NO_ID = "01a20692-87c5-711f-8342-552729252215"


@pytest.fixture
async def desk(world: World) -> Desk:
    desk = Desk(world)
    await desk.until_read_by(None)
    return desk


async def memo_of(world: World, order_no: int, **changes: Any) -> tuple[str | None, Any]:
    """Deliver an order; return its memo and what its message was read by."""
    only(await world.shopify(id=order_no, **changes), "accepted")
    (*_, order), (*_, receipt) = await world.orders(), await world.receipts()
    return order.document["memo"], receipt.mapping_id and str(receipt.mapping_id)


async def operations(world: World) -> list[Operation]:
    made = await operations_in(world.engine, tables.carried)
    return [each for each in made if each.subject_kind == "mapping"]


# -- publishing


async def test_a_published_mapping_is_kept_and_not_in_force_yet(desk: Desk, world: World) -> None:
    document = shopify_mapping(memo={"value": "mapped"})
    mapping_id = await desk.publish(document)
    shown = (await desk.ask(f"/{mapping_id}")).json()
    assert shown["document"] == document
    assert (shown["channel"], shown["shop"], shown["published_by"]) == ("shopify", "", "mapper")
    assert await memo_of(world, 1) != ("mapped", mapping_id)
    in_force = (await desk.ask("")).json()["in_force"]
    assert [one["id"] for one in in_force if one["channel"] == "shopify"] == [None]
    (published,) = await operations(world)
    assert (published.action, published.actor) == ("mapping.published", "mapper")
    assert published.after == {"channel": "shopify", "shop": "", "name": "Shopify orders"}


@pytest.mark.parametrize(
    ("place", "rule"),
    [
        ("fields.memo", {"from": "note", "value": "x"}),
        ("fields.memo.from", {"from": 5}),
        ("fields.memo.form", {"form": "note"}),
        ("fields.memo.value", {"value": 1.5}),
        ("fields.memo.then.0", {"from": "note", "then": ["shout"]}),
        ("fields.memo.then.1", {"from": "note", "then": ["upper", {"replace": {"pattern": "("}}]}),
        ("fields.memo.formula", {"formula": "shipping +"}),
        ("fields.memo.formula", {"formula": "nobody"}),
        ("fields.colour", {"from": "colour"}),
        ("fields.amounts.tax_minor.value", {"value": "free"}),
    ],
)
async def test_a_wrong_rule_is_refused_by_its_name_and_nothing_is_kept(
    desk: Desk, world: World, place: str, rule: Any
) -> None:
    name = place.removeprefix("fields.")
    field = next((f for f in ("memo", "colour", "amounts.tax_minor") if name.startswith(f)), name)
    body = {
        "channel": "shopify",
        "document": shopify_mapping(**{field.replace(".", "__"): rule}),
        "reason": "r",
    }
    for path in ("", "/preview", "/compare"):
        extra = {"payload": "{}"} if path == "/preview" else {}
        sent = body if path == "" else {k: v for k, v in body.items() if k != "reason"} | extra
        answer = await desk.do(path, sent)
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        (error,) = answer.json()["errors"]
        assert error["field"] == place
    assert await operations(world) == []
    assert "mapping" not in await world.counts()


async def test_a_part_that_is_missing_is_named(desk: Desk) -> None:
    document = shopify_mapping()
    del document["lines"]
    answer = await desk.do("", {"channel": "shopify", "document": document, "reason": "r"})
    assert answer.json()["errors"][0]["field"] == "lines"


DEEP = b'{"channel":"shopify","reason":"r","document":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"document": shopify_mapping() | {"about": "x" * 1_900}, "shop": "s" * 201}, "shop"),
        ({"document": shopify_mapping(memo={"value": "\ud800"})}, "document"),
        ({"document": shopify_mapping(), "reason": ""}, "reason"),
        ({"document": shopify_mapping(), "reason": "\x00"}, "reason"),
        ({"document": shopify_mapping(), "colour": "red"}, "colour"),
        ({"document": []}, "document"),
        (
            {
                "document": shopify_mapping()
                | {"tables": {"t": {"k" * 40 + str(n): "v" for n in range(1_500)}}}
            },
            "document",
        ),
    ],
    ids=["shop", "half a character", "no reason", "NUL", "unknown", "no object", "large"],
)
async def test_what_is_no_mapping_is_refused(desk: Desk, body: Any, field: str) -> None:
    import json

    content = json.dumps({"channel": "shopify", "reason": "r"} | body).encode()
    answer = await desk.do("", content)
    assert (answer.status_code, field in answer.json()["errors"][0]["field"]) == (422, True)


async def test_a_document_nested_without_end_is_refused(desk: Desk) -> None:
    answer = await desk.do("", DEEP)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_repeated_call_publishes_once(desk: Desk, world: World) -> None:
    body = {"channel": "shopify", "document": shopify_mapping(), "reason": "r"}
    first = await desk.do("", body, **{"Idempotency-Key": "k"})
    again = await desk.do("", body, **{"Idempotency-Key": "k"})
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert (await world.counts())["mapping"] == 1


# -- in force


async def test_what_arrives_after_a_mapping_is_put_in_force_is_read_by_it(
    desk: Desk, world: World
) -> None:
    assert await memo_of(world, 1) == ((await world.orders())[0].document["memo"], None)
    mapping_id = await desk.in_force(shopify_mapping(memo={"value": "mapped"}))
    assert await memo_of(world, 2) == ("mapped", mapping_id)
    assert (await desk.activate(mapping_id)).status_code == 409
    history = (await desk.ask("/history", channel="shopify")).json()
    assert [one["id"] for one in history["published"]] == [mapping_id]
    assert [one["mapping_id"] for one in history["changes"]] == [mapping_id]
    assert history["in_force"]["document"]["fields"]["memo"] == {"value": "mapped"}
    in_force = (await desk.ask("")).json()["in_force"]
    assert [one["id"] for one in in_force if one["channel"] == "shopify"] == [mapping_id]


async def test_a_shops_own_mapping_goes_before_its_channels(desk: Desk, world: World) -> None:
    channels = await desk.in_force(shopify_mapping(memo={"value": "channel"}))
    own = await desk.in_force(shopify_mapping(memo={"value": "shop"}), shop="demo")
    assert await memo_of(world, 1) == ("shop", own)
    other = (await desk.ask("/history", channel="shopify", shop="other")).json()
    assert (other["in_force"]["id"], other["published"]) == (channels, [])
    assert (await desk.roll_back(shop="demo")).json()["mapping_id"] is None
    await desk.until_read_by(channels)
    assert await memo_of(world, 2) == ("channel", channels)


async def test_rolling_back_goes_one_mapping_back_each_time(desk: Desk, world: World) -> None:
    first = await desk.in_force(shopify_mapping(memo={"value": "first"}))
    await desk.in_force(shopify_mapping(memo={"value": "second"}))
    assert (await desk.roll_back()).json()["mapping_id"] == first
    await desk.until_read_by(first)
    assert await memo_of(world, 1) == ("first", first)
    assert (await desk.roll_back()).json()["mapping_id"] is None
    await desk.until_read_by(None)
    assert (await memo_of(world, 2))[1] is None
    assert (await desk.roll_back()).status_code == 409
    history = (await desk.ask("/history", channel="shopify")).json()
    assert len(history["changes"]) == 4
    assert history["in_force"]["id"] is None
    actions = [each.action for each in await operations(world)]
    assert actions.count("mapping.activated") == 2
    assert actions[-2:] == ["mapping.rolled_back"] * 2
    shown = await world.client.get("/v1/operations", params={"action": "mapping.rolled_back"})
    assert shown.status_code == 200
    assert {each["action"] for each in shown.json()["items"]} == {"mapping.rolled_back"}


async def test_a_process_that_begins_reads_nothing_before_it_knows_what_is_in_force(
    desk: Desk, world: World, serve: Any
) -> None:
    mapping_id = await desk.in_force(shopify_mapping(memo={"value": "mapped"}))
    async with serve() as other:
        only(await world.shopify(id=77, client=other), "accepted")
    (receipt,) = await world.receipts()
    assert str(receipt.mapping_id) == mapping_id


async def test_a_new_channel_can_be_mapped_and_looked_at_before_it_is_in_force(desk: Desk) -> None:
    assert (await desk.ask("/history", channel="stall")).status_code == 404
    mapping_id = await desk.publish(shopify_mapping(), channel="stall")
    history = (await desk.ask("/history", channel="stall")).json()
    assert (history["in_force"], [one["id"] for one in history["published"]]) == (
        None,
        [mapping_id],
    )
    assert (await desk.roll_back(channel="stall")).status_code == 409


async def test_what_is_not_there_is_not_found(desk: Desk) -> None:
    assert (await desk.ask(f"/{NO_ID}")).status_code == 404
    assert (await desk.activate(NO_ID)).status_code == 404
    assert (await desk.ask("/history", channel="nobody")).status_code == 404


@pytest.mark.parametrize("key", ["reader", "writer"])
async def test_who_may_only_read_may_look_and_change_nothing(world: World, key: str) -> None:
    mapping_id = await Desk(world).publish(shopify_mapping())
    looking = Desk(world, key)
    for path in ("", f"/{mapping_id}", "/history?channel=shopify", "/messages?channel=shopify"):
        answer = await world.client.get(f"/v1/mappings{path}", headers=as_(key))
        assert answer.status_code == 200
    document = shopify_mapping()
    for path, body in (
        ("", {"channel": "shopify", "document": document, "reason": "r"}),
        (f"/{mapping_id}/activate", {"reason": "r"}),
        ("/rollback", {"channel": "shopify", "reason": "r"}),
        ("/preview", {"channel": "shopify", "payload": "{}"}),
        ("/compare", {"channel": "shopify", "document": document}),
    ):
        assert (await looking.do(path, body)).status_code == 403
        strange = await Desk(world, "stranger").do(path, body)
        assert strange.status_code == 403
    assert (await Desk(world, "stranger").ask("")).status_code == 403


async def test_an_order_that_was_read_badly_goes_on_once_it_is_read_right(
    desk: Desk, world: World
) -> None:
    wrong = {"from": "total_price", "then": [{"money": "minor"}]}
    await desk.in_force(shopify_mapping(amounts__payable_minor=wrong))
    waiting = only(await world.shopify(), "quarantined")
    (receipt,) = await world.receipts()
    await desk.roll_back()
    await desk.until_read_by(None)
    body = {"receipt_ids": [str(receipt.receipt_id)], "reason": "yuan are no fen"}
    (read,) = (await desk.do("/replay", body)).json()["messages"]
    assert read["receipt"]["orders"][0]["status"] == "updated"
    (order,) = await world.orders()
    assert (str(order.order_id), order.state) == (waiting, "received")
    assert await world.announced() == ["order.received.v1"]
