"""HTTP: rule sets, and which of them is in force."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from common.contracts.event import Cause
from common.database.work import Work, WorkFactory
from common.http.auth import Principal, requires
from common.http.idempotency import Once
from common.http.problems import Conflict, NotFound, ProblemView
from common.http.reading import Reading
from risk.domain.identity import ruleset_id
from risk.store import changes, rulesets
from risk.store.changes import Change
from risk.store.documents import RuleSetDocument
from risk.store.rulesets import Record
from risk.use_cases import releasing

router = APIRouter(prefix="/v1/rulesets", tags=["rulesets"])

Id = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class RuleSetView(BaseModel):
    id: str
    document: dict[str, Any]
    author: str
    reason: str
    created_at: datetime


class RuleSetsView(BaseModel):
    items: list[RuleSetView]


class ChangeView(BaseModel):
    """A change of the rule set in force."""

    change_id: UUID
    kind: str
    ruleset: str
    changed_at: datetime
    changed_by: str
    reason: str


class ActiveView(BaseModel):
    ruleset: RuleSetView
    change: ChangeView


class PublishIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    document: RuleSetDocument
    reason: Text


class PublishedView(BaseModel):
    id: str


class ReasonIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Text


def _ruleset_view(record: Record) -> RuleSetView:
    return RuleSetView(
        id=record.id,
        document=dict(record.document),
        author=record.author,
        reason=record.reason,
        created_at=record.created_at,
    )


def _change_view(change: Change) -> ChangeView:
    return ChangeView(
        change_id=change.id,
        kind=change.kind,
        ruleset=change.ruleset,
        changed_at=change.changed_at,
        changed_by=change.changed_by,
        reason=change.reason,
    )


@router.get("")
async def list_rulesets(
    _: Annotated[Principal, requires("risk:read")],
    connection: Reading,
    after: Annotated[str | None, Query(pattern=r"^[0-9a-f]{64}$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RuleSetsView:
    """List rule sets, the newest first."""
    records = await rulesets.page(connection, after, limit)
    return RuleSetsView(items=[_ruleset_view(record) for record in records])


@router.get("/active", responses={404: {"model": ProblemView}})
async def read_active(
    _: Annotated[Principal, requires("risk:read")], connection: Reading
) -> ActiveView:
    """Return the rule set in force, and the change that put it there."""
    change = await changes.in_force(connection)
    record = None if change is None else await rulesets.find(connection, change.ruleset)
    if change is None or record is None:
        raise NotFound("No rule set is active.")
    return ActiveView(ruleset=_ruleset_view(record), change=_change_view(change))


@router.get("/{ruleset}", responses={404: {"model": ProblemView}})
async def read_ruleset(
    ruleset: Id, _: Annotated[Principal, requires("risk:read")], connection: Reading
) -> RuleSetView:
    record = await rulesets.find(connection, ruleset)
    if record is None:
        raise NotFound("There is no such rule set.")
    return _ruleset_view(record)


@router.post(
    "",
    status_code=201,
    response_model=PublishedView,
    responses={200: {"model": PublishedView, "description": "It was published before."}},
)
async def publish_ruleset(
    body: PublishIn,
    principal: Annotated[Principal, requires("risk:release")],
    once: Once,
    request: Request,
) -> Response:
    """Publish a rule set: from now on it can be activated, and never changed."""
    works: WorkFactory = request.app.state.works
    async with works.engine.connect() as connection:
        known = await rulesets.find(connection, ruleset_id(body.document.content())) is not None

    async def command(work: Work, _: Cause) -> PublishedView:
        published = await releasing.publish(
            work, body.document, author=principal.name, reason=body.reason
        )
        return PublishedView(id=published)

    return await once.run(principal, command, status=200 if known else 201)


@router.post("/rollback", response_model=ChangeView, responses={409: {"model": ProblemView}})
async def roll_back(
    body: ReasonIn, principal: Annotated[Principal, requires("risk:release")], once: Once
) -> Response:
    """Put the rule set in force that was before; again, the one before that."""

    async def command(work: Work, _: Cause) -> ChangeView:
        change = await releasing.roll_back(work, by=principal.name, reason=body.reason)
        if change is None:
            raise Conflict("There is no rule set before this one.")
        return _change_view(change)

    return await once.run(principal, command)


@router.post(
    "/{ruleset}/activate", response_model=ChangeView, responses={404: {"model": ProblemView}}
)
async def activate_ruleset(
    ruleset: Id,
    body: ReasonIn,
    principal: Annotated[Principal, requires("risk:release")],
    once: Once,
) -> Response:
    """Put a published rule set in force; workers decide by it within a second."""

    async def command(work: Work, _: Cause) -> ChangeView:
        change = await releasing.activate(work, ruleset, by=principal.name, reason=body.reason)
        if change is None:
            raise NotFound("There is no such rule set.")
        return _change_view(change)

    return await once.run(principal, command)
