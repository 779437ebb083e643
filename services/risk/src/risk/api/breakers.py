"""HTTP: the breaker of each check: where it stands in every worker, why, and what a person set."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from common.clock import utc_now
from common.contracts.event import Cause
from common.database.work import Work
from common.http.auth import Principal, requires
from common.http.idempotency import Once
from common.http.problems import NotFound, ProblemView
from common.http.reading import Reading
from risk.api.fields import CheckId, Text
from risk.store import breakers, deferrals, exposure
from risk.store.breakers import Override
from risk.use_cases.forcing import force
from risk.use_cases.reporting import ALIVE_SECONDS

router = APIRouter(prefix="/v1/breakers", tags=["breakers"])


class BreakerView(BaseModel):
    """The breaker of one check in one worker."""

    instance: str
    state: str
    forced: str | None
    sentence: str
    """Why it stands there."""
    figures: dict[str, Any]


class OverrideView(BaseModel):
    state: str
    set_at: datetime
    set_by: str
    reason: str


class CheckView(BaseModel):
    check: str
    core: bool
    state: str
    """The worst of all workers."""
    override: OverrideView | None
    deferred: int
    """Orders' checks waiting to be made up for."""
    exposed_minor: dict[str, int]
    """Amount approved and not verified yet, by currency."""
    workers: list[BreakerView]


class ChecksView(BaseModel):
    items: list[CheckView]


class BreakerChangeView(BaseModel):
    instance: str
    before: str
    after: str
    cause: str
    changed_at: datetime
    changed_by: str


class BreakerChangesView(BaseModel):
    items: list[BreakerChangeView]


class ForceIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    state: Literal["open", "closed", "auto"]
    """auto: it decides by itself again."""
    reason: Text


class ForcedView(BaseModel):
    check: str
    state: str
    reason: str


_WORST = ("open", "half_open", "closed")


@router.get("")
async def list_breakers(
    _: Annotated[Principal, requires("risk:read")], connection: Reading
) -> ChecksView:
    """List the checks in force, each with its breaker in every worker that is alive."""
    return ChecksView(items=await _checks(connection))


@router.get("/{check}", responses={404: {"model": ProblemView}})
async def read_breaker(
    check: CheckId, _: Annotated[Principal, requires("risk:read")], connection: Reading
) -> CheckView:
    for view in await _checks(connection):
        if view.check == check:
            return view
    raise NotFound("No worker has such a check in force.")


@router.get("/{check}/changes")
async def list_breaker_changes(
    check: CheckId,
    _: Annotated[Principal, requires("risk:read")],
    connection: Reading,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> BreakerChangesView:
    """List when the check's breakers changed, and why, the newest first."""
    made = await breakers.history(connection, check, limit)
    return BreakerChangesView(
        items=[
            BreakerChangeView(
                instance=change.instance,
                before=change.before,
                after=change.after,
                cause=change.cause,
                changed_at=change.changed_at,
                changed_by=change.changed_by,
            )
            for change in made
        ]
    )


@router.post("/{check}", response_model=ForcedView)
async def force_breaker(
    check: CheckId,
    body: ForceIn,
    principal: Annotated[Principal, requires("risk:release")],
    once: Once,
) -> Response:
    """Hold the check's breakers open or closed in every worker, or let them decide again."""

    async def command(work: Work, _: Cause) -> ForcedView:
        wanted = Override(
            check=check,
            state=body.state,
            set_at=work.now,
            set_by=principal.name,
            reason=body.reason,
        )
        await force(work, wanted)
        return ForcedView(check=check, state=body.state, reason=body.reason)

    return await once.run(principal, command)


async def _checks(connection: Reading) -> list[CheckView]:
    now = utc_now()
    overrides = await breakers.overrides(connection)
    waiting = {each.check: each.count for each in await deferrals.waiting(connection, now)}
    exposed: dict[str, dict[str, int]] = {}
    for (check, currency), amount in (await exposure.all_of(connection)).items():
        exposed.setdefault(check, {})[currency] = amount
    found: dict[str, CheckView] = {}
    for report in await breakers.reports(connection, now - timedelta(seconds=ALIVE_SECONDS)):
        for breaker in report.breakers:
            name = breaker["check"]
            view = found.setdefault(
                name,
                CheckView(
                    check=name,
                    core=breaker["core"],
                    state="closed",
                    override=_override(overrides.get(name)),
                    deferred=waiting.get(name, 0),
                    exposed_minor=exposed.get(name, {}),
                    workers=[],
                ),
            )
            view.workers.append(_breaker(report.instance, breaker))
            view.state = min(view.state, breaker["state"], key=_WORST.index)
    return sorted(found.values(), key=lambda view: (_WORST.index(view.state), view.check))


def _breaker(instance: str, told: Any) -> BreakerView:
    shown = ("state", "forced", "sentence", "check", "core")
    return BreakerView(
        instance=instance,
        state=told["state"],
        forced=told["forced"],
        sentence=told["sentence"],
        figures={key: value for key, value in told.items() if key not in shown},
    )


def _override(set_by_person: Override | None) -> OverrideView | None:
    if set_by_person is None:
        return None
    return OverrideView(
        state=set_by_person.state,
        set_at=set_by_person.set_at,
        set_by=set_by_person.set_by,
        reason=set_by_person.reason,
    )
