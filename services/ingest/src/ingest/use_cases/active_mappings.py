"""Which mapping is in force for which channel and shop, followed by every process that reads."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from common.database.engine import Connection, Engine
from common.errors import Unavailable
from ingest.domain.mapping.compiled_mapping import CompiledMapping
from ingest.domain.mapping.compiling import compiled
from ingest.domain.mapping.document import read_document
from ingest.mappings import built_in
from ingest.store import mappings
from ingest.store.mappings import EVERY_SHOP

FOLLOW_SECONDS = 1.0
KNOWN_SECONDS_MAX = 5.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Active:
    mapping: CompiledMapping
    mapping_id: UUID | None = None
    """None: it comes with Sluice."""


@dataclass
class ActiveMappings:
    """A shop's own mapping, else the channel's, else the one that comes with Sluice."""

    engine: Engine
    _in_force: Mapping[tuple[str, str], Active] = field(default_factory=dict)
    _refused: set[UUID] = field(default_factory=set)
    _known: asyncio.Event = field(default_factory=asyncio.Event)

    async def known(self) -> None:
        """Wait until it was found out what is in force: nothing may be read by a guess.

        Raises:
            Unavailable: the database does not say.
        """
        if self._known.is_set():
            return
        try:
            async with asyncio.timeout(KNOWN_SECONDS_MAX):
                await self._known.wait()
        except TimeoutError:
            raise Unavailable("The database does not say which mapping is in force.") from None

    def of(self, channel: str, shop: str) -> Active | None:
        """Return what reads this shop's messages; None for a channel nobody has mapped."""
        for place in ((channel, shop), (channel, EVERY_SHOP)):
            if (active := self._in_force.get(place)) is not None:
                return active
        mapping = built_in(channel)
        return None if mapping is None else Active(mapping)

    def has_own(self, channel: str, shop: str) -> bool:
        """Tell whether the shop has a mapping of its own in force."""
        return (channel, shop) in self._in_force

    async def follow(self) -> None:
        """Keep up with what is in force, until cancelled; without the database nothing changes."""
        while True:
            try:
                async with self.engine.connect() as connection:
                    await self.look(connection)
            except Exception as error:  # noqa: BLE001 - others say so too
                log.warning("mappings.unknown", error=type(error).__name__)
            await asyncio.sleep(FOLLOW_SECONDS)

    async def look(self, connection: Connection) -> None:
        """Find out what is in force, and compile what is new."""
        ready = {active.mapping_id: active for active in self._in_force.values()}
        found: dict[tuple[str, str], Active] = {}
        for change in await mappings.in_force(connection):
            place = (change.channel, change.shop)
            if change.mapping_id is None:
                continue
            active = ready.get(change.mapping_id) or await self._read(connection, change.mapping_id)
            # One that this process cannot read was published by a newer version: what was in force
            # here before it stays.
            active = active or self._in_force.get(place)
            if active is not None:
                found[place] = active
        self._in_force = found
        self._known.set()

    async def _read(self, connection: Connection, mapping_id: UUID) -> Active | None:
        if mapping_id in self._refused:
            return None
        published = await mappings.find(connection, mapping_id)
        if published is None:
            return None
        try:
            # Apart from the loop that answers webhooks: it takes as long as twenty of them.
            return Active(await asyncio.to_thread(_compiled, published.document), mapping_id)
        except (ValueError, RecursionError) as error:
            self._refused.add(mapping_id)
            place = getattr(error, "place", "")
            log.warning("mapping.unreadable", mapping_id=str(mapping_id), place=place)
            return None


def _compiled(document: str) -> CompiledMapping:
    return compiled(read_document(json.loads(document)))
