"""A person sets a breaker, or lets it be; every time is written down."""

from dataclasses import replace

from common.database.operations import record
from common.database.work import Work
from common.ids import new_id
from risk.store import breakers
from risk.store.breakers import Change, Override

AUTO = "auto"
"""The breaker decides by itself."""
EVERYWHERE = "all"


async def force(work: Work, wanted: Override) -> None:
    """Set the breakers of a check in every worker; they obey within a second or two."""
    before = (await breakers.overrides(work.connection)).get(wanted.check)
    if wanted.state == AUTO:
        await breakers.let_be(work.connection, wanted.check)
    else:
        await breakers.override(work.connection, replace(wanted, set_at=work.now))
    change = Change(
        id=new_id(),
        check=wanted.check,
        instance=EVERYWHERE,
        before=AUTO if before is None else before.state,
        after=wanted.state,
        cause=wanted.reason,
        changed_at=work.now,
        changed_by=wanted.set_by,
    )
    await breakers.log(work.connection, [change])
    record(
        work,
        actor=wanted.set_by,
        action="breaker.forced" if wanted.state != AUTO else "breaker.let_be",
        subject=("check", wanted.check),
        before={"state": change.before},
        after={"state": change.after},
        reason=wanted.reason,
    )
