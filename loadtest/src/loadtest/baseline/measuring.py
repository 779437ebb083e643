"""Plays one scenario on a running stack and takes its figures, each beside the yardstick."""

import asyncio
import statistics
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from common.ids import new_id
from loadtest.baseline.counters import counted, event_seconds
from loadtest.baseline.scenarios import Scenario
from loadtest.baseline.yardstick import Yardstick
from loadtest.cpu_time import Usage, measured
from loadtest.orders import webhook
from loadtest.product import PERCENTILES, heard_of, until_through
from loadtest.sender import Sent, order_id, send
from stack import Stack

CONNECTIONS = 256
CLOSED_CONNECTIONS = 64
HELD_BACK = "risk"
SHARES = ("accepted_share", "kept_up_share")
EDGE = 0.05
"""Of the orders, at either end, when a rate is taken: the first and the last are no measure."""

# When each could be seen by others: the rows are never changed.
_DECIDED = """
    select order_id::text, extract(epoch from min(pg_xact_commit_timestamp(xmin)))::float8
    from risk.assessment where decision_no = 1 and order_id = any($1::uuid[]) group by order_id"""
_TASKS = """
    select order_id::text, extract(epoch from min(pg_xact_commit_timestamp(xmin)))::float8
    from fulfillment.task where order_id = any($1::uuid[]) group by order_id"""


@dataclass(frozen=True, slots=True)
class Course:
    """What was seen of the orders of one round."""

    sent: Mapping[str, float]
    """Order id -> wall-clock seconds when its webhook was due, or was sent where all were due."""
    decided: Mapping[str, float]
    tasked: Mapping[str, float]


def play(stack: Stack, scenario: Scenario) -> dict[str, float]:
    """Play it, and return its figures: rates in orders/s, times in seconds."""
    before = counted(stack)
    with measured(stack) as usage:
        course = _held_back(stack, scenario) if scenario.held_back else _sent(stack, scenario)
    if scenario.held_back:
        before.pop(HELD_BACK, None)  # its workers are new ones
    spent = event_seconds(before, counted(stack))
    events = {f"event_seconds.{service}": seconds for service, seconds in spent.items()}
    return {
        **_rates(scenario, course),
        **_delays(scenario, course),
        **_cost(course, usage),
        **events,
    }


def compared(values: Mapping[str, float], yardstick: Yardstick) -> dict[str, float]:
    """Return the figures in units of the yardstick; shares are what they are."""
    units = {
        "orders_per_second": yardstick.orders_per_second,
        "cpu_seconds_per_order": yardstick.cpu_seconds,
    } | dict.fromkeys(SHARES, 1.0)
    return {name: value / units.get(name, yardstick.seconds) for name, value in values.items()}


def _held_back(stack: Stack, scenario: Scenario) -> Course:
    workers = sum(name.startswith(f"{HELD_BACK}-worker") for name in stack.processes())
    stack.scale(HELD_BACK, 0)
    return _sent(stack, scenario, then=lambda: stack.scale(HELD_BACK, workers))


def _sent(stack: Stack, scenario: Scenario, then: Callable[[], None] | None = None) -> Course:
    """Send the orders and wait until the last is through."""
    env = stack.env()
    run = new_id().hex[-10:]
    random = Random(run)
    secret, port = env["WEBHOOK_SECRET_SHOPIFY"], urlsplit(env["INGEST_URL"]).port or 80
    requests = [webhook(n, random, secret=secret, run=run) for n in range(scenario.orders)]
    before = asyncio.run(heard_of(env["DATABASE_URL"]))
    dues = scenario.dues if any(scenario.dues) else None
    connections = CONNECTIONS if dues else CLOSED_CONNECTIONS
    with ProcessPoolExecutor(1) as pool:
        sent = pool.submit(send, port, requests, connections=connections, dues=dues).result()
    if then is not None:
        then()
    expected = before + len(sent.accepted)
    asyncio.run(until_through(env["DATABASE_URL"], run, expected, None))
    return asyncio.run(_course(env["DATABASE_URL"], sent))


async def _course(database_url: str, sent: Sent) -> Course:
    started = {order_id(body): sent.started[place] for place, body in sent.accepted.items()}
    connection: Any = await asyncpg.connect(database_url)
    decided = await connection.fetch(_DECIDED, list(started))
    tasked = await connection.fetch(_TASKS, list(started))
    await connection.close()
    return Course(started, {r[0]: r[1] for r in decided}, {r[0]: r[1] for r in tasked})


def _rates(scenario: Scenario, course: Course) -> dict[str, float]:
    accepted = len(course.sent) / scenario.orders
    shares = {"accepted_share": accepted}
    moments = sorted(course.tasked.values())
    if scenario.saturates:
        cut = int(EDGE * len(moments))
        middle = moments[cut : len(moments) - cut]
        return shares | {"orders_per_second": (len(middle) - 1) / (middle[-1] - middle[0])}
    given = max(course.sent.values()) - min(course.sent.values())
    return shares | {"kept_up_share": given / (moments[-1] - min(course.sent.values()))}


def _delays(scenario: Scenario, course: Course) -> dict[str, float]:
    """Return from when a webhook was due to its decision, and to its task, at percentiles."""
    if scenario.held_back:
        return {}
    delays = {}
    for end, moments in (("decision", course.decided), ("task", course.tasked)):
        seconds = [moments[order] - course.sent[order] for order in moments]
        cuts = statistics.quantiles(seconds, n=100)
        for name, percent in PERCENTILES.items():
            delays[f"{end}_{name}_seconds"] = cuts[percent - 1]
    return delays


def _cost(course: Course, usage: Usage) -> dict[str, float]:
    """Return processor time for an order, without that of the load generator."""
    spent = usage.total - usage.by_process.get("load generator", 0.0)
    return {"cpu_seconds_per_order": spent / len(course.sent)}
