"""Orders from files: every one goes in once, whatever is uploaded twice or killed meanwhile."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from ingest_material.files import (
    SHOPIFY,
    SHOPIFY_SECOND,
    TAOBAO,
    TAOBAO_ITEMS,
    WorkerProcess,
    csv_bytes,
    ended,
    hand_in,
    own_line,
    progress,
    report,
    second_line,
    taken_in,
    worker_process,
    xlsx_bytes,
)
from ingest_material.world import World, as_
from sqlalchemy import select

from ingest.api.imports import FILES_BYTES_MAX
from ingest.store import tables
from support.waiting import until


@pytest.fixture(scope="module")
def environment(database_url: str) -> Mapping[str, str]:
    return {"DATABASE_URL": database_url, "IMPORT_LEASE_SECONDS": "1"}


@pytest.fixture
async def worker(environment: Mapping[str, str], tmp_path: Path) -> AsyncIterator[WorkerProcess]:
    async with worker_process(tmp_path / "worker", environment) as worker:
        yield worker


COUNTS = ("accepted", "duplicate", "updated", "quarantined", "refused", "row_errors")


def counts(found: Mapping[str, Any]) -> dict[str, int]:
    return {name: found[name] for name in COUNTS if found[name]}


# -- what goes in


@pytest.mark.usefixtures("worker")
async def test_every_order_of_a_file_is_there_once(world: World) -> None:
    rows = [line for n in range(250) for line in (own_line(n, payable="35.00"), second_line(n))]
    found = await taken_in(world, csv_bytes(rows, encoding="gb18030"))
    assert (found["state"], found["rows_read"], found["orders_found"]) == ("done", 500, 250)
    assert counts(found) == {"accepted": 250}
    orders = await world.orders()
    assert sorted(order.channel_order_no for order in orders) == sorted(
        f"F-{n}" for n in range(250)
    )
    assert {len(order.document["lines"]) for order in orders} == {2}
    assert Counter(await world.announced()) == {"order.received.v1": 250}
    left = await world.counts()
    assert not left.keys() & {"import_chunk", "import_row", "import_order", "import_error"}


@pytest.mark.usefixtures("worker")
async def test_the_same_file_again_is_all_duplicates(world: World) -> None:
    rows = [own_line(n) for n in range(30)] + [own_line(30, phone="12")]
    first = await taken_in(world, csv_bytes(rows))
    assert counts(first) == {"accepted": 30, "quarantined": 1}
    for content in (csv_bytes(rows), xlsx_bytes(rows), csv_bytes(rows, delimiter=";")):
        assert counts(await taken_in(world, content)) == {"duplicate": 31}
    assert len(await world.orders()) == 31
    assert len(await world.announced()) == 30


@pytest.mark.usefixtures("worker")
async def test_what_is_wrong_is_in_the_report_and_the_rest_goes_in(world: World) -> None:
    rows = [
        own_line(1),
        own_line(2, channel_order_no="3.31235E+18"),
        own_line(3),
        second_line(3, sku="3312345678901230000"),
        own_line(4, channel_order_no=""),
        own_line(5, name="=cmd", quantity="zwei"),
    ]
    found = await taken_in(world, csv_bytes(rows))
    assert counts(found) == {"accepted": 1, "refused": 1, "quarantined": 1, "row_errors": 4}
    lines = await report(world, found["import_id"])
    assert [line[:4] for line in lines] == [
        ["file", "3", "channel_order_no", "mangled_id"],
        ["file", "4", "", "row_of_refused_order"],
        ["file", "5", "sku", "mangled_id"],
        ["file", "6", "channel_order_no", "missing_order_no"],
    ]
    chinese = await report(world, found["import_id"], "zh")
    assert [line[1:4] for line in chinese] == [line[1:4] for line in lines]
    assert "李雷" not in str(chinese)
    orders = {order.channel_order_no: order.state for order in await world.orders()}
    assert orders == {"F-1": "received", "F-5": "quarantined"}


@pytest.mark.usefixtures("worker")
async def test_a_shopify_export(world: World) -> None:
    content = csv_bytes([SHOPIFY, SHOPIFY_SECOND], encoding="utf-8-sig")
    found = await taken_in(world, content, fmt="shopify", channel="shopify", shop="demo")
    assert counts(found) == {"accepted": 1}
    (order,) = await world.orders()
    assert (order.channel, order.shop, order.channel_order_no) == ("shopify", "demo", "7001")
    # The format's own mapping read it: the channel's is not tried on it.
    listed = await world.client.get("/v1/mappings/messages", params={"channel": "shopify"})
    assert listed.json()["messages"] == []


@pytest.mark.usefixtures("worker")
async def test_taobaos_two_files(world: World) -> None:
    stray = {**TAOBAO_ITEMS[0], "订单编号": '="4412345678901234567"'}
    given = {"fmt": "taobao", "channel": "taobao", "shop": "s"}
    orders = csv_bytes([TAOBAO], encoding="gbk")
    items = csv_bytes([stray, *TAOBAO_ITEMS], encoding="gbk")
    found = await taken_in(world, orders, items=items, **given)
    assert counts(found) == {"accepted": 1, "row_errors": 1}
    assert [line[:4] for line in await report(world, found["import_id"])] == [
        ["items", "2", "", "unknown_order"]
    ]
    (order,) = await world.orders()
    assert order.document["amounts"]["payable_minor"] == 6000


@pytest.mark.usefixtures("worker")
async def test_a_payment_without_a_name_of_its_own_counts_once(world: World) -> None:
    order_id = await world.accepted(
        channel="taobao", shop="s", channel_order_no="3312345678901234567"
    )
    orders, items = csv_bytes([TAOBAO]), csv_bytes(TAOBAO_ITEMS)
    found = await taken_in(world, orders, items=items, fmt="taobao", channel="taobao", shop="s")
    assert "accepted" not in counts(found)
    assert "payment.received.v1" not in await world.announced(order_id)


@pytest.mark.usefixtures("worker")
async def test_an_order_with_too_many_rows_keeps_nobody_up(world: World) -> None:
    rows = [own_line(1), *(second_line(1) for _ in range(2_000)), own_line(2)]
    found = await taken_in(world, csv_bytes(rows))
    assert counts(found) == {"accepted": 1, "row_errors": 2_001}
    assert {line[3] for line in await report(world, found["import_id"])} == {"too_many_rows"}


async def test_the_same_upload_sent_again_is_one_import(world: World) -> None:
    answers = [await hand_in(world, csv_bytes([own_line()]), key="k-1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    other = await hand_in(world, csv_bytes([own_line(2)]), key="k-1")
    assert other.status_code == 409
    assert len((await world.client.get("/v1/imports")).json()["items"]) == 1


# -- killed, stopped


async def test_killed_in_the_middle_again_and_again_every_order_is_there_once(
    world: World, environment: Mapping[str, str], tmp_path: Path
) -> None:
    rows = [line for n in range(3_000) for line in (own_line(n, payable="35.00"), second_line(n))]
    answer = await hand_in(world, csv_bytes(rows))
    import_id = answer.json()["import_id"]
    for name, least in (("rows_read", 1_000), ("orders_done", 200), ("orders_done", 1_500)):
        async with worker_process(tmp_path / "worker", environment) as worker:

            async def far_enough(name: str = name, least: int = least) -> bool:
                return bool((await progress(world, import_id))[name] >= least)

            await until(far_enough, seconds=60)
            await worker.kill()
    interrupted = await progress(world, import_id)
    assert interrupted["state"] in ("reading", "taking_in")
    async with worker_process(tmp_path / "worker", environment):
        found = await ended(world, import_id)
    assert (found["state"], found["rows_read"], found["orders_found"]) == ("done", 6_000, 3_000)
    assert counts(found) == {"accepted": 3_000}
    assert len(await world.orders()) == 3_000
    assert Counter(await world.announced()) == {"order.received.v1": 3_000}
    assert len(await world.receipts()) == 3_000


@pytest.mark.usefixtures("worker")
async def test_two_workers_take_every_order_in_once(
    world: World, environment: Mapping[str, str], tmp_path: Path
) -> None:
    async with worker_process(tmp_path / "other", environment):
        files = [csv_bytes([own_line(n) for n in range(start, start + 200)]) for start in (0, 100)]
        found = await asyncio.gather(*(taken_in(world, content) for content in files))
    total = sum((Counter(counts(one)) for one in found), Counter[str]())
    assert total == {"accepted": 300, "duplicate": 100}
    assert len(await world.orders()) == 300


async def test_a_stop_ends_an_import_and_forgets_its_files(world: World) -> None:
    import_id = (await hand_in(world, csv_bytes([own_line()]))).json()["import_id"]
    path = f"/v1/imports/{import_id}/stop"
    answer = await world.client.post(path, json={"reason": "the wrong file"})
    assert (answer.status_code, answer.json()["state"]) == (200, "stopped")
    assert (await world.client.post(path, json={"reason": "again"})).status_code == 409
    assert "import_chunk" not in await world.counts()
    log = (await world.client.get("/v1/operations")).json()["items"]
    assert [one["action"] for one in log[:2]] == ["import.stopped", "import.submitted"]
    assert log[0]["reason"] == "the wrong file"


# -- what is refused


@pytest.mark.parametrize(
    ("content", "given", "field", "code"),
    [
        (b"a,b\n1,2\n", {}, "file", "missing_column"),
        (b"\x81\xff\x81\xff", {}, "file", "bad_encoding"),
        (b"", {}, "file", "empty"),
        (b"PK\x03\x04 nothing", {}, "file", "no_workbook"),
        (csv_bytes([own_line()]), {"fmt": "ebay"}, "format", "unknown_format"),
        (csv_bytes([own_line()]), {"channel": "a\x00b"}, "channel", "string_pattern_mismatch"),
        (csv_bytes([own_line()]), {"shop": ""}, "shop", "missing"),
        (csv_bytes([own_line()]), {"items": b"x"}, "items", "unwanted"),
        (csv_bytes([TAOBAO]), {"fmt": "taobao"}, "items", "missing"),
        (csv_bytes([TAOBAO]), {"fmt": "taobao", "items": b"a,b\n1,2"}, "items", "missing_column"),
    ],
    ids=repr,
)
async def test_a_bad_file_is_refused_with_what_is_wrong(
    world: World, content: bytes, given: Any, field: str, code: str
) -> None:
    answer = await hand_in(world, content, **given)
    assert answer.status_code == 422, answer.text
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]
    assert await world.counts() == {}


async def test_what_is_no_form_is_refused(world: World) -> None:
    for content_type in ("text/csv", "multipart/form-data; boundary=x", "multipart/form-data"):
        answer = await world.client.post(
            "/v1/imports", content=b"a,b\n1,2\n", headers={"Content-Type": content_type}
        )
        assert answer.status_code == 422, answer.text


async def test_too_large_a_file_is_refused(world: World) -> None:
    answer = await hand_in(world, b"x" * (FILES_BYTES_MAX + 100_000))
    assert answer.status_code == 413
    assert await world.counts() == {}


async def test_only_who_may_write_hands_in_and_only_who_may_read_sees(
    world: World, nobody: httpx.AsyncClient
) -> None:
    content = csv_bytes([own_line()])
    files, data = {"file": ("a.csv", content)}, {"channel": "c", "shop": "s", "format": "canonical"}
    for key, status in (("reader", 403), ("stranger", 403), ("second-writer", 202)):
        answer = await world.client.post("/v1/imports", files=files, data=data, headers=as_(key))
        assert answer.status_code == status
    import_id = answer.json()["import_id"]
    paths = ("", f"/{import_id}", f"/{import_id}/errors.csv", "/template.csv", "/template.xlsx")
    for path in paths:
        assert (await nobody.get(f"/v1/imports{path}")).status_code == 401
        answer = await world.client.get(f"/v1/imports{path}", headers=as_("second-writer"))
        assert answer.status_code == 403
        assert (await world.client.get(f"/v1/imports{path}")).status_code == 200
    assert (await nobody.post("/v1/imports", files=files, data=data)).status_code == 401
    stop = f"/v1/imports/{import_id}/stop"
    why = {"reason": "x"}
    assert (await world.client.post(stop, json=why, headers=as_("reader"))).status_code == 403
    nowhere = "/v1/imports/01a20692-87c5-711f-8342-552729252215"
    assert (await world.client.get(nowhere)).status_code == 404
    assert (await world.client.get(f"{nowhere}/errors.csv")).status_code == 404


@pytest.mark.usefixtures("worker")
async def test_a_template_can_be_handed_in(world: World) -> None:
    for name in ("template.csv", "template.xlsx"):
        template = await world.client.get(f"/v1/imports/{name}", params={"language": "zh"})
        found = await taken_in(world, template.content)
        assert counts(found) in ({"accepted": 1}, {"duplicate": 1})
        assert found["orders_found"] == 1


async def test_the_page_and_the_formats_are_served(world: World, nobody: httpx.AsyncClient) -> None:
    page = await nobody.get("/imports")
    assert page.status_code == 200
    assert "script-src" in page.headers["content-security-policy"] or (
        "default-src 'self'" in page.headers["content-security-policy"]
    )
    for name in ("page.js", "api.js", "words.js", "page.css"):
        assert (await nobody.get(f"/imports/{name}")).status_code == 200
    formats = (await world.client.get("/v1/imports/formats")).json()["items"]
    assert [one["name"] for one in formats] == ["canonical", "shopify", "taobao"]


@pytest.mark.usefixtures("worker")
async def test_an_order_is_not_kept_with_its_rows_for_longer_than_it_takes(world: World) -> None:
    await taken_in(world, csv_bytes([own_line()]))
    rows = await world.rows(select(tables.file_import))
    assert "李雷" not in str([tuple(row) for row in rows])
