"""How a rule set comes into force, and how it is taken back."""

from common.database.work import Work
from common.ids import new_id
from risk.domain.assessment import AUTOMATIC
from risk.domain.identity import ruleset_id
from risk.store import changes, rulesets
from risk.store.changes import Change
from risk.store.documents import RuleSetDocument


async def publish(work: Work, document: RuleSetDocument, *, author: str, reason: str) -> str:
    """Store the rule set, unless it is there already; return its id."""
    content = document.content()
    record = rulesets.Record(
        id=ruleset_id(content),
        document=content,
        author=author,
        reason=reason,
        created_at=work.now,
    )
    await rulesets.add(work.connection, record)
    return record.id


async def activate(work: Work, wanted: str, *, by: str, reason: str) -> Change | None:
    """Put the rule set in force, unless it is already; None where there is no such rule set."""
    if await rulesets.find(work.connection, wanted) is None:
        return None
    now = await changes.lock(work.connection)
    if now is not None and now.ruleset == wanted:
        return now
    change = Change(
        id=new_id(),
        kind="activation",
        ruleset=wanted,
        before=None if now is None else now.id,
        changed_at=work.now,
        changed_by=by,
        reason=reason,
    )
    await changes.make(work.connection, change)
    return change


async def roll_back(work: Work, *, by: str, reason: str) -> Change | None:
    """Put the rule set in force that was before; None where there was none.

    Steps back through the history: a second rollback does not bring back what the first took out.
    """
    now = await changes.lock(work.connection)
    if now is None or now.before is None:
        return None
    earlier = await changes.find(work.connection, now.before)
    if earlier is None:
        return None
    change = Change(
        id=new_id(),
        kind="rollback",
        ruleset=earlier.ruleset,
        before=earlier.before,
        changed_at=work.now,
        changed_by=by,
        reason=reason,
    )
    await changes.make(work.connection, change)
    return change


async def nobody_chose(work: Work) -> bool:
    """Tell whether the rule set in force is the one a fresh system begins with."""
    now = await changes.lock(work.connection)
    return now is not None and now.changed_by == AUTOMATIC
