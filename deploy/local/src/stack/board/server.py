"""The board's own little server: the page, and the document it asks for. It changes nothing."""

import asyncio
import hashlib
import mimetypes
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from stack.board.watching import Watch
from stack.home import Home

PAGE = "board.html"
ANSWER_SECONDS_MAX = 1.5
HOSTS = ["127.0.0.1", "localhost"]
"""No other name: a page from elsewhere cannot read the board by giving it a name of its own."""
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def app(home: Home, watch_of: Callable[[Home, httpx.AsyncClient], Watch] = Watch) -> Starlette:
    assets = _assets()

    @asynccontextmanager
    async def lifespan(application: Starlette) -> AsyncGenerator[None]:
        # Everything asked is on this machine; packed answers would only cost time.
        plain = {"Accept-Encoding": "identity"}
        http = httpx.AsyncClient(
            trust_env=False,
            verify=False,  # noqa: S501 - no encryption within one machine
            timeout=ANSWER_SECONDS_MAX,
            headers=plain,
        )
        async with http, asyncio.TaskGroup() as tasks:
            application.state.watch = watch_of(home, http)
            watching = tasks.create_task(application.state.watch.run())
            yield
            watching.cancel()

    async def asset(request: Request) -> Response:
        found = assets.get(request.path_params.get("name", PAGE))
        return found(request) if found else PlainTextResponse("not there", 404)

    routes = [
        Route("/", asset),
        Route("/assets/{name}", asset),
        Route("/v1/look", _look),
        Route("/readyz", _ready),
    ]
    guard = Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)
    return Starlette(routes=routes, middleware=[guard], lifespan=lifespan)


async def _look(request: Request) -> Response:
    """Give the present, and of the past what came after the moment the page has seen last."""
    watch: Watch = request.app.state.watch
    after = request.query_params.get("after", "0")
    number = int(after) if after.isascii() and after.isdigit() else 0
    content: dict[str, Any] = {"now": watch.document, "past": watch.series.since(number)}
    return JSONResponse(content, headers=HEADERS)


async def _ready(request: Request) -> Response:
    has_looked = request.app.state.watch.document is not None
    return PlainTextResponse("ready" if has_looked else "not yet", 200 if has_looked else 503)


def _assets() -> dict[str, Callable[[Request], Response]]:
    """Read every file once: none is found by a name that a request made up."""
    folder = files("stack.board").joinpath("static")
    return {f.name: _served(f.name, f.read_bytes()) for f in folder.iterdir() if f.is_file()}


def _served(name: str, content: bytes) -> Callable[[Request], Response]:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {**HEADERS, "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"'}

    def answer(request: Request) -> Response:
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=media_type)

    return answer
