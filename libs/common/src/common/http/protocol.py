"""How bytes become requests: as uvicorn reads them, but no client is waited for without an end.

The parser keeps whatever of a head has arrived, and calls nobody before the head is whole: without
this, a client that never ends one fills the memory, and two thousand that never begin one keep
everybody else out.
"""

import asyncio
from collections import OrderedDict
from http import HTTPStatus
from typing import Any
from weakref import WeakKeyDictionary

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from common.clock import monotonic_seconds
from common.http.edge import BODY_SECONDS_MAX, HEAD_BYTES_MAX, head_too_large
from common.http.problems import MEDIA_TYPE, Problem, RequestTimeout, response

WAITED_FOR_MAX = 2_000
HEAD_SECONDS_MAX = 10.0
IDLE_SECONDS_MAX = 30
GRACE_SECONDS = 5.0  # what has a time limit elsewhere, too, is first ended there
SWEEP_SECONDS = 1.0


class Crowd:
    """The connections of one server whose clients are waited for, by when that began.

    Those with a request at work are not among them: their number is for the admission to judge.
    """

    def __init__(self) -> None:
        self._since: OrderedDict[BoundedProtocol, float] = OrderedDict()
        self._sweep: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._since)

    def await_client(self, protocol: "BoundedProtocol") -> None:
        """Wait for this client from now on; where that is one too many, the longest gives way."""
        self._since[protocol] = monotonic_seconds()
        self._since.move_to_end(protocol)
        if len(self._since) > WAITED_FOR_MAX:
            self._since.popitem(last=False)[0].hang_up()
        if self._sweep is None:
            self._sweep_later()

    def leave(self, protocol: "BoundedProtocol") -> None:
        self._since.pop(protocol, None)

    def _hang_up_on_the_slow(self) -> None:
        self._sweep = None
        now = monotonic_seconds()
        for protocol, since in list(self._since.items()):
            if now - since < HEAD_SECONDS_MAX:
                break  # all that follow began later
            if now - since > protocol.patience_seconds:
                self.leave(protocol)
                protocol.hang_up()
        if self._since:
            self._sweep_later()

    def _sweep_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._sweep = loop.call_later(SWEEP_SECONDS, self._hang_up_on_the_slow)


_CROWDS: "WeakKeyDictionary[ServerState, Crowd]" = WeakKeyDictionary()


class BoundedProtocol(HttpToolsProtocol):
    """Counts whole pieces off the wire; the edge is exact, with heads that are whole."""

    _begun = False
    _in_head = False
    _head_bytes = 0
    _piece_bytes = 0

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._crowd = _CROWDS.setdefault(server_state, Crowd())

    @property
    def patience_seconds(self) -> float:
        """How long this client is waited for where it is now."""
        if self._in_head or not self._begun:
            return HEAD_SECONDS_MAX
        if self.cycle.response_complete:
            return IDLE_SECONDS_MAX + GRACE_SECONDS
        return BODY_SECONDS_MAX + GRACE_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._crowd.await_client(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.leave(self)
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun = self._in_head = True
        self._head_bytes = -self._piece_bytes  # what came before it in the same piece is not its
        if not self._is_at_work():
            self._crowd.await_client(self)

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self._is_at_work():
            self._crowd.leave(self)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not (self._is_at_work() or self.transport.is_closing()):
            self._crowd.await_client(self)

    def _is_at_work(self) -> bool:
        """Tell whether an answer is owed; of requests sent at once, to any of them."""
        return self._begun and bool(self.cycle) and not self.cycle.response_complete

    def data_received(self, data: bytes) -> None:
        self._piece_bytes = len(data)
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
                self._refuse(head_too_large())

    def hang_up(self) -> None:
        """Close, with a word to whoever has begun to ask for something."""
        if self.transport.is_closing():
            return
        if self._in_head:
            self._refuse(RequestTimeout("The request did not arrive in time."))
        else:
            self.transport.close()

    def _refuse(self, problem: Problem) -> None:
        body = bytes(response(problem).body)
        head = f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n"
        status = STATUS_LINE[HTTPStatus(problem.status)]
        self.transport.write(status + head.encode() + b"\r\n" + body)
        self.transport.close()
