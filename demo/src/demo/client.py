"""The services' APIs, as anybody would call them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from demo.payloads import Message

REQUEST_SECONDS_MAX = 30.0
PAGE = 200
UNAUTHORIZED = 401
CONFLICT = 409
UNAVAILABLE = 503
_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)


class Refused(Exception):  # noqa: N818 - says what happened
    """A service answered with a problem, or not at all."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status} {detail}")
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Answer:
    """What ingest said about the one order in a message."""

    status: str
    """accepted | duplicate | quarantined | updated | refused | failed."""
    order_id: str | None = None
    reasons: tuple[str, ...] = ()
    detail: str = ""


class Sluice:
    """One client for all four services."""

    def __init__(self, http: httpx.AsyncClient, env: Mapping[str, str]) -> None:
        self._http = http
        self._key = {"X-API-Key": env["SLUICE_API_KEY"]}
        self._ingest = env["INGEST_URL"]
        self._risk = env["RISK_URL"]
        self._fulfillment = env["FULFILLMENT_URL"]
        self._reconciliation = env["RECONCILIATION_URL"]

    async def deliver(self, message: Message) -> Answer:
        """Send a message to ingest; whatever it answers is an answer."""
        headers = {"Content-Type": "application/json", **message.headers}
        if message.needs_key:
            headers |= self._key
        url = self._ingest + message.path
        try:
            response = await self._send("POST", url, content=message.body, headers=headers)
        except httpx.HTTPError as error:
            return Answer("failed", detail=type(error).__name__)
        if response.is_error:
            status = "refused" if response.status_code == UNAUTHORIZED else "failed"
            return Answer(status, detail=f"{response.status_code}: {_detail(response)}")
        order = response.json()["orders"][0]
        is_replayed = "Idempotent-Replayed" in response.headers
        status = "duplicate" if is_replayed else order["status"]
        reasons = tuple(reason["code"] for reason in order.get("reasons", ()))
        return Answer(status, order["order_id"], reasons)

    async def correct(self, order_id: str, patch: dict[str, Any]) -> dict[str, Any]:
        return await self._call("PATCH", f"{self._ingest}/v1/quarantine/{order_id}", json=patch)

    async def release(self, order_id: str, reason: str) -> dict[str, Any]:
        url = f"{self._ingest}/v1/quarantine/{order_id}/release"
        return await self._call("POST", url, json={"reason": reason})

    async def verdicts(self, order_id: str) -> tuple[str, ...]:
        """Return what risk decided about the order, in turn."""
        found = await self._call("GET", f"{self._risk}/v1/assessments/{order_id}")
        return tuple(decision["outcome"] for decision in found["decisions"])

    async def approve(self, order_id: str, reason: str) -> None:
        body = {"decision": "approve", "reason": reason}
        await self._call("POST", f"{self._risk}/v1/reviews/{order_id}", json=body)

    async def scan(self, scan: dict[str, Any], key: str) -> dict[str, Any]:
        url = f"{self._fulfillment}/v1/scans"
        return await self._call("POST", url, json=scan, headers={"Idempotency-Key": key})

    def orders(self, after: str) -> AsyncIterator[dict[str, Any]]:
        """List orders that came after this id, as fulfillment has them."""
        return self._pages(f"{self._fulfillment}/v1/orders", after)

    def tasks(self, after: str) -> AsyncIterator[dict[str, Any]]:
        return self._pages(f"{self._fulfillment}/v1/tasks", after)

    async def stock(self, sku: str | None = None) -> list[dict[str, Any]]:
        wanted = {"sku": sku} if sku else {}
        pages = self._pages(f"{self._fulfillment}/v1/stock", None, wanted)
        return [row async for row in pages]

    def booked(self, after: str) -> AsyncIterator[dict[str, Any]]:
        """List orders that came after this id, as reconciliation has them."""
        return self._pages(f"{self._reconciliation}/v1/orders", after, id_name="order_id")

    async def totals(self) -> dict[str, Any]:
        return await self._call("GET", f"{self._reconciliation}/v1/totals")

    async def send_statement(self, content: bytes, name: str) -> tuple[int, dict[str, Any]]:
        """Return the answer's status, too: 201 where the statement is new, 200 where it is not."""
        response = await self._ask(
            "POST",
            f"{self._reconciliation}/v1/statements",
            params={"source": "bank", "name": name},
            content=content,
            headers={"Content-Type": "text/csv"},
        )
        return response.status_code, response.json()

    async def differences(self) -> list[dict[str, Any]]:
        url = f"{self._reconciliation}/v1/differences"
        return [row async for row in self._pages(url, None, id_name="difference_id")]

    async def matches(self, statement_id: str) -> list[dict[str, Any]]:
        url, wanted = f"{self._reconciliation}/v1/matches", {"statement_id": statement_id}
        return [row async for row in self._pages(url, None, wanted, id_name="match_id")]

    async def _pages(
        self,
        url: str,
        after: str | None,
        wanted: Mapping[str, str] | None = None,
        id_name: str = "",
    ) -> AsyncIterator[dict[str, Any]]:
        """Follow `next`, or the last item's id where the list has none."""
        while True:
            place = {"after": after} if after else {}
            page = await self._call("GET", url, params={**(wanted or {}), **place, "limit": PAGE})
            items = page["items"]
            for item in items:
                yield item
            if len(items) < PAGE:
                return
            after = items[-1][id_name] if id_name else page["next"]

    async def _call(self, method: str, url: str, **request: Any) -> dict[str, Any]:
        answer: dict[str, Any] = (await self._ask(method, url, **request)).json()
        return answer

    async def _ask(self, method: str, url: str, **request: Any) -> httpx.Response:
        headers = {**request.pop("headers", {}), **self._key}
        try:
            response = await self._send(method, url, headers=headers, **request)
        except httpx.HTTPError as error:
            raise Refused(0, f"{method} {url} failed: {type(error).__name__}") from error
        if response.is_error:
            raise Refused(response.status_code, _detail(response))
        return response

    async def _send(self, method: str, url: str, **request: Any) -> httpx.Response:
        """Try again where nothing was done: nobody was there, or too busy."""
        for seconds in _PAUSES:
            try:
                response = await self._http.request(method, url, **request)
            except httpx.ConnectError:
                await asyncio.sleep(seconds)
                continue
            if response.status_code != UNAVAILABLE:
                return response
            await asyncio.sleep(seconds)
        return await self._http.request(method, url, **request)


@asynccontextmanager
async def connect(env: Mapping[str, str]) -> AsyncIterator[Sluice]:
    # A proxy of the machine is no way to a service on it.
    async with httpx.AsyncClient(timeout=REQUEST_SECONDS_MAX, trust_env=False) as http:
        yield Sluice(http, env)


def _detail(response: httpx.Response) -> str:
    """Return the problem's sentence (RFC 9457)."""
    try:
        problem = response.json()
    except ValueError:
        return response.reason_phrase
    return str(problem.get("detail") or problem.get("title") or response.reason_phrase)
