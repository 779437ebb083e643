"""Takes packs apart into the events that go into the backlog."""

from collections.abc import Collection, Sequence
from uuid import UUID

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from common.database.backlog import Moved
from common.messaging.pack import Pack, split
from common.messaging.suspects import DELIVERIES_SUSPECT


class _About(BaseModel):
    model_config = ConfigDict(extra="ignore")

    order_id: UUID


class _Head(BaseModel):
    """What has to be known of an event in order to put it in its place."""

    model_config = ConfigDict(extra="ignore")

    event_id: UUID
    data: _About


_HEADS = TypeAdapter(list[_Head])


def movable(packs: Sequence[Pack], types: Collection[str]) -> tuple[list[Moved], list[Pack]]:
    """Return the events that can wait in the backlog, and the packs that have to be settled now.

    Those are: what is under suspicion, what nobody can read, and what is no event of an order.
    """
    moved: list[Moved] = []
    now: list[Pack] = []
    for pack in packs:
        events = _events(pack) if _may_wait(pack, types) else None
        if events is None:
            now.append(pack)
        else:
            moved += events
    return moved, now


def _may_wait(pack: Pack, types: Collection[str]) -> bool:
    return pack.type in types and pack.deliveries < DELIVERIES_SUSPECT


def _events(pack: Pack) -> list[Moved] | None:
    try:
        heads = _HEADS.validate_json(pack.body)
        bodies = [pack.body] if len(heads) == 1 else split(pack)
    except (ValidationError, ValueError, RecursionError):
        return None
    return [
        Moved(head.event_id, head.data.order_id, pack.type, body, pack.attempt)
        for head, body in zip(heads, bodies, strict=True)
    ]
