"""An outside party that a check asks: it answers what a test tells it to, or fails."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Outside:
    """`answer` is what it says to everybody; None: it fails."""

    answer: dict[str, Any] | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


@contextmanager
def outside_party() -> Iterator[Outside]:
    party = Outside()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            party.asked.append(json.loads(body))
            content = json.dumps(party.answer).encode()
            self.send_response(200 if party.answer is not None else 503)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing: what fails is seen at the caller."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    party.url = f"http://127.0.0.1:{server.server_port}/score"
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    yield party
    server.shutdown()
    serving.join()
    server.server_close()
