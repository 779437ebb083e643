"""A rule set as it is written down: the one form in requests and in the database."""

from collections import Counter
from typing import Annotated, Any, Literal, assert_never

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from common.money import MINOR_MAX
from risk.domain.assessment import REVIEW
from risk.domain.receiver import comparable
from risk.domain.rules import (
    AmountLimit,
    BlockedAddress,
    BlockedPhone,
    Outcome,
    QuantityLimit,
    Rule,
)
from risk.domain.ruleset import RULESET, RuleSet

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

_OUTCOMES: dict[Action, Outcome] = {"hold": Outcome.HELD, "reject": Outcome.REJECTED}


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


class RuleSetDocument(Part):
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

    def compiled(self) -> RuleSet:
        return RuleSet.of(_rule(document) for document in self.rules)


def _rule(document: RuleDocument) -> Rule:
    match document:
        case AmountLimitDocument():
            return AmountLimit(
                id=document.id,
                currency=document.currency,
                hold_above_minor=document.hold_above_minor,
                reject_above_minor=document.reject_above_minor,
            )
        case QuantityLimitDocument():
            return QuantityLimit(
                id=document.id,
                per_line_max=document.per_line_max,
                per_order_max=document.per_order_max,
                action=_OUTCOMES[document.action],
            )
        case BlockedPhoneDocument():
            positions = {phone: place for place, phone in enumerate(document.phones_sha256)}
            outcome = _OUTCOMES[document.action]
            return BlockedPhone(id=document.id, positions=positions, action=outcome)
        case BlockedAddressDocument():
            texts = tuple(comparable(text) for text in document.contains)
            outcome = _OUTCOMES[document.action]
            return BlockedAddress(id=document.id, texts=texts, action=outcome)
        case _:
            assert_never(document)
