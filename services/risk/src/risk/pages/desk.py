"""The risk desk: reviews, decisions, releases and breakers on one page, without a build step."""

import hashlib
import mimetypes
from dataclasses import dataclass
from importlib.resources import files
from typing import Self

from fastapi import APIRouter, Request
from fastapi.responses import Response

from common.http.problems import NotFound

router = APIRouter(include_in_schema=False)

PAGE = "desk.html"
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


def _all() -> dict[str, Asset]:
    """Read every file once: none is found by a name that a request made up."""
    folder = files("risk.pages").joinpath("static")
    return {
        file.name: Asset.of(file.name, file.read_bytes())
        for file in folder.iterdir()
        if file.is_file()
    }


ASSETS = _all()


@router.api_route("/desk", methods=["GET", "HEAD"])
async def read_page(request: Request) -> Response:
    return ASSETS[PAGE].answer(request)


@router.api_route("/desk/{name}", methods=["GET", "HEAD"])
async def read_asset(name: str, request: Request) -> Response:
    asset = ASSETS.get(name)
    if asset is None:
        raise NotFound("There is no such page.")
    return asset.answer(request)
