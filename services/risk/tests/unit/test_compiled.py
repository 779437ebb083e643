"""From a rule set as written to checks that decide; what is wrong with a rule names its place."""

import json
from typing import Any

import pytest

from risk.domain.decision import Outcome
from risk.domain.features import FEATURES, POSITIONS
from risk.domain.ruleset import Against, Check, RuleSet, Unanswered, judge
from risk.store.compiled import COST_MAX, FAULTS_MAX, Fault, Faulty, compiled, read
from risk.store.documents import CHECKS_MAX

Part = dict[str, Any]


def rule(when: str, **more: str) -> Part:
    return {"code": "code", "outcome": "hold", "when": when} | more


def check(*rules: Part, **more: Any) -> Part:
    return {"id": "check", "kind": "expression", "core": True, "rules": list(rules)} | more


def http(*rules: Part, **more: Any) -> Part:
    asked: Part = {"endpoint": "bureau", "sends": ["phone.sha256"], "returns": {"score": "int"}}
    return check(*rules, kind="http") | asked | more


def written(*checks: Part, **more: Any) -> Part:
    return {"format": 2, "name": "test", "checks": list(checks)} | more


def ruleset(*checks: Part, **more: Any) -> RuleSet:
    return compiled(read(written(*checks, **more)))


def only(*rules: Part, **more: Any) -> Check:
    return ruleset(check(*rules), **more).checks[0]


def faults(*checks: Part, **more: Any) -> list[Fault]:
    with pytest.raises(Faulty) as refused:
        ruleset(*checks, **more)
    return refused.value.faults


def values(**features: object) -> tuple[object, ...]:
    named = {name.replace("__", "."): value for name, value in features.items()}
    found = [None] * len(FEATURES)
    for name, value in named.items():
        found[POSITIONS[name]] = value  # type: ignore[call-overload]
    return tuple(found)


@pytest.mark.parametrize(
    ("when", "told"),
    [
        pytest.param("order.nothing > 1", "order.nothing", id="unknown feature"),
        pytest.param("order.pieces > limits.nothing", "limits.nothing", id="unknown limit"),
        pytest.param("phone.sha256 in lists.nothing", "lists.nothing", id="unknown list"),
        pytest.param("order.pieces > limits.per[order.currency]", "map", id="no map"),
        pytest.param("order.pieces > limits.hold", "int", id="a map as a number"),
        pytest.param("order.pieces in lists.shops", "int", id="a number in strings"),
        pytest.param(
            "order.shop.containsAny(lists.shops)", "set of strings", id="strings as texts"
        ),
        pytest.param("order.shop in lists.texts", "list of texts", id="texts as strings"),
        pytest.param('order.pieces > "5"', "string", id="a number and a string"),
        pytest.param("order.pieces", "bool", id="no condition"),
        pytest.param("order.pieces >", "end", id="half a condition"),
        pytest.param("result.score > 1", "result.score", id="an expression has no result"),
        pytest.param("order.pieces > 1.5", "", id="a float"),
        pytest.param("order.skus.all(s, s > 1)", "", id="a loop"),
        pytest.param("order.shop.matches('a*')", "", id="a regular expression"),
        pytest.param("(" * 500 + "true" + ")" * 500, "", id="deep nesting"),
        pytest.param("!" * 1_000 + "true", "", id="deep nesting without brackets"),
        pytest.param("order.pieces+" * 150 + "1 > 2", "", id="many parts"),
        pytest.param("order.pieces > 9999999999999999999999", "", id="a number too large"),
        pytest.param('"' + "\\", "", id="a string without an end"),
    ],
)
def test_a_rule_that_is_wrong_is_named_by_its_place(when: str, told: str) -> None:
    good = check(rule("true"), id="good")
    bad = check(rule("true"), rule(when))
    constants: Part = {
        "limits": {"per": 1, "hold": {"CNY": 1}},
        "lists": {
            "shops": {"kind": "strings", "values": ["x"]},
            "texts": {"kind": "texts", "values": ["x"]},
        },
    }
    (fault,) = faults(good, bad, **constants)
    assert (fault.field, fault.code) == ("checks.1.rules.1.when", "expression")
    assert fault.message.startswith("at character ")
    assert told in fault.message
    assert len(fault.message) < 300


def test_every_rule_that_is_wrong_is_named() -> None:
    found = faults(check(rule("x"), rule("true"), rule("y")), check(rule("z"), id="other"))
    assert [fault.field for fault in found] == [
        "checks.0.rules.0.when",
        "checks.0.rules.2.when",
        "checks.1.rules.0.when",
    ]


def test_of_very_many_only_the_first_are_looked_for() -> None:
    many = [check(*[rule("(" * 2_000)] * 20, id=f"c{n}") for n in range(CHECKS_MAX)]
    assert len(faults(*many)) == FAULTS_MAX


def test_a_slow_check_reads_its_own_results_and_no_others() -> None:
    low = http(rule("result.score < 300"))
    assert len(ruleset(low).slow) == 1
    (fault,) = faults(low, http(rule("result.other < 300"), id="other"))
    assert fault.field == "checks.1.rules.0.when"
    (fault,) = faults(http(rule('result.score == "x"')))
    assert fault.field == "checks.0.rules.0.when"


def test_what_all_rules_together_may_cost_has_a_bound() -> None:
    texts = {"lists": {"t": {"kind": "texts", "values": [f"{n}" for n in range(1_000)]}}}
    dear = rule("address.text.containsAny(lists.t)")
    cost = only(dear, **texts).rules[0].when.cost
    fits = COST_MAX // cost
    assert len(ruleset(*(check(dear, id=f"c{n}") for n in range(fits)), **texts).checks) == fits
    (fault,) = faults(*(check(dear, id=f"c{n}") for n in range(fits + 1)), **texts)
    assert (fault.field, fault.code) == ("checks", "cost")
    assert str(COST_MAX) in fault.message


def test_a_single_rule_has_a_bound_too() -> None:
    texts = {"lists": {"t": {"kind": "texts", "values": [f"{n}" for n in range(1_000)]}}}
    (fault,) = faults(check(rule(" || ".join(["address.text.containsAny(lists.t)"] * 2))), **texts)
    assert fault.field == "checks.0.rules.0.when"


def test_a_rule_set_of_a_mebibyte_is_compiled() -> None:
    phones = [f"{n:064x}" for n in range(10_000)]
    lists = {
        "phones": {"kind": "phones_sha256", "values": phones},
        "texts": {"kind": "texts", "values": [f"{n:0200}" for n in range(1_000)]},
    }
    rules = [rule('phone.sha256 in lists.phones && order.shop == "x"')] * 5
    checks = [check(*rules, id=f"c{n}") for n in range(CHECKS_MAX)]
    assert 2**20 - 2**16 < len(json.dumps(written(*checks, lists=lists))) < 2**20 + 2**16
    last = ruleset(*checks, lists=lists).checks[-1]
    assert isinstance(judge(last, values(phone__sha256=phones[-1], order__shop="x")), Against)
    assert judge(last, values(phone__sha256="0", order__shop="x")) is None


# ── what it means ──


def test_outcomes_limits_and_lists_mean_what_they_say() -> None:
    both = only(
        rule("order.payable_minor > limits.reject[order.currency]", code="r", outcome="reject"),
        rule("order.payable_minor > limits.hold", code="h"),
        limits={"reject": {"CNY": 100}, "hold": 10},
    )
    order = values(order__currency="CNY", order__payable_minor=101)
    answer = judge(both, order)
    assert isinstance(answer, Against)
    assert (answer.reason.code, answer.reason.outcome) == ("r", Outcome.REJECTED)
    answer = judge(both, values(order__currency="CNY", order__payable_minor=100))
    assert isinstance(answer, Against)
    assert (answer.reason.code, answer.reason.outcome) == ("h", Outcome.HELD)
    unlimited = values(order__currency="USD", order__payable_minor=1)
    assert judge(both, unlimited) == Unanswered("missing_key:limits.reject")


def test_texts_are_compared_without_width_case_and_spacing() -> None:
    found = only(
        rule("address.text.containsAny(lists.bad)"),
        lists={"bad": {"kind": "texts", "values": ["Ｂad 路"]}},
    )
    assert isinstance(judge(found, values(address__text="5badst.bad路7")), Against)
    assert judge(found, values(address__text="bad")) is None


def test_times_and_amounts_are_taken_over() -> None:
    found = ruleset(
        http(rule("true"), budget_ms=30, timeout_ms=1_500, deadline_seconds=7, core=False)
        | {"exposure_cap_minor": {"CNY": 5}},
        budget_ms=40,
        await_recheck_above_minor={"CNY": 9},
    )
    assert (found.budget_seconds, found.await_recheck_above_minor) == (0.04, {"CNY": 9})
    (slow,) = found.slow
    assert (slow.core, slow.budget_seconds, slow.deadline_seconds) == (False, 0.03, 7)
    assert slow.exposure_cap_minor == {"CNY": 5}
    assert slow.source is not None
    assert (slow.source.kind, slow.source.target) == ("http", "bureau")
    assert slow.source.timeout_seconds == 1.5


# ── what a check is told apart by ──

BASE = http(rule("true"))


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        (BASE | {"rules": [rule("false")]}, True),
        (BASE | {"deadline_seconds": 9}, True),
        (BASE | {"exposure_cap_minor": {"CNY": 1}}, True),
        (BASE | {"endpoint": "other"}, False),
        (BASE | {"sends": []}, False),
        (BASE | {"parameters": {"deep": True}}, False),
        (BASE | {"budget_ms": 5}, False),
        (BASE | {"timeout_ms": 500}, False),
        (BASE | {"core": False}, False),
    ],
)
def test_a_slow_check_is_another_one_when_it_asks_otherwise(changed: Part, *, same: bool) -> None:
    one, other = ruleset(BASE).checks[0], ruleset(changed).checks[0]
    assert (one.fingerprint == other.fingerprint) is same


def test_an_expression_check_is_another_one_when_its_rules_or_constants_are() -> None:
    alike = [
        only(rule("order.pieces > limits.x"), limits={"x": 1}),
        only(rule("order.pieces > limits.x"), limits={"x": 1}, name="other", budget_ms=7),
    ]
    others = [
        only(rule("order.pieces > limits.x"), limits={"x": 2}),
        only(rule("order.pieces >= limits.x"), limits={"x": 1}),
        only(
            rule("order.pieces > limits.x"),
            limits={"x": 1},
            lists={"l": {"kind": "strings", "values": ["x"]}},
        ),
    ]
    assert len({each.fingerprint for each in alike}) == 1
    assert len({each.fingerprint for each in (*alike, *others)}) == 4
