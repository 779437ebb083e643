"""How a rule set comes into force step by step, and how it is taken back."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID

from common.database.operations import record
from common.database.work import Work
from common.http.problems import Conflict
from common.ids import new_id
from risk.domain.assessment import AUTOMATIC
from risk.domain.identity import ruleset_id
from risk.domain.release import Release, Stage, Step, advance, begin, current_step
from risk.store import changes, figures, rulesets
from risk.store.changes import Change, Kind
from risk.store.documents import RuleSetDocument
from risk.store.documents_v1 import RuleSetDocumentV1
from risk.store.figures import Span


@dataclass(frozen=True, slots=True)
class By:
    """Who changes what is in force, and why."""

    name: str
    reason: str


async def publish(
    work: Work, document: RuleSetDocument | RuleSetDocumentV1, *, author: str, reason: str
) -> str:
    """Store the rule set, unless it is there already; return its id."""
    content = document.content()
    new = rulesets.Record(
        id=ruleset_id(content),
        document=content,
        author=author,
        reason=reason,
        created_at=work.now,
    )
    if await rulesets.add(work.connection, new):
        named = ("ruleset", new.id)
        record(work, actor=author, action="ruleset.published", subject=named, reason=reason)
    return new.id


async def activate(work: Work, wanted: str, by: By) -> Change | None:
    """Put the rule set in force for every order; None where there is no such rule set.

    A candidate that is on its way is dropped.
    """
    if await rulesets.find(work.connection, wanted) is None:
        return None
    now = await changes.lock(work.connection)
    release = Release(stable=wanted)
    if now is not None and now.release == release:
        return now
    if now is not None and now.release.stable == wanted:
        return await _make(work, now, Kind.ABORT, release, by)
    change = Change(
        id=new_id(),
        kind=Kind.ACTIVATION,
        release=release,
        before=None if now is None else now.id,
        changed_at=work.now,
        changed_by=by.name,
        reason=by.reason,
    )
    return await _put(work, now, change)


async def promote(
    work: Work, wanted: str, by: By, *, step: Step | None = None, force: bool = False
) -> Change:
    """Take the rule set one step on: shadow, canary 1, 10, 50 %, stable.

    Args:
        work: where to do it.
        wanted: the rule set; it begins in shadow, or goes on from where it is.
        by: who, and why.
        step: go straight there instead; only with force.
        force: do not ask whether it has been tried on enough orders.

    Raises:
        Conflict: another is on its way, it is stable already, or was tried too little.
    """
    now = await changes.lock(work.connection)
    if now is None:
        raise Conflict("No rule set is active.")
    release = now.release
    if release.stable == wanted and release.candidate is None:
        raise Conflict("This rule set is stable already.")
    if release.candidate not in (None, wanted):
        raise Conflict(f"Rule set {release.candidate} is on its way; abort it first.")
    if step is not None and not force:
        raise Conflict("Steps are left out only with force.")
    if step is not None:
        target = begin(release, wanted, step)
    elif release.candidate is None:
        target = begin(release, wanted)
    else:
        if not force:
            await _tried_enough(work, now)
        target = advance(release)
    return await _make(work, now, _kind(target), target, by)


async def _tried_enough(work: Work, now: Change) -> None:
    step, candidate = current_step(now.release), now.release.candidate
    if step is None or candidate is None:
        return
    span = Span(now.changed_at, work.now)
    if step.stage is Stage.SHADOW:
        so_far = await figures.shadowed(work.connection, candidate, span.since)
    else:
        so_far = await figures.decided(work.connection, candidate, span)
    if so_far.orders < step.orders_min:
        told = f"{so_far.orders} of at least {step.orders_min} orders"
        raise Conflict(f"At {step.name} the rule set has been tried on {told}.")


def _kind(release: Release) -> Kind:
    match release.stage:
        case Stage.SHADOW:
            return Kind.SHADOW
        case Stage.CANARY:
            return Kind.CANARY
        case None:
            return Kind.PROMOTION


async def abort(
    work: Work, by: By, *, candidate: str | None = None, seen: UUID | None = None
) -> Change | None:
    """Take the candidate out; None where there is none, or another than named.

    With `seen`, only if that change is still in force.
    """
    now = await changes.lock(work.connection)
    if now is None or now.release.candidate is None:
        return None
    if candidate not in (None, now.release.candidate) or seen not in (None, now.id):
        return None
    return await _make(work, now, Kind.ABORT, now.release.steady(), by)


async def roll_back(work: Work, by: By, *, seen: UUID | None = None) -> Change | None:
    """Undo the last step: drop the candidate, or put the rule set in force that was before.

    None where there was none. Steps back through the history: a second rollback does not bring
    back what the first took out.
    With `seen`, only if that change is still in force.
    """
    now = await changes.lock(work.connection)
    if now is None or seen not in (None, now.id):
        return None
    if now.release.candidate is not None:
        return await _make(work, now, Kind.ROLLBACK, now.release.steady(), by)
    if now.before is None:
        return None
    earlier = await changes.find(work.connection, now.before)
    return None if earlier is None else await _back_to(work, now, earlier, by)


async def roll_back_to(work: Work, target: str | datetime, by: By) -> Change | None:
    """Put a rule set in force again that was stable once, or the one of that time.

    None where there is none.
    """
    now = await changes.lock(work.connection)
    if isinstance(target, str):
        earlier = await changes.last_with_stable(work.connection, target)
    else:
        earlier = await changes.as_of(work.connection, target)
    return None if earlier is None else await _back_to(work, now, earlier, by)


async def _back_to(work: Work, now: Change | None, earlier: Change, by: By) -> Change:
    change = Change(
        id=new_id(),
        kind=Kind.ROLLBACK,
        release=earlier.release.steady(),
        before=earlier.before,
        changed_at=work.now,
        changed_by=by.name,
        reason=by.reason,
    )
    return await _put(work, now, change)


async def _make(work: Work, now: Change, kind: Kind, release: Release, by: By) -> Change:
    """Change what is on its way; what a rollback goes back to changes with the stable one only."""
    change = replace(
        now,
        id=new_id(),
        kind=kind,
        release=release,
        before=now.before if release.stable == now.release.stable else now.id,
        changed_at=work.now,
        changed_by=by.name,
        reason=by.reason,
    )
    return await _put(work, now, change)


async def _put(work: Work, before: Change | None, change: Change) -> Change:
    """Put the change in force, and record it."""
    await changes.make(work.connection, change)
    record(
        work,
        actor=change.changed_by,
        action=_ACTIONS[change.kind],
        subject=("ruleset", _moved(None if before is None else before.release, change.release)),
        before=None if before is None else asdict(before.release),
        after=asdict(change.release),
        reason=change.reason,
    )
    return change


_ACTIONS = {
    Kind.ACTIVATION: "ruleset.activated",
    Kind.SHADOW: "ruleset.promoted",
    Kind.CANARY: "ruleset.promoted",
    Kind.PROMOTION: "ruleset.promoted",
    Kind.ABORT: "ruleset.aborted",
    Kind.ROLLBACK: "ruleset.rolled_back",
}


def _moved(before: Release | None, after: Release) -> str:
    """Return the rule set that was brought on its way, taken from it, or put in force."""
    if before is not None and before.stable == after.stable:
        return after.candidate or before.candidate or after.stable
    return after.candidate or after.stable


async def nobody_chose(work: Work) -> bool:
    """Tell whether the rule set in force is the one a fresh system begins with."""
    now = await changes.lock(work.connection)
    return now is not None and now.changed_by == AUTOMATIC and now.kind is Kind.ACTIVATION
