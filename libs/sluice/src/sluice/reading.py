"""The services' APIs: called again where nothing was lost by it, and understood or given up."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from sluice.failure import CannotTell
from sluice.settings import Settings

REQUEST_SECONDS_MAX = 30.0
PAGE = 1_000
PAGES_AHEAD = 2
_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
_LATER = frozenset({429, 502, 503, 504})
_PAUSE_SECONDS_MAX = 10.0
_NOT_FOUND = 404

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Services:
    """One client for all four; what a GET, PUT or DELETE of ours does, it does once."""

    http: httpx.AsyncClient
    settings: Settings

    async def get(self, service: str, path: str, **asked: Any) -> Json:
        found = await self.call("GET", service, path, params=asked)
        if found is None:
            raise CannotTell(f"{service} has no {path}: it is of an older version")
        return found

    async def call(self, method: str, service: str, path: str, **request: Any) -> Json | None:
        """Return the answer; None where there is no such thing.

        Raises:
            CannotTell: the service is away, or refuses.
        """
        url = self.settings.urls[service] + path
        response = await self._send(service, method, url, **request)
        if response.status_code == _NOT_FOUND:
            return None
        if response.is_error:
            raise CannotTell(f"{service} refuses: {response.status_code} {_detail(response)}")
        try:
            return dict(response.json())
        except (ValueError, TypeError):
            raise CannotTell(f"{service} at {url} does not answer as a service does") from None

    async def _send(self, service: str, method: str, url: str, **request: Any) -> httpx.Response:
        for seconds in (*_PAUSES, None):
            try:
                response = await self.http.request(method, url, **request)
            except httpx.InvalidURL as error:
                raise CannotTell(f"{service}: {url} is no address: {error}") from None
            except httpx.HTTPError as error:
                if seconds is None or isinstance(error, httpx.UnsupportedProtocol):
                    name = type(error).__name__
                    raise CannotTell(f"{service} at {url} does not answer: {name}") from None
                await asyncio.sleep(seconds)
                continue
            if response.status_code not in _LATER or seconds is None:
                return response
            await asyncio.sleep(_asked_to_wait(response, seconds))
        raise AssertionError("the last pause is none")

    @asynccontextmanager
    async def streams(self, asked: Mapping[str, Any]) -> AsyncGenerator[Mapping[str, "Stream"]]:
        """Read the accounts of all services at once, a little ahead of who takes them."""
        found = {name: Stream(asyncio.Queue(PAGES_AHEAD)) for name in self.settings.urls}
        try:
            async with asyncio.TaskGroup() as tasks:
                readers = [
                    tasks.create_task(self._read(name, stream, asked))
                    for name, stream in found.items()
                ]
                yield found
                for reader in readers:
                    reader.cancel()
        except BaseExceptionGroup as group:
            raise _first(group) from None

    async def _read(self, service: str, stream: "Stream", asked: Mapping[str, Any]) -> None:
        after: Json = {}
        while True:
            page = await self.get(service, "/v1/accounts", **asked, **after, limit=PAGE)
            await stream.pages.put(page)
            if page["next"] is None:
                return
            after = {"after": page["next"]}


class Stream(AsyncIterator[Json]):
    """The accounts of one service in turn; `first` and `latest` are pages, once there are any."""

    def __init__(self, pages: "asyncio.Queue[Json]") -> None:
        self.pages = pages
        self.first: Json = {}
        self.latest: Json = {}
        self._items: list[Json] = []

    async def __anext__(self) -> Json:
        while not self._items:
            if self.latest and self.latest["next"] is None:
                raise StopAsyncIteration
            self.latest = await self.pages.get()
            self.first = self.first or self.latest
            self._items = self.latest["items"][::-1]
        return self._items.pop()


@asynccontextmanager
async def connected(settings: Settings) -> AsyncGenerator[Services]:
    headers = {"Authorization": f"Bearer {settings.key}"}
    # A proxy of the machine is no way to a service on it.
    async with httpx.AsyncClient(
        timeout=REQUEST_SECONDS_MAX, headers=headers, trust_env=False
    ) as http:
        yield Services(http, settings)


def _first(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


def _asked_to_wait(response: httpx.Response, otherwise: float) -> float:
    told = response.headers.get("Retry-After", "")
    return min(float(told), _PAUSE_SECONDS_MAX) if told.isdigit() else otherwise


def _detail(response: httpx.Response) -> str:
    """Return the problem's sentence (RFC 9457)."""
    try:
        problem = response.json()
        return str(problem.get("detail") or problem.get("title") or response.reason_phrase)
    except (ValueError, AttributeError):
        return response.reason_phrase
