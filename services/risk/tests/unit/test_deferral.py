"""Checks that are made up for: when, and what becomes of the order."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.ids import new_id
from risk.domain.assessment import AUTOMATIC, FIRST, Assessment, Verdict, follow, reviewed
from risk.domain.decision import APPROVAL, Decision, Outcome, Reason
from risk.domain.deferral import (
    LAST_TRY_SECONDS,
    RETRY_SECONDS_MAX,
    UNVERIFIED,
    Result,
    Wish,
    deferred,
    ended,
    expired,
    next_try,
    open_checks,
    over_cap,
    revised,
)
from risk.domain.ruleset import (
    OVER_EXPOSURE_CAP,
    UNANSWERED,
    Against,
    Answer,
    Check,
    RuleSet,
    Stake,
    Unanswered,
    conclude,
    unanswered,
)

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
STAKE = Stake(currency="CNY", payable_minor=4_080)
SEVERITY = list(Outcome)
SILENT = Unanswered("breaker_open")
NAMES = [f"check-{n}" for n in range(5)]


def check(name: str, *, core: bool = False, deadline_seconds: int = 60) -> Check:
    return Check(
        id=name, core=core, rules=(), budget_seconds=0.02, deadline_seconds=deadline_seconds
    )


def against(name: str, outcome: Outcome = Outcome.HELD) -> Against:
    return Against(Reason(name, "code", "detail", outcome))


def assessment(decision: Decision) -> Assessment:
    return Assessment(
        order_id=new_id(),
        decision_no=FIRST,
        decision=decision,
        ruleset="0" * 64,
        decided_at=NOW,
        decided_by=AUTOMATIC,
    )


# ── what is left to do ──


def test_a_deferred_check_has_its_deadline_and_is_tried_at_once() -> None:
    approved = assessment(Decision(Outcome.APPROVED, (), ("slow",)))
    slow = check("slow", deadline_seconds=90)
    (left,) = deferred(approved, STAKE, [(slow, "breaker_open")])
    assert (left.order_id, left.check, left.cause) == (approved.order_id, "slow", "breaker_open")
    assert (left.decision_no, left.ruleset) == (FIRST, approved.ruleset)
    assert (left.deferred_at, left.next_try_at, left.tries) == (NOW, NOW, 0)
    assert left.deadline == NOW + timedelta(seconds=90)
    assert left.exposed_minor == STAKE.payable_minor


def test_a_held_order_exposes_nothing_and_a_rejected_one_has_nothing_left_to_do() -> None:
    skipped = [(check("slow"), "breaker_open")]
    held = Decision(Outcome.HELD, (Reason("slow", UNANSWERED, "x", Outcome.HELD),))
    assert [d.exposed_minor for d in deferred(assessment(held), STAKE, skipped)] == [0]
    assert deferred(assessment(Decision(Outcome.REJECTED)), STAKE, skipped) == []


@given(st.integers(0, 10_000), st.floats(-1_000, 10_000))
def test_a_check_is_tried_again_after_a_pause_but_not_beyond_its_deadline(
    tries: int, seconds: float
) -> None:
    deadline = NOW + timedelta(seconds=seconds)
    at = next_try(tries, NOW, deadline)
    assert at <= max(deadline, NOW) or at == deadline
    assert at <= NOW + timedelta(seconds=RETRY_SECONDS_MAX)
    if seconds > LAST_TRY_SECONDS + RETRY_SECONDS_MAX:
        assert at == NOW + timedelta(seconds=min(2.0 ** min(tries, 10), RETRY_SECONDS_MAX))


def test_the_pause_doubles_up_to_a_minute() -> None:
    far = NOW + timedelta(days=1)
    pauses = [(next_try(tries, NOW, far) - NOW).total_seconds() for tries in range(1, 9)]
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]


def test_shortly_before_the_deadline_it_is_tried_once_more() -> None:
    deadline = NOW + timedelta(seconds=30)
    at = next_try(9, NOW, deadline)
    assert at == deadline - timedelta(seconds=LAST_TRY_SECONDS)
    assert next_try(9, at, deadline) == deadline


@pytest.mark.parametrize(
    ("answer", "late", "result"),
    [
        (None, False, Result.CLEAR),
        (None, True, Result.CLEAR),
        (against("slow"), False, Result.AGAINST),
        (against("slow"), True, Result.AGAINST),
        (SILENT, False, None),
        (SILENT, True, Result.EXPIRED),
        (expired("failed"), False, Result.EXPIRED),
    ],
)
def test_a_check_ends_when_it_answers_or_its_deadline_passes(
    answer: Answer | None, result: Result | None, *, late: bool
) -> None:
    approved = assessment(Decision(Outcome.APPROVED, (), ("slow",)))
    (left,) = deferred(approved, STAKE, [(check("slow"), "failed")])
    assert ended(answer, left, left.deadline if late else NOW) is result


def test_what_has_expired_stays_so_under_one_name() -> None:
    assert expired(expired("failed").cause) == expired("failed")


# ── what follows, by example ──


def held_by(*names: str, degraded: tuple[str, ...] = ()) -> Decision:
    reasons = tuple(Reason(n, UNANSWERED, "breaker_open", Outcome.HELD) for n in names)
    return Decision(Outcome.HELD, reasons, degraded)


DEGRADED = Decision(Outcome.APPROVED, (), ("a", "b"), await_recheck=True)


def test_a_degraded_approval_becomes_a_full_one_when_all_checks_are_clear() -> None:
    once = revised(DEGRADED, {"b": SILENT})
    assert once == Decision(Outcome.APPROVED, (), ("b",), await_recheck=True)
    assert revised(once, {}) == APPROVAL


def test_an_approved_order_that_a_check_would_reject_is_held_for_a_person() -> None:
    flagged = revised(DEGRADED, {"a": against("a", Outcome.REJECTED), "b": SILENT})
    reason = Reason("a", "code", "detail", Outcome.REJECTED)
    assert flagged == Decision(Outcome.HELD, (reason,))
    assert open_checks(flagged) == frozenset()


def test_an_approval_that_is_not_verified_in_time_is_taken_back() -> None:
    flagged = revised(DEGRADED, {"a": expired("failed"), "b": SILENT})
    assert flagged == Decision(Outcome.HELD, (Reason("a", UNVERIFIED, "failed", Outcome.HELD),))


def test_nothing_answered_changes_nothing() -> None:
    for standing in (DEGRADED, held_by("a", "b"), held_by("a", degraded=("b",))):
        assert revised(standing, {"a": SILENT, "b": SILENT}) == standing


def test_a_hold_for_want_of_an_answer_ends_by_itself() -> None:
    once = revised(held_by("a", "b"), {"b": SILENT})
    assert once == held_by("b")
    assert revised(once, {}) == APPROVAL


def test_a_hold_over_the_cap_ends_by_itself() -> None:
    reason = Reason("a", OVER_EXPOSURE_CAP, "breaker_open", Outcome.HELD)
    assert revised(Decision(Outcome.HELD, (reason,)), {}) == APPROVAL


def test_a_hold_that_a_check_asked_for_does_not_end_by_itself() -> None:
    reason = Reason("c", "code", "detail", Outcome.HELD)
    standing = Decision(Outcome.HELD, (reason, *held_by("a").reasons), ("b",))
    assert revised(standing, {}) == Decision(Outcome.HELD, (reason,))


def test_a_held_order_is_not_let_go_while_another_check_is_open() -> None:
    left = revised(held_by("a", degraded=("b",)), {"b": SILENT})
    assert (left.outcome, left.degraded) == (Outcome.HELD, ("b",))
    assert open_checks(left) == {"b"}
    assert left.reasons[0].name == f"b:{UNANSWERED}"
    assert revised(left, {}) == APPROVAL


def test_a_check_against_a_held_order_leaves_the_others_open() -> None:
    once = revised(
        held_by("a", "b", degraded=("c",)), {"a": against("a"), "b": SILENT, "c": SILENT}
    )
    assert once.outcome is Outcome.HELD
    assert open_checks(once) == {"b", "c"}
    last = revised(once, {"b": against("b", Outcome.REJECTED), "c": SILENT})
    assert (last.outcome, last.degraded) == (Outcome.REJECTED, ())


def test_what_has_answered_is_not_listened_to_again() -> None:
    assert revised(APPROVAL, {"a": against("a", Outcome.REJECTED)}) == APPROVAL
    assert revised(DEGRADED, {"a": SILENT, "b": SILENT, "c": against("c")}) == DEGRADED


# ── any decision, made up for in any order ──

endings = st.one_of(
    st.none(),
    st.sampled_from([Outcome.HELD, Outcome.REJECTED]),
    st.just(expired("failed")),
)


def answer_of(name: str, ending: Outcome | Unanswered | None) -> Answer | None:
    return against(name, ending) if isinstance(ending, Outcome) else ending


@st.composite
def standings(draw: st.DrawFn) -> tuple[RuleSet, Decision]:
    """Make any first decision some check of which did not answer."""
    ruleset = RuleSet(
        tuple(check(name, core=draw(st.booleans())) for name in NAMES),
        await_recheck_above_minor=draw(st.sampled_from([{}, {"CNY": 0}])),
    )
    answers: dict[str, Answer] = {}
    for name in NAMES:
        said = draw(st.sampled_from([None, SILENT, SILENT, Outcome.HELD]))
        if said is not None:
            answers[name] = against(name, said) if isinstance(said, Outcome) else said
    over = draw(st.frozensets(st.sampled_from(NAMES), max_size=2))
    return ruleset, conclude(ruleset, answers, STAKE, over)


def made_up_for(
    standing: Decision, rounds: list[list[str]], finally_: Mapping[str, Answer | None]
) -> list[Decision]:
    """Answer the open checks in rounds; return every decision on the way."""
    told: dict[str, Answer] = dict.fromkeys(open_checks(standing), SILENT)
    path = [standing]
    for round_ in rounds:
        for name in round_:
            told.pop(name, None)
            answer = finally_[name]
            if answer is not None:
                told[name] = answer
        path.append(revised(path[-1], told))
    return path


@st.composite
def two_ways(
    draw: st.DrawFn,
) -> tuple[RuleSet, Decision, list[list[str]], list[list[str]], dict[str, Answer | None]]:
    ruleset, standing = draw(standings())
    names = sorted(open_checks(standing))
    finally_ = {name: answer_of(name, draw(endings)) for name in names}
    ways: list[list[list[str]]] = []
    for _ in range(2):
        rounds: list[list[str]] = [[]]
        for name in draw(st.permutations(names)):
            if draw(st.booleans()):
                rounds.append([])
            rounds[-1].append(name)
        ways.append(rounds)
    return ruleset, standing, ways[0], ways[1], finally_


Ways = tuple[RuleSet, Decision, list[list[str]], list[list[str]], dict[str, Answer | None]]

HELD_THEN_REJECTED: Ways = (
    RuleSet((check("a", core=True), check("b", core=True))),
    held_by("a", "b"),
    [["a"], ["b"]],
    [["b"], ["a"]],
    {"a": against("a"), "b": against("b", Outcome.REJECTED)},
)


@given(two_ways())
@example(HELD_THEN_REJECTED)
def test_in_whatever_order_checks_are_made_up_for_the_outcome_is_the_same(ways: Ways) -> None:
    _, standing, one_way, another, finally_ = ways
    first, second = (made_up_for(standing, way, finally_)[-1] for way in (one_way, another))
    assert first.outcome is second.outcome


@given(two_ways())
@example(HELD_THEN_REJECTED)
def test_the_outcome_is_that_of_all_answers_together(ways: Ways) -> None:
    _, standing, way, _, finally_ = ways
    last = made_up_for(standing, way, finally_)[-1]
    said = [a.reason.outcome for a in finally_.values() if isinstance(a, Against)]
    said += [Outcome.HELD for a in finally_.values() if isinstance(a, Unanswered)]
    open_now = open_checks(standing)
    said += [r.outcome for r in standing.reasons if r.check not in open_now]
    expected = max(said, key=SEVERITY.index, default=Outcome.APPROVED)
    if standing.outcome is Outcome.APPROVED and expected is Outcome.REJECTED:
        expected = Outcome.HELD
    assert last.outcome is expected


@given(two_ways())
def test_on_no_way_is_an_approved_order_rejected_or_a_core_check_forgotten(ways: Ways) -> None:
    ruleset, standing, way, _, finally_ = ways
    core = {each.id for each in ruleset.checks if each.core}
    still_open = set(open_checks(standing))
    path = made_up_for(standing, way, finally_)
    approved = False
    for decision, done in zip(path, [[], *way], strict=True):
        still_open -= set(done)
        approved |= decision.outcome is Outcome.APPROVED
        assert not (approved and decision.outcome is Outcome.REJECTED)
        if decision.outcome is Outcome.APPROVED:
            assert not core & still_open
            assert open_checks(decision) == still_open
            assert decision.degraded or not decision.await_recheck
        else:
            assert decision.reasons
            assert not decision.await_recheck


@given(standings())
def test_what_is_open_is_what_did_not_answer(case: tuple[RuleSet, Decision]) -> None:
    ruleset, standing = case
    assert revised(standing, dict.fromkeys(NAMES, SILENT)) == standing
    known = {each.id for each in ruleset.checks}
    assert open_checks(standing) <= known
    spoken = {r.check for r in standing.reasons if r.code == "code"}
    assert not spoken & open_checks(standing)


def test_the_checks_to_make_up_for_are_those_that_are_open() -> None:
    ruleset = RuleSet((check("a", core=True), check("b"), check("c")))
    answers: dict[str, Answer] = {"a": SILENT, "b": SILENT, "c": against("c")}
    decision = conclude(ruleset, answers, STAKE)
    later = deferred(assessment(decision), STAKE, unanswered(ruleset, answers))
    assert {each.check for each in later} == open_checks(decision) == {"a", "b"}


# ── who decides next ──


def test_a_later_decision_answers_to_the_same_rule_set() -> None:
    first = assessment(DEGRADED)
    second = follow(first, APPROVAL, NOW, by=AUTOMATIC)
    assert (second.decision_no, second.ruleset, second.arm) == (2, first.ruleset, first.arm)
    assert not second.is_review
    third = reviewed(second, Verdict(outcome=Outcome.REJECTED, text="fraud", reviewer="ann"), NOW)
    assert (third.decision_no, third.is_review, third.decision.outcome) == (
        3,
        True,
        Outcome.REJECTED,
    )
    assert [reason.name for reason in third.decision.reasons] == ["review:rejected"]


# ── how much may be unverified ──


def wish(order_id: UUID, amount: int, cap: dict[str, int] | None, name: str = "a") -> Wish:
    return Wish(order_id, name, "CNY", amount, cap)


def test_orders_are_let_through_up_to_the_cap_and_then_held() -> None:
    ids = [new_id() for _ in range(4)]
    wishes = [wish(i, amount, {"CNY": 100}) for i, amount in zip(ids, (60, 41, 40, 1), strict=True)]
    assert over_cap(wishes, {}) == {ids[1]: {"a"}, ids[3]: {"a"}}
    assert over_cap(wishes, {("a", "CNY"): 100}) == {i: {"a"} for i in ids}
    assert over_cap(wishes, {("a", "USD"): 100, ("b", "CNY"): 100}).keys() == {ids[1], ids[3]}


def test_without_a_cap_any_amount_passes_and_without_one_for_the_currency_none() -> None:
    one = new_id()
    assert over_cap([wish(one, 10**15, None)], {("a", "CNY"): 10**15}) == {}
    assert over_cap([wish(one, 1, {"USD": 100})], {}) == {one: {"a"}}
    assert over_cap([wish(one, 0, {})], {}) == {}


wishes_of_some = st.lists(
    st.builds(
        Wish,
        st.integers(1, 4).map(lambda n: UUID(int=n)),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["CNY", "USD"]),
        st.integers(0, 100),
        st.sampled_from([None, {"CNY": 120}, {"CNY": 50, "USD": 80}]),
    ),
    unique_by=lambda wish: (wish.order_id, wish.check),
)


@given(wishes_of_some, st.dictionaries(st.just(("a", "CNY")), st.integers(0, 150)))
def test_what_is_let_through_never_exceeds_a_cap(
    wishes: list[Wish], exposed: dict[tuple[str, str], int]
) -> None:
    refused = over_cap(wishes, exposed)
    used = dict(exposed)
    turns = list(dict.fromkeys(wish.order_id for wish in wishes))
    for each in sorted(wishes, key=lambda wish: turns.index(wish.order_id)):
        if each.order_id not in refused:
            used[each.key] = used.get(each.key, 0) + each.amount_minor
            if each.cap_minor is not None:
                assert used[each.key] <= each.cap_minor.get(each.currency, 0)


def test_an_order_that_is_held_for_one_check_uses_up_the_cap_of_no_other() -> None:
    held, other = UUID(int=1), UUID(int=2)
    tight, wide = {"CNY": 50}, {"CNY": 100}
    wishes = [
        Wish(held, "a", "CNY", 80, tight),
        Wish(held, "b", "CNY", 80, wide),
        Wish(other, "b", "CNY", 80, wide),
    ]
    assert over_cap(wishes, {}) == {held: {"a"}}
