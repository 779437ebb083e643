"""A world in which all services agree is clean, and any single thing wrong in it is found."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sluice.domain.accounts import Booked, Case, Decided, Intake, Shipped
from sluice.domain.outcomes import LEFT, RESERVING, RESTING, WITH_GOODS
from sluice.domain.rules import judge
from sluice.domain.totals import IN_PROGRESS, INTAKE, STUCK, Totals

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
GRACE = timedelta(seconds=60)
LONG_AGO = NOW - timedelta(hours=1)
ANNOUNCED = {"allocated", "backordered", "handed_over", "cancelled"}
PATIENT = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
"""No test depends on how fast the machine is, or on how many worlds do not fit a corruption."""
PATHS = (
    ("approved",),
    ("held",),
    ("rejected",),
    ("held", "approved"),
    ("held", "rejected"),
    ("approved", "held"),
    ("approved", "rejected"),
    ("approved", "held", "approved"),
)


@st.composite
def accepted(
    draw: st.DrawFn, at: datetime = LONG_AGO, states: frozenset[str] | None = None
) -> Case:
    """An order that every service knows all about; it rests, in one of these states if given."""
    paths = [path for path in PATHS if path[-1] == "approved"] if states else PATHS
    path = draw(st.sampled_from(paths))
    amount = draw(st.integers(0, 10**9))
    currency = draw(st.sampled_from(["CNY", "USD", "JPY"]))
    pieces = draw(st.integers(1, 50))
    state, cancellation = draw(_ends(path, amount))
    if states:
        state, cancellation = draw(st.sampled_from(sorted(states))), None
    has_terms = "approved" in path
    owing = state == "awaiting_payment" or not has_terms or state in ("held", "cancelled")
    paid = draw(st.integers(0, amount - 1) if state == "awaiting_payment" else st.just(amount))
    if owing and state != "awaiting_payment":
        paid = draw(st.integers(0, amount * 2))
    elif not owing:
        paid = amount + draw(st.integers(0, 100))
    version = draw(st.integers(2, 9))
    said = draw(_said(state, version, had_goods=has_terms))
    intake = Intake(
        state="received",
        currency=currency,
        amount_minor=amount,
        paid_minor=paid,
        pieces=pieces,
        cancellation_wished=cancellation is not None and draw(st.booleans()),
        accepted_at=at,
        changed_at=at,
    )
    forgotten = draw(st.booleans())
    decided = Decided(
        state=path[-1],
        decision_no=len(path),
        decisions=len(path),
        currency=None if forgotten else currency,
        amount_minor=None if forgotten else amount,
        changed_at=at,
    )
    shipped = Shipped(
        state=state,
        version=version,
        steps=version,
        decision_no=len(path),
        awaiting_channel=False,
        in_store=False,
        currency=currency if has_terms else None,
        amount_minor=amount if has_terms else None,
        paid_minor=paid if has_terms else 0,
        cancellation=cancellation,
        reserved=pieces if state in RESERVING else 0,
        tasks=1 if state in WITH_GOODS else 0,
        announced_version=said[0],
        announced_state=said[1],
        changed_at=at,
    )
    booked = Booked(
        state=said[1], version=said[0], currency=currency, amount_minor=amount, paid_minor=paid
    )
    return Case("o1", intake, decided, shipped, booked)


@st.composite
def _ends(draw: st.DrawFn, path: tuple[str, ...], amount: int) -> tuple[str, str | None]:
    """Return where such an order can rest, and what became of a wish to cancel it."""
    states = set(RESTING[path[-1]]) - {"awaiting_allocation"}
    if amount == 0:
        states.discard("awaiting_payment")
    if "approved" in path[:-1]:
        states |= LEFT
    state = draw(st.sampled_from(sorted(states)))
    if state in LEFT:
        return state, draw(st.sampled_from([None, "refused"]))
    if draw(st.booleans()):
        return "cancelled", "accepted"
    return state, None


@st.composite
def _said(
    draw: st.DrawFn, state: str, version: int, *, had_goods: bool
) -> tuple[int | None, str | None]:
    """Return which step was the last that others were told of."""
    if state in ANNOUNCED:
        return version, state
    earlier = draw(st.integers(1, version - 1))
    if state in RESERVING:
        return earlier, "allocated"
    if state in LEFT:
        return earlier, "handed_over"
    if state == "held" and had_goods and draw(st.booleans()):
        return earlier, draw(st.sampled_from(["allocated", "backordered"]))
    return None, None


@st.composite
def kept_out(draw: st.DrawFn) -> Case:
    state = draw(st.sampled_from(["quarantined", "discarded"]))
    intake = Intake(
        state=state,
        currency=None,
        amount_minor=None,
        paid_minor=None,
        pieces=None,
        cancellation_wished=draw(st.booleans()),
        accepted_at=None,
        changed_at=LONG_AGO,
    )
    return Case("o1", intake, None, None, None)


def wrong(case: Case) -> list[str]:
    return [finding.text for finding in judge(case, NOW, GRACE).wrong]


@PATIENT
@given(st.one_of(accepted(), kept_out()))
def test_a_world_in_which_all_agree_is_clean(case: Case) -> None:
    judgement = judge(case, NOW, GRACE)
    assert judgement.wrong == ()
    assert not judgement.in_progress | judgement.stuck


def changed(part: str, **how: Callable[[Any], Any]) -> Callable[[Case], Case]:
    """Change fields of one service's account, each by a function of what it was."""

    def corrupt(case: Case) -> Case:
        account = getattr(case, part)
        assume(account is not None)
        before = {name: getattr(account, name) for name in how}
        assume(None not in before.values())
        after = {name: how[name](value) for name, value in before.items()}
        assume(after != before)
        return replace(case, **{part: replace(account, **after)})

    return corrupt


def without(part: str) -> Callable[[Case], Case]:
    return lambda case: replace(case, **{part: None})


def _with_terms(corrupt: Callable[[Case], Case]) -> Callable[[Case], Case]:
    """Fulfillment tells of money only once it has the terms."""

    def only(case: Case) -> Case:
        assume(case.shipped is not None and case.shipped.amount_minor is not None)
        return corrupt(case)

    return only


def _another_end(case: Case) -> Case:
    """Put the order where its decision does not lead."""
    assert case.shipped is not None
    assert case.decided is not None
    assume(case.shipped.cancellation is None)
    misfits = {"approved": "held", "held": "allocated", "rejected": "allocated"}
    state = misfits[case.decided.state]
    tasks = 1 if state == "allocated" else 0
    assert case.intake is not None
    reserved = case.intake.pieces if tasks else 0
    shipped = replace(case.shipped, state=state, tasks=tasks, reserved=reserved)
    return replace(case, shipped=shipped)


@PATIENT
@given(case=accepted())
def test_an_approved_order_is_held_only_while_the_channel_keeps_it_back(case: Case) -> None:
    assume(case.decided is not None and case.decided.state == "approved")
    assert case.shipped is not None
    shipped = replace(
        case.shipped, state="held", cancellation=None, tasks=0, reserved=0, awaiting_channel=True
    )
    said = replace(shipped, announced_version=None, announced_state=None)
    assert case.intake is not None
    assert case.booked is not None
    kept = replace(
        case,
        intake=replace(case.intake, cancellation_wished=False),
        shipped=said,
        booked=replace(case.booked, version=None, state=None),
    )
    assert wrong(kept) == []
    for other in (
        replace(said, awaiting_channel=False),
        replace(said, state="awaiting_payment"),
    ):
        assert wrong(replace(kept, shipped=other)) != []


@PATIENT
@given(case=accepted(states=frozenset({"delivered"})))
def test_what_was_sold_over_the_counter_has_no_task(case: Case) -> None:
    assert case.shipped is not None
    assert case.booked is not None
    quiet = {"announced_version": None, "announced_state": None}
    till = replace(
        case,
        shipped=replace(case.shipped, in_store=True, tasks=0, **quiet),
        booked=replace(case.booked, version=None, state=None),
    )
    assert wrong(till) == []
    assert case.shipped.tasks == 1
    for other in ({"tasks": 1}, {"in_store": False}):
        assert wrong(replace(till, shipped=replace(till.shipped, **other))) != []


def _more(value: int) -> int:
    return value + 1


def _less(value: int) -> int:
    assume(value > 0)
    return value - 1


def _other_currency(value: str) -> str:
    return "USD" if value != "USD" else "CNY"


CORRUPTIONS: dict[str, Callable[[Case], Case]] = {
    "lost at intake": without("intake"),
    "kept out at intake": changed("intake", state=lambda _: "quarantined"),
    "lost at risk": without("decided"),
    "lost at fulfillment": without("shipped"),
    "lost in the books": without("booked"),
    "a decision is missing": changed("decided", decisions=_less),
    "decided once more than stored": changed("decided", decisions=_more),
    "a decision did not arrive": changed("decided", decision_no=_more, decisions=_more),
    "a decision nobody made": changed("shipped", decision_no=_more),
    "an earlier decision counts": changed("shipped", decision_no=_less),
    "another end than decided": _another_end,
    "amount at intake": changed("intake", amount_minor=_more),
    "amount at risk": changed("decided", amount_minor=_more),
    "amount at fulfillment": changed("shipped", amount_minor=_less),
    "amount in the books": changed("booked", amount_minor=_less),
    "currency at intake": changed("intake", currency=_other_currency),
    "currency at risk": changed("decided", currency=_other_currency),
    "currency at fulfillment": changed("shipped", currency=_other_currency),
    "currency in the books": changed("booked", currency=_other_currency),
    "a payment too much at fulfillment": _with_terms(changed("shipped", paid_minor=_more)),
    "a payment missing at fulfillment": _with_terms(changed("shipped", paid_minor=_less)),
    "a payment too much in the books": changed("booked", paid_minor=_more),
    "a payment missing in the books": changed("booked", paid_minor=_less),
    "a payment missing at intake": changed("intake", paid_minor=_less),
    "a step is missing": changed("shipped", steps=_less),
    "a step too many": changed("shipped", steps=_more),
    "a task too many": changed("shipped", tasks=_more),
    "no task": changed("shipped", tasks=_less),
    "reserved too much": changed("shipped", reserved=_more),
    "reserved too little": changed("shipped", reserved=_less),
    "pieces at intake": changed("intake", pieces=_more),
    "a step nobody announced": changed("booked", version=_more),
    "a step that did not arrive": changed("booked", version=_less),
    "another step than announced": changed("booked", state=lambda _: "somewhere"),
    "no step arrived": changed("booked", version=lambda _: None, state=lambda _: None),
    "cancelled and not": changed("shipped", cancellation=lambda _: "refused"),
}


IN_RESERVING_STATES_ONLY = {"no task", "reserved too little", "pieces at intake"}


@PATIENT
@pytest.mark.parametrize("name", CORRUPTIONS)
@given(data=st.data())
def test_any_single_thing_that_is_wrong_is_found(name: str, data: st.DataObject) -> None:
    states = RESERVING if name in IN_RESERVING_STATES_ONLY else None
    case, corrupt = data.draw(accepted(states=states)), CORRUPTIONS[name]
    if name == "cancelled and not":
        assume(case.shipped is not None and case.shipped.cancellation == "accepted")
        assume(case.decided is not None and case.decided.state != "rejected")
    assert wrong(corrupt(case))


@PATIENT
@given(case=accepted())
def test_a_cancelled_order_that_nobody_wished_to_cancel_is_found(case: Case) -> None:
    assert case.shipped is not None
    assert case.decided is not None
    assume(case.decided.state != "rejected")
    shipped = replace(case.shipped, state="cancelled", cancellation=None, tasks=0, reserved=0)
    assert wrong(replace(case, shipped=shipped))


@PATIENT
@given(case=accepted())
def test_a_wish_to_cancel_that_did_not_arrive_is_found(case: Case) -> None:
    assert case.shipped is not None
    assert case.intake is not None
    assume(case.shipped.cancellation is None)
    assert wrong(replace(case, intake=replace(case.intake, cancellation_wished=True)))


@PATIENT
@given(case=accepted())
def test_what_only_others_know_is_found_whatever_intake_says(case: Case) -> None:
    for intake in (None, replace(case.intake, state="quarantined")):  # type: ignore[type-var]
        assert len(wrong(replace(case, intake=intake))) == 3


@pytest.mark.parametrize(
    ("lost", "stage"),
    [("decided", "risk"), ("shipped", "fulfillment"), ("booked", "reconciliation")],
)
@PATIENT
@given(data=st.data())
def test_what_is_young_is_in_progress_and_what_is_old_is_stuck(
    lost: str, stage: str, data: st.DataObject
) -> None:
    keep = {"decided": {"shipped": None}, "shipped": {}, "booked": {}}[lost]
    for age, is_stuck in ((60, False), (61, True)):
        case = data.draw(accepted(NOW - timedelta(seconds=age)))
        judgement = judge(replace(case, **{lost: None}, **keep), NOW, GRACE)
        stages = judgement.stuck if is_stuck else judgement.in_progress
        assert stage in stages
        named = any(f"stuck at {stage}" in finding.text for finding in judgement.wrong)
        assert named is is_stuck


@PATIENT
@given(case=accepted())
def test_an_order_nobody_looks_a_warehouse_for_is_stuck_at_allocation(case: Case) -> None:
    assert case.intake is not None
    amount = case.intake.amount_minor or 0
    waiting = Shipped(
        state="awaiting_allocation",
        version=1,
        steps=1,
        decision_no=1,
        awaiting_channel=False,
        in_store=False,
        currency=case.intake.currency,
        amount_minor=amount,
        paid_minor=amount,
        cancellation=None,
        reserved=0,
        tasks=0,
        announced_version=None,
        announced_state=None,
        changed_at=LONG_AGO,
    )
    case = replace(
        case,
        intake=replace(case.intake, paid_minor=amount, cancellation_wished=False),
        decided=Decided(
            state="approved",
            decision_no=1,
            decisions=1,
            currency=None,
            amount_minor=None,
            changed_at=LONG_AGO,
        ),
        shipped=waiting,
        booked=Booked(
            state=None,
            version=None,
            currency=case.intake.currency,
            amount_minor=amount,
            paid_minor=amount,
        ),
    )
    (finding,) = judge(case, NOW, GRACE).wrong
    assert (finding.order_id, finding.stage) == ("o1", "allocation")
    young = replace(case, shipped=replace(waiting, changed_at=NOW))
    assert judge(young, NOW, GRACE).in_progress == {"allocation"}


MIXED = st.lists(
    st.one_of(
        accepted(),
        kept_out(),
        st.builds(
            lambda case, part, young: replace(
                _aged(case, NOW if young else LONG_AGO), **{part: None}
            ),
            accepted(),
            st.sampled_from(["intake", "decided", "shipped", "booked"]),
            st.booleans(),
        ),
    ),
    max_size=30,
)


def _aged(case: Case, at: datetime) -> Case:
    assert case.intake is not None
    return replace(case, intake=replace(case.intake, accepted_at=at, changed_at=at))


@PATIENT
@given(MIXED)
def test_every_order_counts_once_in_every_section_and_the_sections_balance(
    cases: list[Case],
) -> None:
    totals = Totals()
    for case in cases:
        totals.add(case, judge(case, NOW, GRACE))
    assert all(balance.holds for balance in totals.balances())
    listed = {(section, stage): sums for section, stage, sums in totals.listed()}
    assert sum(s.orders for (of, _), s in listed.items() if of == INTAKE) == len(cases)
    accepted_minor = sum(
        case.intake.amount_minor or 0
        for case in cases
        if case.intake and case.intake.state == "received"
    )
    assert sum(totals.row(INTAKE, "accepted").money.values()) == accepted_minor
    assert {stage for of, stage in listed if of == "risk"} <= {
        "approved",
        "held",
        "rejected",
        IN_PROGRESS,
        STUCK,
    }


@PATIENT
@given(case=accepted(), by=st.integers(1, 1000))
def test_money_that_got_lost_between_two_stages_breaks_a_balance(case: Case, by: int) -> None:
    assert case.booked is not None
    assume(case.booked.amount_minor is not None and case.booked.amount_minor >= by)
    booked = replace(case.booked, amount_minor=(case.booked.amount_minor or 0) - by)
    totals = Totals()
    poorer = replace(case, booked=booked)
    totals.add(poorer, judge(poorer, NOW, GRACE))
    (broken,) = [balance for balance in totals.balances() if not balance.holds]
    assert broken.what == "accepted = reconciliation"
