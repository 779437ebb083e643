"""HTTP: which rule sets decide, which is on its way, and every step of that."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BeforeValidator, StringConstraints

from common.clock import utc_now
from common.contracts.event import Cause
from common.database.work import Work
from common.http.auth import Principal, requires
from common.http.idempotency import Once
from common.http.problems import Conflict, NotFound, ProblemView, Unprocessable
from common.http.reading import Reading
from risk.api.fields import ReasonIn, RuleSetId
from risk.api.release_views import (
    ActiveView,
    ChangesView,
    ChangeView,
    FiguresView,
    WorkerView,
)
from risk.api.rulesets import measured, ruleset_view
from risk.domain.release import STEPS, Step, current_step
from risk.store import breakers, changes, measurements, rulesets
from risk.store.compiled import Faulty
from risk.store.lately import Lately
from risk.use_cases import releasing
from risk.use_cases.releasing import By
from risk.use_cases.reporting import ALIVE_SECONDS

router = APIRouter(prefix="/v1/rulesets", tags=["releases"])


class PromoteIn(ReasonIn):
    force: bool = False
    """Past the gate, and past the orders it should have been tried on."""
    to: (
        Annotated[str, StringConstraints(pattern=r"^(shadow|canary_1|canary_10|canary_50)$")] | None
    ) = None
    """Straight to this step; only with force."""


class ActivateIn(ReasonIn):
    force: bool = False
    """Past the gate."""


def _written_out(given: Any) -> Any:
    """Refuse a bare number, which would be taken for seconds since 1970."""
    if not isinstance(given, str) or "T" not in given:
        raise ValueError("must be a time such as 2026-11-22T09:30:00+08:00")
    return given


Time = Annotated[AwareDatetime, BeforeValidator(_written_out)]


class RollbackIn(ReasonIn):
    to: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | Time | None = None
    """A rule set that was stable once, or a time; nothing: the one before."""


_STEPS: dict[str, Step] = {
    f"{step.stage}_{step.percent}" if step.percent else str(step.stage): step for step in STEPS
}


@router.get("/active", responses={404: {"model": ProblemView}})
async def read_active(
    _: Annotated[Principal, requires("risk:read")], connection: Reading, request: Request
) -> ActiveView:
    """Return what is in force, what is on its way, and how both did lately."""
    change = await changes.in_force(connection)
    record = None if change is None else await rulesets.find(connection, change.release.stable)
    if change is None or record is None:
        raise NotFound("No rule set is active.")
    now = utc_now()
    lately: Lately = request.app.state.lately
    doing = await lately.of(connection, change, now)
    reports = await breakers.reports(connection, now - timedelta(seconds=ALIVE_SECONDS))
    step = current_step(change.release)
    return ActiveView(
        ruleset=ruleset_view(record),
        change=ChangeView.of(change),
        stable_figures=FiguresView.of(doing.stable),
        candidate_figures=FiguresView.of(doing.candidate) if doing.candidate else None,
        orders_min=None if step is None else step.orders_min,
        workers=[WorkerView.of(report) for report in reports],
    )


@router.get("/changes")
async def list_changes(
    _: Annotated[Principal, requires("risk:read")],
    connection: Reading,
    before: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ChangesView:
    """List every change of what is in force, the newest first."""
    made = await changes.page(connection, before, limit)
    return ChangesView(items=[ChangeView.of(change) for change in made])


@router.post("/rollback", response_model=ChangeView, responses={409: {"model": ProblemView}})
async def roll_back(
    body: RollbackIn, principal: Annotated[Principal, requires("risk:release")], once: Once
) -> Response:
    """Undo the last step: drop the candidate if there is one, else put in force what was before.

    With `to`, put that rule set in force, or the one of that time; a candidate is dropped.
    """
    by = By(principal.name, body.reason)

    async def command(work: Work, _: Cause) -> ChangeView:
        if body.to is None:
            change = await releasing.roll_back(work, by)
        else:
            change = await releasing.roll_back_to(work, body.to, by)
        if change is None:
            raise Conflict("There is no such rule set to go back to.")
        return ChangeView.of(change)

    return await once.run(principal, command)


@router.post(
    "/{ruleset}/promote",
    response_model=ChangeView,
    responses={404: {"model": ProblemView}, 409: {"model": ProblemView}},
)
async def promote_ruleset(
    ruleset: RuleSetId,
    body: PromoteIn,
    principal: Annotated[Principal, requires("risk:release")],
    once: Once,
    request: Request,
) -> Response:
    """Take a rule set one step on: shadow, canary 1, 10, 50 %, stable."""
    if body.to is not None and not body.force:
        raise Unprocessable("to: steps are left out only with force.")
    if not body.force:
        await _pass_gate(request, ruleset, principal)
    by, step = By(principal.name, body.reason), None if body.to is None else _STEPS[body.to]

    async def command(work: Work, _: Cause) -> ChangeView:
        await _must_be_readable(request, work, ruleset)
        change = await releasing.promote(work, ruleset, by, step=step, force=body.force)
        return ChangeView.of(change)

    return await once.run(principal, command)


@router.post("/{ruleset}/abort", response_model=ChangeView, responses={409: {"model": ProblemView}})
async def abort_ruleset(
    ruleset: RuleSetId,
    body: ReasonIn,
    principal: Annotated[Principal, requires("risk:release")],
    once: Once,
) -> Response:
    """Take a candidate out; what is stable stays."""

    async def command(work: Work, _: Cause) -> ChangeView:
        by = By(principal.name, body.reason)
        change = await releasing.abort(work, by, candidate=ruleset)
        if change is None:
            raise Conflict("This rule set is not on its way.")
        return ChangeView.of(change)

    return await once.run(principal, command)


@router.post(
    "/{ruleset}/activate",
    response_model=ChangeView,
    responses={404: {"model": ProblemView}, 409: {"model": ProblemView}},
)
async def activate_ruleset(
    ruleset: RuleSetId,
    body: ActivateIn,
    principal: Annotated[Principal, requires("risk:release")],
    once: Once,
    request: Request,
) -> Response:
    """Put a rule set in force for every order at once, past shadow and canary."""
    if not body.force:
        await _pass_gate(request, ruleset, principal)

    async def command(work: Work, _: Cause) -> ChangeView:
        await _must_be_readable(request, work, ruleset)
        change = await releasing.activate(work, ruleset, By(principal.name, body.reason))
        if change is None:
            raise NotFound("There is no such rule set.")
        return ChangeView.of(change)

    return await once.run(principal, command)


async def _must_be_readable(request: Request, work: Work, ruleset: str) -> None:
    """Refuse what is not there, or what workers of this version could not decide by."""
    if await rulesets.find(work.connection, ruleset) is None:
        raise NotFound("There is no such rule set.")
    try:
        await request.app.state.rules.load(work, ruleset)
    except Faulty as error:
        raise Conflict(f"This version cannot read the rule set: {error}.") from None


async def _pass_gate(request: Request, ruleset: str, principal: Principal) -> None:
    """Measure the rule set, unless it was measured beside what is stable now.

    Raises:
        NotFound: there is no such rule set.
        Conflict: it is too slow; the check that costs it the release is named. Or it is unreadable.
    """
    state: Any = request.app.state
    async with state.works.engine.connect() as connection:
        now = await changes.in_force(connection)
        known = await measurements.page(connection, ruleset, 1)
    stable = None if now is None else now.release.stable
    made = known[0] if known and known[0].against == stable else None
    if made is None and ruleset != stable:
        made = await measured(request, ruleset, principal)
    if made is not None and not made.passed:
        raise Conflict(f"The performance gate refused this rule set: {made.report['told']}.")
