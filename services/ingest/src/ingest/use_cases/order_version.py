"""One version of an order, as a message shows it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from common.contracts.event import Cause
from common.life_cycle import State
from ingest.domain.draft import Draft
from ingest.domain.incoming import Incoming
from ingest.domain.validation import Reason
from ingest.domain.versions import seen_of
from ingest.store.sales_orders import StoredOrder

CHANNEL = "channel"
"""Who acts where the channel itself does."""
_HOLD_RULE = "held"


@dataclass(frozen=True, slots=True)
class Version:
    """An order as a message shows it, checked."""

    incoming: Incoming
    reasons: Sequence[Reason]
    cause: Cause

    @property
    def draft(self) -> Draft:
        return self.incoming.draft


def with_known_hold(version: Version, stored: StoredOrder) -> Version:
    """Return the version; where the mapping cannot tell whether it is held, it is as it was."""
    problems = version.incoming.problems
    if not any(problem.field.partition(".")[0] == _HOLD_RULE for problem in problems):
        return version
    return replace(version, incoming=replace(version.incoming, held=stored.held))


def renewed(stored: StoredOrder, draft: Draft, version: Version, state: State) -> StoredOrder:
    return replace(
        stored,
        state=state,
        draft=draft,
        changed_at=version.incoming.changed_at or stored.changed_at,
        held=version.incoming.held,
        seen=seen_of(version.draft),
    )
