"""Routes served without the framework, where its cost a request would be most of the request's.

The framework still has these routes, for the API's description; both call the same function.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

Endpoint = Callable[..., Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class HotRoute:
    method: str
    path: str
    """As the framework writes it: /v1/things/{name}; parameters go to the endpoint by name."""
    endpoint: Endpoint


class HotRoutes:
    def __init__(self, app: ASGIApp, routes: Sequence[HotRoute]) -> None:
        self.app = app
        self.routes = [(route, re.compile(route_pattern(route.path))) for route in routes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for route, pattern in self.routes:
                match = pattern.fullmatch(scope["path"])
                if match is not None and scope["method"] == route.method:
                    scope["app"], scope["route"] = self.app, route
                    answer = await route.endpoint(Request(scope, receive), **match.groupdict())
                    await answer(scope, receive, send)
                    return
        await self.app(scope, receive, send)


def route_pattern(path: str) -> str:
    """Return the regular expression of a path with parameters in braces."""
    return re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
