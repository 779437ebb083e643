"""What scenarios ask of risk, as any operator could."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

GATE_SECONDS_MAX = 60.0


class Refused(Exception):  # noqa: N818 - says what happened
    """Risk answered with a problem."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What the performance gate said."""

    refused: bool
    culprit: str | None
    told: str


@dataclass(frozen=True, slots=True)
class Change:
    """One step of the release, as the history has it."""

    kind: str
    candidate: str | None
    percent: int
    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class RiskApi:
    http: httpx.AsyncClient
    reason: str

    async def publish(self, document: Mapping[str, Any]) -> str:
        answer = await self._post("", {"document": document, "reason": self.reason})
        published: str = answer["id"]
        return published

    async def activate(self, ruleset: str, *, force: bool = False) -> float:
        """Put the rule set in force for all orders; return when that was."""
        step = {"reason": self.reason, "force": force}
        return _seconds((await self._post(f"/{ruleset}/activate", step))["changed_at"])

    async def measure(self, ruleset: str) -> Gate:
        """Have the gate measure the rule set, whatever follows from it."""
        return _gate(await self._post(f"/{ruleset}/measurements", {}))

    async def try_gate(self, ruleset: str) -> Gate:
        """Promote as one should, which the gate may refuse."""
        answer = await self.http.post(
            f"/v1/rulesets/{ruleset}/promote", json={"reason": self.reason}
        )
        made = await self._get(f"/v1/rulesets/{ruleset}/measurements", limit=1)
        gate = _gate(made["items"][0])
        if answer.is_error != gate.refused:
            raise Refused(f"promoted with {answer.status_code}, while the gate said: {gate.told}")
        return gate

    async def force_to_canary(self, ruleset: str, percent: int) -> float:
        """Put the rule set on a share of the orders, past the gate; return when that was."""
        step = {"reason": self.reason, "force": True, "to": f"canary_{percent}"}
        return _seconds((await self._post(f"/{ruleset}/promote", step))["changed_at"])

    async def roll_back(self) -> float:
        """Put in force what was before; return when that was."""
        return _seconds((await self._post("/rollback", {"reason": self.reason}))["changed_at"])

    async def abort(self, ruleset: str) -> None:
        await self._post(f"/{ruleset}/abort", {"reason": self.reason})

    async def recover(self) -> None:
        """Begin to work off what waits, the newest first and today's before all others."""
        wanted = {"order": "newest-first", "today_first": True, "reason": self.reason}
        _read(await self.http.put("/v1/recovery", json=wanted))

    async def stop_recovering(self) -> None:
        """Move nothing more out of the queue; what was moved is settled beside it."""
        _read(await self.http.delete("/v1/recovery"))

    async def recovery(self) -> dict[str, Any]:
        """Return how the recovery stands."""
        return await self._get("/v1/recovery")

    async def checks(self) -> list[dict[str, Any]]:
        """Return the checks in force with their breakers."""
        items: list[dict[str, Any]] = (await self._get("/v1/breakers"))["items"]
        return items

    async def breaker_changes(self, check: str) -> list[dict[str, Any]]:
        """Return when and why the check's breakers changed, the oldest first."""
        answer = await self._get(f"/v1/breakers/{check}/changes", limit=200)
        changes = [{**item, "at": _seconds(item["changed_at"])} for item in answer["items"]]
        return sorted(changes, key=lambda change: change["at"])

    async def changes(self) -> list[Change]:
        """Return what was in force when, the oldest first."""
        items = (await self._get("/v1/rulesets/changes", limit=50))["items"]
        return [
            Change(
                kind=item["kind"],
                candidate=item["candidate"],
                percent=item["percent"],
                at=_seconds(item["changed_at"]),
                reason=item["reason"],
            )
            for item in reversed(items)
        ]

    async def _post(self, path: str, content: Mapping[str, Any]) -> dict[str, Any]:
        return _read(await self.http.post(f"/v1/rulesets{path}", json=content))

    async def _get(self, path: str, **query: int) -> dict[str, Any]:
        return _read(await self.http.get(path, params=query))


@asynccontextmanager
async def connected(env: Mapping[str, str], reason: str) -> AsyncIterator[RiskApi]:
    headers = {"X-API-Key": env["SLUICE_API_KEY"]}
    async with httpx.AsyncClient(
        base_url=env["RISK_URL"], headers=headers, timeout=GATE_SECONDS_MAX, trust_env=False
    ) as http:
        yield RiskApi(http, reason)


def _gate(measurement: Mapping[str, Any]) -> Gate:
    report = measurement["report"]
    return Gate(not measurement["passed"], report["culprit"], report["told"])


def _read(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_error:
        problem = answer.json()
        raise Refused(f"{answer.status_code} {problem.get('detail', problem)}")
    content: dict[str, Any] = answer.json()
    return content


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
