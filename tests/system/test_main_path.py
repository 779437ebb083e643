"""From a signed webhook to a reconciled payment, through the doors a merchant uses."""

from collections.abc import Mapping
from random import Random
from typing import Any

import httpx

from common.ids import new_id
from loadtest.orders import signed
from stack import Stack
from support.waiting import until

Client = httpx.AsyncClient


async def _post_webhook(doors: Mapping[str, Client], system: Stack, run: str) -> dict[str, Any]:
    secret = system.env()["WEBHOOK_SECRET_SHOPIFY"]
    headers, body = signed(1, Random(run), secret=secret, run=run)
    answer = await doors["ingest"].post("/v1/webhooks/shopify/demo", headers=headers, content=body)
    assert answer.status_code == 202
    (order,) = answer.json()["orders"]
    return dict(order)


async def _order(client: Client, order_id: str, state: str) -> dict[str, Any]:
    """Wait until fulfillment shows the order in this state."""

    async def shown() -> dict[str, Any] | None:
        answer = await client.get(f"/v1/orders/{order_id}")
        found = answer.json() if answer.is_success else {}
        return found if found.get("state") == state else None

    return await until(shown, seconds=180)  # type: ignore[return-value]


async def _scan(client: Client, code: str, step: str, **more: str) -> httpx.Response:
    body = {"code": code, "step": step, "scanned_at": "2026-11-22T12:00:00Z", "device_id": "d1"}
    return await client.post("/v1/scans", json={**body, **more})


async def test_an_order_goes_from_webhook_to_reconciled_payment(
    system: Stack, doors: Mapping[str, Client]
) -> None:
    run = new_id().hex[-10:]
    received = await _post_webhook(doors, system, run)
    assert received["status"] == "accepted"
    order_id = received["order_id"]

    allocated = await _order(doors["fulfillment"], order_id, "allocated")
    assessment = (await doors["risk"].get(f"/v1/assessments/{order_id}")).json()
    assert assessment["decisions"][0]["outcome"] == "approved"

    code = allocated["task_code"]
    assert (await _scan(doors["fulfillment"], code, "packed")).status_code == 409
    assert (await _scan(doors["fulfillment"], code, "picking")).json()["state"] == "picking"
    assert (await _scan(doors["fulfillment"], code, "packed")).json()["state"] == "packed"
    parcel = {"courier": "sf", "tracking_no": f"SF{run}"}
    for repeated in (False, True):
        handed = (await _scan(doors["fulfillment"], code, "handed_over", **parcel)).json()
        assert (handed["state"], handed["repeated"]) == ("handed_over", repeated)

    async def known() -> dict[str, Any] | None:
        answer = await doors["reconciliation"].get(f"/v1/orders/{order_id}")
        found = answer.json() if answer.is_success else {}
        return found if (found.get("fulfilment") or {}).get("state") == "handed_over" else None

    account = await until(known, seconds=180)
    (transaction,) = account["transactions"]
    amount = f"{transaction['amount_minor'] / 100:.2f}"
    statement = (
        "transaction_id,occurred_at,amount,currency,reference,payer\n"
        f"T{run},2026-11-22T02:00:00Z,{amount},CNY,{transaction['reference']},张三\n"
    )
    imported = await doors["reconciliation"].post(
        "/v1/statements",
        params={"source": "alipay"},
        content=statement.encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert imported.status_code == 201
    assert imported.json()["matched"] == 1
    account = (await doors["reconciliation"].get(f"/v1/orders/{order_id}")).json()
    assert account["differences"] == []


async def test_every_service_continues_the_trace_of_the_webhook(
    system: Stack, doors: Mapping[str, Client]
) -> None:
    import asyncpg

    run, trace = new_id().hex[-10:], new_id().hex
    secret = system.env()["WEBHOOK_SECRET_SHOPIFY"]
    headers, body = signed(1, Random(run), secret=secret, run=run)
    headers["traceparent"] = f"00-{trace}-00f067aa0ba902b7-01"
    answer = await doors["ingest"].post("/v1/webhooks/shopify/demo", headers=headers, content=body)
    order_id = answer.json()["orders"][0]["order_id"]
    await _order(doors["fulfillment"], order_id, "allocated")

    connection: Any = await asyncpg.connect(system.env()["DATABASE_URL"])
    spans, correlations = set(), set()
    for service in ("ingest", "risk", "fulfillment"):
        row = await connection.fetchrow(
            "select body ->> 'traceparent' as trace, body ->> 'correlation_id' as correlation"
            f" from {service}.event_log where order_id = $1::uuid",
            order_id,
        )
        assert row["trace"].split("-")[1] == trace
        spans.add(row["trace"].split("-")[2])
        correlations.add(row["correlation"])
    await connection.close()
    assert len(spans) == 3
    assert len(correlations) == 1


async def test_a_wrong_signature_is_refused_and_nothing_is_stored(
    doors: Mapping[str, Client],
) -> None:
    run = new_id().hex[-10:]
    headers, body = signed(1, Random(run), secret="not the secret", run=run)
    answer = await doors["ingest"].post("/v1/webhooks/shopify/demo", headers=headers, content=body)
    assert answer.status_code == 401
    found = await doors["ingest"].get("/v1/orders", params={"channel_order_no": f"{run}0000001"})
    assert found.json()["orders"] == []


async def test_a_body_of_ten_megabytes_is_refused(doors: Mapping[str, Client]) -> None:
    answer = await doors["ingest"].post(
        "/v1/webhooks/shopify/demo",
        content=b"x" * 10_000_000,
        headers={"Content-Type": "text/plain"},
    )
    assert answer.status_code == 413
