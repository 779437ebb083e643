"""HTTP: rule sets as published, and what is known of each."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, PlainValidator

from common.contracts.event import Cause
from common.database.work import Work, WorkFactory
from common.http.auth import Principal, requires
from common.http.idempotency import Once
from common.http.problems import Conflict, FieldError, NotFound, ProblemView, Unprocessable
from common.http.reading import Reading
from risk.api.fields import RuleSetId, Text
from risk.domain.golden import failures
from risk.domain.identity import ruleset_id
from risk.store import measurements, rulesets
from risk.store.compiled import Faulty, compiled, read
from risk.store.documents import RuleSetDocument
from risk.store.documents_v1 import RuleSetDocumentV1
from risk.store.golden_tests import golden_tests
from risk.store.measurements import Measurement
from risk.store.rulesets import Record
from risk.use_cases import measuring, releasing

router = APIRouter(prefix="/v1/rulesets", tags=["rulesets"])


class RuleSetView(BaseModel):
    id: str
    document: dict[str, Any]
    author: str
    reason: str
    created_at: datetime


class RuleSetsView(BaseModel):
    items: list[RuleSetView]


AnyDocument = RuleSetDocument | RuleSetDocumentV1


def _document(given: Any) -> AnyDocument:
    """Read either form; what is wrong is named by its place in the document alone."""
    if isinstance(given, dict) and "format" in given:
        return RuleSetDocument.model_validate(given)
    return RuleSetDocumentV1.model_validate(given)


Document = Annotated[AnyDocument, PlainValidator(_document, json_schema_input_type=AnyDocument)]


class PublishIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    document: Document
    reason: Text


class PublishedView(BaseModel):
    id: str


class MeasurementView(BaseModel):
    """What the gate said: times in seconds, beside those of the rule set that was stable then."""

    measurement_id: UUID
    ruleset: str
    against: str
    passed: bool
    report: dict[str, Any]
    measured_at: datetime
    measured_by: str

    @classmethod
    def of(cls, made: Measurement) -> "MeasurementView":
        return cls(
            measurement_id=made.id,
            ruleset=made.ruleset,
            against=made.against,
            passed=made.passed,
            report=dict(made.report),
            measured_at=made.measured_at,
            measured_by=made.measured_by,
        )


class MeasurementsView(BaseModel):
    items: list[MeasurementView]


def ruleset_view(record: Record) -> RuleSetView:
    return RuleSetView(
        id=record.id,
        document=dict(record.document),
        author=record.author,
        reason=record.reason,
        created_at=record.created_at,
    )


def refusal(error: Faulty) -> Unprocessable:
    """Name every field of the document that is wrong."""
    errors = [
        FieldError(field=f"body.document.{fault.field}", code=fault.code, message=fault.message)
        for fault in error.faults
    ]
    fields = ", ".join(e.field for e in errors[:5])
    return Unprocessable(f"These fields are wrong: {fields}.", errors=errors)


def examine(document: AnyDocument) -> None:
    """Compile the rule set and run its golden tests.

    Raises:
        Unprocessable: something is wrong with it.
    """
    try:
        current = read(document.content())
        ruleset = compiled(current)
        tests = golden_tests(current, ruleset)
    except Faulty as error:
        raise refusal(error) from None
    wrong = [
        FieldError(field=f"body.document.tests.{f.position}", code="golden_test", message=f.told)
        for f in failures(ruleset, tests)
    ]
    if wrong:
        raise Unprocessable(f"{len(wrong)} of {len(tests)} golden tests fail.", errors=wrong[:50])


@router.get("")
async def list_rulesets(
    _: Annotated[Principal, requires("risk:read")],
    connection: Reading,
    after: Annotated[str | None, Query(pattern=r"^[0-9a-f]{64}$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RuleSetsView:
    """List rule sets, the newest first."""
    records = await rulesets.page(connection, after, limit)
    return RuleSetsView(items=[ruleset_view(record) for record in records])


@router.get("/{ruleset}", responses={404: {"model": ProblemView}})
async def read_ruleset(
    ruleset: RuleSetId, _: Annotated[Principal, requires("risk:read")], connection: Reading
) -> RuleSetView:
    record = await rulesets.find(connection, ruleset)
    if record is None:
        raise NotFound("There is no such rule set.")
    return ruleset_view(record)


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
    """Publish a rule set: it is checked, typed and tested; from now on it is never changed."""
    await asyncio.to_thread(examine, body.document)
    works: WorkFactory = request.app.state.works
    async with works.engine.connect() as connection:
        known = await rulesets.find(connection, ruleset_id(body.document.content())) is not None

    async def command(work: Work, _: Cause) -> PublishedView:
        published = await releasing.publish(
            work, body.document, author=principal.name, reason=body.reason
        )
        return PublishedView(id=published)

    return await once.run(principal, command, status=200 if known else 201)


@router.post("/check")
async def check_ruleset(
    body: PublishIn, _: Annotated[Principal, requires("risk:read")]
) -> PublishedView:
    """Say what publishing it would say, without publishing it."""
    await asyncio.to_thread(examine, body.document)
    return PublishedView(id=ruleset_id(body.document.content()))


@router.get("/{ruleset}/measurements", responses={404: {"model": ProblemView}})
async def list_measurements(
    ruleset: RuleSetId,
    _: Annotated[Principal, requires("risk:read")],
    connection: Reading,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> MeasurementsView:
    """List what the gate said of the rule set, the newest first."""
    if await rulesets.find(connection, ruleset) is None:
        raise NotFound("There is no such rule set.")
    made = await measurements.page(connection, ruleset, limit)
    return MeasurementsView(items=[MeasurementView.of(each) for each in made])


@router.post("/{ruleset}/measurements", status_code=201, responses={404: {"model": ProblemView}})
async def measure_ruleset(
    ruleset: RuleSetId,
    principal: Annotated[Principal, requires("risk:release")],
    request: Request,
) -> MeasurementView:
    """Time the rule set beside the stable one on stored features, and tell what would change."""
    return MeasurementView.of(await measured(request, ruleset, principal))


async def measured(request: Request, ruleset: str, principal: Principal) -> Measurement:
    """Measure the rule set now.

    Raises:
        NotFound: there is no such rule set.
        Conflict: it, or the stable one, was published by a version that this one cannot follow.
    """
    state = request.app.state
    try:
        made = await measuring.measure(
            state.works, state.rules, state.parties, ruleset, principal.name
        )
    except Faulty as error:
        raise Conflict(f"This version cannot read the rule set: {error}.") from None
    if made is None:
        raise NotFound("There is no such rule set.")
    return made
