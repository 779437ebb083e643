"""One HTTP call to a channel: bounded in time and size, paced, and tried again where that helps."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from common.clock import monotonic_seconds
from ingest.gateways.channel_api import Away, Refused, Throttled

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0
ANSWER_BYTES_MAX = 16 * 1024 * 1024
"""A page of a hundred orders with many lines each has a few."""
CONNECTIONS_MAX = 32
RETRY_AFTER_SECONDS_MAX = 60.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str = "POST"
    url: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    body: bytes | None = field(default=None, repr=False)
    """JSON."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    """By their names in small letters."""
    body: bytes = field(repr=False)

    def document(self) -> dict[str, Any]:
        """Return the JSON object in it; decimals stay texts, with the digits they came with.

        Raises:
            Away: there is none; what stands before the channel answered in its place.
        """
        try:
            found = json.loads(self.body, parse_float=str)
        except (ValueError, RecursionError):
            raise Away("answer_is_no_json") from None
        if not isinstance(found, dict):
            raise Away("answer_is_no_object")
        return found


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a call is tried before whoever made it is told."""

    tries: int = 4
    first_seconds: float = 1.0
    last_seconds: float = 20.0


@dataclass
class Pace:
    """Calls of one shop are this far apart: a burst is what channels throttle."""

    calls_per_second: float
    _next: float = 0.0

    async def wait(self) -> None:
        now = monotonic_seconds()
        begin = max(now, self._next)
        self._next = begin + 1 / self.calls_per_second
        if begin > now:
            await asyncio.sleep(begin - now)


@dataclass
class Calling:
    """Calls the API of one shop."""

    pace: Pace
    patience: Patience = field(default_factory=Patience)

    @cached_property
    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX),
            timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS, sock_connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            # What is small on the wire may be huge once unpacked.
            headers={"Accept-Encoding": "identity"},
            auto_decompress=False,
        )

    async def call(self, make: Callable[[], Awaitable[Request]], read: Callable[[Heard], T]) -> T:
        """Ask until an answer can be read; each try is made anew, since signatures hold the time.

        Raises:
            ChannelTrouble: what the last try came to.
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception_type((Away, Throttled)),
            stop=stop_after_attempt(self.patience.tries),
            wait=self._pause,
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                request = await make()
                await self.pace.wait()
                return read(await self._ask(request))
        raise AssertionError  # the last attempt returns or raises

    def _pause(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        patience = self.patience
        usual = wait_random_exponential(patience.first_seconds, patience.last_seconds)(state)
        if isinstance(error, Throttled) and error.after_seconds is not None:
            return max(0.0, min(error.after_seconds, RETRY_AFTER_SECONDS_MAX))
        return usual

    async def _ask(self, request: Request) -> Heard:
        headers = dict(request.headers)
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        try:
            async with self._session.request(
                request.method,
                request.url,
                params=dict(request.query),
                headers=headers,
                data=request.form if request.body is None else request.body,
                allow_redirects=False,
            ) as response:
                heard = await _heard(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Away(type(error).__name__) from None
        _judge(heard)
        return heard

    async def close(self) -> None:
        if "_session" in self.__dict__:
            await self._session.close()


async def _heard(response: aiohttp.ClientResponse) -> Heard:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            raise Refused("answer_too_large")
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Heard(response.status, headers, bytes(body))


def _judge(heard: Heard) -> None:
    """Raise what the status says; a body that says no is the channel's own matter."""
    status = heard.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Throttled("status_429", _retry_after(heard))
    if status == HTTPStatus.SERVICE_UNAVAILABLE and _retry_after(heard) is not None:
        raise Throttled("status_503", _retry_after(heard))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        raise Away(f"status_{status}")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise Refused(f"status_{status}")


def _retry_after(heard: Heard) -> float | None:
    """Return the seconds that Retry-After says; a date there is not worth reading."""
    try:
        seconds = float(heard.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None


def ok(heard: Heard) -> Heard:
    """Return an answer that is a success.

    Raises:
        Refused: it is none.
    """
    if heard.status >= HTTPStatus.BAD_REQUEST:
        raise Refused(f"status_{heard.status}")
    return heard


def compact(document: Any) -> bytes:
    """Return JSON as short as it gets; half a character, which has no bytes, stays escaped."""
    try:
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(document, separators=(",", ":")).encode()
