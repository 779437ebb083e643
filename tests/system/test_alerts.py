"""Something is wrong, and a person is told: by a real Prometheus and a real Alertmanager.

Times are shortened: an alert waits for 5 seconds at most before it fires, where in earnest it is
minutes, rules are judged every 2 seconds and messages are grouped for 1. The rules and the routes
are those in `deploy`. Whether the true times are kept is tested beside the rules, by promtool.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from common.ids import new_id
from common.messaging.topology import ServiceQueues
from stack import Stack
from support.accounts import findings
from support.alarms import alarms_told_to
from support.broker import open_broker
from support.load import Journal, send_orders
from support.outside_party import Door, outside_party
from support.waiting import until, until_true

ROOT = Path(__file__).parents[2]
TOLD_SECONDS_MAX = 240  # how long to wait at most; nothing is said about how long it takes

Alert = dict[str, Any]


@pytest.fixture
async def pager(system: Stack) -> AsyncIterator[Door]:
    """What Alertmanager tells the person on call."""
    async with outside_party() as party, alarms_told_to(f"{party.url}/pager", system):
        yield party.door("pager")


@asynccontextmanager
async def no_workers(system: Stack, service: str) -> AsyncGenerator[None]:
    there = sum(name.startswith(f"{service}-worker-") for name in system.processes())
    await asyncio.to_thread(system.scale, service, 0)
    try:
        yield
    finally:
        await asyncio.to_thread(system.scale, service, there)


def told(pager: Door, name: str, service: str, status: str) -> list[Alert]:
    """Return what was said about this alert, the earliest first."""
    wanted = (name, service, status)
    return [
        alert
        for message in pager.asked
        for alert in message["alerts"]
        if (alert["labels"]["alertname"], alert["labels"].get("service"), alert["status"]) == wanted
    ]


def anchors(document: Path) -> set[str]:
    """Return the addresses of its parts, as they are made of their headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {heading.lower().replace(" ", "-") for heading in headings}


async def orders(system: Stack) -> Journal:
    """Send orders for some seconds."""
    env = system.env()
    secret, run = env["WEBHOOK_SECRET_SHOPIFY"], new_id().hex[-10:]
    return await send_orders(env["INGEST_URL"], secret, run=run, seconds=3, per_second=20)


async def until_orders_wait(system: Stack, service: str) -> None:
    async with open_broker(system.env()["AMQP_URL"]) as broker:

        async def some_wait() -> bool:
            return await broker.count(ServiceQueues(service).main) > 0

        await until(some_wait)


async def until_all_ended(system: Stack, journal: Journal) -> None:
    async def all_is_well() -> bool:
        return not await findings(system.env()["DATABASE_URL"], journal)

    await until(all_is_well, seconds=TOLD_SECONDS_MAX)


@pytest.mark.timeout(600)
async def test_orders_wait_and_nobody_consumes_them_until_somebody_was_told(
    system: Stack, pager: Door
) -> None:
    def said(status: str) -> list[Alert]:
        # By the broker's account: workers that are gone say nothing about themselves.
        return told(pager, "QueueWithoutConsumer", "risk", status)

    async with no_workers(system, "risk"):
        journal = await orders(system)
        await until_orders_wait(system, "risk")
        await until_true(lambda: bool(said("firing")), seconds=TOLD_SECONDS_MAX)
        assert said("resolved") == [], "nothing was done about it yet"
    alert = said("firing")[0]
    assert alert["labels"]["severity"] == "page"
    assert alert["annotations"]["summary"] == "risk.events: 0 workers consume, says the broker."
    document, anchor = alert["annotations"]["runbook"].split("#")
    assert anchor in anchors(ROOT / document)

    await until_true(lambda: bool(said("resolved")), seconds=TOLD_SECONDS_MAX)
    assert said("resolved")[0]["fingerprint"] == alert["fingerprint"]
    await until_all_ended(system, journal)
