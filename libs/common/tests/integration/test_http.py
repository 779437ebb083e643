"""What every API has in common, on a toy API and a real database."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import Response
from prometheus_client import generate_latest
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp, Message, Scope
from toy.events import Echoed
from toy.tables import carried, note

from common.clock import monotonic_seconds
from common.contracts.event import Cause
from common.database.rows import Columns, insert_rows
from common.database.work import Work, WorkFactory
from common.errors import Collided
from common.http import auth, problems
from common.http.auth import (
    KeyFirst,
    KeyRing,
    Principal,
    ensure_key,
    fingerprint,
    requires,
    revoke_key,
)
from common.http.edge import BODY_BYTES_MAX, HEAD_BYTES_MAX, Edge
from common.http.hot import HotRoute, HotRoutes
from common.http.idempotency import KEY_LENGTH_MAX, Once
from common.http.probes import probes
from common.http.problems import Conflict
from common.ids import new_id
from common.messaging.relay import Relay
from common.telemetry.metrics import Metrics

SECRET = "13800138000"
PROBLEM = "application/problem+json"
BODY_SECONDS = 0.2

MANY = {f"x-{number}": "x" * 100 for number in range(HEAD_BYTES_MAX // 100)}
"""Headers each small, and too large together."""

UNREADABLE = [b'{"text', b"\xff\xfe{", b"[" * 100_000, b"1" * 5_000, b'{"\\ud800": 1}']

Rows = Callable[[str], Awaitable[int]]
Reader = Annotated[Principal, requires("toy:read")]
Writer = Annotated[Principal, requires("toy:write")]


class NewNote(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=40)]
    count: Annotated[int, Field(ge=0, le=10)] = 1


class NoteView(BaseModel):
    note_id: UUID
    text: str


def an_api() -> FastAPI:  # noqa: C901 - five routes are five functions
    api = FastAPI()

    @api.get("/v1/notes/{name}")
    async def read_note(name: str, principal: Reader) -> dict[str, str]:
        return {"name": name, "principal": principal.name}

    @api.get("/v1/numbered/{number}")
    async def read_numbered(number: int, at: UUID) -> dict[str, str]:
        return {"number": str(number), "at": str(at)}

    @api.post("/v1/notes", status_code=201)
    async def write_note(new: NewNote, principal: Writer, once: Once) -> Response:
        async def command(work: Work, cause: Cause) -> NoteView:
            note_id = new_id()
            columns: Columns = {"event_id": [note_id], "text": [new.text], "detail": ["{}"]}
            await insert_rows(work.connection, note, columns)
            work.publish(Echoed(order_id=note_id, text=new.text), because=cause)
            if new.text == "conflict":
                raise Conflict("There is such a note.")
            if new.text == "broken":
                raise LookupError(SECRET)
            return NoteView(note_id=note_id, text=new.text)

        return await once.run(principal, command, status=201)

    @api.post("/v1/collisions")
    async def collide() -> None:
        raise Collided(SECRET)

    @api.post("/v1/uploads")
    async def upload() -> str:
        return "taken"

    return api


class Toy:
    def __init__(self, works: WorkFactory) -> None:
        self.metrics = Metrics("toy")
        self.reached: list[str] = []
        api = an_api()
        api.state.works = works
        api.state.relay = Relay(works.engine, carried, "amqp://nowhere", self.metrics, sweeps=False)
        self.keys = api.state.keys = KeyRing(works.engine, carried)
        api.add_middleware(KeyFirst, keys=self.keys)
        api.include_router(probes(self.metrics, self._ready))
        problems.install(api)

        async def counting(scope: Scope, receive: Any, send: Any) -> None:
            self.reached.append(scope["path"])
            await HotRoutes(api, [HotRoute("GET", "/v1/hot/{name}", _hot)])(scope, receive, send)

        self.app: ASGIApp = Edge(
            counting,
            metrics=self.metrics,
            larger={"/v1/uploads": 2 * BODY_BYTES_MAX},
            body_seconds=BODY_SECONDS,
        )

    async def _ready(self) -> str | None:
        return None

    def exposed(self) -> str:
        return generate_latest(self.metrics.registry).decode()


async def _hot(_: Any, *, name: str) -> Response:
    return Response(name)


@pytest.fixture
async def toy(works: WorkFactory) -> Toy:
    async with works.engine.begin() as connection:
        for name, scopes in (("reader", ["toy:read"]), ("writer", ["toy:write"]), ("all", ["*"])):
            await ensure_key(connection, carried, name=name, key=f"key of {name}", scopes=scopes)
    return Toy(works)


@pytest.fixture
async def client(toy: Toy) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(toy.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        yield client


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer key of {name}"}


def writing(key: str | None = None) -> dict[str, str]:
    return bearer("writer") | ({"Idempotency-Key": key} if key is not None else {})


class TestKeys:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Authorization": "Bearer"},
            {"Authorization": "Bearer nobody's"},
            {"Authorization": "Basic key of reader"},
            {"X-API-Key": ""},
            {"X-API-Key": "key of readerx"},
        ],
    )
    async def test_without_a_valid_key_nobody_gets_in(
        self, client: httpx.AsyncClient, headers: dict[str, str]
    ) -> None:
        answer = await client.get("/v1/notes/a", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == PROBLEM

    @pytest.mark.parametrize("body", [*UNREADABLE, b"{}", b'{"text": 7}'])
    async def test_the_key_is_judged_before_the_body(
        self, client: httpx.AsyncClient, body: bytes
    ) -> None:
        headers = {"Authorization": "Bearer nobody's", "Content-Type": "application/json"}
        answer = await client.post("/v1/notes", content=body, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"

    async def test_what_is_not_under_v1_and_what_is_hot_needs_no_key(
        self, client: httpx.AsyncClient
    ) -> None:
        paths = ("/healthz", "/v1/hot/a", "/v1/numbered/1")
        statuses = [(await client.get(path)).status_code for path in paths]
        assert statuses == [200, 200, 401]

    async def test_a_key_opens_what_its_scopes_name_and_no_more(
        self, client: httpx.AsyncClient
    ) -> None:
        statuses = [
            (await client.get("/v1/notes/a", headers=bearer(name))).status_code
            for name in ("reader", "writer", "all")
        ]
        assert statuses == [200, 403, 200]

    @pytest.mark.parametrize(
        "headers",
        [
            bearer("reader"),
            {"authorization": "bearer key of reader"},
            {"X-API-Key": "key of reader"},
        ],
    )
    async def test_a_key_may_ride_in_either_header(
        self, client: httpx.AsyncClient, headers: dict[str, str]
    ) -> None:
        answer = await client.get("/v1/notes/a", headers=headers)
        assert answer.json() == {"name": "a", "principal": "reader"}

    async def test_a_revoked_key_ends_with_the_next_refresh(
        self, client: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert (await client.get("/v1/notes/a", headers=bearer("reader"))).status_code == 200
        async with engine.begin() as connection:
            await revoke_key(connection, carried, name="reader")
        later = monotonic_seconds() + auth.REFRESH_SECONDS + 1
        monkeypatch.setattr(auth, "monotonic_seconds", lambda: later)
        assert (await client.get("/v1/notes/a", headers=bearer("reader"))).status_code == 401

    async def test_a_key_can_be_replaced(
        self, client: httpx.AsyncClient, engine: AsyncEngine
    ) -> None:
        async with engine.begin() as connection:
            await ensure_key(connection, carried, name="reader", key="another", scopes=["toy:read"])
        answers = [
            (await client.get("/v1/notes/a", headers={"X-API-Key": key})).status_code
            for key in ("another", "key of reader")
        ]
        assert answers == [200, 401]

    async def test_only_hashes_are_stored(self, toy: Toy, engine: AsyncEngine) -> None:
        assert toy.keys is not None
        async with engine.connect() as connection:
            rows = (await connection.execute(select(carried.api_key))).all()
        assert fingerprint("key of reader") in {row.sha256 for row in rows}
        assert "key of reader" not in repr(rows)

    async def test_the_keys_are_read_once_for_all_who_come_at_once(
        self, toy: Toy, engine: AsyncEngine
    ) -> None:
        statements: list[str] = []

        def count(_: Any, __: Any, statement: str, *___: Any) -> None:
            statements.append(statement)

        event.listen(engine.sync_engine, "before_cursor_execute", count)
        try:
            found = await asyncio.gather(*(toy.keys.identify("key of all") for _ in range(50)))
        finally:
            event.remove(engine.sync_engine, "before_cursor_execute", count)
        assert {principal.name for principal in found if principal} == {"all"}
        assert len([one for one in statements if "api_key" in one]) == 1


class TestRepeatedCalls:
    async def test_the_same_call_has_one_effect_and_one_answer(
        self, client: httpx.AsyncClient, rows: Rows
    ) -> None:
        calls = [
            client.post("/v1/notes", json={"text": "a"}, headers=writing("k")) for _ in range(20)
        ]
        answers = await asyncio.gather(*calls)
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert sum("idempotent-replayed" in answer.headers for answer in answers) == 19
        assert await rows("note") == await rows("outbox") == 1

    async def test_a_key_used_for_another_body_is_refused(
        self, client: httpx.AsyncClient, rows: Rows
    ) -> None:
        await client.post("/v1/notes", json={"text": "a"}, headers=writing("k"))
        answer = await client.post("/v1/notes", json={"text": "b"}, headers=writing("k"))
        assert answer.status_code == 409
        assert await rows("note") == 1

    async def test_a_key_used_for_another_query_is_refused(self, client: httpx.AsyncClient) -> None:
        await client.post("/v1/notes?shop=a", json={"text": "a"}, headers=writing("k"))
        answer = await client.post("/v1/notes?shop=b", json={"text": "a"}, headers=writing("k"))
        assert answer.status_code == 409

    async def test_two_callers_may_choose_the_same_key(
        self, client: httpx.AsyncClient, rows: Rows
    ) -> None:
        for name in ("writer", "all"):
            headers = bearer(name) | {"Idempotency-Key": "k"}
            answer = await client.post("/v1/notes", json={"text": name}, headers=headers)
            assert answer.json()["text"] == name
        assert await rows("note") == 2

    async def test_without_a_key_each_call_counts(
        self, client: httpx.AsyncClient, rows: Rows
    ) -> None:
        for _ in range(2):
            await client.post("/v1/notes", json={"text": "a"}, headers=writing())
        assert await rows("note") == 2
        assert await rows("idempotency") == 0

    @pytest.mark.parametrize("key", ["", "k" * (KEY_LENGTH_MAX + 1)])
    async def test_a_key_of_a_bad_length_is_refused(
        self, client: httpx.AsyncClient, rows: Rows, key: str
    ) -> None:
        answer = await client.post("/v1/notes", json={"text": "a"}, headers=writing(key))
        assert answer.status_code == 422
        assert await rows("note") == 0

    @pytest.mark.parametrize(("failing", "status"), [("conflict", 409), ("broken", 500)])
    async def test_a_failed_call_leaves_its_key_unused(
        self, client: httpx.AsyncClient, rows: Rows, failing: str, status: int
    ) -> None:
        answer = await client.post("/v1/notes", json={"text": failing}, headers=writing("k"))
        assert answer.status_code == status
        assert [await rows(table) for table in ("note", "outbox", "idempotency")] == [0, 0, 0]
        answer = await client.post("/v1/notes", json={"text": "a"}, headers=writing("k"))
        assert answer.status_code == 201


class TestTheEdge:
    @pytest.mark.parametrize(
        "headers",
        [
            {"content-length": str(BODY_BYTES_MAX + 1), "expect": "100-continue"},
            {"content-length": str(2**40)},
        ],
    )
    async def test_a_body_announced_too_large_is_refused_unread(
        self, toy: Toy, headers: dict[str, str]
    ) -> None:
        sent = await spoken(toy.app, headers=headers)
        assert status_of(sent) == 413
        assert toy.reached == []

    async def test_a_body_that_turns_out_too_large_is_refused(self, toy: Toy) -> None:
        chunk = b"x" * 65_536
        body = [chunk] * (BODY_BYTES_MAX // len(chunk)) + [b"x"]
        sent = await spoken(toy.app, *chunked(*body))
        assert status_of(sent) == 413
        assert toy.reached == []

    async def test_a_body_of_just_the_size_is_taken(self, client: httpx.AsyncClient) -> None:
        statuses = [
            (
                await client.post("/v1/uploads", content=b"x" * size, headers=bearer("all"))
            ).status_code
            for size in (2 * BODY_BYTES_MAX, 2 * BODY_BYTES_MAX + 1)
        ]
        assert statuses == [200, 413]

    async def test_a_body_that_does_not_arrive_is_not_awaited_for_ever(self, toy: Toy) -> None:
        sent = await spoken(toy.app, *chunked(b"{")[:1])
        assert status_of(sent) == 408
        assert toy.reached == []

    @pytest.mark.parametrize("headers", [{"x-long": "x" * HEAD_BYTES_MAX}, MANY])
    async def test_headers_too_large_together_are_refused(
        self, toy: Toy, headers: dict[str, str]
    ) -> None:
        sent = await spoken(toy.app, *chunked(b"{}"), headers=headers)
        assert status_of(sent) == 431
        assert toy.reached == []

    async def test_a_path_too_large_is_refused(self, client: httpx.AsyncClient) -> None:
        answer = await client.get(f"/v1/notes/a?q={'x' * HEAD_BYTES_MAX}", headers=bearer("all"))
        assert (answer.status_code, answer.headers["content-type"]) == (431, PROBLEM)

    async def test_a_body_of_a_million_wrong_fields_gets_a_short_answer(
        self, client: httpx.AsyncClient
    ) -> None:
        body = json.dumps(dict.fromkeys((f"{number:x}" for number in range(90_000)), 0))
        assert 900_000 < len(body) < BODY_BYTES_MAX
        headers = writing() | {"Content-Type": "application/json"}
        answer = await client.post("/v1/notes", content=body, headers=headers)
        assert answer.status_code == 422
        assert len(answer.content) < 20_000

    @pytest.mark.parametrize("body", UNREADABLE)
    async def test_of_a_body_nobody_can_read_the_answer_names_the_body(
        self, client: httpx.AsyncClient, body: bytes
    ) -> None:
        headers = writing() | {"Content-Type": "application/json"}
        answer = await client.post("/v1/notes", content=body, headers=headers)
        assert answer.status_code in {400, 422}
        assert [error["field"] for error in answer.json()["errors"]] == ["body"]

    async def test_half_a_body_is_no_body(self, toy: Toy) -> None:
        """A client that hangs up in the middle of a file must not have half of it imported."""
        sent = await spoken(toy.app, *chunked(b'{"text"')[:1], {"type": "http.disconnect"})
        assert sent == []
        assert toy.reached == []

    async def test_requests_are_measured_by_route_and_not_by_path(
        self, toy: Toy, client: httpx.AsyncClient
    ) -> None:
        await client.get(f"/v1/notes/{SECRET}", headers=bearer("reader"))
        await client.get(f"/v1/hot/{SECRET}")
        await client.get(f"/{SECRET}")
        exposed = toy.exposed()
        for route in ("/v1/notes/{name}", "/v1/hot/{name}", "unmatched"):
            assert f'route="{route}"' in exposed
        assert SECRET not in exposed

    @pytest.mark.parametrize(
        ("method", "path", "status"), [("GET", "/no", 404), ("PUT", "/v1/notes", 405)]
    )
    async def test_what_is_not_there_is_a_problem_document(
        self, client: httpx.AsyncClient, method: str, path: str, status: int
    ) -> None:
        answer = await client.request(method, path, headers=bearer("all"))
        assert answer.status_code == status
        assert answer.headers["content-type"] == PROBLEM
        assert answer.json()["status"] == status

    async def test_a_collision_asks_to_come_again(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/collisions", headers=bearer("all"))
        assert answer.status_code == 503
        assert "retry-after" in answer.headers
        assert SECRET not in answer.text

    @pytest.mark.parametrize(
        "body",
        [
            {"text": SECRET * 10},
            {"text": 7, "count": SECRET + "x"},
            {"text": "a", "count": 13_800_138_000},
            {"text": {"phone": SECRET}},
            [SECRET],
            SECRET,
            f'{{"text": "{SECRET}"',
            "[" * 100_000,
            b"\xff" + SECRET.encode(),
            {"text": f"{SECRET} \0"},
            {"text": f"{SECRET} \ud800"},
        ],
    )
    async def test_an_answer_never_repeats_the_value(
        self, client: httpx.AsyncClient, body: Any
    ) -> None:
        content = body if isinstance(body, bytes | str) else json.dumps(body)
        headers = writing() | {"Content-Type": "application/json"}
        answer = await client.post("/v1/notes", content=content, headers=headers)
        assert answer.status_code in {400, 422}
        assert answer.headers["content-type"] == PROBLEM
        assert SECRET not in answer.text

    async def test_nor_does_an_answer_about_the_path_or_the_query(
        self, client: httpx.AsyncClient
    ) -> None:
        path = f"/v1/numbered/{SECRET}x?at={SECRET}"
        answer = await client.get(path, headers=bearer("all"))
        assert answer.status_code == 422
        assert SECRET not in answer.text
        assert {error["field"] for error in answer.json()["errors"]} == {"path.number", "query.at"}

    async def test_an_unexpected_failure_is_told_without_its_text(
        self, client: httpx.AsyncClient
    ) -> None:
        answer = await client.post("/v1/notes", json={"text": "broken"}, headers=writing())
        assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
        assert SECRET not in answer.text

    async def test_the_probes_answer(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/healthz")).text == "ok"
        assert (await client.get("/readyz")).text == "ready"
        assert "sluice_http_seconds" in (await client.get("/metrics")).text


def chunked(*chunks: bytes) -> list[Message]:
    """The messages of a body that comes in pieces, and one to end it."""
    pieces = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    return [*pieces, {"type": "http.request", "body": b"", "more_body": False}]


async def spoken(
    app: ASGIApp, *messages: Message, headers: dict[str, str] | None = None
) -> list[Message]:
    """Send these messages as the client, then nothing more; return what came back."""
    waiting, sent = list(messages), list[Message]()

    async def receive() -> Message:
        if waiting:
            return waiting.pop(0)
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/notes",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
    }
    async with asyncio.timeout(10):
        await app(scope, receive, send)
    return sent


def status_of(sent: list[Message]) -> int:
    (start,) = (message for message in sent if message["type"] == "http.response.start")
    return int(start["status"])
