"""The two doors orders come in by: signed webhooks, and the canonical document.

The hot path of the system: raw bodies in, prebuilt bytes out, nothing between but the group commit.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import Response
from pydantic import ValidationError

from common.database.group_commit import GroupCommit
from common.errors import Unavailable
from common.http.auth import Principal, authorize, requires
from common.http.hot import HotRoute
from common.http.idempotency import KEY_LENGTH_MAX, cause_of, request_hash
from common.http.problems import (
    FieldError,
    ProblemView,
    Unauthorized,
    Unprocessable,
    bad_input,
)
from common.telemetry.metrics import Metrics
from ingest.api.challenges import as_response, call_of, speaker_of
from ingest.api.views import ReceiptView
from ingest.channels.channel import Message, Unauthentic
from ingest.domain.draft import ROWS_MAX, Draft
from ingest.domain.incoming import Incoming
from ingest.domain.mapping.problems import Unreadable
from ingest.domain.receipt import Status, delivery_key
from ingest.domain.validation import key_reasons, legible
from ingest.store.answers import CallKey
from ingest.store.documents import read_draft
from ingest.store.receipts import receipt_json
from ingest.use_cases.active_mappings import ActiveMappings
from ingest.use_cases.measures import Measures
from ingest.use_cases.reading import orders_of, unreadable_payload
from ingest.use_cases.submission import Reply, Submission

Intake = GroupCommit[Submission, Reply]

router = APIRouter(prefix="/v1", tags=["intake"])

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
    speaker, secrets = speaker_of(request, channel, shop)
    call = call_of(request, await request.body())
    try:
        if (echo := speaker.echo(call, secrets)) is not None:
            return as_response(echo)
        messages = speaker.open(call, secrets)
    except Unauthentic as error:
        raise Unauthorized(str(error)) from None
    except Unreadable as error:
        receipts = [await _take(request, _unread(request, channel, shop, call.body, error))]
    else:
        mappings: ActiveMappings = request.app.state.mappings
        await mappings.known()
        submissions = [_message(request, channel, shop, message) for message in messages]
        receipts = await asyncio.gather(*(_take(request, one) for one in submissions))
    if speaker.taken is not None:
        return as_response(speaker.taken)
    return _receipt(receipts)


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
    return _receipt([await _take(request, submission)])


async def _writer(request: Request) -> Principal:
    """Return who calls; a database that is silent about the keys is not awaited for long."""
    try:
        async with asyncio.timeout(KEY_SECONDS_MAX):
            return await authorize(request, "ingest:write")
    except TimeoutError:
        raise Unavailable("The database is too slow.") from None


async def _take(request: Request, submission: Submission) -> Reply:
    """Bring a message to its commit, and count what became of its orders."""
    intake: Intake = request.app.state.intake
    metrics: Metrics = request.app.state.metrics
    reply = await intake.submit(submission)
    known = submission.channel in request.app.state.channels  # a caller may make up any name
    channel = submission.channel if known else "other"
    for order in reply.receipt.orders:
        metrics.received(channel, Status.DUPLICATE if reply.replayed else order.status)
    if not reply.replayed:
        _count_value(request.app.state.measures, submission, reply)
    return reply


def _receipt(replies: Sequence[Reply]) -> Response:
    """Answer with the receipt; of several messages, the first's with the orders of all."""
    if not replies:
        return Response(status_code=202)
    first, *more = replies
    headers = {"Idempotent-Replayed": "true"} if all(r.replayed for r in replies) else None
    orders = (*first.receipt.orders, *(order for reply in more for order in reply.receipt.orders))
    content = receipt_json(replace(first.receipt, orders=orders))
    return Response(content, 202, headers=headers, media_type="application/json")


def _count_value(measures: Measures, submission: Submission, reply: Reply) -> None:
    for incoming, order in zip(submission.incoming, reply.receipt.orders, strict=False):
        if order.status is Status.ACCEPTED:
            measures.let_in(incoming.draft)


def _message(request: Request, channel: str, shop: str, message: Message) -> Submission:
    mappings: ActiveMappings = request.app.state.mappings
    active = mappings.of(channel, shop)
    topic = legible(message.topic)
    mapping = active.mapping if active else None
    read = orders_of(mapping, message.payload, channel=channel, shop=shop, topic=topic)
    return Submission(
        channel=channel,
        shop=shop,
        topic=topic,
        body=message.payload,
        incoming=read.incoming,
        to_fetch=read.to_fetch,
        unreadable=read.unreadable,
        mapping_id=active.mapping_id if active else None,
        cause=cause_of(request),
        delivery_id=delivery_key(message.delivery_id) if message.delivery_id else None,
    )


def _unread(
    request: Request, channel: str, shop: str, body: bytes, error: Unreadable
) -> Submission:
    """Keep what is authentic and cannot be read."""
    read = unreadable_payload(channel, shop, str(error))
    return Submission(
        channel=channel,
        shop=shop,
        topic="unreadable",
        body=body,
        incoming=read.incoming,
        unreadable=read.unreadable,
        cause=cause_of(request),
    )


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
