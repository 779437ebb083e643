"""What the stack's own Prometheus saw, and when its alerts fired."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx

STEP_SECONDS = 1.0
ANSWER_SECONDS_MAX = 20.0
PEOPLE = ("page", "warn")
"""Severities that somebody is told of."""

Series = list[tuple[float, float]]
"""Wall-clock seconds and value."""


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert that fired for the first time."""

    alert: str
    service: str
    severity: str
    at: float


@dataclass(frozen=True, slots=True)
class Prometheus:
    http: httpx.AsyncClient

    async def now(self, query: str) -> float | None:
        """Return the largest value now; None while there is none."""
        values: list[float] = []
        with suppress(httpx.HTTPError):
            found = await self._get("query", query=query)
            values = [float(each["value"][1]) for each in found]
        return max(values, default=None)

    async def history(self, query: str, since: float, until: float) -> Series:
        """Return the values of the one series asked for, second by second."""
        found = await self._range(query, since, until)
        points = found[0]["values"] if found else []
        return [(float(at), float(value)) for at, value in points]

    async def fired(self, since: float, until: float) -> list[Fired]:
        """Return when each alert fired first, the earliest first; not those that did before."""
        first: dict[tuple[str, str], Fired] = {}
        for each in await self._range('ALERTS{alertstate="firing"}', since, until):
            labels, at = each["metric"], float(each["values"][0][0])
            if at < since + STEP_SECONDS or labels.get("severity") not in PEOPLE:
                continue
            key = labels["alertname"], labels.get("service") or labels.get("queue", "")
            known = first.get(key)
            if known is None or at < known.at:
                first[key] = Fired(*key, labels.get("severity", ""), at)
        return sorted(first.values(), key=lambda fired: fired.at)

    async def _range(self, query: str, since: float, until: float) -> list[dict[str, Any]]:
        return await self._get(
            "query_range", query=query, start=since, end=until, step=STEP_SECONDS
        )

    async def _get(self, path: str, **given: str | float) -> list[dict[str, Any]]:
        answer = await self.http.get(f"/api/v1/{path}", params=given)
        found: list[dict[str, Any]] = answer.raise_for_status().json()["data"]["result"]
        return found


@asynccontextmanager
async def connected(env: Mapping[str, str]) -> AsyncIterator[Prometheus]:
    async with httpx.AsyncClient(
        base_url=env["PROMETHEUS_URL"], timeout=ANSWER_SECONDS_MAX, trust_env=False
    ) as http:
        yield Prometheus(http)
