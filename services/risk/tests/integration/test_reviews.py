"""Held orders and the people who judge them, over HTTP on a real database."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from common.contracts.event import Message
from common.contracts.ingest import OrderReceived
from common.contracts.order import Order
from common.database.work import WorkFactory
from common.ids import new_id
from common.messaging.outcome import Outcome
from common.service import Runtime
from risk.domain.receiver import phone_fingerprint
from risk.use_cases import demo
from risk.wiring import Parts, mount

Receipt = Callable[..., Message[OrderReceived]]
Deliver = Callable[..., Awaitable[list[Outcome]]]
Published = Callable[[], Awaitable[list[dict[str, Any]]]]

APPROVE = {"decision": "approve", "reason": "known customer"}
REJECT = {"decision": "reject", "reason": "known fraud"}


def as_(name: str, **headers: str) -> dict[str, str]:
    return {"X-API-Key": name, **headers}


@pytest.fixture
async def held(dear: Order, receipt: Receipt, deliver: Deliver) -> Message[OrderReceived]:
    message = receipt(dear)
    await deliver(message)
    return message


def path(held: Message[OrderReceived]) -> str:
    return f"/v1/reviews/{held.data.order_id}"


async def test_an_approved_review_carries_the_same_order_on(
    client: httpx.AsyncClient, held: Message[OrderReceived], published: Published
) -> None:
    response = await client.post(path(held), json=APPROVE, headers=as_("reviewer"))
    assert response.status_code == 200
    _, event = await published()
    assert event["type"] == "order.approved.v1"
    assert event["correlation_id"] == str(held.correlation_id)
    assert event["data"]["decision_no"] == 2
    assert Order.model_validate(event["data"]["order"]) == held.data.order
    assert (await client.get("/v1/reviews", headers=as_("reader"))).json() == {"items": []}


async def test_a_rejected_review_is_told_with_its_reason(
    client: httpx.AsyncClient, held: Message[OrderReceived], published: Published
) -> None:
    await client.post(path(held), json=REJECT, headers=as_("reviewer"))
    _, event = await published()
    assert event["type"] == "order.rejected.v1"
    assert event["data"]["reasons"] == ["review:rejected"]


async def test_an_assessment_shows_every_decision_and_who_made_it(
    client: httpx.AsyncClient, held: Message[OrderReceived]
) -> None:
    await client.post(path(held), json=APPROVE, headers=as_("reviewer"))
    url = f"/v1/assessments/{held.data.order_id}"
    view = (await client.get(url, headers=as_("reader"))).json()
    assert view["outcome"] == "approved"
    first, second = view["decisions"]
    assert (first["decision_no"], first["outcome"], first["decided_by"]) == (1, "held", "sluice")
    assert first["reasons"] == [
        {
            "check": "order-amount-cny",
            "code": "amount_above_limit",
            "detail": 'order.currency ("CNY") == "CNY" && order.payable_minor (600000) > 500000',
            "outcome": "held",
        }
    ]
    assert (second["decision_no"], second["decided_by"]) == (2, "reviewer")
    assert second["reasons"][0]["detail"] == "known customer"
    assert second["ruleset"] == first["ruleset"]


async def test_the_same_judgement_again_is_answered_alike_and_another_refused(
    client: httpx.AsyncClient, held: Message[OrderReceived], published: Published
) -> None:
    first = await client.post(path(held), json=APPROVE, headers=as_("reviewer"))
    again = await client.post(path(held), json=APPROVE, headers=as_("second-reviewer"))
    other = await client.post(path(held), json=REJECT, headers=as_("second-reviewer"))
    assert (again.status_code, again.json()) == (200, first.json())
    assert other.status_code == 409
    assert len(await published()) == 2


async def test_of_two_reviews_at_once_one_wins(
    client: httpx.AsyncClient, held: Message[OrderReceived], published: Published
) -> None:
    responses = await asyncio.gather(
        client.post(path(held), json=APPROVE, headers=as_("reviewer")),
        client.post(path(held), json=REJECT, headers=as_("second-reviewer")),
    )
    assert sorted(response.status_code for response in responses) == [200, 409]
    assert len(await published()) == 2


async def test_an_order_emitted_again_after_its_review_gets_the_reviewed_decision(
    client: httpx.AsyncClient,
    held: Message[OrderReceived],
    receipt: Receipt,
    deliver: Deliver,
    published: Published,
) -> None:
    await client.post(path(held), json=APPROVE, headers=as_("reviewer"))
    await deliver(receipt(held.data.order, held.data.order_id))
    _, reviewed, again = await published()
    assert again["data"] == reviewed["data"]
    assert (await client.get("/v1/reviews", headers=as_("reader"))).json() == {"items": []}


async def test_a_review_is_repeatable_by_its_key(
    client: httpx.AsyncClient, held: Message[OrderReceived], published: Published
) -> None:
    headers = as_("reviewer", **{"Idempotency-Key": "k"})
    first, again = [await client.post(path(held), json=APPROVE, headers=headers) for _ in "12"]
    other = await client.post(path(held), json=REJECT, headers=headers)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert other.status_code == 409
    assert len(await published()) == 2


async def test_an_order_that_was_not_held_cannot_be_reviewed(
    client: httpx.AsyncClient, order: Order, receipt: Receipt, deliver: Deliver
) -> None:
    approved = receipt(order)
    await deliver(approved)
    response = await client.post(path(approved), json=APPROVE, headers=as_("reviewer"))
    assert response.status_code == 409


async def test_an_unknown_order_is_not_found(client: httpx.AsyncClient) -> None:
    response = await client.post(f"/v1/reviews/{new_id()}", json=APPROVE, headers=as_("reviewer"))
    assert response.status_code == 404
    response = await client.get(f"/v1/assessments/{new_id()}", headers=as_("reader"))
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"decision": "approve"}, "body.reason"),
        ({"decision": "approve", "reason": "   "}, "body.reason"),
        ({"decision": "shrug", "reason": "x"}, "body.decision"),
        (APPROVE | {"colour": "red"}, "body.colour"),
    ],
)
async def test_a_review_that_is_wrong_is_refused_by_its_field(
    client: httpx.AsyncClient, held: Message[OrderReceived], body: dict[str, str], field: str
) -> None:
    response = await client.post(path(held), json=body, headers=as_("reviewer"))
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


async def test_only_who_may_review_is_told_whom_an_order_is_for(
    client: httpx.AsyncClient, held: Message[OrderReceived]
) -> None:
    (read,) = (await client.get("/v1/reviews", headers=as_("reader"))).json()["items"]
    assert read["receiver"] is None
    assert (read["order_id"], read["payable_minor"], read["lines"]) == (
        str(held.data.order_id),
        600_000,
        1,
    )
    assert held.data.order.customer.name not in str(read)
    (full,) = (await client.get("/v1/reviews", headers=as_("reviewer"))).json()["items"]
    assert full["receiver"]["customer"]["name"] == held.data.order.customer.name


async def test_reviews_are_paged_from_the_oldest(
    client: httpx.AsyncClient, dear: Order, receipt: Receipt, deliver: Deliver
) -> None:
    messages = [receipt(dear) for _ in range(5)]
    await deliver(*messages)
    seen: list[UUID] = []
    after: dict[str, str] = {}
    while items := (
        await client.get("/v1/reviews", params={"limit": "2"} | after, headers=as_("reader"))
    ).json()["items"]:
        seen += [UUID(item["order_id"]) for item in items]
        after = {"after": items[-1]["order_id"]}
    assert seen == [message.data.order_id for message in messages]


async def test_a_review_ends_what_was_still_to_be_made_up_for(
    client: httpx.AsyncClient,
    works: WorkFactory,
    order: Order,
    receipt: Receipt,
    deliver: Deliver,
) -> None:
    async with works.begin() as work:
        await demo.seed(work)
    masked = order.customer.model_copy(update={"phone": "138****8000"})
    message = receipt(order.model_copy(update={"customer": masked}))
    await deliver(message)
    url = f"/v1/assessments/{message.data.order_id}"
    before = (await client.get(url, headers=as_("reader"))).json()
    (held,) = before["decisions"]
    assert [(r["check"], r["code"]) for r in held["reasons"]] == [("blocked-phones", "unanswered")]
    (left,) = before["rechecks"]
    assert (left["check"], left["cause"]) == ("blocked-phones", "missing:phone.sha256")
    assert (left["result"], left["rechecked_at"]) == (None, None)

    await client.post(path(message), json=APPROVE, headers=as_("reviewer"))
    after = (await client.get(url, headers=as_("reader"))).json()
    assert [(r["check"], r["result"]) for r in after["rechecks"]] == [("blocked-phones", "moot")]
    assert after["outcome"] == "approved"


async def test_what_an_order_was_decided_on_is_shown_without_personal_values(
    client: httpx.AsyncClient, held: Message[OrderReceived]
) -> None:
    url = f"/v1/assessments/{held.data.order_id}/inputs"
    response = await client.get(url, headers=as_("reader"))
    (inputs,) = response.json()["items"]
    features = inputs["features"]
    assert (inputs["decision_no"], features["order.payable_minor"]) == (1, 600_000)
    assert features["phone.sha256"] == features["address.text"] == "withheld"
    assert features["customer.orders_1h"] is None
    assert "文三路" not in response.text
    assert str(phone_fingerprint(held.data.order.customer.phone)) not in response.text


async def test_a_decision_made_again_is_the_same(
    client: httpx.AsyncClient, held: Message[OrderReceived]
) -> None:
    await client.post(path(held), json=APPROVE, headers=as_("reviewer"))
    url = f"/v1/assessments/{held.data.order_id}/replay"
    first, reviewed = (await client.get(url, headers=as_("reader"))).json()["items"]
    assert (first["same"], first["why_not"]) == (True, "")
    assert (reviewed["same"], reviewed["why_not"]) == (False, "a person decided")


@pytest.mark.parametrize("what", ["", "/inputs", "/replay"])
async def test_of_an_unknown_order_there_is_nothing_to_show(
    client: httpx.AsyncClient, what: str
) -> None:
    response = await client.get(f"/v1/assessments/{new_id()}{what}", headers=as_("reader"))
    assert response.status_code == 404
    response = await client.get(f"/v1/assessments/nonsense{what}", headers=as_("reader"))
    assert [e["field"] for e in response.json()["errors"]] == ["path.order_id"]


ROUTES = [
    ("GET", "/v1/accounts", "reader"),
    ("GET", "/v1/assessments/{order_id}", "reader"),
    ("GET", "/v1/assessments/{order_id}/inputs", "reader"),
    ("GET", "/v1/assessments/{order_id}/replay", "reader"),
    ("GET", "/v1/reviews", "reader"),
    ("POST", "/v1/reviews/{order_id}", "reviewer"),
    ("GET", "/v1/rulesets", "reader"),
    ("GET", "/v1/rulesets/active", "reader"),
    ("GET", "/v1/rulesets/changes", "reader"),
    ("GET", "/v1/rulesets/{ruleset}", "reader"),
    ("GET", "/v1/rulesets/{ruleset}/measurements", "reader"),
    ("POST", "/v1/rulesets", "releaser"),
    ("POST", "/v1/rulesets/check", "reader"),
    ("POST", "/v1/rulesets/{ruleset}/measurements", "releaser"),
    ("POST", "/v1/rulesets/{ruleset}/promote", "releaser"),
    ("POST", "/v1/rulesets/{ruleset}/abort", "releaser"),
    ("POST", "/v1/rulesets/{ruleset}/activate", "releaser"),
    ("POST", "/v1/rulesets/rollback", "releaser"),
    ("GET", "/v1/breakers", "reader"),
    ("GET", "/v1/breakers/{check}", "reader"),
    ("GET", "/v1/breakers/{check}/changes", "reader"),
    ("POST", "/v1/breakers/{check}", "releaser"),
]
PLACES = {"order_id": str(UUID(int=1)), "ruleset": "0" * 64, "check": "amount"}


async def test_every_route_asks_who_calls(client: httpx.AsyncClient) -> None:
    too_little = {"reader": "stranger", "reviewer": "releaser", "releaser": "reviewer"}
    for method, template, least in ROUTES:
        url = template.format_map(PLACES)
        callers: tuple[dict[str, str], ...] = ({}, as_("nobody"), as_(too_little[least]))
        refused = [(await client.request(method, url, headers=who)).status_code for who in callers]
        assert (method, url, refused) == (method, url, [401, 401, 403])
        allowed = await client.request(method, url, headers=as_(least))
        assert allowed.status_code not in {401, 403}, url


async def test_no_route_is_left_out_above(runtime: Runtime, parts: Parts) -> None:
    app = FastAPI()
    mount(app, runtime, parts)
    described = app.openapi()["paths"]
    found = {(method.upper(), path) for path, methods in described.items() for method in methods}
    served = {(method, path) for method, path in found if path.startswith("/v1/")}
    assert served == {(method, url) for method, url, _ in ROUTES}
