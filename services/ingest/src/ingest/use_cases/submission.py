"""One message on its way through intake, and the answer it gets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from common.contracts.event import Cause
from common.ids import new_id
from common.life_cycle import State, Trigger, step
from ingest.domain.identity import Identity, identity_of
from ingest.domain.incoming import Incoming
from ingest.domain.receipt import OrderStatus, Receipt, Status
from ingest.domain.validation import Reason, checked, legible
from ingest.domain.versions import seen_of
from ingest.store.answers import CallKey
from ingest.store.documents import draft_json
from ingest.store.receipts import Delivery
from ingest.store.sales_orders import NewOrder

HELD = "held_by_channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One message as it came in, already authenticated and translated."""

    channel: str
    shop: str
    topic: str
    body: bytes
    incoming: tuple[Incoming, ...]
    cause: Cause
    mapping_id: UUID | None = None
    """The published mapping it was read with; None: the one that comes with Sluice, or none."""
    to_fetch: tuple[str, ...] = ()
    """Numbers of orders that it names and does not carry: they are fetched from the channel."""
    unreadable: Reason | None = None
    """Set where the payload could not be translated: it is kept, and a person looks at it."""
    delivery_id: str | None = None
    call: CallKey | None = None
    request_hash: bytes = b""

    @property
    def delivery(self) -> Delivery | None:
        if self.delivery_id is None:
            return None
        return Delivery(self.channel, self.shop, self.delivery_id)


@dataclass(frozen=True, slots=True)
class Reply:
    receipt: Receipt
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One order of one submission, checked, with the row it becomes if it is new."""

    incoming: Incoming
    identity: Identity | None
    row: NewOrder
    reasons: tuple[Reason, ...]
    cause: Cause

    def outcome(self, status: Status, order_id: UUID) -> OrderStatus:
        reasons = self.reasons if status is Status.QUARANTINED else ()
        return OrderStatus(order_id, self.row.channel_order_no, status, reasons)


def check(submission: Submission, receipt_id: UUID, now: datetime) -> list[Entry]:
    """Normalise and validate every order of the submission."""
    return [_entry(submission, one, receipt_id, now) for one in submission.incoming]


def _entry(submission: Submission, incoming: Incoming, receipt_id: UUID, now: datetime) -> Entry:
    draft, found = checked(incoming.draft, now)
    reasons = (submission.unreadable,) if submission.unreadable else all_reasons(incoming, found)
    identity = identity_of(draft)
    held = legible(incoming.held) if incoming.held else None
    trigger = Trigger.INTERCEPT if reasons else Trigger.ACCEPT
    row = NewOrder(
        order_id=new_id(),
        channel=submission.channel,
        shop=submission.shop,
        channel_order_no=identity.channel_order_no if identity else None,
        state=step(None, trigger) or State.QUARANTINED,
        document=draft_json(draft),
        receipt_id=receipt_id,
        changed_at=incoming.changed_at,
        held=held,
        seen=str(seen_of(draft)),
    )
    cancelled = legible(incoming.cancelled) if incoming.cancelled else None
    normal = replace(incoming, draft=draft, cancelled=cancelled, held=held)
    return Entry(normal, identity, row, reasons, submission.cause)


def all_reasons(incoming: Incoming, found: Sequence[Reason]) -> tuple[Reason, ...]:
    """Return what is wrong, what the mapping says first; of one field only that."""
    told = {problem.field for problem in incoming.problems}
    rest = (reason for reason in found if reason.field not in told)
    return (*incoming.problems, *held_reasons(incoming.held), *rest)


def held_reasons(held: str | None) -> Iterator[Reason]:
    """Say that the channel wants the order kept back: it goes on when the channel says so."""
    if held:
        yield Reason(HELD, "state", f"The channel keeps it back: {legible(held)}.")
