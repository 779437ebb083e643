"""A worker for tests that shows the figures a test has written down, as if it had measured them."""

import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

FIGURES = Path("figures.json")
BEGAN = time.monotonic()
counted = {"at": BEGAN, "events": 0.0}


def metrics() -> str:
    """Count as many events as a worker settles that needs so long for each and is always busy."""
    figures = json.loads(FIGURES.read_text())
    now = time.monotonic()
    counted["events"] += (now - counted["at"]) / figures["event"]
    counted["at"] = now
    shown = {
        'sluice_events_total{service="demo",event="e",outcome="handled"}': counted["events"],
        'sluice_busy_seconds_total{service="demo"}': now - BEGAN,
        'sluice_backlog_events{service="demo",lane="main"}': figures["depth"],
        'sluice_baseline_event_seconds{service="demo"}': figures["baseline"],
        'sluice_database_probe_seconds{service="demo"}': figures["probe"],
    }
    return "".join(f"{name} {value}\n" for name, value in shown.items())


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(metrics().encode() if self.path == "/metrics" else b"ready")

    def log_message(self, *_arguments: Any) -> None:
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
