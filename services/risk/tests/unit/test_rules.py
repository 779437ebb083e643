"""The rules, without database or broker."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.rules import (
    AmountLimit,
    BlockedAddress,
    BlockedPhone,
    Candidate,
    Outcome,
    QuantityLimit,
    Rule,
)
from risk.domain.ruleset import APPROVAL, RULESET, RuleSet, assess

SEVERITY = [Outcome.APPROVED, Outcome.HELD, Outcome.REJECTED]
PHONE = "+8613800138000"
BLOCKED = "+8613900000000"
ORDER = Candidate(
    currency="CNY",
    payable_minor=4_080,
    quantities=(2, 1),
    phone=PHONE,
    address=("浙江省", "杭州市", "西湖区", "文三路 1 号"),
)
AMOUNT = AmountLimit(
    id="amount", currency="CNY", hold_above_minor=500_000, reject_above_minor=5_000_000
)
QUANTITY = QuantityLimit(id="quantity", per_line_max=100, per_order_max=300, action=Outcome.HELD)
PHONES = BlockedPhone(
    id="phones",
    positions={hashlib.sha256(BLOCKED.encode()).hexdigest(): 0},
    action=Outcome.REJECTED,
)
ADDRESSES = BlockedAddress(id="addresses", texts=("黑名单路",), action=Outcome.HELD)
ALL = RuleSet.of((AMOUNT, QUANTITY, PHONES, ADDRESSES))

actions = st.sampled_from([Outcome.HELD, Outcome.REJECTED])
amounts = st.integers(0, 10_000_000)
orders = st.builds(
    Candidate,
    currency=st.sampled_from(["CNY", "USD", "JPY"]),
    payable_minor=amounts,
    quantities=st.lists(st.integers(1, 200), min_size=1, max_size=5).map(tuple),
    phone=st.sampled_from([None, PHONE, BLOCKED, "138****8000"]),
    address=st.sampled_from([("浙江省", "文三路"), ("浙江省", "黑名单路 7 号"), ()]),
)


@st.composite
def amount_limits(draw: st.DrawFn) -> AmountLimit:
    hold, reject = sorted((draw(amounts), draw(amounts)))
    return AmountLimit(
        id="amount",
        currency=draw(st.sampled_from(["CNY", "USD"])),
        hold_above_minor=hold,
        reject_above_minor=reject,
    )


rules = st.one_of(
    amount_limits(),
    st.builds(
        QuantityLimit,
        id=st.just("quantity"),
        per_line_max=st.integers(1, 200),
        per_order_max=st.integers(1, 500),
        action=actions,
    ),
    st.builds(
        BlockedPhone, id=st.just("phones"), positions=st.just(PHONES.positions), action=actions
    ),
    st.builds(
        BlockedAddress, id=st.just("addresses"), texts=st.just(("黑名单路",)), action=actions
    ),
)
rulesets = st.lists(rules, max_size=6).map(RuleSet.of)


def test_an_ordinary_order_is_approved_without_reasons() -> None:
    assert assess(ORDER, ALL) == APPROVAL


@pytest.mark.parametrize(
    ("payable_minor", "expected"),
    [
        pytest.param(500_000, None, id="up to the limit"),
        pytest.param(500_001, Outcome.HELD, id="one above the hold limit"),
        pytest.param(5_000_000, Outcome.HELD, id="up to the reject limit"),
        pytest.param(5_000_001, Outcome.REJECTED, id="one above the reject limit"),
    ],
)
def test_an_amount_is_compared_with_its_limits(
    payable_minor: int, expected: Outcome | None
) -> None:
    reason = AMOUNT.judge(replace(ORDER, payable_minor=payable_minor))
    assert (reason.outcome if reason else None) == expected


def test_an_amount_limit_says_nothing_of_another_currency() -> None:
    assert AMOUNT.judge(replace(ORDER, currency="USD", payable_minor=10**9)) is None


@pytest.mark.parametrize(
    ("quantities", "code"),
    [
        pytest.param((100, 100, 100), None, id="up to both limits"),
        pytest.param((101,), "line_quantity_above_limit", id="one line too many"),
        pytest.param((100, 100, 100, 1), "order_quantity_above_limit", id="together too many"),
    ],
)
def test_quantities_are_compared_by_line_and_order(
    quantities: tuple[int, ...], code: str | None
) -> None:
    reason = QUANTITY.judge(replace(ORDER, quantities=quantities))
    assert (reason.code if reason else None) == code


@pytest.mark.parametrize("phone", [None, "138****8000", "13900000000", "+86139****0000"])
def test_a_phone_that_cannot_be_compared_holds_the_order(phone: str | None) -> None:
    reason = PHONES.judge(replace(ORDER, phone=phone))
    assert reason is not None
    assert (reason.code, reason.outcome) == ("phone_unknown", Outcome.HELD)


def test_a_blocked_phone_is_found_by_its_hash_and_not_told() -> None:
    reason = PHONES.judge(replace(ORDER, phone=BLOCKED))
    assert reason is not None
    assert (reason.name, reason.outcome) == ("phones:phone_blocked", Outcome.REJECTED)
    assert BLOCKED[1:] not in reason.detail


@pytest.mark.parametrize("street", ["黑名单路7号", "黑 名 单 路 7 号", "　黑名单路"])
def test_a_blocked_address_is_found_whatever_its_spacing(street: str) -> None:
    reason = ADDRESSES.judge(replace(ORDER, address=("浙江省", street)))
    assert reason is not None
    assert reason.name == "addresses:address_blocked"


def test_a_blocked_address_is_found_whatever_its_width_and_case() -> None:
    rule = replace(ADDRESSES, texts=("badst",))
    assert rule.judge(replace(ORDER, address=("ＢＡＤ　St. 5",))) is not None


def test_a_currency_without_a_limit_holds_the_order() -> None:
    decision = assess(replace(ORDER, currency="JPY"), ALL)
    assert decision.outcome is Outcome.HELD
    assert [r.name for r in decision.reasons] == [f"{RULESET}:currency_without_limit"]


@given(orders, rulesets)
def test_the_worst_outcome_wins(order: Candidate, ruleset: RuleSet) -> None:
    decision = assess(order, ruleset)
    ranks = [SEVERITY.index(reason.outcome) for reason in decision.reasons]
    assert SEVERITY.index(decision.outcome) == max(ranks, default=0)


@given(orders, rulesets)
def test_reasons_are_complete(order: Candidate, ruleset: RuleSet) -> None:
    alone = [reason for rule in ruleset.rules if (reason := rule.judge(order))]
    decision = assess(order, ruleset)
    assert [r for r in decision.reasons if r.rule != RULESET] == alone
    limited = any(
        isinstance(r, AmountLimit) and r.currency == order.currency for r in ruleset.rules
    )
    assert any(r.rule == RULESET for r in decision.reasons) is not limited


@given(orders, amounts, rulesets)
def test_a_larger_amount_is_never_judged_milder(
    order: Candidate, more: int, ruleset: RuleSet
) -> None:
    larger = replace(order, payable_minor=order.payable_minor + more)
    before, after = assess(order, ruleset).outcome, assess(larger, ruleset).outcome
    assert SEVERITY.index(after) >= SEVERITY.index(before)


@given(orders, rulesets, rules)
def test_one_more_rule_never_makes_a_decision_milder(
    order: Candidate, ruleset: RuleSet, rule: Rule
) -> None:
    known = replace(order, currency="CNY")
    fewer = RuleSet.of((AMOUNT, *ruleset.rules))
    more = RuleSet.of((*fewer.rules, rule))
    before, after = assess(known, fewer).outcome, assess(known, more).outcome
    assert SEVERITY.index(after) >= SEVERITY.index(before)
