"""Breakers as people see and set them, and as workers obey and hear of each other."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from common.database.work import WorkFactory
from common.ids import new_id
from risk.domain.breaker import BreakerPolicy, Explanation
from support.risk_scene import Scene, Worker, asks, inline, order, rule, scene_on

LARGE = rule("large", "order.payable_minor > 500000")
OPENS_AT_4_FAILURES = BreakerPolicy(
    calls_min=4, error_rate=1.0, busy_calls_min=1_000_000, open_seconds=3600, open_seconds_max=7200
)


@pytest.fixture
async def scene(works: WorkFactory) -> AsyncIterator[Scene]:
    async with scene_on(works) as scene:
        yield scene


def key(principal: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {principal}"}


async def read(client: httpx.AsyncClient, path: str = "") -> Any:
    answer = await client.get(f"/v1/breakers{path}", headers=key("reader"))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def force(client: httpx.AsyncClient, state: str, check: str = "score") -> None:
    said = {"state": state, "reason": f"because {state}"}
    answer = await client.post(f"/v1/breakers/{check}", json=said, headers=key("releaser"))
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"check": check} | said


def explained(worker: Worker, check: str = "score") -> Explanation:
    (found,) = [d for d in worker.panel.desks.values() if d.check.id == check]
    return found.breaker.explain(0.0)


async def test_a_check_is_listed_as_each_worker_sees_it(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    assert await read(client) == {"items": []}
    await scene.put_in_force(asks("score"), inline("amount", LARGE))
    scene.party.door("score").fails()
    well, sick = scene.worker(OPENS_AT_4_FAILURES), scene.worker(OPENS_AT_4_FAILURES)
    await sick.decide(*(order(1_000) for _ in range(4)))
    for worker in (well, sick):
        await worker.report()

    (score, amount) = (await read(client))["items"]
    assert (score["check"], score["state"], score["core"]) == ("score", "open", False)
    assert (amount["check"], amount["state"], amount["core"]) == ("amount", "closed", True)
    assert (score["deferred"], score["exposed_minor"]) == (4, {"CNY": 4_000})
    assert {w["instance"]: w["state"] for w in score["workers"]} == {
        well.instance: "closed",
        sick.instance: "open",
    }
    (told,) = [w for w in score["workers"] if w["instance"] == sick.instance]
    assert "4 of 4 calls failed" in told["sentence"]
    assert await read(client, "/score") == score


async def test_a_worker_that_said_nothing_lately_is_not_there(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    await scene.put_in_force(asks("score"))
    await scene.worker().report()
    await scene.change("update risk.worker_report set reported_at = now() - interval '1 minute'")
    assert await read(client) == {"items": []}


async def test_a_breaker_forced_open_keeps_every_worker_from_asking(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    door = scene.party.door("score")
    door.answers(score=500)
    await scene.put_in_force(asks("score"))
    workers = [scene.worker(), scene.worker()]
    for worker in workers:
        await worker.report()
    await force(client, "open")
    for worker in workers:
        await worker.report()
        (order_id,) = await worker.decide(order())
        assert await scene.deferred(order_id) == {"score": "breaker_open"}
        await worker.recheck()
    assert door.calls == 0

    await workers[0].report()
    view = await read(client, "/score")
    assert view["state"] == "open"
    assert view["override"]["state"] == "open"
    assert view["override"]["set_by"] == "releaser"
    assert view["override"]["reason"] == "because open"
    assert {w["forced"] for w in view["workers"]} == {"open"}
    assert view["deferred"] == 2


async def test_a_worker_that_starts_later_obeys_too(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    await scene.put_in_force(asks("score"))
    await force(client, "open")
    worker = scene.worker()
    await worker.report()
    (order_id,) = await worker.decide(order())
    assert await scene.deferred(order_id) == {"score": "breaker_open"}
    assert scene.party.door("score").calls == 0


async def test_a_breaker_forced_closed_asks_whatever_comes(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    door = scene.party.door("score")
    door.fails()
    await scene.put_in_force(asks("score"))
    worker = scene.worker(OPENS_AT_4_FAILURES)
    await worker.decide(*(order() for _ in range(4)))
    await force(client, "closed")
    await worker.report()
    await worker.decide(*(order() for _ in range(6)))
    assert door.calls == 10
    assert explained(worker).state == "closed"
    await force(client, "auto")
    await worker.report()
    assert explained(worker).state == "open"  # 6 of 6 failed


async def test_after_a_forced_opening_it_has_to_pass_its_probes(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    scene.party.door("score").answers(score=500)
    await scene.put_in_force(asks("score"))
    worker = scene.worker(BreakerPolicy(busy_calls_min=1_000_000, probes=2))
    await worker.report()
    await force(client, "open")
    await worker.report()
    ids = await worker.decide(order(), order())
    await force(client, "auto")
    await worker.report()
    assert explained(worker).state == "half_open"
    assert (await worker.recheck()).claimed == 2
    assert explained(worker).state == "closed"
    for order_id in ids:
        assert await scene.rechecks(order_id) == {"score": "clear"}

    await worker.report()
    made = (await read(client, "/score/changes"))["items"]
    assert [(c["instance"], c["before"], c["after"]) for c in made] == [
        (worker.instance, "half_open", "closed"),
        (worker.instance, "open", "half_open"),
        ("all", "open", "auto"),
        (worker.instance, "closed", "open"),
        ("all", "auto", "open"),
    ]
    assert [c["changed_by"] for c in made] == ["sluice", "sluice", "releaser", "sluice", "releaser"]
    assert made[-1]["cause"] == "because open"
    assert len((await read(client, "/score/changes?limit=2"))["items"]) == 2


async def test_a_change_is_written_down_once(scene: Scene, client: httpx.AsyncClient) -> None:
    scene.party.door("score").fails()
    await scene.put_in_force(asks("score"))
    worker = scene.worker(OPENS_AT_4_FAILURES)
    await worker.decide(*(order() for _ in range(4)))
    for _ in range(3):
        await worker.report()
    (made,) = (await read(client, "/score/changes"))["items"]
    assert (made["before"], made["after"]) == ("closed", "open")
    assert made["instance"] == worker.instance


async def test_a_peers_open_breaker_lowers_the_limits_and_decides_nothing(scene: Scene) -> None:
    scene.party.door("score").fails()
    await scene.put_in_force(asks("score"))
    sick, peer = scene.worker(OPENS_AT_4_FAILURES), scene.worker(OPENS_AT_4_FAILURES)
    await sick.decide(*(order() for _ in range(4)))
    await sick.report()
    await peer.report()
    assert explained(peer).hinted
    assert explained(peer).state == "closed"
    await peer.decide(order())
    assert explained(peer).state == "closed"
    await peer.decide(order())
    assert explained(peer).state == "open"  # after 2 instead of 4


async def test_the_hint_of_a_worker_that_is_gone_ends(scene: Scene) -> None:
    scene.party.door("score").fails()
    await scene.put_in_force(asks("score"))
    sick, peer = scene.worker(OPENS_AT_4_FAILURES), scene.worker(OPENS_AT_4_FAILURES)
    await sick.decide(*(order() for _ in range(4)))
    await sick.report()
    await peer.report()
    await scene.change("update risk.worker_report set reported_at = now() - interval '1 minute'")
    await peer.report()
    assert not explained(peer).hinted


async def test_a_forced_breaker_is_no_hint(scene: Scene, client: httpx.AsyncClient) -> None:
    await scene.put_in_force(asks("score"))
    forced, peer = scene.worker(), scene.worker()
    await forced.report()
    await force(client, "open")
    await forced.report()
    await scene.change("delete from risk.breaker_override")
    await peer.report()
    assert not explained(peer).hinted


async def test_the_same_request_is_done_once(scene: Scene, client: httpx.AsyncClient) -> None:
    said = {"state": "open", "reason": "twice"}
    headers = key("releaser") | {"Idempotency-Key": str(new_id())}
    answers = [
        await client.post("/v1/breakers/score", json=said, headers=headers) for _ in range(2)
    ]
    assert [answer.json() for answer in answers] == [{"check": "score"} | said] * 2
    assert len(await scene.rows("select 1 from risk.breaker_change")) == 1


@pytest.mark.parametrize("path", ["", "/score", "/score/changes"])
async def test_only_who_may_read_reads(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(f"/v1/breakers{path}")).status_code == 401
    strange = await client.get(f"/v1/breakers{path}", headers=key("stranger"))
    assert strange.status_code == 403


@pytest.mark.parametrize(
    ("principal", "status"), [(None, 401), ("stranger", 403), ("reader", 403), ("reviewer", 403)]
)
async def test_only_who_may_release_sets_breakers(
    scene: Scene, client: httpx.AsyncClient, principal: str | None, status: int
) -> None:
    headers = {} if principal is None else key(principal)
    said = {"state": "open", "reason": "why not"}
    answer = await client.post("/v1/breakers/score", json=said, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert await scene.rows("select 1 from risk.breaker_override") == []


async def test_a_check_that_is_not_in_force_is_not_found(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/breakers/unheard-of", headers=key("reader"))
    assert answer.status_code == 404
    assert await read(client, "/unheard-of/changes") == {"items": []}


@pytest.mark.parametrize(
    ("check", "body", "field"),
    [
        ("score", {"state": "ajar", "reason": "x"}, "body.state"),
        ("score", {"state": "half_open", "reason": "x"}, "body.state"),
        ("score", {"state": "open"}, "body.reason"),
        ("score", {"state": "open", "reason": "  "}, "body.reason"),
        ("score", {"state": "open", "reason": "x" * 1_001}, "body.reason"),
        ("score", {"state": "open", "reason": "x", "for": "ever"}, "body.for"),
        ("NOT A CHECK", {"state": "open", "reason": "x"}, "path.check"),
    ],
)
async def test_what_is_wrong_is_named(
    client: httpx.AsyncClient, check: str, body: dict[str, str], field: str
) -> None:
    answer = await client.post(f"/v1/breakers/{check}", json=body, headers=key("releaser"))
    assert answer.status_code == 422
    assert field in answer.text


async def test_a_page_has_its_bounds(client: httpx.AsyncClient) -> None:
    for limit in (0, 201):
        path = f"/v1/breakers/score/changes?limit={limit}"
        assert (await client.get(path, headers=key("reader"))).status_code == 422
