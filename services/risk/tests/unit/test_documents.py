"""What may be published as a rule set, and what is refused with the field named."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from risk.domain.features import FEATURES
from risk.store.compiled import Fault, Faulty, compiled, read
from risk.store.documents import (
    CHECKS_MAX,
    LIST_VALUES_MAX,
    LISTS_MAX,
    RULES_MAX,
    TESTS_MAX,
    TEXTS_MAX,
    RuleSetDocument,
)
from risk.use_cases.demo import document

Part = dict[str, Any]

RULE: Part = {"code": "dear", "outcome": "hold", "when": "order.payable_minor > 5"}
CHECK: Part = {"id": "amount", "kind": "expression", "core": True, "rules": [RULE]}
SLOW: Part = CHECK | {
    "kind": "http",
    "endpoint": "bureau",
    "sends": ["order.pieces"],
    "returns": {"score": "int"},
}
PLUGIN: Part = {k: v for k, v in SLOW.items() if k != "endpoint"} | {
    "kind": "plugin",
    "plugin": "scorer",
}
TEST: Part = {"name": "an order", "features": {}, "expect": "approved"}
WHOLE: Part = {"format": 2, "name": "test", "checks": [CHECK]}


def without(part: Part, name: str) -> Part:
    return {key: value for key, value in part.items() if key != name}


def one(check: Part) -> Part:
    return WHOLE | {"checks": [check]}


def listed(kind: str, *values: str) -> Part:
    return WHOLE | {"lists": {"blocked": {"kind": kind, "values": list(values)}}}


def places(written: Part) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        RuleSetDocument.model_validate(written)
    found = refused.value.errors(include_url=False, include_context=False)
    return [".".join(map(str, error["loc"])) for error in found]


RULE_PLACE = "checks.0.expression.rules.0"


@pytest.mark.parametrize(
    ("written", "place"),
    [
        *(
            pytest.param(without(WHOLE, name), name, id=f"no {name}")
            for name in ("format", "name", "checks")
        ),
        pytest.param(WHOLE | {"format": 3}, "format", id="a later format"),
        pytest.param(WHOLE | {"format": "2"}, "format", id="format as text"),
        pytest.param(WHOLE | {"name": ""}, "name", id="no name"),
        pytest.param(WHOLE | {"name": "x" * 201}, "name", id="long name"),
        pytest.param(WHOLE | {"colour": 1}, "colour", id="unknown field"),
        pytest.param(WHOLE | {"budget_ms": 201}, "budget_ms", id="more than orders can wait"),
        pytest.param(WHOLE | {"budget_ms": 1.5}, "budget_ms", id="part of a millisecond"),
        pytest.param(WHOLE | {"budget_ms": True}, "budget_ms", id="a truth as a number"),
        pytest.param(
            WHOLE | {"await_recheck_above_minor": {"CNY": -1}},
            "await_recheck_above_minor.CNY",
            id="negative amount",
        ),
        pytest.param(
            WHOLE | {"await_recheck_above_minor": {"cny": 1}},
            "await_recheck_above_minor.cny.[key]",
            id="no currency",
        ),
        pytest.param(WHOLE | {"limits": {"Hold": 1}}, "limits.Hold.[key]", id="no name of a limit"),
        *(
            pytest.param(one(without(CHECK, name)), f"checks.0.expression.{name}", id=f"no {name}")
            for name in ("id", "core", "rules")
        ),
        pytest.param(one(without(CHECK, "kind")), "checks.0", id="no kind"),
        pytest.param(one(CHECK | {"kind": "horoscope"}), "checks.0", id="unknown kind"),
        pytest.param(one(CHECK | {"id": "A b"}), "checks.0.expression.id", id="id with a space"),
        pytest.param(one(CHECK | {"id": "review"}), "checks", id="reserved id"),
        pytest.param(one(CHECK | {"core": 1}), "checks.0.expression.core", id="core as a number"),
        pytest.param(one(CHECK | {"rules": []}), "checks.0.expression.rules", id="no rules"),
        pytest.param(
            one(CHECK | {"rules": [RULE] * (RULES_MAX + 1)}),
            "checks.0.expression.rules",
            id="many rules",
        ),
        pytest.param(
            one(CHECK | {"budget_ms": 51}), "checks.0.expression.budget_ms", id="slow expression"
        ),
        pytest.param(
            one(CHECK | {"deadline_seconds": 0}),
            "checks.0.expression.deadline_seconds",
            id="no time to make up for it",
        ),
        pytest.param(
            one(CHECK | {"exposure_cap_minor": {"CNY": 1.5}}),
            "checks.0.expression.exposure_cap_minor.CNY",
            id="part of a minor unit",
        ),
        pytest.param(
            one(CHECK | {"endpoint": "x"}),
            "checks.0.expression.endpoint",
            id="an expression asks nobody",
        ),
        *(
            pytest.param(
                one(CHECK | {"rules": [without(RULE, name)]}),
                f"{RULE_PLACE}.{name}",
                id=f"no {name}",
            )
            for name in ("code", "outcome", "when")
        ),
        pytest.param(
            one(CHECK | {"rules": [RULE | {"outcome": "approve"}]}),
            f"{RULE_PLACE}.outcome",
            id="a rule never approves",
        ),
        pytest.param(
            one(CHECK | {"rules": [RULE | {"when": "x" * 2_001}]}), f"{RULE_PLACE}.when", id="long"
        ),
        pytest.param(
            one(CHECK | {"rules": [RULE | {"code": "Dear"}]}), f"{RULE_PLACE}.code", id="no code"
        ),
        pytest.param(
            one(CHECK | {"rules": [RULE | {"when": "\ud800 > 1"}]}),
            f"{RULE_PLACE}.when",
            id="half a character",
        ),
        *(
            pytest.param(one(without(SLOW, name)), f"checks.0.http.{name}", id=f"http: no {name}")
            for name in ("endpoint", "sends", "returns")
        ),
        pytest.param(one(without(PLUGIN, "plugin")), "checks.0.plugin.plugin", id="no plug-in"),
        pytest.param(
            one(SLOW | {"endpoint": "http://inside"}), "checks.0.http.endpoint", id="an address"
        ),
        pytest.param(
            one(SLOW | {"sends": ["order.nothing"]}), "checks.0.http.sends", id="no such feature"
        ),
        pytest.param(one(SLOW | {"returns": {}}), "checks.0.http.returns", id="returns nothing"),
        pytest.param(
            one(SLOW | {"returns": {"score": "float"}}),
            "checks.0.http.returns.score",
            id="a type there is not",
        ),
        pytest.param(one(SLOW | {"budget_ms": 501}), "checks.0.http.budget_ms", id="long budget"),
        pytest.param(
            one(PLUGIN | {"timeout_ms": 9}), "checks.0.plugin.timeout_ms", id="short time limit"
        ),
        pytest.param(one(SLOW | {"concurrency": 0}), "checks.0.http.concurrency", id="no slot"),
        pytest.param(
            one(SLOW | {"cache_seconds": 86_401}), "checks.0.http.cache_seconds", id="old results"
        ),
        pytest.param(listed("horoscope", "x"), "lists.blocked.kind", id="unknown kind of list"),
        pytest.param(listed("strings"), "lists.blocked.values", id="empty list"),
        pytest.param(
            listed("phones_sha256", "+8613800138000"), "lists.blocked.values", id="bare phone"
        ),
        pytest.param(listed("texts", "路", "　 "), "lists.blocked.values", id="blank text"),
        pytest.param(
            listed("texts", *(["路"] * (TEXTS_MAX + 1))), "lists.blocked.values", id="many texts"
        ),
        pytest.param(
            listed("strings", *(["x"] * (LIST_VALUES_MAX + 1))), "lists.blocked.values", id="long"
        ),
        pytest.param(
            WHOLE
            | {
                "lists": {
                    f"l{n}": {"kind": "strings", "values": ["x"]} for n in range(LISTS_MAX + 1)
                }
            },
            "lists",
            id="many lists",
        ),
        pytest.param(
            WHOLE | {"checks": [CHECK | {"id": f"c{n}"} for n in range(CHECKS_MAX + 1)]},
            "checks",
            id="many checks",
        ),
        pytest.param(WHOLE | {"tests": [TEST] * (TESTS_MAX + 1)}, "tests", id="many tests"),
        pytest.param(
            WHOLE | {"tests": [TEST | {"expect": "hold"}]}, "tests.0.expect", id="no outcome"
        ),
        pytest.param(
            WHOLE | {"tests": [without(TEST, "features")]}, "tests.0.features", id="no features"
        ),
    ],
)
def test_a_part_that_is_wrong_is_refused_by_its_field(written: Part, place: str) -> None:
    assert places(written) == [place]


def test_reading_names_the_same_fields() -> None:
    with pytest.raises(Faulty) as refused:
        read(one(CHECK | {"rules": [RULE | {"when": ""}]}))
    assert [fault.field for fault in refused.value.faults] == [f"{RULE_PLACE}.when"]


@pytest.mark.parametrize("limit", [2**63, -(2**63) - 1, 1.5, "5", True, [1], {"CNY": 2**63}, None])
def test_a_limit_is_a_number_or_one_per_key(limit: object) -> None:
    found = places(WHOLE | {"limits": {"x": limit}})
    assert found
    assert all(place.startswith("limits.x") for place in found)


def test_everything_that_is_wrong_is_named_at_once() -> None:
    written = WHOLE | {
        "name": "",
        "checks": [CHECK | {"core": None, "rules": [RULE | {"code": ""}]}],
    }
    assert places(written) == ["name", "checks.0.expression.core", f"{RULE_PLACE}.code"]


def test_two_checks_of_one_id_are_refused() -> None:
    assert places(WHOLE | {"checks": [CHECK, SLOW]}) == ["checks"]


def test_of_very_many_faults_the_first_fifty_are_told() -> None:
    with pytest.raises(Faulty) as refused:
        read(WHOLE | {f"field-{n}": n for n in range(20_000)})
    assert len(refused.value.faults) == 50


def test_no_value_is_repeated_in_a_refusal() -> None:
    with pytest.raises(Faulty) as refused:
        read(listed("phones_sha256", "+8613800138000") | {"name": 13_800_138_000})
    assert "13800138000" not in str(refused.value)
    assert "13800138000" not in str(refused.value.faults)


@pytest.mark.parametrize("check", [CHECK, SLOW, PLUGIN], ids=lambda c: str(c["kind"]))
def test_each_kind_of_check_can_be_written_and_is_stored_as_written(check: Part) -> None:
    written = one(check)
    content = RuleSetDocument.model_validate(written).content()
    assert content == written
    assert [each.id for each in compiled(read(content)).checks] == ["amount"]


def test_the_demo_rule_set_survives_being_written_down() -> None:
    content = json.loads(json.dumps(document().content()))
    assert RuleSetDocument.model_validate(content) == document()
    assert len(compiled(read(content)).checks) == len(document().checks)


def nested(depth: int, inside: Any) -> Any:
    for _ in range(depth):
        inside = {"x": [inside]}
    return inside


@pytest.mark.parametrize("name", ["limits", "lists", "checks", "tests", "name", "colour"])
@pytest.mark.parametrize("depth", [1, 50, 400])
def test_what_is_nested_deeper_than_the_form_is_refused(name: str, depth: int) -> None:
    with pytest.raises(Faulty) as refused:
        read(WHOLE | {name: nested(depth, 1)})
    assert all(fault.field.startswith(name) for fault in refused.value.faults)
    assert max(len(fault.message) for fault in refused.value.faults) < 300


def test_a_feature_of_a_golden_test_is_a_scalar_or_a_flat_list() -> None:
    for value in ([["x"]], {"x": 1}, None, 1.5):
        (place, *_) = places(WHOLE | {"tests": [TEST | {"features": {"order.skus": value}}]})
        assert place.startswith("tests.0.features.order.skus")


names = st.text(max_size=5) | st.sampled_from(sorted(WHOLE | SLOW | PLUGIN | RULE | TEST))
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(["expression", "http", "hold", "CNY", *(f.name for f in FEATURES[:5])])
)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5),
    max_leaves=25,
)


@settings(deadline=None, max_examples=300)
@given(
    st.dictionaries(names, anything, max_size=6),
    st.sampled_from([{}, WHOLE, one(SLOW), WHOLE | {"tests": [TEST]}]),
)
def test_whatever_is_written_is_read_or_refused(changed: Part, start: Part) -> None:
    found: list[Fault] | None = None
    try:
        compiled(read(start | changed))
    except Faulty as refusal:
        found = refusal.faults
    if found is not None:
        assert 0 < len(found) <= 50
        assert all(fault.code and fault.message for fault in found)
