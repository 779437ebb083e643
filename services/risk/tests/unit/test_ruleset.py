"""What a check says of an order, and what all of them together come to."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.expression import Expression, Field, Schema, Type, compile_expression
from risk.domain.decision import APPROVAL, Decision, Outcome, Reason
from risk.domain.judging import NOT_ASKED, answers_to
from risk.domain.ruleset import (
    OVER_EXPOSURE_CAP,
    UNANSWERED,
    Against,
    Answer,
    Check,
    Rule,
    RuleSet,
    Source,
    Stake,
    Unanswered,
    conclude,
    judge,
    unanswered,
)

SEVERITY = list(Outcome)
FIELDS = (Field("order.pieces", Type.INT), Field("order.memo", Type.STRING, personal=True))
RETURNS = (Field("result.score", Type.INT), Field("result.known", Type.BOOL))
STAKE = Stake(currency="CNY", payable_minor=1_000)


def when(text: str, *fields: Field) -> Expression:
    return compile_expression(text, Schema((*FIELDS, *fields), {}))


def rule(code: str, text: str, outcome: Outcome = Outcome.HELD, *fields: Field) -> Rule:
    return Rule(code=code, outcome=outcome, when=when(text, *fields))


def check(name: str, *rules: Rule, core: bool = True, source: Source | None = None) -> Check:
    return Check(
        id=name, core=core, rules=rules, budget_seconds=0.005, deadline_seconds=60, source=source
    )


MANY = rule("many", "order.pieces > 10")
FAR_TOO_MANY = rule("far_too_many", "order.pieces > 100", Outcome.REJECTED)
MEMO = rule("memo", 'order.memo.contains("bomb")', Outcome.REJECTED)
SOURCE = Source(
    kind="http",
    target="bureau",
    sends=("order.pieces",),
    parameters={},
    returns=RETURNS,
    timeout_seconds=1,
    concurrency=1,
    cache_seconds=0,
)

# ── one check ──


@pytest.mark.parametrize(
    ("pieces", "code"), [(1, None), (11, "many"), (101, "far_too_many")], ids=str
)
def test_the_first_rule_that_holds_speaks_for_the_check(pieces: int, code: str | None) -> None:
    answer = judge(check("pieces", FAR_TOO_MANY, MANY), (pieces, None))
    assert (answer.reason.code if isinstance(answer, Against) else answer) == code


def test_a_rule_that_cannot_tell_does_not_silence_a_later_one() -> None:
    answer = judge(check("both", MEMO, MANY), (11, None))
    assert isinstance(answer, Against)
    assert answer.reason == Reason("both", "many", "order.pieces (11) > 10", Outcome.HELD)


def test_a_check_of_which_a_rule_cannot_tell_and_none_holds_is_unanswered() -> None:
    assert judge(check("both", MANY, MEMO), (1, None)) == Unanswered("missing:order.memo")
    assert judge(check("both", MEMO, MANY), (1, None)) == Unanswered("missing:order.memo")


def test_of_several_rules_that_cannot_tell_the_first_names_the_cause() -> None:
    divided = rule("divided", "10 / order.pieces > 1")
    assert judge(check("c", divided, MEMO), (0, None)) == Unanswered("division_by_zero")
    assert judge(check("c", MEMO, divided), (0, None)) == Unanswered("missing:order.memo")


def test_a_personal_value_is_in_no_reason() -> None:
    answer = judge(check("memo", MEMO), (1, "a bomb for 张三"))
    assert isinstance(answer, Against)
    assert "张三" not in answer.reason.detail


def test_what_a_slow_check_returned_is_read_after_the_features() -> None:
    low = rule("low", "result.score < 300 && order.pieces > 1", Outcome.HELD, *RETURNS)
    bureau = check("bureau", low, source=SOURCE)
    ask = {"bureau": SOURCE.typed({"score": 250, "known": True})}
    assert isinstance(answers_to([bureau], (2, None), ask)["bureau"], Against)
    assert answers_to([bureau], (1, None), ask) == {}
    assert answers_to([bureau], (2, None), {}) == {"bureau": NOT_ASKED}
    spent = Unanswered("budget_spent")
    assert answers_to([bureau], (2, None), {"bureau": spent}) == {"bureau": spent}


def test_a_result_of_another_type_is_missing() -> None:
    assert SOURCE.typed({"score": "250", "known": 1, "more": 3}) == (None, None)
    assert SOURCE.typed({"known": False}) == (None, False)
    assert SOURCE.typed({"score": True}) == (None, None)
    assert SOURCE.typed({"score": 2**63}) == (None, None)
    low = rule("low", "result.score < 300", Outcome.HELD, *RETURNS)
    found = answers_to([check("b", low, source=SOURCE)], (2, None), {"b": SOURCE.typed({})})
    assert found == {"b": Unanswered("missing:result.score")}


# ── all checks ──


def against(name: str, outcome: Outcome) -> Against:
    return Against(Reason(name, "code", "detail", outcome))


CORE, EXTRA, MORE = check("core"), check("extra", core=False), check("more", core=False)
RULES = RuleSet((CORE, EXTRA, MORE))
SILENT = Unanswered("breaker_open")


def test_without_answers_the_order_is_approved() -> None:
    assert conclude(RULES, {}, STAKE) == APPROVAL


def test_a_core_check_that_does_not_answer_holds_the_order() -> None:
    decision = conclude(RULES, {"core": SILENT}, STAKE)
    held = Reason("core", UNANSWERED, "breaker_open", Outcome.HELD)
    assert decision == Decision(Outcome.HELD, (held,))


def test_another_check_that_does_not_answer_is_named_in_the_approval() -> None:
    decision = conclude(RULES, {"more": SILENT, "extra": SILENT}, STAKE)
    assert decision == Decision(Outcome.APPROVED, (), ("extra", "more"))


def test_an_order_over_the_cap_of_a_check_is_held() -> None:
    decision = conclude(RULES, {"more": SILENT, "extra": SILENT}, STAKE, {"extra"})
    held = Reason("extra", OVER_EXPOSURE_CAP, "breaker_open", Outcome.HELD)
    assert decision == Decision(Outcome.HELD, (held,), ("more",))


def test_a_cap_says_nothing_of_a_check_that_answered() -> None:
    assert conclude(RULES, {"more": SILENT}, STAKE, {"extra"}).outcome is Outcome.APPROVED
    assert conclude(RULES, {}, STAKE, {"extra"}) == APPROVAL


def test_a_rejected_order_has_nothing_left_to_make_up_for() -> None:
    answers: dict[str, Answer] = {"core": against("core", Outcome.REJECTED), "extra": SILENT}
    decision = conclude(RULES, answers, STAKE)
    assert decision == Decision(
        Outcome.REJECTED, (Reason("core", "code", "detail", Outcome.REJECTED),)
    )


@pytest.mark.parametrize(
    ("limits", "currency", "payable_minor", "waits"),
    [
        pytest.param({}, "CNY", 10**9, False, id="no limit"),
        pytest.param({"CNY": 1_000}, "CNY", 1_000, False, id="up to the limit"),
        pytest.param({"CNY": 1_000}, "CNY", 1_001, True, id="above it"),
        pytest.param({"CNY": 1_000}, "USD", 1, True, id="a currency without a limit"),
        pytest.param({"CNY": 1_000}, "USD", 0, False, id="nothing at stake"),
        pytest.param({"CNY": 0}, "CNY", 1, True, id="any amount"),
    ],
)
def test_a_degraded_approval_of_a_dear_order_waits_for_the_recheck(
    limits: Mapping[str, int], currency: str, payable_minor: int, *, waits: bool
) -> None:
    ruleset = RuleSet((EXTRA,), await_recheck_above_minor=limits)
    stake = Stake(currency=currency, payable_minor=payable_minor)
    assert conclude(ruleset, {"extra": SILENT}, stake).await_recheck is waits
    assert conclude(ruleset, {}, stake).await_recheck is False


def test_a_held_order_does_not_wait_for_the_recheck_as_well() -> None:
    ruleset = RuleSet((CORE, EXTRA), await_recheck_above_minor={"CNY": 0})
    decision = conclude(ruleset, {"core": SILENT, "extra": SILENT}, STAKE)
    assert (decision.outcome, decision.await_recheck) == (Outcome.HELD, False)


# ── any answers ──

NAMES = [f"check-{n}" for n in range(6)]
said = st.one_of(
    st.none(),
    st.sampled_from([Outcome.HELD, Outcome.REJECTED]),
    st.builds(Unanswered, st.sampled_from(["breaker_open", "missing:order.memo"])),
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[RuleSet, dict[str, Answer], frozenset[str]]:
    checks = tuple(check(name, core=draw(st.booleans())) for name in NAMES)
    answers: dict[str, Answer] = {}
    for name in NAMES:
        answer = draw(said)
        if isinstance(answer, Outcome):
            answers[name] = against(name, answer)
        elif answer is not None:
            answers[name] = answer
    limits = draw(st.dictionaries(st.just("CNY"), st.integers(0, 2_000)))
    ruleset = RuleSet(checks, await_recheck_above_minor=limits)
    return ruleset, answers, draw(st.frozensets(st.sampled_from(NAMES)))


@given(cases())
def test_the_worst_answer_wins_and_all_are_told_in_the_order_of_the_checks(
    case: tuple[RuleSet, dict[str, Answer], frozenset[str]],
) -> None:
    ruleset, answers, over = case
    decision = conclude(ruleset, answers, STAKE, over)
    ranks = [SEVERITY.index(reason.outcome) for reason in decision.reasons]
    assert SEVERITY.index(decision.outcome) == max(ranks, default=0)
    spoken = [name for name, a in answers.items() if isinstance(a, Against)]
    assert [r.check for r in decision.reasons if r.code == "code"] == spoken


@given(cases())
def test_a_check_that_did_not_answer_never_counts_as_passed(
    case: tuple[RuleSet, dict[str, Answer], frozenset[str]],
) -> None:
    ruleset, answers, over = case
    decision = conclude(ruleset, answers, STAKE, over)
    holding = {r.check for r in decision.reasons if r.code in {UNANSWERED, OVER_EXPOSURE_CAP}}
    for each, cause in unanswered(ruleset, answers):
        assert answers[each.id] == Unanswered(cause)
        holds = each.core or each.id in over
        assert (each.id in holding) is holds
        rejected = decision.outcome is Outcome.REJECTED
        assert (each.id in decision.degraded) is (not holds and not rejected)
    silent = {name for name, a in answers.items() if isinstance(a, Unanswered)}
    assert {each.id for each, _ in unanswered(ruleset, answers)} == silent
    assert holding | set(decision.degraded) <= silent


@given(cases(), st.sampled_from(NAMES), st.sampled_from([Outcome.HELD, Outcome.REJECTED]))
def test_one_more_answer_against_an_order_never_makes_the_decision_milder(
    case: tuple[RuleSet, dict[str, Answer], frozenset[str]], name: str, outcome: Outcome
) -> None:
    ruleset, answers, over = case
    quiet = {each: a for each, a in answers.items() if each != name}
    before = conclude(ruleset, quiet, STAKE, over).outcome
    after = conclude(ruleset, quiet | {name: against(name, outcome)}, STAKE, over).outcome
    assert SEVERITY.index(after) >= SEVERITY.index(before)


texts = st.sampled_from(
    ["order.pieces > 10", "order.pieces > 3", "10 / order.pieces > 4", 'order.memo == "x"', "true"]
)


@settings(deadline=None)
@given(
    st.lists(st.tuples(texts, st.sampled_from([Outcome.HELD, Outcome.REJECTED])), min_size=1),
    st.integers(0, 20) | st.none(),
    st.sampled_from([None, "x", "y"]),
)
def test_a_check_says_what_its_first_rule_that_holds_says(
    written: list[tuple[str, Outcome]], pieces: int | None, memo: str | None
) -> None:
    rules = [rule(f"r{n}", text, outcome) for n, (text, outcome) in enumerate(written)]
    alone = [judge(check("c", each), (pieces, memo)) for each in rules]
    expected = next((a for a in alone if isinstance(a, Against)), None)
    unclear = next((a for a in alone if isinstance(a, Unanswered)), None)
    assert judge(check("c", *rules), (pieces, memo)) == (expected or unclear)
