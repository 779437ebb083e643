"""Asks every process of a stack every two seconds how it is, and keeps what they say."""

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from stack import environment, state
from stack.board import exposition
from stack.board.first_look import first_look
from stack.board.process_figures import WANTED, History, scrape_of
from stack.board.seen import (
    ALARM_METRICS,
    QUEUE_METRICS,
    Alert,
    Broker,
    Seen,
    SeenProcess,
    broker_of,
)
from stack.board.series import Series
from stack.board.service_look import Depths
from stack.home import Home
from stack.state import Process

PERIOD_SECONDS = 2.0
# The broker itself counts anew only now and then.
SELDOM = 3
FAMILIES = [("family", "queue_coarse_metrics"), ("family", "queue_consumer_count")]

log = logging.getLogger(__name__)


class Watch:
    """Looks, and remembers a quarter of an hour of it."""

    def __init__(self, home: Home, http: httpx.AsyncClient) -> None:
        self.document: dict[str, Any] | None = None
        self.series = Series()
        self._home = home
        self._http = http
        self._histories: dict[tuple[str, int | None], History] = {}
        self._depths = Depths()
        self._rounds = 0
        self._broker: Broker | None = None
        self._alerts: tuple[Alert, ...] | None = None

    async def run(self) -> None:
        """Look until cancelled; what goes wrong is said, and looked at again."""
        while True:
            began = time.monotonic()
            try:
                await self.look(time.time())
            except Exception:  # the edge: nothing may end the watch
                log.exception("could not look")
            await asyncio.sleep(max(0.1, PERIOD_SECONDS - (time.monotonic() - began)))

    async def look(self, at: float) -> None:
        recorded = state.read(self._home)
        env = environment.read_env(self._home)
        entries = list(recorded.processes.values())
        asked = [self._process(entry, at) for entry in entries]
        if self._rounds % SELDOM == 0:
            await self._ask_seldom(env)
        self._rounds += 1
        histories = await asyncio.gather(*asked)
        seen = Seen(
            at,
            tuple(SeenProcess(e, h) for e, h in zip(entries, histories, strict=True)),
            self._broker,
            self._alerts,
        )
        self._forget_the_gone(entries)
        self.document, points = first_look(seen, self._depths)
        self.series.note(at, points)

    async def _process(self, entry: Process, at: float) -> History:
        """Ask the process; servers, which have no such page, are only recorded."""
        history = self._histories.setdefault((entry.name, entry.pid), History())
        if not entry.name.endswith("-api") and "-worker-" not in entry.name:
            return history
        text = await self._read(f"http://127.0.0.1:{entry.port}/metrics") if entry.pid else None
        if text is None:
            history.forget()
        else:
            history.note(scrape_of(at, exposition.read(text, WANTED)))
        return history

    async def _ask_seldom(self, env: Mapping[str, str]) -> None:
        broker, alerts = env.get("RABBITMQ_METRICS_URL"), env.get("PROMETHEUS_URL")
        self._broker = await self._ask_broker(broker) if broker else None
        self._alerts = await self._ask_prometheus(alerts) if alerts else None

    async def _ask_broker(self, url: str) -> Broker | None:
        parts = urlsplit(url)
        detailed = urlunsplit(parts._replace(path="/metrics/detailed"))
        texts = (
            await self._read(str(httpx.URL(detailed, params=FAMILIES))),
            await self._read(url),
        )
        if None in texts:
            return None
        wanted = QUEUE_METRICS.keys() | ALARM_METRICS.keys()
        return broker_of(s for text in texts for s in exposition.read(text or "", wanted))

    async def _ask_prometheus(self, url: str) -> tuple[Alert, ...] | None:
        with suppress(httpx.HTTPError, KeyError, ValueError):
            answer = await self._http.get(f"{url}/api/v1/alerts")
            return tuple(_alert(one) for one in answer.raise_for_status().json()["data"]["alerts"])
        return None

    async def _read(self, url: str) -> str | None:
        with suppress(httpx.HTTPError):
            answer = await self._http.get(url)
            if answer.status_code == httpx.codes.OK:
                return answer.text
        return None

    def _forget_the_gone(self, entries: list[Process]) -> None:
        there = {(entry.name, entry.pid) for entry in entries}
        for gone in self._histories.keys() - there:
            del self._histories[gone]


def _alert(told: Mapping[str, Any]) -> Alert:
    labels, notes = dict(told["labels"]), told["annotations"]
    return Alert(
        name=labels.pop("alertname"),
        severity=labels.pop("severity", ""),
        state=told["state"],
        since=told["activeAt"],
        labels=labels,
        summary=notes.get("summary", ""),
        runbook=notes.get("runbook", ""),
    )
