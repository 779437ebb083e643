"""What a scan means for an order in a given state."""

from dataclasses import dataclass
from enum import StrEnum

from common.life_cycle import State, Trigger


class ScanStep(StrEnum):
    PICKING = "picking"
    PACKED = "packed"
    HANDED_OVER = "handed_over"


TRIGGERS = {
    ScanStep.PICKING: Trigger.SCAN_PICKING,
    ScanStep.PACKED: Trigger.SCAN_PACKED,
    ScanStep.HANDED_OVER: Trigger.SCAN_HANDED_OVER,
}
_SEQUENCE = tuple(ScanStep)
_DONE = {State.ALLOCATED: 0, State.PICKING: 1, State.PACKED: 2}
"""How many scans an order in this state has behind it; an order that left has all."""


@dataclass(frozen=True, slots=True)
class Next:
    """The scan is the one expected."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """The step was taken before."""


@dataclass(frozen=True, slots=True)
class OutOfOrder:
    expected: ScanStep


@dataclass(frozen=True, slots=True)
class Blocked:
    """The scan is the one expected, but risk has to look again first."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """The task was ended meanwhile."""


Meaning = Next | Repeated | OutOfOrder | Blocked | PutBack


def meaning(
    state: State, scanned: ScanStep, *, ended: bool = False, blocked: bool = False
) -> Meaning:
    """Tell what the scan of a task means for its order.

    A task that was ended stays so, whatever becomes of the order: it may have another task by now.
    """
    if ended:
        return PutBack()
    done = _DONE.get(state, len(_SEQUENCE))
    position = _SEQUENCE.index(scanned)
    if position < done:
        return Repeated()
    if position > done:
        return OutOfOrder(_SEQUENCE[done])
    return Blocked() if blocked else Next()
