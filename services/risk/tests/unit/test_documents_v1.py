"""Rule sets in the first form: what they may say, and that they decide as they always did."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from common.contracts.order import Order
from common.ids import new_id
from risk.domain.decision import APPROVAL, Decision, Outcome
from risk.domain.features import COUNTED, Past, Vector, vector
from risk.domain.judging import answers_to
from risk.domain.receiver import comparable, phone_fingerprint
from risk.domain.ruleset import RuleSet, Stake, conclude
from risk.store.compiled import compiled, read
from risk.store.documents_v1 import RuleSetDocumentV1
from risk.use_cases.featuring import subject_of

Document = dict[str, Any]

SEVERITY = list(Outcome)
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
NOBODY = Past(None, None, None, (None,) * len(COUNTED))
PHONE = "+8613800138000"
BLOCKED = "+8613900000000"
OUTCOMES = {"hold": Outcome.HELD, "reject": Outcome.REJECTED}

AMOUNT: Document = {
    "id": "amount",
    "kind": "amount_limit",
    "currency": "CNY",
    "hold_above_minor": 500_000,
    "reject_above_minor": 5_000_000,
}
QUANTITY: Document = {
    "id": "quantity",
    "kind": "quantity_limit",
    "per_line_max": 100,
    "per_order_max": 300,
    "action": "hold",
}
PHONES: Document = {
    "id": "phones",
    "kind": "blocked_phone",
    "phones_sha256": [hashlib.sha256(BLOCKED.encode()).hexdigest()],
    "action": "reject",
}
ADDRESSES: Document = {
    "id": "addresses",
    "kind": "blocked_address",
    "contains": ["黑名单路"],
    "action": "hold",
}


def written(*rules: Document) -> Document:
    return {"name": "test", "rules": list(rules)}


ALL = written(AMOUNT, QUANTITY, PHONES, ADDRESSES)


@dataclass(frozen=True)
class Told:
    """What matters in an order to rules of the first form."""

    currency: str = "CNY"
    payable_minor: int = 4_080
    quantities: tuple[int, ...] = (2, 1)
    phone: str | None = PHONE
    address: tuple[str, str, str, str] = ("浙江省", "杭州市", "西湖区", "文三路 1 号")

    def order(self) -> Order:
        province, city, district, detail = self.address
        lines = [
            {"sku": "A", "title": "A", "quantity": q, "unit_price_minor": 1, "discount_minor": 0}
            for q in self.quantities
        ]
        amounts = dict.fromkeys(
            ("goods_minor", "freight_minor", "discount_minor", "tax_minor"), 0
        ) | {"payable_minor": self.payable_minor}
        return Order.model_validate(
            {
                "channel": "mall",
                "shop": "demo",
                "channel_order_no": "M-1",
                "placed_at": NOW,
                "currency": self.currency,
                "customer": {"name": "n", "phone": self.phone, "email": None, "platform_id": None},
                "address": {
                    "country": "CN",
                    "province": province,
                    "city": city,
                    "district": district,
                    "detail": detail,
                    "postcode": None,
                },
                "lines": lines,
                "amounts": amounts,
                "payments": [],
                "memo": None,
            }
        )

    def vector(self) -> Vector:
        return vector(subject_of(new_id(), self.order(), NOW), NOBODY)


def ruleset_of(document: Document) -> RuleSet:
    return compiled(read(document))


def decided(told: Told, ruleset: RuleSet) -> Decision:
    stake = Stake(currency=told.currency, payable_minor=told.payable_minor)
    return conclude(ruleset, answers_to(ruleset.checks, told.vector(), {}), stake)


def names(decision: Decision) -> list[str]:
    return [reason.name for reason in decision.reasons]


# ── what the first version did, written down once more ──


def as_ever(told: Told, document: Document) -> list[tuple[str, Outcome]]:
    """Return the reasons of the first version; what it could not tell it called unknown."""
    reasons: list[tuple[str, Outcome]] = []
    for rule in document["rules"]:
        found = _AS_EVER[rule["kind"]](told, rule)
        if found is not None:
            code, outcome = found
            reasons.append((f"{rule['id']}:{code}", outcome))
    limited = {r["currency"] for r in document["rules"] if r["kind"] == "amount_limit"}
    if told.currency not in limited:
        reasons.append(("ruleset:currency_without_limit", Outcome.HELD))
    return reasons


Found = tuple[str, Outcome] | None


def _amount(told: Told, rule: Document) -> Found:
    if told.currency != rule["currency"] or told.payable_minor <= rule["hold_above_minor"]:
        return None
    rejected = told.payable_minor > rule["reject_above_minor"]
    return "amount_above_limit", Outcome.REJECTED if rejected else Outcome.HELD


def _quantity(told: Told, rule: Document) -> Found:
    if max(told.quantities, default=0) > rule["per_line_max"]:
        return "line_quantity_above_limit", OUTCOMES[rule["action"]]
    if sum(told.quantities) > rule["per_order_max"]:
        return "order_quantity_above_limit", OUTCOMES[rule["action"]]
    return None


def _phone(told: Told, rule: Document) -> Found:
    fingerprint = phone_fingerprint(told.phone)
    if fingerprint is None:
        return "unanswered", Outcome.HELD
    blocked = fingerprint in rule["phones_sha256"]
    return ("phone_blocked", OUTCOMES[rule["action"]]) if blocked else None


def _address(told: Told, rule: Document) -> Found:
    text = comparable("".join(told.address))
    if not text:
        return "unanswered", Outcome.HELD
    blocked = any(comparable(each) in text for each in rule["contains"])
    return ("address_blocked", OUTCOMES[rule["action"]]) if blocked else None


_AS_EVER = {
    "amount_limit": _amount,
    "quantity_limit": _quantity,
    "blocked_phone": _phone,
    "blocked_address": _address,
}

# ── any order, any rule set ──

amounts = st.integers(0, 10_000_000)
actions = st.sampled_from(["hold", "reject"])
parts = st.sampled_from(
    ["", " ", "浙江省", "文三路", "黑名单路 7 号", "黑 名", "单路", "ＢＡＤ　St. 5"]
)
orders = st.builds(
    Told,
    currency=st.sampled_from(["CNY", "USD", "JPY"]),
    payable_minor=amounts,
    quantities=st.lists(st.integers(1, 200), max_size=5).map(tuple),
    phone=st.sampled_from([None, PHONE, BLOCKED, "138****8000", "13900000000", "+86139****0000"]),
    address=st.tuples(parts, parts, parts, parts),
)


@st.composite
def amount_limits(draw: st.DrawFn) -> Document:
    hold, reject = sorted((draw(amounts), draw(amounts)))
    limits = {"hold_above_minor": hold, "reject_above_minor": reject}
    return AMOUNT | limits | {"currency": draw(st.sampled_from(["CNY", "USD"]))}


@st.composite
def quantity_limits(draw: st.DrawFn) -> Document:
    limits = {"per_line_max": draw(st.integers(1, 200)), "per_order_max": draw(st.integers(1, 500))}
    return QUANTITY | limits | {"action": draw(actions)}


def blocked_phones(phone: str, action: str) -> Document:
    return PHONES | {
        "phones_sha256": [hashlib.sha256(p.encode()).hexdigest() for p in ("+8611111111", phone)],
        "action": action,
    }


rules = st.one_of(
    amount_limits(),
    quantity_limits(),
    st.builds(blocked_phones, st.sampled_from([PHONE, BLOCKED]), actions),
    st.builds(
        lambda texts, action: ADDRESSES | {"contains": texts, "action": action},
        st.lists(st.sampled_from(["黑名单路", "bad st.", "文 三", "Ｎｏｗｈｅｒｅ"]), min_size=1),
        actions,
    ),
)


def numbered(found: list[Document]) -> Document:
    return written(*(rule | {"id": f"rule-{place}"} for place, rule in enumerate(found)))


documents = st.lists(rules, max_size=6).map(numbered)


@settings(deadline=None, max_examples=300)
@given(orders, documents)
def test_todays_form_decides_as_the_first_version_did(told: Told, document: Document) -> None:
    before = as_ever(told, document)
    decision = decided(told, ruleset_of(document))
    assert [(reason.name, reason.outcome) for reason in decision.reasons] == before
    ranks = [SEVERITY.index(outcome) for _, outcome in before]
    assert decision.outcome is SEVERITY[max(ranks, default=0)]
    assert decision.degraded == ()


@settings(deadline=None)
@given(orders, amounts, documents)
def test_a_larger_amount_is_never_judged_milder(told: Told, more: int, document: Document) -> None:
    larger = Told(**vars(told) | {"payable_minor": told.payable_minor + more})
    ruleset = ruleset_of(document)
    before, after = decided(told, ruleset).outcome, decided(larger, ruleset).outcome
    assert SEVERITY.index(after) >= SEVERITY.index(before)


@settings(deadline=None)
@given(orders, documents, rules)
def test_one_more_rule_never_makes_a_decision_milder(
    told: Told, document: Document, rule: Document
) -> None:
    known = Told(**vars(told) | {"currency": "CNY"})
    fewer = numbered([AMOUNT, *document["rules"]])
    more = numbered([*fewer["rules"], rule])
    before = decided(known, ruleset_of(fewer)).outcome
    after = decided(known, ruleset_of(more)).outcome
    assert SEVERITY.index(after) >= SEVERITY.index(before)


# ── by example ──


def test_an_ordinary_order_is_approved_without_reasons() -> None:
    assert decided(Told(), ruleset_of(ALL)) == APPROVAL


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
    decision = decided(Told(payable_minor=payable_minor), ruleset_of(written(AMOUNT)))
    assert decision.outcome == (expected or Outcome.APPROVED)
    assert names(decision) == ([] if expected is None else ["amount:amount_above_limit"])


def test_an_amount_limit_says_nothing_of_another_currency() -> None:
    other = AMOUNT | {"id": "other", "currency": "USD", "reject_above_minor": 10**10}
    other |= {"hold_above_minor": 10**10}
    dear = Told(currency="USD", payable_minor=10**9)
    assert decided(dear, ruleset_of(written(AMOUNT, other))) == APPROVAL


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
    decision = decided(Told(quantities=quantities), ruleset_of(ALL))
    assert names(decision) == ([] if code is None else [f"quantity:{code}"])


@pytest.mark.parametrize("phone", [None, "138****8000", "13900000000", "+86139****0000"])
def test_a_phone_that_cannot_be_compared_holds_the_order(phone: str | None) -> None:
    decision = decided(Told(phone=phone), ruleset_of(ALL))
    assert (decision.outcome, names(decision)) == (Outcome.HELD, ["phones:unanswered"])
    assert decision.reasons[0].detail == "missing:phone.sha256"


def test_an_address_that_cannot_be_compared_holds_the_order() -> None:
    decision = decided(Told(address=("", " ", "　", "")), ruleset_of(ALL))
    assert (decision.outcome, names(decision)) == (Outcome.HELD, ["addresses:unanswered"])


def test_a_blocked_phone_is_found_by_its_hash_and_not_told() -> None:
    (reason,) = decided(Told(phone=BLOCKED), ruleset_of(ALL)).reasons
    assert (reason.name, reason.outcome) == ("phones:phone_blocked", Outcome.REJECTED)
    assert BLOCKED[1:] not in reason.detail
    assert PHONES["phones_sha256"][0] not in reason.detail


@pytest.mark.parametrize("street", ["黑名单路7号", "黑 名 单 路 7 号", "　黑名单路"])
def test_a_blocked_address_is_found_whatever_its_spacing(street: str) -> None:
    (reason,) = decided(Told(address=("浙江省", "", "", street)), ruleset_of(ALL)).reasons
    assert reason.name == "addresses:address_blocked"
    assert "浙江省" not in reason.detail


def test_a_blocked_address_is_found_whatever_its_width_and_case() -> None:
    ruleset = ruleset_of(written(AMOUNT, ADDRESSES | {"contains": ["bad ST"]}))
    decision = decided(Told(address=("", "", "", "ＢＡＤ　St. 5")), ruleset)
    assert names(decision) == ["addresses:address_blocked"]


def test_a_currency_without_a_limit_holds_the_order() -> None:
    decision = decided(Told(currency="JPY"), ruleset_of(ALL))
    assert decision.outcome is Outcome.HELD
    assert names(decision) == ["ruleset:currency_without_limit"]


# ── what may be said ──


def without(rule: Document, name: str) -> Document:
    return {key: value for key, value in rule.items() if key != name}


def places(*rules: Document) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        RuleSetDocumentV1.model_validate(written(*rules))
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
            ADDRESSES | {"contains": ["路", "　 "]},
            "rules.0.blocked_address.contains",
            id="a blank text is in every address",
        ),
        pytest.param(
            ADDRESSES | {"action": "shrug"}, "rules.0.blocked_address.action", id="unknown action"
        ),
        pytest.param(
            PHONES | {"phones_sha256": [PHONE]},
            "rules.0.blocked_phone.phones_sha256.0",
            id="a phone that is not hashed",
        ),
        pytest.param(AMOUNT | {"id": "review"}, "rules", id="reserved id"),
        pytest.param(AMOUNT | {"id": "ruleset"}, "rules", id="the id of the rule set itself"),
    ],
)
def test_a_rule_that_is_wrong_is_refused_by_its_field(rule: Document, place: str) -> None:
    assert places(rule) == [place]


def test_two_rules_of_one_id_are_refused() -> None:
    assert places(AMOUNT, AMOUNT | {"currency": "USD"}) == ["rules"]


def test_several_rules_of_one_kind_are_allowed() -> None:
    ruleset = ruleset_of(written(AMOUNT, AMOUNT | {"id": "second", "currency": "USD"}))
    assert [check.id for check in ruleset.checks] == ["amount", "second", "ruleset"]
    assert all(check.core for check in ruleset.checks)
    assert decided(Told(currency="USD"), ruleset) == APPROVAL


def letters(number: int) -> str:
    return "".join(chr(65 + number // 26**place % 26) for place in range(3))


@pytest.mark.parametrize(
    "found",
    [
        pytest.param([AMOUNT] * 200, id="as many rules as were allowed"),
        pytest.param(
            [AMOUNT | {"currency": letters(n)} for n in range(200)], id="as many currencies"
        ),
        pytest.param([PHONES] * 200, id="as many lists"),
        pytest.param([PHONES | {"phones_sha256": [f"{n:064x}" for n in range(10_000)]}], id="long"),
        pytest.param([ADDRESSES | {"contains": [f"路{n}" for n in range(1_000)]}], id="long texts"),
    ],
)
def test_what_could_be_published_once_can_still_be_read(found: list[Document]) -> None:
    document = numbered(found)
    assert RuleSetDocumentV1.model_validate(document).content() == document
    ruleset = ruleset_of(document)
    assert len(ruleset.checks) == len(found) + 1
    told = Told(payable_minor=5_000_001)
    before = as_ever(told, document)
    assert [(r.name, r.outcome) for r in decided(told, ruleset).reasons] == before
