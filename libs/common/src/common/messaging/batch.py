"""One batch, one transaction; where it fails, one event at a time.

Reads packs into messages, hands them to the handlers, and returns an outcome for every event.
Knows nothing of the broker.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from common.contracts.event import Message
from common.database import faults
from common.database.engine import answers
from common.database.work import Announced, Work, WorkFactory
from common.errors import Unavailable
from common.messaging.outcome import Done, Outcome, Park, after_failure, describe, later
from common.messaging.pack import Pack, split
from common.messaging.subscription import Subscription

COLLISIONS_MAX = 3


@dataclass(frozen=True, slots=True)
class Item:
    """One event of a batch: readable, or a body nobody can read."""

    pack: Pack
    message: Message[Any] | None
    body: bytes | None = None
    """The event's own body, where it had to be taken out of its pack to be read."""
    unreadable: str = ""
    position: int = 0
    """Its place in its pack."""


@dataclass(slots=True)
class Settled:
    """What became of every item of a batch, and what its transactions announced."""

    outcomes: list[tuple[Item, Outcome]] = field(default_factory=list)
    announced: list[Announced] = field(default_factory=list)


@dataclass(frozen=True)
class BatchHandler:
    subscriptions: Mapping[str, Subscription]
    works: WorkFactory

    def read(self, packs: Iterable[Pack]) -> list[Item]:
        return [item for pack in packs for item in self._read(pack)]

    def _read(self, pack: Pack) -> list[Item]:
        subscription = self.subscriptions.get(pack.type)
        if subscription is None:
            return [Item(pack, None, pack.body, "nobody here handles this type of event")]
        try:
            messages = subscription.reader.validate_json(pack.body)
        except ValidationError:
            return self._read_apart(pack, subscription)
        return [Item(pack, message, position=place) for place, message in enumerate(messages)]

    def _read_apart(self, pack: Pack, subscription: Subscription) -> list[Item]:
        try:
            bodies = split(pack)
        except (ValueError, RecursionError):
            return [Item(pack, None, pack.body, "is no JSON array of events")]
        items: list[Item] = []
        for body in bodies:
            try:
                (message,) = subscription.reader.validate_json(body)
                items.append(Item(pack, message, body))
            except ValidationError as error:
                items.append(Item(pack, None, body, describe(error)))
        return items

    async def handle(self, items: Sequence[Item]) -> Settled:
        """Handle all items; raise only when nothing can be handled at all.

        Raises:
            Unavailable: the database is away; no item has an outcome.
        """
        settled = Settled()
        settled.outcomes += [(i, Park(i.unreadable)) for i in items if i.message is None]
        readable = [item for item in items if item.message is not None]
        try:
            await self._together(readable, settled)
        except Exception as error:  # noqa: BLE001 - the edge: every failure becomes an outcome
            await self._raise_if_away(error)
            for item in readable:
                await self._alone(item, settled)
        return settled

    async def _alone(self, item: Item, settled: Settled) -> None:
        try:
            await self._together([item], settled)
        except Exception as error:  # noqa: BLE001 - the edge: every failure becomes an outcome
            await self._raise_if_away(error)
            settled.outcomes.append((item, after_failure(error, item.pack.attempt)))

    async def _together(self, items: Sequence[Item], settled: Settled) -> None:
        for tries_left in reversed(range(COLLISIONS_MAX)):
            try:
                work = await self._in_one_transaction(items)
            except Exception as error:
                if not (tries_left and faults.is_collision(error)):
                    raise
            else:
                settled.announced += work.announced
                settled.outcomes += self._outcomes(items, work)
                return

    async def _in_one_transaction(self, items: Sequence[Item]) -> Work:
        distinct = {item.message.event_id: item for item in items if item.message}
        async with self.works.begin(distinct) as work:
            for event_type, subscription in self.subscriptions.items():
                fresh = [
                    item.message
                    for event_id, item in distinct.items()
                    if item.message and item.pack.type == event_type and event_id in work.first_seen
                ]
                if fresh:
                    await subscription.handle(fresh, work)
        return work

    def _outcomes(self, items: Sequence[Item], work: Work) -> Iterable[tuple[Item, Outcome]]:
        seen: set[UUID] = set()
        for item in items:
            if item.message is None:
                continue
            event_id = item.message.event_id
            repeated = event_id in seen or event_id not in work.first_seen
            seen.add(event_id)
            if event_id in work.postponed and not repeated:
                yield item, later(work.postponed[event_id], item.pack.attempt)
            else:
                yield item, Done(duplicate=repeated)

    async def _raise_if_away(self, error: BaseException) -> None:
        """Outside parties fail with the same errors as sockets do: then the database is asked."""
        doubtful = isinstance(error, OSError | TimeoutError)
        if faults.is_away(error) and not (doubtful and await answers(self.works.engine)):
            raise Unavailable("The database is away.") from error


def body_of(item: Item) -> bytes:
    """Return the event as a pack of one, with every field it came with."""
    return item.body if item.body is not None else split(item.pack)[item.position]
