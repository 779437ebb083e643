"""What came of the calls of the last seconds: a ring of buckets, cheap to add to."""

from dataclasses import dataclass

_NEVER = -(2**62)
"""The epoch of a window that has seen no time yet."""


@dataclass(slots=True)
class _Bucket:
    calls: int = 0
    slow: int = 0
    failed: int = 0
    slow_seconds: float = 0.0
    crowd: int = 0


@dataclass(frozen=True, slots=True)
class Strain:
    """What slow calls took of the last few seconds."""

    seconds: float
    crowd: int
    """The most calls that ran at once, at least one."""


class SlidingWindow:
    """Counts of the last `seconds`, forgotten one bucket at a time.

    The bucket of the present is not full yet, so a window of ten buckets covers between nine and
    ten bucket lengths: never more than it is named after. Time that goes back is taken for the
    present.
    """

    __slots__ = (
        "_bucket_seconds",
        "_buckets",
        "_epoch",
        "_recent",
        "calls",
        "current",
        "failed",
        "slow",
        "turns_at",
    )

    def __init__(self, *, seconds: float, buckets: int, recent_seconds: float) -> None:
        self._bucket_seconds = seconds / buckets
        self._buckets = [_Bucket() for _ in range(buckets)]
        self._recent = min(buckets, max(1, round(recent_seconds / self._bucket_seconds)))
        self.calls = self.slow = self.failed = 0
        self._stand_at(_NEVER)

    def clear(self) -> None:
        """Forget every call, but not the time."""
        self._buckets = [_Bucket() for _ in self._buckets]
        self.calls = self.slow = self.failed = 0
        self._stand_at(self._epoch)

    def advance(self, now: float, *, in_flight: int) -> None:
        """Drop what has become too old; the new buckets start with the calls that still run."""
        epoch = int(now // self._bucket_seconds)
        if epoch <= self._epoch:
            return
        for fresh in range(max(self._epoch + 1, epoch - len(self._buckets) + 1), epoch + 1):
            self._empty(fresh, in_flight)
        self._stand_at(epoch)

    def add(self, *, calls: int, slow: int, failed: int, slow_seconds: float) -> None:
        bucket = self.current
        bucket.calls += calls
        bucket.slow += slow
        bucket.failed += failed
        bucket.slow_seconds += slow_seconds
        self.calls += calls
        self.slow += slow
        self.failed += failed

    def add_good(self) -> None:
        """Add one call that was neither slow nor failed: what nearly all are, so without ado."""
        self.current.calls += 1
        self.calls += 1

    def fail_late(self, epoch: int, failed: int) -> None:
        """Calls counted in that epoch have failed since; too late where it is forgotten."""
        if epoch > self._epoch - len(self._buckets):
            self._bucket(epoch).failed += failed
            self.failed += failed

    @property
    def epoch(self) -> int:
        """The number of the present bucket."""
        return self._epoch

    def strain(self) -> Strain:
        seconds, crowd = 0.0, 1
        for epoch in range(self._epoch - self._recent + 1, self._epoch + 1):
            bucket = self._bucket(epoch)
            seconds += bucket.slow_seconds
            crowd = max(crowd, bucket.crowd)
        return Strain(seconds, crowd)

    def _bucket(self, epoch: int) -> _Bucket:
        return self._buckets[epoch % len(self._buckets)]

    def _stand_at(self, epoch: int) -> None:
        self._epoch = epoch
        self.current = self._bucket(epoch)
        self.turns_at = (epoch + 1) * self._bucket_seconds

    def _empty(self, epoch: int, in_flight: int) -> None:
        old = self._bucket(epoch)
        self.calls -= old.calls
        self.slow -= old.slow
        self.failed -= old.failed
        self._buckets[epoch % len(self._buckets)] = _Bucket(crowd=in_flight)
