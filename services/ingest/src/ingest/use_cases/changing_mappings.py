"""What a person does with mappings: publish one, put it in force, take it back."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from common.database.operations import record
from common.database.work import Work
from common.http.problems import Conflict, FieldError, NotFound, Unprocessable
from common.ids import new_id
from ingest.domain.mapping.compiled_mapping import CompiledMapping
from ingest.domain.mapping.compiling import compiled
from ingest.domain.mapping.document import read_document
from ingest.domain.mapping.problems import MappingError
from ingest.store import mappings
from ingest.store.mappings import Change, Published

DOCUMENT_BYTES_MAX = 64 * 1024
CHANGES_READ = 200


@dataclass(frozen=True, slots=True)
class Checked:
    """A mapping that may be published."""

    mapping: CompiledMapping
    document: str
    """As JSON."""


def checked_document(document: Any) -> Checked:
    """Check a mapping as publishing does.

    Raises:
        Unprocessable: it is too large, or a rule is wrong; the error names it.
    """
    try:
        text = json.dumps(document, ensure_ascii=False)
        if len(text.encode()) > DOCUMENT_BYTES_MAX:
            raise _wrong("document", "too_large", f"is larger than {DOCUMENT_BYTES_MAX} bytes")
        return Checked(compiled(read_document(document)), text)
    except MappingError as error:
        raise _wrong(error.place, "wrong_rule", error.problem) from None
    except UnicodeEncodeError:
        raise _wrong("document", "half_character", "has half a character") from None
    except RecursionError:
        raise _wrong("document", "too_deep", "is nested too deeply") from None


def _wrong(place: str, code: str, problem: str) -> Unprocessable:
    error = FieldError(field=place, code=code, message=problem)
    return Unprocessable(f"{place}: {problem}", errors=[error])


async def publish(
    work: Work, checked: Checked, place: tuple[str, str], *, by: str, reason: str
) -> Published:
    """Keep a mapping of a channel and shop for ever, under an id of its own; not in force yet."""
    channel, shop = place
    new = Published(
        mapping_id=new_id(),
        channel=channel,
        shop=shop,
        document=checked.document,
        published_by=by,
        published_at=work.now,
        reason=reason,
    )
    await mappings.publish(work.connection, new)
    record(
        work,
        actor=by,
        action="mapping.published",
        subject=("mapping", new.mapping_id),
        after={"channel": channel, "shop": shop, "name": checked.mapping.document.name},
        reason=reason,
    )
    return new


async def activate(work: Work, mapping_id: UUID, *, by: str, reason: str) -> Change:
    """Put a mapping in force for its channel and shop; what arrives from then on is read by it.

    Raises:
        NotFound: there is no such mapping.
        Conflict: it is in force already.
    """
    published = await mappings.find(work.connection, mapping_id)
    if published is None:
        raise NotFound(f"There is no mapping {mapping_id}.")
    new = _change(work, (published.channel, published.shop), mapping_id, by, reason)
    return await _put(work, new, "mapping.activated")


async def roll_back(work: Work, *, channel: str, shop: str, by: str, reason: str) -> Change:
    """Put in force what was before the last change; before all of them: what comes with Sluice.

    Raises:
        Conflict: nothing that was published is in force here.
    """
    await mappings.lock(work.connection)
    changes = await mappings.changes(work.connection, channel, shop, limit=CHANGES_READ)
    if not changes or changes[0].mapping_id is None:
        raise Conflict("Nothing was put in force here that could be taken back.")
    new = _change(work, (channel, shop), before_last(changes), by, reason)
    return await _put(work, new, "mapping.rolled_back")


def before_last(changes: list[Change]) -> UUID | None:
    """Return what the mapping in force took the place of; the newest change comes first.

    What was taken back is not gone back to: of A, B, back to A, the one before is what was before
    A.
    """
    stack: list[UUID | None] = [None]
    for change in reversed(changes):
        if len(stack) > 1 and change.mapping_id == stack[-2]:
            stack.pop()
        else:
            stack.append(change.mapping_id)
    return stack[-2] if len(stack) > 1 else None


def _change(
    work: Work, place: tuple[str, str], mapping_id: UUID | None, by: str, reason: str
) -> Change:
    channel, shop = place
    return Change(
        change_id=new_id(),
        channel=channel,
        shop=shop,
        mapping_id=mapping_id,
        changed_by=by,
        changed_at=work.now,
        reason=reason,
    )


async def _put(work: Work, new: Change, action: str) -> Change:
    in_force = {(c.channel, c.shop): c.mapping_id for c in await mappings.lock(work.connection)}
    before = in_force.get((new.channel, new.shop))
    if before == new.mapping_id:
        raise Conflict("This mapping is in force already.")
    await mappings.change(work.connection, new)
    now = new.mapping_id
    record(
        work,
        actor=new.changed_by,
        action=action,
        subject=("mapping", now or f"built-in {new.channel}"),
        before={"mapping_id": before and str(before)},
        after={"mapping_id": now and str(now), "channel": new.channel, "shop": new.shop},
        reason=new.reason,
    )
    return new
