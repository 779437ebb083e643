"""Web pages without a build step: files of a package, served as they are with strict headers."""

import hashlib
import mimetypes
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Self

from fastapi import APIRouter, Request
from fastapi.responses import Response

from common.http.problems import NotFound

POLICY = (
    "default-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",  # forms are read by the script; none is ever sent by the browser
    "frame-ancestors 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",  # text never becomes markup
)
HEADERS = {
    "Cache-Control": "no-cache",  # kept, and asked for again: an upgrade shows at once
    "Content-Security-Policy": "; ".join(POLICY),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_TEXT = {"text/html", "text/css", "text/javascript", "application/javascript"}


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    media_type: str
    tag: str

    @classmethod
    def of(cls, name: str, content: bytes) -> Self:
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if media_type in _TEXT:
            media_type = f"{media_type}; charset=utf-8"
        return cls(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:32]}"')

    def answer(self, request: Request) -> Response:
        headers = {**HEADERS, "ETag": self.tag}
        if self.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(self.content, headers=headers, media_type=self.media_type)


PARTS = files("common.http").joinpath("page_parts")
"""What pages of several services are built with: served beside each page."""


def page_routes(path: str, folder: Traversable, page: str) -> APIRouter:
    """Serve a page at this path, and the files of its folder and of PARTS below it.

    Every file is read once: none is found by a name that a request made up.
    """
    assets = {
        file.name: Asset.of(file.name, file.read_bytes())
        for place in (PARTS, folder)
        for file in place.iterdir()
        if file.is_file()
    }
    router = APIRouter(include_in_schema=False)

    @router.api_route(path, methods=["GET", "HEAD"])
    async def read_page(request: Request) -> Response:
        return assets[page].answer(request)

    @router.api_route(f"{path}/{{name}}", methods=["GET", "HEAD"])
    async def read_asset(name: str, request: Request) -> Response:
        asset = assets.get(name)
        if asset is None:
            raise NotFound("There is no such page.")
        return asset.answer(request)

    return router
