"""How bytes become requests: as uvicorn reads them, but with an end to how long a head may grow.

The parser keeps whatever of a head has arrived, and calls nobody before the head is whole: without
this, a client that never ends one fills the memory.
"""

from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from common.http.edge import HEAD_BYTES_MAX, head_too_large
from common.http.problems import MEDIA_TYPE, response


class BoundedProtocol(HttpToolsProtocol):
    """Counts whole pieces off the wire; the edge is exact, with heads that are whole."""

    _in_head = False
    _head_bytes = 0
    _piece_bytes = 0

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = -self._piece_bytes  # what came before it in the same piece is not its

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        self._piece_bytes = len(data)
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
                self._refuse()

    def _refuse(self) -> None:
        body = bytes(response(head_too_large()).body)
        head = f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n"
        status = STATUS_LINE[HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE]
        self.transport.write(status + head.encode() + b"\r\n" + body)
        self.transport.close()
