"""Trying a mapping: what it makes of a message, and what it would change of those that came."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated, Any, ParamSpec, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Request

from common.clock import utc_now
from common.database.engine import Connection
from common.http.auth import Principal, requires
from common.http.problems import Busy, NotFound, ProblemView, Unprocessable
from common.http.reading import Reading
from ingest.api.mapping_views import (
    CompareIn,
    ComparisonView,
    FoundView,
    MessagesView,
    MessageView,
    OriginView,
    Place,
    PreviewedOrderView,
    PreviewIn,
    PreviewView,
    Shop,
)
from ingest.api.views import ReasonView
from ingest.domain.mapping.problems import Unreadable
from ingest.store import receipts
from ingest.store.mappings import EVERY_SHOP
from ingest.store.receipts import Head, KeptMessage
from ingest.use_cases.active_mappings import Active, ActiveMappings
from ingest.use_cases.changing_mappings import checked_document
from ingest.use_cases.comparing_mappings import compare
from ingest.use_cases.previewing import PreviewedOrder, preview

router = APIRouter(prefix="/v1/mappings", tags=["mappings"])

Reader = Annotated[Principal, requires("ingest:read")]
Mapper = Annotated[Principal, requires("ingest:map")]
STATUSES_SHOWN_MAX = 20
WAIT_SECONDS_MAX = 20.0
NO_RECEIPT = UUID(int=0)
"""Of a message that was pasted."""
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemView} for status in (404, 422, 503)
}
P = ParamSpec("P")
R = TypeVar("R")


async def aside(request: Request, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Reckon apart from the loop that answers webhooks, one request at a time.

    Threads share one interpreter: several at once would take their turns from the webhooks.
    """
    alone: asyncio.Semaphore = request.app.state.trying
    try:
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            await alone.acquire()
    except TimeoutError:
        raise Busy("Others are trying mappings at the moment; nothing was done.") from None
    running = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    # A thread cannot be stopped: the next may begin when it ends, not when its caller has gone.
    running.add_done_callback(lambda _: alone.release())
    return await asyncio.shield(running)


@router.get("/messages")
async def list_messages(
    reading: Reading,
    _: Reader,
    channel: Annotated[Place, Query()],
    shop: Annotated[Shop, Query()] = EVERY_SHOP,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> MessagesView:
    """Return the last messages of a channel, without what they say."""
    found = await receipts.heads(reading, channel, shop, limit=limit)
    return MessagesView(messages=[_message(head) for head in found])


@router.post("/preview", responses=_PROBLEMS)
async def preview_mapping(body: PreviewIn, request: Request, _: Mapper) -> PreviewView:
    """Read a message with a mapping and say where each field came from."""
    message = await _message_of(request, body)
    active: ActiveMappings = request.app.state.mappings
    found = active.of(body.channel, message.shop) if body.document is None else None
    if body.document is None and found is None:
        raise NotFound("Nobody has mapped this channel.")
    return await aside(request, _previewed, found, body.document, message)


@router.post("/compare", responses=_PROBLEMS)
async def compare_mapping(body: CompareIn, request: Request, _: Mapper) -> ComparisonView:
    """Say what would have been read differently of the last messages that really came."""
    active: ActiveMappings = request.app.state.mappings
    then = (await aside(request, checked_document, body.document)).mapping
    async with _connection(request) as connection:
        kept = await receipts.latest(connection, body.channel, body.shop, limit=body.last)
    if not body.shop:  # a shop that has a mapping of its own would not notice
        kept = [one for one in kept if not active.has_own(body.channel, one.shop)]
    now = {shop: active.of(body.channel, shop) for shop in {one.shop for one in kept}}
    before = {shop: one.mapping if one else None for shop, one in now.items()}
    found = await aside(request, compare, before, then, kept, at=utc_now())
    return ComparisonView.model_validate(asdict(found))


@asynccontextmanager
async def _connection(request: Request) -> AsyncIterator[Connection]:
    """Open a connection for a question only: webhooks need it more than whoever reckons."""
    async with request.app.state.works.engine.connect() as connection:
        yield connection


async def _message_of(request: Request, body: PreviewIn) -> KeptMessage:
    """Return the message to read: the one pasted, or the one that came."""
    if (body.payload is None) == (body.receipt_id is None):
        raise Unprocessable("payload and receipt_id: exactly one of them says what to read.")
    if body.receipt_id is None:
        text = (body.payload or "").encode("utf-8", "replace")
        return KeptMessage(NO_RECEIPT, body.channel, body.shop or "preview", body.topic, text)
    async with _connection(request) as connection:
        kept = await receipts.find(connection, body.receipt_id)
    if kept is None:
        raise NotFound(f"There is no message {body.receipt_id}.")
    if kept.channel != body.channel:
        raise Unprocessable("receipt_id: the message came from another channel.")
    return KeptMessage(
        kept.receipt_id, kept.channel, body.shop or kept.shop, body.topic or kept.topic, kept.body
    )


def _previewed(
    active: Active | None, document: dict[str, Any] | None, message: KeptMessage
) -> PreviewView:
    mapping = active.mapping if active else checked_document(document).mapping
    try:
        found = preview(mapping, message, at=utc_now())
    except Unreadable as error:
        raise Unprocessable(f"payload: {error}") from None
    return PreviewView(
        mapping_id=active.mapping_id if active else None,
        orders=[_order(one) for one in found.orders],
        skipped=found.skipped,
        to_fetch=list(found.to_fetch),
        left_out=found.left_out,
    )


def _order(one: PreviewedOrder) -> PreviewedOrderView:
    return PreviewedOrderView(
        order=asdict(one.draft),
        reasons=[ReasonView(**asdict(reason)) for reason in one.reasons],
        cancelled=one.cancelled,
        held=one.held,
        origins=[
            OriginView(
                field=each.field,
                value=each.value,
                rule=each.origin.rule,
                found=[FoundView(path=f.path, value=f.value) for f in each.origin.found],
                formula=each.origin.formula,
                constant=each.origin.constant,
            )
            for each in one.fields
        ],
    )


def _message(head: Head) -> MessageView:
    return MessageView(
        receipt_id=head.receipt_id,
        shop=head.shop,
        topic=head.topic,
        received_at=head.received_at,
        bytes=head.size,
        channel_order_no=head.orders[0].channel_order_no if head.orders else None,
        statuses=[order.status for order in head.orders[:STATUSES_SHOWN_MAX]],
    )
