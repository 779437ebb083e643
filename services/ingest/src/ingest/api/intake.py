"""The two doors orders come in by: signed webhooks, and the canonical document.

The hot path of the system: raw bodies in, prebuilt bytes out, nothing between but the group commit.
"""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import PlainTextResponse, Response
from pydantic import ValidationError
from pydantic_core import from_json

from common.database.group_commit import GroupCommit
from common.errors import Unavailable
from common.http.auth import Principal, authorize, requires
from common.http.hot import HotRoute
from common.http.idempotency import KEY_LENGTH_MAX, cause_of, request_hash
from common.http.problems import (
    FieldError,
    NotFound,
    ProblemView,
    Unauthorized,
    Unprocessable,
    bad_input,
)
from common.telemetry.metrics import Metrics
from ingest.api.views import ReceiptView
from ingest.channels.channel import Channel, Incoming, Unreadable
from ingest.channels.registry import CHANNELS
from ingest.domain.draft import ROWS_MAX, Draft
from ingest.domain.receipt import Status
from ingest.domain.validation import Reason, key_reasons
from ingest.settings import Settings
from ingest.store.answers import CallKey
from ingest.store.documents import read_draft
from ingest.store.receipts import receipt_json
from ingest.use_cases.measures import Measures
from ingest.use_cases.submission import Reply, Submission

Intake = GroupCommit[Submission, Reply]

router = APIRouter(prefix="/v1", tags=["intake"])

DELIVERY_ID_LENGTH_MAX = 200
KEY_SECONDS_MAX = 5.0
_IDENTITY = ("channel", "shop", "channel_order_no", "placed_at", "currency")
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemView} for status in (401, 403, 404, 409, 413, 422, 503)
}


@router.post(
    "/webhooks/{channel}/{shop}",
    status_code=202,
    response_model=ReceiptView,
    responses=_PROBLEMS,
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": {}}}}},
)
async def receive_webhook(channel: str, shop: str, request: Request) -> Response:
    """Take a message of a sales channel, authenticated by the channel's own signature.

    Whatever is authentic is kept: what cannot be read or is not valid goes to quarantine.
    """
    return await take_webhook(request, channel, shop)


async def take_webhook(request: Request, channel: str, shop: str) -> Response:
    """Do what `receive_webhook` says."""
    settings: Settings = request.app.state.settings
    speaker = CHANNELS.get(channel)
    secrets = settings.secrets_of(channel, shop)
    if speaker is None or not secrets:
        raise NotFound("There is no such channel and shop.")
    body = await request.body()
    if speaker.is_ping(request.headers, body):
        return PlainTextResponse("ok")
    if not speaker.is_authentic(request.headers, body, secrets):
        raise Unauthorized("The signature does not fit the body.")
    return await _submit(request, _webhook(request, speaker, shop, body))


@router.post("/orders", status_code=202, response_model=ReceiptView, responses=_PROBLEMS)
async def receive_order(
    request: Request,
    document: Draft,  # noqa: ARG001 - described here, read there
    _: Annotated[Principal, requires("ingest:write")],
    idempotency_key: Annotated[str | None, Header()] = None,  # noqa: ARG001 - the same
) -> Response:
    """Take one order as the canonical document.

    A document of the wrong shape is refused; an order with wrong content goes to quarantine.
    """
    return await take_order(request)


async def take_order(request: Request) -> Response:
    """Do what `receive_order` says."""
    principal = await _writer(request)
    idempotency_key = request.headers.get("idempotency-key")
    if idempotency_key is not None and not 0 < len(idempotency_key) <= KEY_LENGTH_MAX:
        raise Unprocessable(f"Idempotency-Key: must have 1 to {KEY_LENGTH_MAX} characters.")
    body = await request.body()
    draft = _canonical(body)
    submission = Submission(
        channel=draft.channel or "",
        shop=draft.shop or "",
        topic="canonical",
        body=body,
        incoming=(Incoming(draft),),
        cause=cause_of(request),
        call=CallKey(principal.name, idempotency_key) if idempotency_key else None,
        request_hash=request_hash("POST", request.url.path, body),
    )
    return await _submit(request, submission)


async def _writer(request: Request) -> Principal:
    """Return who calls; a database that is silent about the keys is not awaited for long."""
    try:
        async with asyncio.timeout(KEY_SECONDS_MAX):
            return await authorize(request, "ingest:write")
    except TimeoutError:
        raise Unavailable("The database is too slow.") from None


async def _submit(request: Request, submission: Submission) -> Response:
    intake: Intake = request.app.state.intake
    metrics: Metrics = request.app.state.metrics
    reply = await intake.submit(submission)
    channel = submission.channel if submission.channel in CHANNELS else "other"
    for order in reply.receipt.orders:
        metrics.received(channel, Status.DUPLICATE if reply.replayed else order.status)
    if not reply.replayed:
        _count_value(request.app.state.measures, submission, reply)
    headers = {"Idempotent-Replayed": "true"} if reply.replayed else None
    content = receipt_json(reply.receipt)
    return Response(content, 202, headers=headers, media_type="application/json")


def _count_value(measures: Measures, submission: Submission, reply: Reply) -> None:
    for incoming, order in zip(submission.incoming, reply.receipt.orders, strict=False):
        if order.status is Status.ACCEPTED:
            measures.let_in(incoming.draft)


def _webhook(request: Request, channel: Channel, shop: str, body: bytes) -> Submission:
    topic = channel.topic(request.headers)[:DELIVERY_ID_LENGTH_MAX]
    delivery_id = channel.delivery_id(request.headers)
    incoming, unreadable = _read(channel, topic, body, shop)
    return Submission(
        channel=channel.name,
        shop=shop,
        topic=topic,
        body=body,
        incoming=incoming,
        unreadable=unreadable,
        cause=cause_of(request),
        delivery_id=delivery_id[:DELIVERY_ID_LENGTH_MAX] if delivery_id else None,
    )


def _read(
    channel: Channel, topic: str, body: bytes, shop: str
) -> tuple[tuple[Incoming, ...], Reason | None]:
    """Translate; what cannot be becomes an empty order for a person to look at."""
    try:
        payload = from_json(body, allow_inf_nan=False)
        return tuple(channel.translate(topic, payload, shop)), None
    except Unreadable as error:
        reason = Reason("unreadable_payload", "body", str(error))
    except ValueError:
        reason = Reason("unreadable_payload", "body", "The payload is no JSON.")
    return (Incoming(Draft(channel=channel.name, shop=shop)),), reason


def _canonical(body: bytes) -> Draft:
    try:
        draft = read_draft(body)
    except ValidationError as error:
        raise bad_input(error) from None
    errors = list(_refusals(draft))
    if errors:
        fields = ", ".join(error.field for error in errors)
        raise Unprocessable(f"These fields are wrong: {fields}.", errors=errors)
    return draft


def _refusals(draft: Draft) -> Iterator[FieldError]:
    """Say what keeps the document from being stored under an identity, or read at all."""
    for name in _IDENTITY:
        if not str(getattr(draft, name) or "").strip():
            yield FieldError(field=name, code="missing", message="Field required")
    for name, text in (("channel", draft.channel), ("shop", draft.shop)):
        for reason in key_reasons(name, text):
            yield FieldError(field=name, code=reason.code, message=reason.message)
    for name, rows in (("lines", draft.lines), ("payments", draft.payments)):
        if len(rows) > ROWS_MAX:
            message = f"The list has more than {ROWS_MAX} rows."
            yield FieldError(field=name, code="too_long", message=message)


HOT = (
    HotRoute("POST", "/v1/webhooks/{channel}/{shop}", take_webhook),
    HotRoute("POST", "/v1/orders", take_order),
)
