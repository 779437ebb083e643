"""What people and the system itself did on purpose is recorded in the transaction that does it."""

from typing import Any
from uuid import UUID

from common.database.operation_chain import Operation, plain
from common.database.work import Work

SYSTEM = "sluice"
"""The actor where nobody did it: a decision of the system itself."""

Subject = tuple[str, object]
"""Kind and id of what it was done to: ("ruleset", id)."""


def record(  # noqa: PLR0913 - it has that many parts, all named where they are told
    work: Work,
    *,
    actor: str,
    action: str,
    subject: Subject,
    before: Any = None,
    after: Any = None,
    reason: str = "",
    order_id: UUID | None = None,
) -> None:
    """Write down who did what to which thing; it is committed with the work, or neither is.

    Not for what happens to each order on its way: that is in the event log. `before` and `after`
    are what JSON can hold. Personal data stays out: name the fields that changed instead.
    """
    kind, subject_id = subject
    operation = Operation(
        at=work.now,
        actor=actor,
        action=action,
        subject_kind=kind,
        subject_id=str(subject_id),
        order_id=order_id,
        before=plain(before),
        after=plain(after),
        reason=reason,
    )
    work.recorded.append(operation)
