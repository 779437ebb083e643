"""Whose address was called; and giving back what a platform asks for to see that it is theirs."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import PlainTextResponse, Response

from common.clock import utc_now
from common.http.problems import NotFound, ProblemView, Unauthorized
from ingest.channels.channel import Answer, Call, Channel, Unauthentic
from ingest.settings import Settings

router = APIRouter(prefix="/v1", tags=["intake"])

_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {}, "application/json": {}}},
    401: {"model": ProblemView},
    404: {"model": ProblemView},
    405: {"model": ProblemView},
}


@router.get("/webhooks/{channel}/{shop}", response_class=PlainTextResponse, responses=_RESPONSES)
async def answer_challenge(channel: str, shop: str, request: Request) -> Response:
    """Give back what a platform asks for when a shop's address is set up with it."""
    speaker, secrets = speaker_of(request, channel, shop)
    try:
        echo = speaker.echo(call_of(request, b""), secrets)
    except Unauthentic as error:
        raise Unauthorized(str(error)) from None
    if echo is None:  # as if there were no such method here: for every other call there is none
        raise HTTPException(405, headers={"Allow": "POST"})
    return as_response(echo)


def speaker_of(request: Request, channel: str, shop: str) -> tuple[Channel, Sequence[str]]:
    """Return the channel, and the secrets of its shop.

    Raises:
        NotFound: there is no such channel, or the shop has no secret.
    """
    channels: Mapping[str, Channel] = request.app.state.channels
    settings: Settings = request.app.state.settings
    speaker = channels.get(channel)
    secrets = settings.secrets_of(channel, shop)
    if speaker is None or not secrets:
        raise NotFound("There is no such channel and shop.")
    return speaker, secrets


def call_of(request: Request, body: bytes) -> Call:
    """Return the request as the platform sees it, and as pure code reads it."""
    settings: Settings = request.app.state.settings
    return Call(
        headers=request.headers,
        query=request.query_params,
        body=body,
        url=settings.public_url_of(str(request.url)),
        now=utc_now().timestamp(),
    )


def as_response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, media_type=answer.media_type)
