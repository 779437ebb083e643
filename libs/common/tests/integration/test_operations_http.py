"""`GET /v1/operations` and the page that shows it, as any service serves them."""

import json
import re
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from toy.tables import carried

from common.database.operations import record
from common.database.work import WorkFactory
from common.http import problems
from common.http.auth import KeyRing, ensure_key
from common.http.operations import operations_page, operations_routes
from common.ids import new_id

STATIC = {
    file.name: file.read_text() for file in (files("common.http") / "operations_page").iterdir()
}
READ = {"Authorization": "Bearer read"}


@pytest.fixture
async def client(works: WorkFactory) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.state.works, app.state.keys = works, KeyRing(works.engine, carried)
    app.include_router(operations_routes("toy"))
    app.include_router(operations_page())
    problems.install(app)
    async with works.engine.begin() as connection:
        for key, scopes in {"read": ["toy:read"], "write": ["toy:write"]}.items():
            await ensure_key(connection, carried, name=key, key=key, scopes=scopes)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        yield client


async def jot(works: WorkFactory, *names: str) -> None:
    for name in names:
        async with works.begin() as work:
            record(
                work,
                actor="anna",
                action="note.changed",
                subject=("note", name),
                after={"text": name},
                reason="It rained.",
            )


async def asked(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get("/v1/operations", params=query, headers=READ)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_operations_are_listed_newest_first_and_paged(
    client: httpx.AsyncClient, works: WorkFactory
) -> None:
    await jot(works, "one", "two", "three")
    first = await asked(client, limit=2)
    assert [item["number"] for item in first["items"]] == [3, 2]
    rest = await asked(client, limit=2, after=first["next"])
    assert ([item["number"] for item in rest["items"]], rest["next"]) == ([1], None)
    (one,) = rest["items"]
    assert (one["actor"], one["after"], one["reason"]) == ("anna", {"text": "one"}, "It rained.")
    assert first["items"][1]["previous_hash"] == one["hash"]


async def test_operations_are_searched(client: httpx.AsyncClient, works: WorkFactory) -> None:
    await jot(works, "one", "two")
    for query, count in (
        ({"q": "RAIN"}, 2),
        ({"q": "snow"}, 0),
        ({"subject": "note:two"}, 1),
        ({"actor": "anna", "action": "note.changed"}, 2),
        ({"order_id": str(new_id())}, 0),
        ({"until": "2020-01-01T00:00:00Z"}, 0),
        ({"since": "2020-01-01T00:00:00Z"}, 2),
    ):
        assert len((await asked(client, **query))["items"]) == count, query


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"after": "0"},
        {"since": "2026-11-22T09:30:00"},
        {"order_id": "1"},
        {"q": ""},
        {"q": "a\x00b"},
        {"who": "anna"},
    ],
)
async def test_what_cannot_be_looked_for_is_refused(
    client: httpx.AsyncClient, query: dict[str, str]
) -> None:
    answer = await client.get("/v1/operations", params=query, headers=READ)
    assert answer.status_code == 422
    assert next(iter(query)) in answer.json()["detail"]


async def test_only_who_may_read_the_service_reads_its_log(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/operations")).status_code == 401
    other = {"Authorization": "Bearer write"}
    assert (await client.get("/v1/operations", headers=other)).status_code == 403


async def test_the_page_and_its_files_are_served_with_strict_headers(
    client: httpx.AsyncClient,
) -> None:
    for path in ("/operations", *(f"/operations/{name}" for name in STATIC)):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "trusted-types 'none'" in answer.headers["content-security-policy"]
    assert (await client.get("/operations/nothing.js")).status_code == 404


def test_the_page_says_everything_in_both_languages() -> None:
    tables = {
        each: set(re.findall(r'"(\w+)": "[^"]+"', part))
        for each, part in zip(("en", "zh"), STATIC["words.js"].split("zh: {"), strict=True)
    }
    assert tables["en"] == tables["zh"]
    said = set(re.findall(r'\bt\("(\w+)"\)', STATIC["page.js"]))
    listed = re.findall(r"const (?:FIELDS|COLUMNS) = (\[.*?\]);", STATIC["page.js"])
    assert len(listed) == 2
    assert said | {name for names in listed for name in json.loads(names)} <= tables["en"]


def test_nothing_becomes_markup_and_nothing_comes_from_elsewhere() -> None:
    for name, text in STATIC.items():
        assert not re.search(r"innerHTML|outerHTML|document\.write|eval\(|https?://", text), name
