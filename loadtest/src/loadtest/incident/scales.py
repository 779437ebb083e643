"""How large the incident is played: its figures in the document, and those here."""

from dataclasses import dataclass

DOCUMENT = {
    "queued": 120_000,
    "event_seconds_before": 0.008,
    "event_seconds": 1.2,
    "consumers": 2,
    "consumers_after": 8,
    "submissions_accepted_ratio": 0.41,
    "orders_late": 3_000,
    "orders_a_day_at_peak": 120_000,
}
"""What is known of the incident itself."""
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    name: str
    baseline_rate: float
    """Orders a second while all is well."""
    baseline_seconds: float
    rate: float
    """Orders a second while the queue grows."""
    queued: int
    """So many events have to wait before anybody does something."""
    alert_for: str
    """What the alert's `for` is cut to; empty: as it is in deploy/prometheus."""
    new_rate: float
    """New orders a second while the queue is drained."""
    guarded_rate: float
    """Orders a second when the bad rule goes out once more, with the safeguards on."""
    guarded_seconds: float
    slow_seconds: float = 1.2
    workers_before: int = 2
    workers_after: int = 8

    @property
    def alert_seconds(self) -> int:
        """How long more than 10,000 have to wait before the alert fires."""
        return int(self.alert_for.removesuffix("s")) if self.alert_for else 300

    @property
    def times_faster(self) -> float:
        """How much faster orders come than on a peak day of the document, on average."""
        return self.rate / (DOCUMENT["orders_a_day_at_peak"] / DAY_SECONDS)


FULL = Scale(
    name="full",
    baseline_rate=60,
    baseline_seconds=60,
    rate=340,
    queued=120_000,
    alert_for="",
    new_rate=20,
    guarded_rate=150,
    guarded_seconds=30,
)
SHORT = Scale(
    name="short",
    baseline_rate=40,
    baseline_seconds=20,
    rate=400,
    queued=15_000,
    alert_for="20s",
    new_rate=20,
    guarded_rate=100,
    guarded_seconds=15,
)
SCALES = {scale.name: scale for scale in (FULL, SHORT)}
