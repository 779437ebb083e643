"""The edge of every API: size and time limits, trace context and measurement of each request.

Plain ASGI: a request costs two function calls here, whatever the framework behind does.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.clock import monotonic_seconds
from common.http.admission import Admission, Lane, NoPlace
from common.http.problems import (
    MEDIA_TYPE,
    UNCERTAIN,
    Busy,
    HeadTooLarge,
    Problem,
    RequestTimeout,
    TooLarge,
    response,
    unexpected,
)
from common.telemetry.metrics import Metrics

HEAD_BYTES_MAX = 32 * 1024
BODY_BYTES_MAX = 1024 * 1024
DISCARDED_BYTES_MAX = 64 * 1024 * 1024
BODY_SECONDS_MAX = 15.0
REQUEST_SECONDS_MAX = 60.0
STREAMED_SECONDS_MAX = 300.0
STREAMED_AT_ONCE_MAX = 2  # each may take up its limit of the disk
CLIENT_GONE = 499  # as nginx counts it; nobody is there to read an answer

_CLOSE = {"Connection": "close"}


class Edge:
    def __init__(  # noqa: PLR0913 - as many limits as it holds requests to
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        admission: Admission | None = None,
        larger: Mapping[str, int] | None = None,
        streamed: Mapping[str, int] | None = None,
        body_seconds: float = BODY_SECONDS_MAX,
    ) -> None:
        """`larger` names the paths whose bodies may be larger than usual, and how many bytes.

        `streamed` names those whose bodies are handed on as they come, for what no memory holds.
        """
        self.app = app
        self.metrics = metrics
        self.admission = admission or Admission()
        self.larger = dict(larger or {})
        self.streamed = dict(streamed or {})
        self.streams = asyncio.Semaphore(STREAMED_AT_ONCE_MAX)
        self.body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = monotonic_seconds()
        status = 500
        answered = False
        lane = self.admission.lane(scope)

        async def observed(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status, answered = message["status"], True
                if status == Busy.status and lane is not Lane.PROBE:
                    _set_retry_after(message, self.admission.retry_after())
            await send(message)

        try:
            await self._admit(lane, scope, receive, observed)
        except _Gone:
            status = CLIENT_GONE
        except Exception as error:  # noqa: BLE001 - the edge: every failure becomes an answer
            if not answered:  # the framework answers a failure, and then lets it pass
                await self._answer_to(error, lane, _route(scope))(scope, receive, observed)
        self.metrics.request(_route(scope), status, monotonic_seconds() - started)

    async def _admit(self, lane: Lane, scope: Scope, receive: Receive, send: Send) -> None:
        if self.admission.refuses(lane):
            raise NoPlace
        if scope["method"] == "POST" and scope["path"] in self.streamed:
            await self._admit_stream(scope, receive, send)
            return
        limited = await self._limit(scope, receive)
        async with self.admission.place(lane), asyncio.timeout(REQUEST_SECONDS_MAX):
            await self.app(scope, limited, send)

    async def _admit_stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the body through as it comes; few at once, beside the places of other requests."""
        if _head_bytes(scope) > HEAD_BYTES_MAX:
            raise head_too_large()
        limit = self.streamed[scope["path"]]
        if _must_not_be_read(scope, limit):
            raise _too_large(limit)
        if self.streams.locked():
            raise NoPlace
        body = _Stream(receive, limit, self.body_seconds)

        async def after_the_body(message: Message) -> None:
            if message["type"] == "http.response.start":
                await body.finish()
            await send(message)

        async with self.streams, asyncio.timeout(STREAMED_SECONDS_MAX):
            await self.app(scope, body.receive, after_the_body)

    def _answer_to(self, error: Exception, lane: Lane, route: str) -> Response:
        if isinstance(error, NoPlace):
            self.metrics.shed(lane.value)
            return Response(_SENT_AWAY, Busy.status, media_type=MEDIA_TYPE)
        if isinstance(error, Problem):
            return response(error)
        if isinstance(error, TimeoutError):
            return response(RequestTimeout(f"The request took too long. {UNCERTAIN}"))
        return unexpected(error, route)

    async def _limit(self, scope: Scope, receive: Receive) -> Receive:
        """Hold the request to the limits and read its whole body before anything is done."""
        if _head_bytes(scope) > HEAD_BYTES_MAX:
            raise head_too_large()
        limit = self.larger.get(scope["path"], BODY_BYTES_MAX)
        if _must_not_be_read(scope, limit):
            raise _too_large(limit)
        try:
            async with asyncio.timeout(self.body_seconds):
                body = await _whole_body(receive, limit)
        except TimeoutError:
            raise RequestTimeout("The body did not arrive in time.", headers=_CLOSE) from None
        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return whole.pop() if whole else await receive()

        return replay


class _Stream:
    """A body on its way, held to its size and to its pace."""

    def __init__(self, receive: Receive, limit: int, seconds: float) -> None:
        self._receive = receive
        self._limit = limit
        self._seconds = seconds
        self._size = 0
        self._more = True

    async def receive(self) -> Message:
        if not self._more:
            return await self._receive()
        try:
            async with asyncio.timeout(self._seconds):
                message = await self._receive()
        except TimeoutError:
            self._more = False
            raise RequestTimeout("The body did not arrive in time.", headers=_CLOSE) from None
        self._count(message)
        if self._size > self._limit:
            await self.finish()
            raise _too_large(self._limit)
        return message

    async def finish(self) -> None:
        """Read and throw away what is left: who is still sending never gets to read an answer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seconds):
                while self._more and self._size <= DISCARDED_BYTES_MAX:
                    self._count(await self._receive())
        self._more = False

    def _count(self, message: Message) -> None:
        self._size += len(message.get("body", b""))
        gone = message["type"] == "http.disconnect"
        self._more = not gone and message.get("more_body", False)


class _Gone(Exception):  # noqa: N818 - never leaves this module
    """The client hung up before its request was whole."""


_SENT_AWAY = bytes(response(Busy("Too much is waiting; nothing was done. Try again.")).body)
"""Made once: whoever is sent away costs as little as can be."""


def _set_retry_after(start: Message, seconds: int) -> None:
    others = [header for header in start["headers"] if header[0].lower() != b"retry-after"]
    start["headers"] = [*others, (b"retry-after", str(seconds).encode())]


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "unmatched")


async def _whole_body(receive: Receive, limit: int) -> bytes:
    """Return the body; one that is too large is read and thrown away first.

    A client that is still sending when the connection closes never gets to read the refusal.
    """
    chunks: list[bytes] = []
    size = 0
    more = True
    while more and size <= DISCARDED_BYTES_MAX:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        more = message.get("more_body", False)
        if size > limit:
            chunks.clear()
    if size > limit:
        raise _too_large(limit)
    return b"".join(chunks)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit} bytes.", headers=_CLOSE)


def head_too_large() -> HeadTooLarge:
    return HeadTooLarge(f"Path and headers are larger than {HEAD_BYTES_MAX} bytes.", headers=_CLOSE)


def _head_bytes(scope: Scope) -> int:
    target = len(scope["path"]) + len(scope["query_string"])
    return target + sum(len(name) + len(value) for name, value in scope["headers"])


def _must_not_be_read(scope: Scope, limit: int) -> bool:
    """Tell whether to refuse at once: the client waits to be asked for the body, or it is huge."""
    length = _declared_length(scope)
    waits = any(name == b"expect" for name, _ in scope["headers"])
    return length > DISCARDED_BYTES_MAX or (waits and length > limit)


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
