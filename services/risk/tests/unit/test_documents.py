"""What may be published as a rule set, and what is refused with the field named."""

from typing import Any

import pytest
from pydantic import ValidationError

from risk.domain.rules import AmountLimit, BlockedAddress, BlockedPhone, QuantityLimit
from risk.store.documents import RuleSetDocument
from risk.use_cases.demo import document

AMOUNT: dict[str, Any] = {
    "id": "amount",
    "kind": "amount_limit",
    "currency": "CNY",
    "hold_above_minor": 1,
    "reject_above_minor": 2,
}
TEXTS = {"id": "texts", "kind": "blocked_address", "contains": ["路"], "action": "hold"}
PHONES = {"id": "p", "kind": "blocked_phone", "phones_sha256": ["0" * 64], "action": "hold"}


def without(rule: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in rule.items() if key != name}


def places(*rules: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        RuleSetDocument.model_validate({"name": "test", "rules": list(rules)})
    return [".".join(map(str, error["loc"])) for error in refused.value.errors()]


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        pytest.param(AMOUNT | {"kind": "horoscope"}, "rules.0", id="unknown kind"),
        pytest.param(without(AMOUNT, "kind"), "rules.0", id="no kind"),
        *(
            pytest.param(without(AMOUNT, name), f"rules.0.amount_limit.{name}", id=f"no {name}")
            for name in ("id", "currency", "hold_above_minor", "reject_above_minor")
        ),
        pytest.param(
            AMOUNT | {"reject_above_minor": 0},
            "rules.0.amount_limit.reject_above_minor",
            id="rejects what it would not even hold",
        ),
        pytest.param(
            AMOUNT | {"hold_above_minor": "1"},
            "rules.0.amount_limit.hold_above_minor",
            id="amount as text",
        ),
        pytest.param(AMOUNT | {"colour": "red"}, "rules.0.amount_limit.colour", id="unknown field"),
        pytest.param(
            TEXTS | {"contains": ["路", "　 "]},
            "rules.0.blocked_address.contains",
            id="a blank text is in every address",
        ),
        pytest.param(
            TEXTS | {"action": "shrug"}, "rules.0.blocked_address.action", id="unknown action"
        ),
        pytest.param(
            PHONES | {"phones_sha256": ["+8613800138000"]},
            "rules.0.blocked_phone.phones_sha256.0",
            id="a phone that is not hashed",
        ),
        pytest.param(AMOUNT | {"id": "review"}, "rules", id="reserved id"),
    ],
)
def test_a_rule_that_is_wrong_is_refused_by_its_field(rule: dict[str, Any], place: str) -> None:
    assert places(rule) == [place]


def test_two_rules_of_one_id_are_refused() -> None:
    assert places(AMOUNT, AMOUNT | {"currency": "USD"}) == ["rules"]


def test_several_rules_of_one_kind_are_allowed() -> None:
    written = {"name": "test", "rules": [AMOUNT, AMOUNT | {"id": "second", "currency": "USD"}]}
    compiled = RuleSetDocument.model_validate(written).compiled()
    assert compiled.currencies == {"CNY", "USD"}


def test_the_demo_rule_set_has_every_kind_and_survives_being_written_down() -> None:
    read_again = RuleSetDocument.model_validate(document().content())
    assert read_again == document()
    kinds = {type(rule) for rule in read_again.compiled().rules}
    assert kinds == {AmountLimit, QuantityLimit, BlockedPhone, BlockedAddress}
