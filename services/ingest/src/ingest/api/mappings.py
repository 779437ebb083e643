"""Mappings: what is in force, publish one, put it in force, take it back."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from common.contracts.event import Cause
from common.database.engine import Connection
from common.database.work import Work
from common.http.auth import Principal, requires
from common.http.idempotency import Once
from common.http.problems import NotFound, ProblemView
from common.http.reading import Reading
from ingest.api.mapping_trials import aside
from ingest.api.mapping_views import (
    ChangeView,
    HistoryView,
    MappingsView,
    MappingView,
    Place,
    PublishIn,
    ReasonIn,
    RollbackIn,
    Shop,
)
from ingest.channels.registry import CHANNELS
from ingest.mappings import built_in
from ingest.store import mappings
from ingest.store.mappings import EVERY_SHOP, Change, Published
from ingest.use_cases import changing_mappings
from ingest.use_cases.changing_mappings import checked_document
from ingest.use_cases.reading import exact_json

router = APIRouter(prefix="/v1/mappings", tags=["mappings"])

Reader = Annotated[Principal, requires("ingest:read")]
Mapper = Annotated[Principal, requires("ingest:map")]
LISTED_MAX = 100
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemView} for status in (404, 409, 422)
}


@router.get("")
async def list_mappings(reading: Reading, _: Reader) -> MappingsView:
    """Return what is in force where."""
    found = [
        published
        for change in await mappings.in_force(reading)
        if change.mapping_id and (published := await mappings.find(reading, change.mapping_id))
    ]
    replaced = {published.channel for published in found if published.shop == EVERY_SHOP}
    own = [_built_in(channel) for channel in CHANNELS if channel not in replaced]
    views = [*(view for view in own if view), *(_view(published) for published in found)]
    return MappingsView(in_force=sorted(views, key=lambda view: (view.channel, view.shop)))


@router.get("/history", responses=_PROBLEMS)
async def read_history(
    reading: Reading,
    _: Reader,
    channel: Annotated[Place, Query()],
    shop: Annotated[Shop, Query()] = EVERY_SHOP,
) -> HistoryView:
    """Return the mappings of one channel and shop, the newest first, and when each was in force."""
    published = await mappings.listed(reading, channel, shop, limit=LISTED_MAX)
    changes = await mappings.changes(reading, channel, shop, limit=LISTED_MAX)
    in_force = await _in_force(reading, channel, shop)
    if in_force is None and not published:
        raise NotFound("Nobody has mapped this channel.")
    return HistoryView(
        in_force=in_force,
        published=[_view(one) for one in published],
        changes=[_change(one) for one in changes],
    )


@router.get("/{mapping_id}", responses=_PROBLEMS)
async def read_mapping(mapping_id: UUID, reading: Reading, _: Reader) -> MappingView:
    """Return a published mapping with its document."""
    published = await mappings.find(reading, mapping_id)
    if published is None:
        raise NotFound(f"There is no mapping {mapping_id}.")
    return _view(published, whole=True)


@router.post("", status_code=201, response_model=MappingView, responses=_PROBLEMS)
async def publish_mapping(
    body: PublishIn, request: Request, principal: Mapper, once: Once
) -> Response:
    """Check a mapping and keep it; it never changes, and is not in force yet."""
    checked = await aside(request, checked_document, body.document)

    async def command(work: Work, _: Cause) -> MappingView:
        published = await changing_mappings.publish(
            work,
            checked,
            (body.channel, body.shop),
            by=principal.name,
            reason=body.reason,
        )
        return _view(published, whole=True)

    return await once.run(principal, command, status=201)


@router.post("/{mapping_id}/activate", response_model=ChangeView, responses=_PROBLEMS)
async def activate_mapping(
    mapping_id: UUID, body: ReasonIn, principal: Mapper, once: Once
) -> Response:
    """Put a mapping in force: what arrives a second later is read by it."""

    async def command(work: Work, _: Cause) -> ChangeView:
        change = await changing_mappings.activate(
            work, mapping_id, by=principal.name, reason=body.reason
        )
        return _change(change)

    return await once.run(principal, command)


@router.post("/rollback", response_model=ChangeView, responses=_PROBLEMS)
async def roll_back_mapping(body: RollbackIn, principal: Mapper, once: Once) -> Response:
    """Put in force what was before; before everything else that is what comes with Sluice."""

    async def command(work: Work, _: Cause) -> ChangeView:
        change = await changing_mappings.roll_back(
            work, channel=body.channel, shop=body.shop, by=principal.name, reason=body.reason
        )
        return _change(change)

    return await once.run(principal, command)


async def _in_force(reading: Connection, channel: str, shop: str) -> MappingView | None:
    """Return the shop's own, else the channel's, else what comes with Sluice."""
    for place in dict.fromkeys((shop, EVERY_SHOP)):
        changes = await mappings.changes(reading, channel, place, limit=1)
        mapping_id = changes[0].mapping_id if changes else None
        published = await mappings.find(reading, mapping_id) if mapping_id else None
        if published is not None:
            return _view(published, whole=True)
    return _built_in(channel, whole=True)


def _view(published: Published, *, whole: bool = False) -> MappingView:
    document = exact_json(published.document)
    return MappingView(
        id=published.mapping_id,
        channel=published.channel,
        shop=published.shop,
        name=document["name"],
        published_by=published.published_by,
        published_at=published.published_at,
        reason=published.reason,
        document=document if whole else None,
    )


def _built_in(channel: str, *, whole: bool = False) -> MappingView | None:
    mapping = built_in(channel)
    if mapping is None:
        return None
    document = mapping.document
    return MappingView(
        id=None,
        channel=channel,
        shop=EVERY_SHOP,
        name=document.name,
        document=document.model_dump(by_alias=True, exclude_defaults=True) if whole else None,
    )


def _change(change: Change) -> ChangeView:
    return ChangeView(
        mapping_id=change.mapping_id,
        changed_by=change.changed_by,
        changed_at=change.changed_at,
        reason=change.reason,
    )
