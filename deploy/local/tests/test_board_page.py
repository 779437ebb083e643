"""The board as it is served: it looks by itself, shows it to this machine, changes nothing."""

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from stack import state as states
from stack.board.server import app
from stack.board.watching import Watch
from stack.home import Home
from stack.state import Condition, Process, State

METRICS = """\
# HELP sluice_backlog_events Events waiting in the broker's queues.
# TYPE sluice_backlog_events gauge
sluice_backlog_events{lane="main",service="risk"} 12000.0
sluice_consuming{service="risk"} 1.0
sluice_events_total{event="order.received.v1",outcome="handled",service="risk"} 100.0
sluice_ruleset_info{arm="stable",ruleset="abc",service="risk"} 1.0
"""
DETAILED = 'rabbitmq_detailed_queue_messages{vhost="/",queue="risk.events"} 240\n'
ALERTS = {
    "data": {
        "alerts": [
            {
                "labels": {"alertname": "BacklogHigh", "severity": "page", "service": "risk"},
                "annotations": {"summary": "risk: 12000 events wait.", "runbook": "docs/x.md#y"},
                "state": "firing",
                "activeAt": "2026-11-23T09:32:58.3Z",
            }
        ]
    }
}


class Surroundings:
    """Plays the processes of a stack: the worker, the broker and Prometheus."""

    def __init__(self) -> None:
        self.away: set[int] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.port in self.away:
            raise httpx.ConnectError("refused")
        match request.url.port, request.url.path:
            case 1, "/metrics":
                return httpx.Response(200, text=METRICS)
            case 2, "/metrics/detailed":
                return httpx.Response(200, text=DETAILED)
            case 2, "/metrics":
                return httpx.Response(200, text="rabbitmq_alarms_memory_used_watermark 0\n")
            case 3, "/api/v1/alerts":
                return httpx.Response(200, json=ALERTS)
        return httpx.Response(404)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    worker = Process(name="risk-worker-1", pid=7, port=1, state=Condition.READY)
    database = Process(name="postgres", pid=8, port=9, state=Condition.READY)
    states.write(home, State(processes={"risk-worker-1": worker, "postgres": database}))
    home.env.write_text(
        "RABBITMQ_METRICS_URL=http://127.0.0.1:2/metrics\nPROMETHEUS_URL=http://127.0.0.1:3\n"
    )
    return home


@pytest.fixture
def around() -> Surroundings:
    return Surroundings()


@pytest.fixture
async def watch(home: Home, around: Surroundings) -> AsyncIterator[Watch]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(around)) as http:
        yield Watch(home, http)


async def test_one_look_sees_processes_queues_rules_and_alerts(watch: Watch) -> None:
    await watch.look(1_800_000_000.0)
    now = watch.document or {}
    (risk,) = now["services"]
    assert (risk["name"], risk["waiting"], risk["workers"]) == ("risk", 12_000, 1)
    assert now["risk"]["rulesets"] == {"stable": "abc"}
    assert now["broker"]["queues"] == [{"name": "risk.events", "messages": 240, "consumers": 0}]
    assert now["alerts"][0]["name"] == "BacklogHigh"
    assert {notice["code"] for notice in now["attention"]} == {"backlog", "no_progress"}
    assert [entry["name"] for entry in now["processes"]] == ["risk-worker-1", "postgres"]
    json.dumps(now, allow_nan=False)


async def test_what_does_not_answer_is_away_and_its_figures_with_it(
    watch: Watch, around: Surroundings
) -> None:
    await watch.look(1_800_000_000.0)
    around.away = {1, 2, 3}
    for second in range(2, 8, 2):
        await watch.look(1_800_000_000.0 + second)
    now = watch.document or {}
    (risk,) = now["services"]
    assert (risk["workers"], risk["workers_planned"], risk["waiting"]) == (0, 1, None)
    assert (now["broker"], now["alerts"]) == (None, None)
    assert watch.series.since(0)["values"]["risk.waiting"] == [
        12_000,  # by the worker
        12_000,  # by the broker, which is asked less often; its packs were as full
        12_000,
        None,
    ]
    around.away = set()
    await watch.look(1_800_000_010.0)
    (risk,) = (watch.document or {})["services"]
    assert (risk["workers"], risk["out_rate"]) == (1, 0)


@asynccontextmanager
async def served(path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """The board of a home where nothing has ever run."""
    board = app(Home(path))
    transport = httpx.ASGITransport(board)
    async with (
        board.router.lifespan_context(board),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):
        yield client


async def test_before_anything_runs_there_is_nothing_to_see(tmp_path: Path) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(Surroundings())) as http:
        watch = Watch(Home(tmp_path), http)
        await watch.look(1_800_000_000.0)
    assert (watch.document or {})["services"] == []


async def test_the_page_and_all_it_needs_come_from_here(tmp_path: Path) -> None:
    async with served(tmp_path) as client:
        page = await client.get("/")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'self'" in page.headers["content-security-policy"]
        wanted = {"board.css", "app.js", "icon.svg"}
        assert all(f'"/assets/{name}"' in page.text for name in wanted)
        for name in wanted | {"strings.en.js", "strings.zh.js", "chart.js"}:
            assert (await client.get(f"/assets/{name}")).status_code == 200
        again = await client.get("/", headers={"If-None-Match": page.headers["etag"]})
        assert again.status_code == 304
        assert (await client.get("/assets/..%2fserver.py")).status_code == 404


async def test_the_document_is_given_and_nothing_can_be_changed(tmp_path: Path) -> None:
    async with served(tmp_path) as client:
        answer = await client.get("/v1/look", params={"after": "nonsense"})
        assert answer.json().keys() == {"now", "past"}
        assert (await client.post("/v1/look")).status_code == 405
        assert (await client.get("/v1/look", headers={"Host": "board.example"})).status_code == 400


def test_both_languages_say_everything() -> None:
    static = Path(__file__).parents[1] / "src" / "stack" / "board" / "static"
    key = re.compile(r'"([\w.]+)":')
    english, chinese = (
        key.findall((static / f"strings.{language}.js").read_text()) for language in ("en", "zh")
    )
    assert english == chinese
    assert len(set(english)) == len(english)
