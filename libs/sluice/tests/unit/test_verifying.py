"""Reading four services side by side: in pages, twice where it seems wrong, or not at all."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice import reading
from sluice.domain.merging import merged
from sluice.failure import CannotTell
from sluice.settings import SERVICES
from sluice.verifying import AGAIN_AT_ONCE, Verdict, Wish, verify

WISH = Wish(pause_seconds=0)


async def verified(world: Any, wish: Wish = WISH) -> Verdict:
    return await verify(world.services(), wish, lambda _done, _total: None)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_PAUSES", (0.0, 0.0))


async def test_services_that_agree_are_clean(world: Any) -> None:
    for number in range(20):
        world.approve(number)
    seen: list[tuple[int, int]] = []
    verdict = await verify(world.services(), WISH, lambda *told: seen.append(told))
    assert verdict.is_clean
    assert verdict.totals.row("risk", "approved").orders == 20
    assert verdict.totals.row("reconciliation", "in the books").money == {"CNY": 20 * 4080}
    assert seen[-1] == (20, 20)


async def test_nothing_at_all_is_clean(world: Any) -> None:
    assert (await verified(world)).is_clean


@pytest.mark.parametrize("service", SERVICES)
async def test_an_order_that_one_service_lost_is_named(world: Any, service: str) -> None:
    ids = [world.approve(number) for number in range(8)]
    del world.accounts[service][ids[5]]
    verdict = await verified(world)
    assert not verdict.is_clean
    assert {finding.order_id for finding in verdict.findings} == {ids[5]}
    assert verdict.exceptions == len(verdict.findings)


async def test_what_only_seemed_wrong_because_it_was_read_meanwhile_is_not_named(
    world: Any,
) -> None:
    """Reconciliation is read after a handover, fulfillment before it."""
    order_id = world.approve(1)
    after = {"state": "handed_over", "version": 5}
    world.accounts["reconciliation"][order_id] |= after

    def catch_up(request: httpx.Request) -> None:
        if "order_id" in request.url.params:
            shipped = {"state": "handed_over", "announced_state": "handed_over", "reserved": 0}
            versions = {"version": 5, "steps": 5, "announced_version": 5}
            world.accounts["fulfillment"][order_id] |= shipped | versions

    world.before_answering = catch_up
    verdict = await verified(world)
    assert verdict.is_clean
    assert verdict.totals.row("fulfillment", "handed_over").orders == 1


async def test_many_that_are_wrong_are_looked_at_again_in_batches_and_counted_once(
    world: Any,
) -> None:
    world.page = 1_000
    ids = [world.approve(number) for number in range(2 * AGAIN_AT_ONCE + 1)]
    world.accounts["risk"].clear()
    world.accounts["fulfillment"].clear()
    verdict = await verified(world)
    stuck = [f for f in verdict.findings if f.text.startswith("stuck at risk")]
    assert [finding.order_id for finding in stuck] == ids
    assert verdict.totals.row("risk", "stuck").orders == len(ids)
    assert verdict.totals.row("intake", "accepted").orders == len(ids)
    again = [r for r in world.asked if r.url.host == "risk" and "order_id" in r.url.params]
    assert len(again) == 3


async def test_what_is_young_is_in_progress_as_long_as_the_grace_says(world: Any) -> None:
    order_id = world.approve(1, age_seconds=30)
    for service in ("risk", "fulfillment"):
        del world.accounts[service][order_id]
    del world.accounts["reconciliation"][order_id]
    verdict = await verified(world)
    assert verdict.is_clean
    assert verdict.in_progress == 1
    strict = await verified(world, Wish(grace=timedelta(seconds=29), pause_seconds=0))
    assert {finding.stage for finding in strict.findings} == {"risk", "reconciliation"}


async def test_reserved_stock_of_nobody_is_named(world: Any) -> None:
    place = {"sku": "SKU-1", "warehouse": "GZ", "reserved": 5, "owed": 3}
    world.stock = {"reserved": 5, "owed": 3, "differing": 7, "places": [place]}
    verdict = await verified(world)
    assert verdict.exceptions == 7
    assert verdict.findings[0].text == "SKU-1 at GZ: 5 pieces are reserved, and open orders hold 3"


def _dies(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody there")


async def test_a_service_that_is_away_for_a_moment_is_asked_again(world: Any) -> None:
    world.approve(1)
    busy = httpx.Response(503, headers={"Retry-After": "0"})
    world.instead["risk"] = [_dies, lambda _: busy]
    assert (await verified(world)).is_clean


@pytest.mark.parametrize("service", SERVICES)
async def test_while_a_service_is_away_nothing_can_be_told(world: Any, service: str) -> None:
    world.approve(1)
    world.instead[service] = [_dies] * 10
    with pytest.raises(CannotTell, match=rf"{service} at http://{service}\S* does not answer"):
        await verified(world)


async def test_a_refused_key_is_not_taken_for_no_orders(world: Any) -> None:
    problem = {"title": "Not authenticated", "detail": "Send a valid API key."}
    world.instead["fulfillment"] = [lambda _: httpx.Response(401, json=problem)]
    with pytest.raises(CannotTell, match="fulfillment refuses: 401 Send a valid API key"):
        await verified(world)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={}),
        httpx.Response(200, json={"items": [{}], "read_at": "?", "next": None}),
        httpx.Response(404),
    ],
)
async def test_an_answer_nobody_understands_is_not_taken_for_agreement(
    world: Any, answer: httpx.Response
) -> None:
    world.approve(1)
    world.instead["risk"] = [lambda _: answer]
    with pytest.raises(CannotTell):
        await verified(world)


async def test_a_list_that_ends_before_its_count_is_not_taken_for_whole(world: Any) -> None:
    for number in range(7):
        world.approve(number)
    for name in SERVICES:
        known = world.accounts[name]
        world.accounts[name] = dict(list(known.items())[:6])
    counted = world._accounts("ingest", httpx.QueryParams({"limit": "1"}))
    page = world._accounts("ingest", httpx.QueryParams({"limit": "3"})) | {"total": 7}
    world.instead["ingest"] = [
        lambda _: httpx.Response(200, json=counted),
        lambda _: httpx.Response(200, json=page),
    ]
    with pytest.raises(CannotTell, match="counted 7 orders and listed 6"):
        await verified(world)


async def _stream(ids: list[str]) -> Any:
    for order_id in ids:
        yield {"order_id": order_id}


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50).map(str), st.sets(st.sampled_from("abcd")))))
async def test_merging_yields_each_order_once_with_all_that_know_it(
    known: list[tuple[str, set[str]]],
) -> None:
    by_id = {order_id: names for order_id, names in known if names}
    streams = {
        name: _stream(sorted(order_id for order_id, names in by_id.items() if name in names))
        for name in "abcd"
    }
    found = [(order_id, set(told)) async for order_id, told in merged(streams)]
    assert found == sorted(by_id.items())


@pytest.mark.parametrize("ids", [["2", "1"], ["1", "1"]])
async def test_a_stream_out_of_its_order_is_not_merged(ids: list[str]) -> None:
    with pytest.raises(ValueError, match="out of their order"):
        async for _ in merged({"risk": _stream(ids)}):
            pass
