"""What must be true of one order in all four services, and what the difference is where it is not.

Events take time: what is behind is in progress while it is young, and stuck once it is not. What
cannot be made right by waiting is wrong at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sluice.domain.accounts import RECEIVED, Booked, Case, Decided, Intake, Shipped
from sluice.domain.outcomes import PAID, RESERVING, WITH_GOODS, fits

ACCEPTED = "accepted"
"""What became of a wish to cancel, where it was done."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something no waiting makes right."""

    stage: str
    text: str


@dataclass(frozen=True, slots=True)
class Behind:
    """Something that has not come through yet, since when."""

    stage: str
    text: str
    since: datetime


Difference = Wrong | Behind


@dataclass(frozen=True, slots=True)
class Finding:
    """One exception: a line of the report."""

    order_id: str
    stage: str
    text: str


@dataclass(frozen=True, slots=True)
class Judgement:
    wrong: tuple[Finding, ...]
    in_progress: frozenset[str]
    """Stages that something young is on its way to."""
    stuck: frozenset[str]
    """Stages that something should have reached."""


def judge(case: Case, now: datetime, grace: timedelta) -> Judgement:
    wrong: list[Finding] = []
    in_progress, stuck = set(), set()
    for difference in differences(case):
        text = difference.text
        if isinstance(difference, Behind):
            age = now - difference.since
            if age <= grace:
                in_progress.add(difference.stage)
                continue
            stuck.add(difference.stage)
            text = f"stuck at {difference.stage} for {age.total_seconds():,.0f} s: {text}"
        wrong.append(Finding(case.order_id, difference.stage, text))
    return Judgement(tuple(wrong), frozenset(in_progress), frozenset(stuck))


def differences(case: Case) -> Iterator[Difference]:
    intake = case.intake
    if intake is None or intake.state != RECEIVED:
        yield from _unknown(case)
        return
    yield from _at_risk(intake, case)
    yield from _at_fulfillment(intake, case)
    yield from _in_the_books(intake, case)


def _unknown(case: Case) -> Iterator[Difference]:
    state = "never heard of it" if case.intake is None else f"has it {case.intake.state}"
    others = {
        "risk": case.decided,
        "fulfillment": case.shipped,
        "reconciliation": case.booked,
    }
    for stage, known in others.items():
        if known is not None:
            yield Wrong(stage, f"{stage} knows it, and intake {state}")


def _at_risk(intake: Intake, case: Case) -> Iterator[Difference]:
    decided = case.decided
    if decided is None:
        yield Behind("risk", "accepted, and no decision", intake.accepted_at or intake.changed_at)
        return
    if decided.decisions != decided.decision_no:
        text = f"decision {decided.decision_no} is in force, and {decided.decisions} are stored"
        yield Wrong("risk", text)
    if decided.amount_minor is not None:
        yield from _amounts("risk", intake, decided)


def _at_fulfillment(intake: Intake, case: Case) -> Iterator[Difference]:
    shipped, decided = case.shipped, case.decided
    heard = None if shipped is None else shipped.cancellation
    if intake.cancellation_wished and heard is None:
        yield Behind("fulfillment", "the wish to cancel is not known", intake.changed_at)
    if decided is not None:
        yield from _decision(decided, shipped)
    if shipped is None:
        return
    if decided is None and shipped.decision_no is not None:
        yield Wrong("fulfillment", f"acted on decision {shipped.decision_no}, and risk has none")
    for rule in (_history, _goods, _payments, _standing):
        yield from rule(intake, shipped)


def _decision(decided: Decided, shipped: Shipped | None) -> Iterator[Difference]:
    number = 0 if shipped is None else shipped.decision_no or 0
    told = f"decision {decided.decision_no} ({decided.state})"
    if shipped is None or number < decided.decision_no:
        yield Behind("fulfillment", f"{told} has not arrived", decided.changed_at)
    elif number > decided.decision_no:
        yield Wrong("fulfillment", f"acted on decision {number}, and risk is at {told}")
    elif not fits(decided, shipped):
        yield Wrong("fulfillment", f"{told}, and the order is {shipped.state}")
    elif decided.state == "approved" and shipped.amount_minor is None:
        yield Wrong("fulfillment", f"{told}, and the order has no terms")


def _history(_: Intake, shipped: Shipped) -> Iterator[Difference]:
    if shipped.steps != shipped.version:
        yield Wrong("fulfillment", f"at version {shipped.version} after {shipped.steps} steps")
    if shipped.cancellation == ACCEPTED and shipped.state != "cancelled":
        yield Wrong("fulfillment", f"cancelled on request, and the order is {shipped.state}")


def _goods(intake: Intake, shipped: Shipped) -> Iterator[Difference]:
    tasks = 1 if shipped.state in WITH_GOODS and not shipped.in_store else 0
    if shipped.tasks != tasks:
        yield Wrong("fulfillment", f"{shipped.state}, and it has {shipped.tasks} tasks")
    pieces = intake.pieces if shipped.state in RESERVING else 0
    if shipped.reserved != pieces:
        text = f"{shipped.state}, and {shipped.reserved} pieces are reserved instead of {pieces}"
        yield Wrong("fulfillment", text)


def _payments(intake: Intake, shipped: Shipped) -> Iterator[Difference]:
    """Money counts from the approval on, which brings the terms."""
    if shipped.amount_minor is None:
        return
    yield from _amounts("fulfillment", intake, shipped)
    yield from _paid("fulfillment", intake, shipped)
    told = f"{shipped.state}, and {shipped.paid_minor} of {shipped.amount_minor} are paid"
    enough = shipped.paid_minor >= shipped.amount_minor
    if enough and shipped.state == "awaiting_payment":
        yield Wrong("fulfillment", told)
    if not enough and shipped.state in PAID | WITH_GOODS:
        yield Wrong("fulfillment", told)


def _standing(_: Intake, shipped: Shipped) -> Iterator[Difference]:
    if shipped.state == "awaiting_allocation" and shipped.changed_at is not None:
        yield Behind("allocation", "paid, and no warehouse was looked for", shipped.changed_at)


def _in_the_books(intake: Intake, case: Case) -> Iterator[Difference]:
    booked = case.booked
    if booked is None or booked.amount_minor is None:
        since = intake.accepted_at or intake.changed_at
        yield Behind("reconciliation", "accepted, and not in the books", since)
    else:
        yield from _amounts("reconciliation", intake, booked)
    if booked is not None:
        yield from _paid("reconciliation", intake, booked)
    yield from _whereabouts(case.shipped, booked)


def _whereabouts(shipped: Shipped | None, booked: Booked | None) -> Iterator[Difference]:
    """Compare the last step fulfillment announced with the last that reconciliation heard of."""
    said = 0 if shipped is None else shipped.announced_version or 0
    heard = 0 if booked is None else booked.version or 0
    if heard > said:
        yield Wrong("reconciliation", f"knows step {heard}, and fulfillment announced {said}")
    elif shipped is not None and shipped.changed_at is not None and heard < said:
        text = f"step {said} ({shipped.announced_state}) has not arrived"
        yield Behind("reconciliation", text, shipped.changed_at)
    elif shipped is not None and booked is not None and shipped.announced_state != booked.state:
        text = f"has it {booked.state}, and fulfillment announced {shipped.announced_state}"
        yield Wrong("reconciliation", text)


def _amounts(stage: str, intake: Intake, other: Decided | Shipped | Booked) -> Iterator[Difference]:
    if other.currency != intake.currency:
        yield Wrong(stage, f"currency {other.currency} instead of {intake.currency}")
    if other.amount_minor != intake.amount_minor:
        yield Wrong(stage, f"amount {other.amount_minor} instead of {intake.amount_minor}")


def _paid(stage: str, intake: Intake, other: Shipped | Booked) -> Iterator[Difference]:
    expected = intake.paid_minor or 0
    text = f"paid {other.paid_minor} instead of {expected}"
    if other.paid_minor < expected:
        yield Behind(stage, text, intake.changed_at)
    elif other.paid_minor > expected:
        yield Wrong(stage, text)
