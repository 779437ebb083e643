"""When a publisher asks. Pure: a turn in, a decision out."""

from datetime import timedelta

from common.database.ledger import ROUND_INQUIRIES_MAX, Turn
from common.ids import moment_of

AGE = timedelta(seconds=10)
"""Events younger than this are most likely still on their way."""
AGE_AFTER_LOSS = timedelta(seconds=1)
PERIOD = timedelta(seconds=10)
BEHIND = timedelta(seconds=30)
MARK_AFTER = timedelta(seconds=10)
MARK_AFTER_MAX = timedelta(minutes=1)
MARK_SHARE = 4


def age_to_ask_about(turn: Turn) -> timedelta | None:
    """Return how old events have to be to be asked about now; None: it is not time for a round."""
    if turn.ranges:
        return None
    if turn.lost_at > turn.asked_at:
        return AGE_AFTER_LOSS
    is_time = turn.now - turn.asked_at >= PERIOD
    is_behind = turn.now - moment_of(turn.asked_to) > BEHIND
    return AGE if is_time or is_behind else None


def asks_about_open(turn: Turn) -> bool:
    return turn.open_due and turn.singles < ROUND_INQUIRIES_MAX


def pause_between_marks(turn: Turn) -> timedelta | None:
    """Return how long to wait between marks; None: none is needed.

    An answer may be long in coming because the reader's queue is long, or because inquiry or
    answer are lost. A mark costs next to nothing, and once it is answered, that is known.
    """
    if turn.oldest_sent is None:
        return None
    waited = turn.now - turn.oldest_sent
    if waited < MARK_AFTER:
        return None
    return min(max(waited / MARK_SHARE, MARK_AFTER), MARK_AFTER_MAX)
