"""OpenAPI: the HTTP interface of one service."""

from typing import Any

from fastapi import FastAPI

from common.service import api_app
from rendering.services import wired


def document(service: str) -> dict[str, Any]:
    described: dict[str, Any] = _framework(api_app(wired(service))).openapi()
    return described


def _framework(app: object) -> FastAPI:
    """Return the application inside what is wrapped around it."""
    while not isinstance(app, FastAPI):
        app = getattr(app, "app", None)
        if app is None:
            raise TypeError("There is no FastAPI application inside.")
    return app
