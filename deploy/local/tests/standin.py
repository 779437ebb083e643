"""A service for tests: an HTTP server that says it is ready and shows its environment."""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        pass


def main() -> None:
    match sys.argv[1:]:
        case ["serve"]:
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
            seen = Path(f"{os.environ['INSTANCE']}.seen.json")
            seen.write_text(json.dumps(dict(os.environ)))
            HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
        case ["accept-key"]:
            Path("key.seen").write_text(sys.stdin.read().strip())
        case _:
            sys.exit("the table is on the wrong floor")


main()
