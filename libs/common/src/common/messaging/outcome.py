"""What becomes of one event: done, later, or never. Pure; the consumer acts on it."""

from dataclasses import dataclass

from pydantic import ValidationError

from common.database import faults
from common.errors import Permanent, Transient
from common.messaging.topology import RETRY_SECONDS


@dataclass(frozen=True, slots=True)
class Done:
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    """Climb to this rung of the ladder."""

    rung: int
    reason: str


@dataclass(frozen=True, slots=True)
class Park:
    reason: str


Outcome = Done | Retry | Park


def name_of(outcome: Outcome) -> str:
    """Name the outcome as metrics and logs do."""
    match outcome:
        case Done(duplicate):
            return "duplicate" if duplicate else "handled"
        case Retry():
            return "retried"
        case Park():
            return "parked"


def after_failure(error: BaseException, attempt: int) -> Retry | Park:
    """Decide what becomes of an event whose handling failed after so many earlier attempts."""
    reason = describe(error)
    if isinstance(error, Permanent | ValidationError) or faults.is_refused(error):
        return Park(reason)
    return later(reason, attempt)


def later(reason: str, attempt: int) -> Retry | Park:
    """Send the event up the ladder, or park it where the ladder ends."""
    if attempt >= len(RETRY_SECONDS):
        return Park(f"gave up after {attempt} retries: {reason}")
    return Retry(attempt, reason)


def describe(error: BaseException) -> str:
    """Say what was wrong without the values, which may be personal data."""
    if isinstance(error, Permanent | Transient):
        return str(error)
    if isinstance(error, ValidationError):
        places = (
            f"{'.'.join(map(str, detail['loc']))}: {detail['type']}"
            for detail in error.errors(
                include_url=False, include_context=False, include_input=False
            )
        )
        return "; ".join(places)[:500]
    return faults.describe(error)
