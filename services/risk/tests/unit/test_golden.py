"""Golden tests: what they must name, and that they tell which orders are decided otherwise."""

from typing import Any

import pytest

from risk.domain.decision import Outcome
from risk.domain.features import FEATURES
from risk.domain.golden import Failure, failures
from risk.store.compiled import Faulty, compiled, read
from risk.store.golden_tests import golden_tests

Part = dict[str, Any]

AMOUNT: Part = {
    "id": "amount",
    "kind": "expression",
    "core": True,
    "rules": [
        {"code": "dear", "outcome": "reject", "when": "order.payable_minor > 100"},
        {"code": "sku", "outcome": "hold", "when": '"BOMB" in order.skus'},
    ],
}
BUREAU: Part = {
    "id": "bureau",
    "kind": "http",
    "core": False,
    "endpoint": "bureau",
    "sends": [],
    "returns": {"score": "int", "known": "bool"},
    "rules": [{"code": "low", "outcome": "hold", "when": "result.score < 300"}],
}
ORDER: Part = {"order.payable_minor": 5, "order.currency": "CNY", "order.skus": ["A"]}
GOOD: Part = {"bureau": {"score": 400, "known": True}}


def told(**changes: Any) -> Part:
    return {"name": "t", "features": ORDER, "results": GOOD, "expect": "approved"} | changes


def wrong(*tests: Part, **more: Any) -> list[Failure]:
    document = read(
        {"format": 2, "name": "x", "checks": [AMOUNT, BUREAU], "tests": list(tests)} | more
    )
    ruleset = compiled(document)
    return failures(ruleset, golden_tests(document, ruleset))


@pytest.mark.parametrize(
    "test",
    [
        told(),
        told(reasons=[]),
        told(features=ORDER | {"order.payable_minor": 101}, expect="rejected"),
        told(
            features=ORDER | {"order.payable_minor": 101},
            expect="rejected",
            reasons=["amount:dear"],
        ),
        told(
            features=ORDER | {"order.skus": ["A", "BOMB"]},
            results={"bureau": {"score": 299}},
            expect="held",
            reasons=["bureau:low", "amount:sku"],
        ),
        told(features={}, expect="held", reasons=["amount:unanswered"]),
        told(results={}, expect="approved", reasons=[]),
    ],
)
def test_an_order_that_is_decided_as_expected_passes(test: Part) -> None:
    assert wrong(test) == []


def test_a_test_that_fails_is_named_by_its_place_and_told_what_was_decided() -> None:
    found = wrong(
        told(),
        told(name="dear", features=ORDER | {"order.payable_minor": 101}),
        told(name="cause", expect="approved", reasons=["amount:dear"]),
    )
    assert found == [
        Failure(1, "dear", "expected approved, decided rejected for amount:dear"),
        Failure(2, "cause", "expected approved, decided approved for no reason"),
    ]


def test_all_reasons_are_looked_at() -> None:
    both = told(
        features=ORDER | {"order.payable_minor": 101},
        results={"bureau": {"score": 1}},
        expect="rejected",
        reasons=["amount:dear"],
    )
    assert [failure.position for failure in wrong(both)] == [0]


def test_the_stake_is_taken_from_the_features() -> None:
    document = read({"format": 2, "name": "x", "checks": [], "tests": [told(results={})]})
    (test,) = golden_tests(document, compiled(document))
    assert (test.stake.currency, test.stake.payable_minor) == ("CNY", 5)
    assert (test.outcome, len(test.features)) == (Outcome.APPROVED, len(FEATURES))


@pytest.mark.parametrize(
    ("test", "field", "code"),
    [
        (told(features={"order.nothing": 1}), "features.order.nothing", "unknown_feature"),
        (told(features={"order.pieces": "1"}), "features.order.pieces", "type"),
        (told(features={"order.pieces": True}), "features.order.pieces", "type"),
        (told(features={"order.skus": "A"}), "features.order.skus", "type"),
        (told(features={"order.skus": ["A", 1]}), "features.order.skus", "type"),
        (told(features={"order.has_memo": 1}), "features.order.has_memo", "type"),
        (told(results={"nobody": {"score": 1}}), "results.nobody", "unknown_check"),
        (told(results={"amount": {"score": 1}}), "results.amount", "unknown_check"),
        (told(results={"bureau": {"points": 1}}), "results.bureau.points", "unknown_result"),
        (told(results={"bureau": {"score": "1"}}), "results.bureau.score", "type"),
        (told(results={"bureau": {"known": 1}}), "results.bureau.known", "type"),
    ],
)
def test_a_test_that_names_what_is_not_there_is_refused_by_its_field(
    test: Part, field: str, code: str
) -> None:
    with pytest.raises(Faulty) as refused:
        wrong(told(), test)
    assert [(f.field, f.code) for f in refused.value.faults] == [(f"tests.1.{field}", code)]
