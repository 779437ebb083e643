"""Rule sets as they were written first: still read, and brought into today's form.

Their ids follow from what they say, so none is ever rewritten.
"""

from collections import Counter
from typing import Annotated, Any, Literal, assert_never

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from common.money import MINOR_MAX
from risk.domain.assessment import REVIEW
from risk.domain.receiver import comparable

RULES_MAX = 200
QUANTITY_MAX = 1_000_000
PHONES_MAX = 10_000
TEXTS_MAX = 1_000

RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
BlockedText = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Minor = Annotated[int, Field(ge=0, lt=MINOR_MAX)]
Quantity = Annotated[int, Field(ge=1, le=QUANTITY_MAX)]
Action = Literal["hold", "reject"]

RULESET = "ruleset"
"""Stands for the rule set as a whole in a reason; no rule may have this id."""


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class AmountLimitDocument(Part):
    """Hold, or reject, orders whose payable amount in this currency is above a limit."""

    id: RuleId
    kind: Literal["amount_limit"]
    currency: Currency
    hold_above_minor: Minor
    reject_above_minor: Minor

    @field_validator("reject_above_minor")
    @classmethod
    def _not_below_hold(cls, value: int, info: Any) -> int:
        if value < info.data.get("hold_above_minor", 0):
            raise ValueError("must not be below hold_above_minor")
        return value


class QuantityLimitDocument(Part):
    """Act on orders of more pieces than a line, or the order, may have."""

    id: RuleId
    kind: Literal["quantity_limit"]
    per_line_max: Quantity
    per_order_max: Quantity
    action: Action


class BlockedPhoneDocument(Part):
    """Act on orders of these phones, by SHA-256 of the E.164 form: a list of no personal data."""

    id: RuleId
    kind: Literal["blocked_phone"]
    phones_sha256: list[Sha256] = Field(min_length=1, max_length=PHONES_MAX)
    action: Action


class BlockedAddressDocument(Part):
    """Act on orders whose address contains one of these texts, in whatever width, case, spacing."""

    id: RuleId
    kind: Literal["blocked_address"]
    contains: list[BlockedText] = Field(min_length=1, max_length=TEXTS_MAX)
    action: Action

    @field_validator("contains")
    @classmethod
    def _says_something(cls, texts: list[str]) -> list[str]:
        for position, text in enumerate(texts):
            if not comparable(text):  # it would be found in every address
                raise ValueError(f"text {position} is blank")
        return texts


RuleDocument = Annotated[
    AmountLimitDocument | QuantityLimitDocument | BlockedPhoneDocument | BlockedAddressDocument,
    Field(discriminator="kind"),
]


class RuleSetDocumentV1(Part):
    name: Name
    rules: list[RuleDocument] = Field(max_length=RULES_MAX)

    @field_validator("rules")
    @classmethod
    def _ids_are_distinct(cls, rules: list[RuleDocument]) -> list[RuleDocument]:
        counts = Counter(rule.id for rule in rules) + Counter((RULESET, REVIEW))
        for position, rule in enumerate(rules):
            if counts[rule.id] > 1:
                raise ValueError(f"the id of rule {position} is used twice or reserved")
        return rules

    def content(self) -> dict[str, Any]:
        """Return what was written, without anything a later version of the schema would add."""
        return self.model_dump(mode="json", exclude_unset=True)

    def in_todays_form(self) -> dict[str, Any]:
        """Say the same as checks with rules; a currency without a limit is held, as ever."""
        lists: dict[str, Any] = {}
        checks = [_check(rule, lists) for rule in self.rules]
        limited = sorted({r.currency for r in self.rules if isinstance(r, AmountLimitDocument)})
        unlimited = "true"
        if limited:
            lists["currencies"] = {"kind": "strings", "values": limited}
            unlimited = "!(order.currency in lists.currencies)"
        checks.append(_core(RULESET, _rule("currency_without_limit", "hold", unlimited)))
        return {"format": 2, "name": self.name, "lists": lists, "checks": checks}


def _check(document: RuleDocument, lists: dict[str, Any]) -> dict[str, Any]:
    match document:
        case AmountLimitDocument():
            here = f'order.currency == "{document.currency}" && order.payable_minor > '
            code = "amount_above_limit"
            return _core(
                document.id,
                _rule(code, "reject", f"{here}{document.reject_above_minor}"),
                _rule(code, "hold", f"{here}{document.hold_above_minor}"),
            )
        case QuantityLimitDocument():
            line = f"order.largest_line > {document.per_line_max}"
            order = f"order.pieces > {document.per_order_max}"
            return _core(
                document.id,
                _rule("line_quantity_above_limit", document.action, line),
                _rule("order_quantity_above_limit", document.action, order),
            )
        case BlockedPhoneDocument():
            name = _listed(lists, "phones_sha256", document.phones_sha256)
            blocked = f"phone.sha256 in lists.{name}"
            return _core(document.id, _rule("phone_blocked", document.action, blocked))
        case BlockedAddressDocument():
            name = _listed(lists, "texts", document.contains)
            blocked = f"address.text.containsAny(lists.{name})"
            return _core(document.id, _rule("address_blocked", document.action, blocked))
        case _:
            assert_never(document)


def _listed(lists: dict[str, Any], kind: str, values: list[str]) -> str:
    name = f"list_{len(lists)}"
    lists[name] = {"kind": kind, "values": values}
    return name


def _core(check_id: str, *rules: dict[str, str]) -> dict[str, Any]:
    return {"id": check_id, "kind": "expression", "core": True, "rules": list(rules)}


def _rule(code: str, outcome: str, when: str) -> dict[str, str]:
    return {"code": code, "outcome": outcome, "when": when}
