"""What the services have told of the orders so far."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from demo.scenario import Planned
from demo.story import Ending, Place


@dataclass(slots=True)
class Track:
    """One planned order, and all that is known of it."""

    planned: Planned
    sent_at: datetime | None = None
    answers: Counter[str] = field(default_factory=Counter)
    """How ingest answered each message that told of it as a new order."""
    order_id: str | None = None
    reasons: tuple[str, ...] = ()
    is_released: bool = False
    verdicts: tuple[str, ...] = ()
    state: str | None = None
    booked: str | None = None
    payable_minor: int | None = None
    task_code: str | None = None
    task_at: datetime | None = None
    warehouse: str | None = None
    tracking_no: str | None = None
    is_matched: bool = False
    differences: set[str] = field(default_factory=set)

    @property
    def channel(self) -> str:
        return self.planned.sale.channel

    @property
    def number(self) -> str:
        return self.planned.sale.number

    @property
    def ending(self) -> Ending:
        """Where it must end."""
        return self.planned.story.ending

    @property
    def place(self) -> Place:
        verdict = self.verdicts[-1] if self.verdicts else None
        return Place(verdict, self.state, self.booked)

    @property
    def seconds_to_task(self) -> float | None:
        """From sending the webhook to the task in the warehouse."""
        if self.sent_at is None or self.task_at is None:
            return None
        return (self.task_at - self.sent_at).total_seconds()


@dataclass(slots=True)
class Facts:
    tracks: list[Track]
    updates: Counter[str] = field(default_factory=Counter)
    """How ingest answered messages that told more of an order: paid, cancelled."""
    sent_at: float = 0.0
    """When the last message was sent, by the monotonic clock."""
    problems: list[str] = field(default_factory=list)
    """What did not happen, or was answered wrongly, beside single orders."""
    _by_id: dict[str, Track] = field(default_factory=dict)

    @classmethod
    def of(cls, planned: Iterable[Planned]) -> "Facts":
        return cls([Track(one) for one in planned])

    def identify(self, track: Track, order_id: str) -> None:
        track.order_id = order_id
        self._by_id[order_id] = track

    def of_order(self, order_id: str | None) -> Track | None:
        """Return the track; None for an order that is not this run's."""
        return self._by_id.get(order_id) if order_id else None

    @property
    def messages(self) -> Counter[str]:
        """Return how all messages were answered."""
        return sum((track.answers for track in self.tracks), Counter(self.updates))


def quantile(values: Iterable[float], share: float) -> float:
    """Return the smallest value that so large a share of the values does not exceed."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * round(share * 100) // 100) - 1)]
