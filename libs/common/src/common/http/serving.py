"""Serves one ASGI program on a socket of its own until it is told to stop."""

import gc
import resource
import signal
import sys

import uvicorn
from starlette.types import ASGIApp

from common.http.protocol import IDLE_SECONDS_MAX, BoundedProtocol
from common.settings import ServiceSettings

REQUESTS_SECONDS_MAX = 15  # open requests get this long; with the drain all is over within 20 s
FILES_WANTED = 16_384  # more than clients waited for and requests at work together


def _spare_the_collector() -> None:
    """Take what lives for ever out of garbage collection, and collect the rest less often.

    A batch makes some ten thousand short-lived objects without a cycle among them; with the default
    threshold the collector takes a third of the processor to find nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def serve(app: ASGIApp, settings: ServiceSettings) -> None:
    """Serve until SIGTERM or SIGINT."""
    _spare_the_collector()
    _allow_many_connections()
    # uvicorn raises the signal again once it has stopped; a clean stop is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=BoundedProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=IDLE_SECONDS_MAX,
        timeout_graceful_shutdown=REQUESTS_SECONDS_MAX,
    )


def _allow_many_connections() -> None:
    """Each is an open file, of which many systems grant 1,024 to who does not ask for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(FILES_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
