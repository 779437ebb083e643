"""Every panel shows something on a system at work, and the board sees what happens."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from common.ids import new_id
from stack import Stack
from support.load import send_orders
from support.waiting import until

ROOT = Path(__file__).parents[2]
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
VARIABLES = {"$__rate_interval": "1m", "$service": "risk", "$channel": ".*"}
SEEN_WITHIN = 300
PROMETHEUS_LOOKS_SECONDS, BOARD_LOOKS_SECONDS = 1.0, 0.2
# What is usual at this hour is known after a day: asked all the same, and answered with nothing.
AFTER_A_DAY = {"sluice:channel_usual:increase15m"}


class Asked(NamedTuple):
    """A panel's query, as Grafana would send it."""

    dashboard: str
    panel: str
    expression: str


def queries() -> list[Asked]:
    found = []
    for path in DASHBOARDS:
        dashboard = json.loads(path.read_text("utf-8"))
        for panel in dashboard["panels"]:
            for target in panel.get("targets", ()):
                expression = target["expr"]
                for variable, value in VARIABLES.items():
                    expression = expression.replace(variable, value)
                found.append(Asked(path.stem, panel["title"], expression))
    return found


async def answered(prometheus: httpx.AsyncClient, asked: Asked) -> bool:
    """Ask; an answer without data is False, a query that is none an error."""
    answer = await prometheus.get("/api/v1/query", params={"query": asked.expression})
    assert answer.status_code == 200, (asked, answer.text)
    return bool(answer.json()["data"]["result"])


@pytest.fixture
async def watched(system: Stack) -> Mapping[str, str]:
    """The addresses of the system, with Prometheus and the board beside it."""
    await asyncio.to_thread(system.up, extras=("prometheus", "board"))
    return system.env()


@pytest.fixture
async def board(watched: Mapping[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=watched["BOARD_URL"], timeout=10) as client:
        yield client


async def _send_what_is_refused(env: Mapping[str, str]) -> None:
    """Send one order for the quarantine, and ask risk something."""
    headers = {"Authorization": f"Bearer {env['SLUICE_API_KEY']}"}
    async with httpx.AsyncClient(headers=headers, timeout=10) as client:
        number = new_id().hex
        draft = {"channel": "mall", "shop": "demo", "channel_order_no": number, "currency": "CNY"}
        draft["placed_at"] = "2026-11-22T09:30:00+08:00"
        answer = await client.post(f"{env['INGEST_URL']}/v1/orders", json=draft)
        assert answer.json()["orders"][0]["status"] == "quarantined"
        assert (await client.get(f"{env['RISK_URL']}/v1/breakers")).is_success


def _orders(env: Mapping[str, str], *, seconds: float, per_second: float) -> Any:
    return send_orders(
        env["INGEST_URL"],
        env["WEBHOOK_SECRET_SHOPIFY"],
        run=new_id().hex[-10:],
        seconds=seconds,
        per_second=per_second,
    )


async def test_every_panel_of_every_dashboard_returns_data(watched: Mapping[str, str]) -> None:
    missing = [asked for asked in queries() if asked.expression.split("{")[0] not in AFTER_A_DAY]
    assert len(missing) > 80

    async with httpx.AsyncClient(base_url=watched["PROMETHEUS_URL"], timeout=30) as prometheus:

        async def all_answered() -> bool:
            await _send_what_is_refused(watched)
            for asked in list(missing):
                if await answered(prometheus, asked):
                    missing.remove(asked)
            return not missing

        async with asyncio.TaskGroup() as tasks:
            load = tasks.create_task(_orders(watched, seconds=SEEN_WITHIN, per_second=15))
            try:
                await until(all_answered, seconds=SEEN_WITHIN, pause=PROMETHEUS_LOOKS_SECONDS)
            except TimeoutError:
                pytest.fail(f"no data: {missing}")
            finally:
                load.cancel()
        later = [asked for asked in queries() if asked.expression.split("{")[0] in AFTER_A_DAY]
        assert not any([await answered(prometheus, asked) for asked in later])


async def test_the_board_shows_orders_moving_through_every_service(
    watched: Mapping[str, str], board: httpx.AsyncClient
) -> None:
    async def everybody_is_busy() -> bool:
        now = (await board.get("/v1/look")).json()["now"]
        rates = {service["name"]: service["out_rate"] for service in now["services"]}
        return len(rates) == 4 and all(rates.values())

    async with asyncio.TaskGroup() as tasks:
        load = tasks.create_task(_orders(watched, seconds=180, per_second=15))
        await until(everybody_is_busy, seconds=180, pause=BOARD_LOOKS_SECONDS)
        load.cancel()


async def test_the_board_sees_a_worker_go_and_come_back(
    system: Stack, board: httpx.AsyncClient
) -> None:
    async def seen(workers: int) -> bool:
        now = (await board.get("/v1/look")).json()["now"]
        risk = next(service for service in now["services"] if service["name"] == "risk")
        noticed = ("workers_away", "risk") in {(n["code"], n["subject"]) for n in now["attention"]}
        return (
            risk["workers"] == workers and risk["workers_planned"] == 2 and noticed is (workers < 2)
        )

    await until(lambda: seen(2), seconds=120, pause=BOARD_LOOKS_SECONDS)
    process = await asyncio.to_thread(system.signal, "risk-worker-2", signal.SIGSTOP)
    try:
        await until(lambda: seen(1), seconds=120, pause=BOARD_LOOKS_SECONDS)
    finally:
        process.resume()
    await until(lambda: seen(2), seconds=120, pause=BOARD_LOOKS_SECONDS)
