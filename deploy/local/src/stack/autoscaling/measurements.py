"""Rates and depths of one service, out of what its workers said over the last while; pure."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from stack.autoscaling.policy import Reading
from stack.autoscaling.sampling import WorkerSample

WINDOW_SECONDS = 30.0
"""Long enough for a rate, short enough to see a change."""
SILENT_SECONDS_MAX = 15.0
"""What a worker said longer ago than this says nothing of now."""


@dataclass
class Measurements:
    """Of one service; workers by the name and the number of their process."""

    _samples: dict[str, deque[WorkerSample]] = field(default_factory=dict)
    _depths: deque[tuple[float, float]] = field(default_factory=deque)

    def take(self, samples: Mapping[str, WorkerSample], now: float) -> None:
        for worker, sample in samples.items():
            self._samples.setdefault(worker, deque()).append(sample)
        for worker, kept in list(self._samples.items()):
            while kept and kept[0].at < now - WINDOW_SECONDS:
                kept.popleft()
            if not kept:
                del self._samples[worker]
        if (depth := self._depth(now)) is not None:
            self._depths.append((now, depth))
        while self._depths and self._depths[0][0] < now - WINDOW_SECONDS:
            self._depths.popleft()

    def reading(self, workers: int, now: float) -> Reading:
        depth = self._depth(now)
        busy = self._rate(lambda sample: sample.busy_seconds, now)
        settled = self._rate(lambda sample: sample.settled, now)
        return Reading(
            workers=workers,
            depth=depth,
            arrived=max(0.0, settled + self._growth()),
            settled=settled,
            event_seconds=busy / settled if settled else None,
            baseline_seconds=_least(s.baseline_seconds for s in self._latest(now)),
            # What a busy worker adds to the database's answer is never less than nothing.
            probe_seconds=_least(s.probe_seconds for kept in self._samples.values() for s in kept),
        )

    def _latest(self, now: float) -> list[WorkerSample]:
        latest = (kept[-1] for kept in self._samples.values())
        return [sample for sample in latest if sample.at >= now - SILENT_SECONDS_MAX]

    def _depth(self, now: float) -> float | None:
        """Every worker measures the same queue: the largest answer counts, not their sum."""
        lanes = zip(*(sample.depths for sample in self._latest(now)), strict=True)
        known = [[depth for depth in lane if depth is not None] for lane in lanes]
        return sum(max(lane) for lane in known if lane) if any(known) else None

    def _rate(self, total: Callable[[WorkerSample], float], now: float) -> float:
        """Per second, of all workers that are there together."""
        rate = 0.0
        for kept in self._samples.values():
            if kept[-1].at < now - SILENT_SECONDS_MAX:
                continue
            seconds = kept[-1].at - kept[0].at
            rate += (total(kept[-1]) - total(kept[0])) / seconds if seconds else 0.0
        return max(0.0, rate)

    def _growth(self) -> float:
        if not self._depths or self._depths[-1][0] == self._depths[0][0]:
            return 0.0
        (began, before), (at, depth) = self._depths[0], self._depths[-1]
        return (depth - before) / (at - began)


def _least(values: Iterable[float | None]) -> float | None:
    return min((value for value in values if value is not None), default=None)
