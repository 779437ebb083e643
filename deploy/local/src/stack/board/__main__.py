"""`python -m stack.board HOME`: serve the board of the stack in that home, on this machine only."""

import os
import signal
import sys
from pathlib import Path

import uvicorn

from stack.board.server import app
from stack.home import Home


def main() -> None:
    # A clean stop is no failure: uvicorn raises the signal again once it has stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        app(Home.at(Path(sys.argv[1]))),
        host="127.0.0.1",
        port=int(os.environ.get("PORT", "8100")),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )


main()
