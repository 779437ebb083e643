"""From wishes to changes: what is only wished for a moment is not done; pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from stack.autoscaling.policy import Cause, Wish

UP_SECONDS = 10.0
"""A wish for more must last this long."""
DOWN_SECONDS = 60.0
"""A wish for fewer must last this long: one too few costs more than one too many."""
COOLDOWN_SECONDS = 15.0
"""After a change its effect is awaited."""
STEP_MIN = 2
"""At most twice as many at once, or this many more; at most half of them fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was wished lately, by when, and when the number was last changed."""

    wishes: tuple[tuple[float, int], ...] = ()
    changed_at: float = -math.inf

    @classmethod
    def beginning(cls, now: float, workers: int) -> "History":
        """Begin: what there is counts as wished, so the first change waits as any other."""
        return cls(wishes=((now, workers),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    workers: int
    wish: Wish
    history: History = field(repr=False)


def decide(wish: Wish, workers: int, history: History, now: float) -> Decision:
    """Return how many workers there shall be, given how many there are and were wished for."""
    if wish.cause is Cause.UNKNOWN:
        # After a gap a wish has to last as long as any other.
        again = History(wishes=((now, workers),), changed_at=history.changed_at)
        return Decision(workers=workers, wish=wish, history=again)
    wishes = (
        *((at, n) for at, n in history.wishes if at > now - DOWN_SECONDS),
        (now, wish.workers),
    )
    known = History(wishes=wishes, changed_at=history.changed_at)
    if now - history.changed_at < COOLDOWN_SECONDS:
        return Decision(workers=workers, wish=wish, history=known)
    more = min(_since(wishes, now - UP_SECONDS))
    fewer = max(_since(wishes, now - DOWN_SECONDS))
    target = workers
    if more > workers:
        target = min(more, max(2 * workers, workers + STEP_MIN))
    elif fewer < workers:
        target = max(fewer, math.ceil(workers / 2))
    if target != workers:
        known = History(wishes=wishes, changed_at=now)
    return Decision(workers=target, wish=wish, history=known)


def _since(wishes: Iterable[tuple[float, int]], moment: float) -> list[int]:
    return [workers for at, workers in wishes if at > moment]
