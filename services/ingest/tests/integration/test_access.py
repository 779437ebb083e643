"""Who may do what: every route but the channels' own asks for a key with its scope."""

import re
from typing import Any

import httpx
import pytest
from ingest_material.world import Serve, World, a_payment, as_, canonical
from sqlalchemy import update
from starlette.types import ASGIApp

from common.http.auth import fingerprint, revoke_key
from ingest.store.tables import carried

NO_ID = "01a20692-87c5-711f-8342-552729252215"
READ: list[tuple[str, str, Any]] = [
    ("GET", "/v1/orders", None),
    ("GET", "/v1/orders/{order_id}", None),
    ("GET", "/v1/quarantine", None),
    ("GET", "/v1/quarantine/{order_id}", None),
    ("GET", "/v1/accounts", None),
    ("GET", "/v1/operations", None),
    ("GET", "/v1/mappings", None),
    ("GET", "/v1/mappings/history?channel=shopify", None),
    ("GET", "/v1/mappings/messages?channel=shopify", None),
    ("GET", "/v1/mappings/{mapping_id}", None),
    ("GET", "/v1/imports", None),
    ("GET", "/v1/imports/formats", None),
    ("GET", "/v1/imports/template.csv", None),
    ("GET", "/v1/imports/template.xlsx", None),
    ("GET", "/v1/imports/{import_id}", None),
    ("GET", "/v1/imports/{import_id}/errors.csv", None),
    ("GET", "/v1/completeness", None),
    ("GET", "/v1/refunds/untold", None),
]
WRITE: list[tuple[str, str, Any]] = [
    ("POST", "/v1/orders", canonical()),
    ("POST", "/v1/orders/{order_id}/payments", a_payment()),
    ("POST", "/v1/orders/{order_id}/cancel", {"reason": "r"}),
    ("PATCH", "/v1/quarantine/{order_id}", {}),
    ("POST", "/v1/quarantine/{order_id}/release", {"reason": "r"}),
    ("POST", "/v1/refunds/untold/{order_id}/close", {"reference": "r", "reason": "r"}),
    ("POST", "/v1/quarantine/{order_id}/discard", {"reason": "r"}),
    ("POST", "/v1/quarantine/{order_id}/merge", {"into": NO_ID, "reason": "r"}),
    ("POST", "/v1/quarantine/{order_id}/assign", {"owner": "somebody"}),
    ("POST", "/v1/mappings", {"channel": "c", "document": {}, "reason": "r"}),
    ("POST", "/v1/mappings/preview", {"channel": "c", "payload": "{}"}),
    ("POST", "/v1/mappings/compare", {"channel": "c", "document": {}}),
    ("POST", "/v1/mappings/replay", {"receipt_ids": [NO_ID], "reason": "r"}),
    ("POST", "/v1/mappings/rollback", {"channel": "c", "reason": "r"}),
    ("POST", "/v1/mappings/{mapping_id}/activate", {"reason": "r"}),
    ("POST", "/v1/imports", None),
    ("POST", "/v1/imports/{import_id}/stop", {"reason": "r"}),
]
OPEN = {(method, "/v1/webhooks/{channel}/{shop}") for method in ("GET", "POST")}


async def call(
    client: httpx.AsyncClient, method: str, path: str, body: Any, headers: dict[str, str]
) -> httpx.Response:
    url = re.sub(r"\{[^}]*\}", NO_ID, path)
    return await client.request(method, url, json=body, headers=headers)


async def test_every_route_is_named_here(nobody: httpx.AsyncClient) -> None:
    described = (await nobody.get("/openapi.json")).json()["paths"]
    routes = {
        (method.upper(), path)
        for path, methods in described.items()
        for method in methods
        if path.startswith("/v1/")
    }
    named = {(method, path.partition("?")[0]) for method, path, _ in READ + WRITE}
    assert routes == OPEN | named


@pytest.mark.parametrize(("method", "path", "body"), READ + WRITE)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer unknown"},
        {"Authorization": "Basic d3JpdGVyOg=="},
        {"Authorization": "writer"},
        {"X-API-Key": "unknown"},
        {"Authorization": "Bearer unknown", "X-API-Key": "writer"},
    ],
    ids=str,
)
async def test_nobody_gets_in_without_a_key(
    world: World,
    nobody: httpx.AsyncClient,
    method: str,
    path: str,
    body: Any,
    headers: dict[str, str],
) -> None:
    answer = await call(nobody, method, path, body, headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert await world.counts() == {}


@pytest.mark.parametrize(("method", "path", "body"), READ + WRITE)
async def test_a_key_of_another_service_gets_nowhere(
    world: World, nobody: httpx.AsyncClient, method: str, path: str, body: Any
) -> None:
    answer = await call(nobody, method, path, body, as_("stranger"))
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert await world.counts() == {}


@pytest.mark.parametrize(("method", "path", "body"), WRITE)
async def test_who_may_read_may_not_write(
    world: World, nobody: httpx.AsyncClient, method: str, path: str, body: Any
) -> None:
    assert (await call(nobody, method, path, body, as_("reader"))).status_code == 403
    assert await world.counts() == {}


@pytest.mark.parametrize(("method", "path", "body"), READ)
async def test_who_may_write_may_not_read_by_that(
    nobody: httpx.AsyncClient, method: str, path: str, body: Any
) -> None:
    assert (await call(nobody, method, path, body, as_("second-writer"))).status_code == 403
    for headers in (as_("reader"), {"X-API-Key": "reader"}, {"Authorization": "bearer reader"}):
        answer = await call(nobody, method, path, body, headers)
        assert answer.status_code == (404 if "{" in path else 200)


async def test_a_revoked_key_is_no_key(world: World, serve: Serve) -> None:
    async with world.engine.begin() as connection:
        await revoke_key(connection, carried, name="reader")
    try:
        async with serve() as fresh:
            answer = await fresh.get("/v1/orders", headers=as_("reader"))
    finally:
        async with world.engine.begin() as connection:
            await connection.execute(
                update(carried.api_key)
                .where(carried.api_key.c.sha256 == fingerprint("reader"))
                .values(revoked=False)
            )
    assert answer.status_code == 401


async def test_what_is_not_offered_is_said_in_the_one_form(world: World, app: ASGIApp) -> None:
    del app
    for method, path, status in (
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/webhooks/shopify/demo", 405),
        ("PUT", "/v1/orders", 405),
        ("DELETE", f"/v1/orders/{NO_ID}", 405),
    ):
        answer = await world.client.request(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
