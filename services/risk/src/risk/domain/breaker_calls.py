"""The calls of a check that run now, so that one that hangs counts as slow before it comes back."""

from collections import deque


class Call:
    """One call that has begun; give it back to the breaker that made it."""

    __slots__ = ("counted_in", "era", "over", "started")

    def __init__(self, started: float, era: int) -> None:
        self.started = started
        self.era = era
        self.counted_in: int | None = None
        """The epoch of the window in which it was counted as slow while it ran."""
        self.over = False


class CallsInFlight:
    """Calls in the order they began, the overdue ones apart; every step is O(1) amortised."""

    __slots__ = ("_forget_after", "_overdue", "_slow_after", "_started", "count", "overdue")

    def __init__(self, *, slow_after: float, forget_after: float) -> None:
        self._slow_after = slow_after
        self._forget_after = forget_after
        self._started: deque[Call] = deque()
        self._overdue: deque[Call] = deque()
        self.clear()

    def clear(self) -> None:
        self._started.clear()
        self._overdue.clear()
        self.count = self.overdue = 0

    def begin(self, call: Call) -> None:
        self._started.append(call)
        self.count += 1

    def end(self, call: Call) -> None:
        call.over = True
        self.count -= 1
        if call.counted_in is not None:
            self.overdue -= 1
        started = self._started
        while started and started[0].over:
            started.popleft()

    def fall_overdue(self, now: float, epoch: int) -> list[Call]:
        """Return the calls that are newly over the limit, each once."""
        late: list[Call] = []
        started = self._started
        while started and (started[0].over or now - started[0].started > self._slow_after):
            call = started.popleft()
            if not call.over:
                call.counted_in = epoch
                late.append(call)
        self._overdue.extend(late)
        self.overdue += len(late)
        return late

    def forget(self, now: float) -> None:
        """Give up calls that never come back, so that a lost one does not weigh for ever."""
        overdue = self._overdue
        while overdue and (overdue[0].over or now - overdue[0].started > self._forget_after):
            call = overdue.popleft()
            if not call.over:
                self.end(call)

    def next_overdue_at(self, now: float) -> float:
        """Return a time before which none falls overdue, even of those that are yet to begin."""
        oldest = self._started[0].started if self._started else now
        return oldest + self._slow_after
