"""A rule set as it is written down: the one form in requests and in the database."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from common.money import MINOR_MAX
from risk.domain.assessment import REVIEW
from risk.domain.features import FEATURES
from risk.domain.receiver import comparable

CHECKS_MAX = 201
"""As many as the first form becomes at most: one per rule, and one for the rule set as a whole."""
RULES_MAX = 20
LISTS_MAX = CHECKS_MAX
LIST_VALUES_MAX = 10_000
TEXTS_MAX = 1_000
TESTS_MAX = 200

CheckId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Source = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Minor = Annotated[int, Field(ge=0, lt=MINOR_MAX)]
Integer = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Amounts = Annotated[dict[Currency, Minor], Field(max_length=50)]
Value = bool | Integer | Annotated[str, StringConstraints(max_length=2_000)]
Scalars = Annotated[dict[Identifier, Value], Field(max_length=50)]

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FEATURE_NAMES = frozenset(feature.name for feature in FEATURES)


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ListDocument(Part):
    """What features are compared with: fingerprints of phones, exact strings, or texts within."""

    kind: Literal["phones_sha256", "strings", "texts"]
    values: list[Text] = Field(min_length=1, max_length=LIST_VALUES_MAX)

    @field_validator("values")
    @classmethod
    def _can_match(cls, values: list[str], info: Any) -> list[str]:
        kind = info.data.get("kind")
        if kind == "texts" and len(values) > TEXTS_MAX:
            raise ValueError(f"a list of texts has at most {TEXTS_MAX}")
        for position, value in enumerate(values):
            if kind == "phones_sha256" and _SHA256.fullmatch(value) is None:
                raise ValueError(f"value {position} is no SHA-256 in hexadecimal")
            if kind == "texts" and not comparable(value):  # it would be found in every text
                raise ValueError(f"value {position} is blank")
        return values


class RuleDocument(Part):
    code: Identifier
    outcome: Literal["hold", "reject"]
    when: Source


class CheckPart(Part):
    id: CheckId
    core: bool
    rules: list[RuleDocument] = Field(min_length=1, max_length=RULES_MAX)
    deadline_seconds: int = Field(3_600, ge=1, le=7 * 86_400)
    exposure_cap_minor: Amounts | None = None


class ExpressionCheckDocument(CheckPart):
    """Rules over the features of an order; decided on the spot."""

    kind: Literal["expression"]
    budget_ms: int = Field(5, ge=1, le=50)


class SlowCheckPart(CheckPart):
    sends: list[Text] = Field(max_length=50)
    returns: dict[Identifier, Literal["bool", "int", "string"]] = Field(min_length=1, max_length=20)
    parameters: Scalars = Field(default_factory=dict)
    budget_ms: int = Field(20, ge=0, le=500)
    timeout_ms: int = Field(5_000, ge=10, le=30_000)
    concurrency: int = Field(16, ge=1, le=64)
    cache_seconds: int = Field(0, ge=0, le=86_400)

    @field_validator("sends")
    @classmethod
    def _are_features(cls, names: list[str]) -> list[str]:
        for position, name in enumerate(names):
            if name not in _FEATURE_NAMES:
                raise ValueError(f"name {position} is no feature")
        return names


class HttpCheckDocument(SlowCheckPart):
    """Asks an endpoint that the installation knows by name (CHECK_ENDPOINTS)."""

    kind: Literal["http"]
    endpoint: CheckId


class PluginCheckDocument(SlowCheckPart):
    """Asks a Python function that is installed as a plug-in, in a process of its own."""

    kind: Literal["plugin"]
    plugin: CheckId


CheckDocument = Annotated[
    ExpressionCheckDocument | HttpCheckDocument | PluginCheckDocument,
    Field(discriminator="kind"),
]


class GoldenTestDocument(Part):
    """An order described by its features, and what has to be decided about it."""

    name: Name
    features: dict[Text, Value | list[Value]] = Field(max_length=len(FEATURES))
    results: dict[CheckId, Scalars] = Field(default_factory=dict, max_length=CHECKS_MAX)
    expect: Literal["approved", "held", "rejected"]
    reasons: list[Text] | None = None
    """The reasons as check:code, all of them, in any order; None: not looked at."""


class RuleSetDocument(Part):
    format: Literal[2]
    name: Name
    budget_ms: int = Field(50, ge=0, le=200)
    """Time an order waits at most for all checks together that are not core."""
    await_recheck_above_minor: Amounts = Field(default_factory=dict)
    """Above this a degraded approval may not leave before its checks were made up for."""
    limits: dict[Identifier, Integer | dict[Text, Integer]] = Field(
        default_factory=dict, max_length=200
    )
    """Thresholds that rules name: a number, or one per key, such as per currency."""
    lists: dict[Identifier, ListDocument] = Field(default_factory=dict, max_length=LISTS_MAX)
    checks: list[CheckDocument] = Field(max_length=CHECKS_MAX)
    tests: list[GoldenTestDocument] = Field(default_factory=list, max_length=TESTS_MAX)

    @field_validator("checks")
    @classmethod
    def _ids_are_distinct(cls, checks: list[CheckDocument]) -> list[CheckDocument]:
        _refuse_repeated((check.id for check in checks), reserved=(REVIEW,))
        return checks

    def content(self) -> dict[str, Any]:
        """Return what was written, without anything a later version of the schema would add."""
        return self.model_dump(mode="json", exclude_unset=True)


def _refuse_repeated(ids: Iterable[str], reserved: tuple[str, ...]) -> None:
    counts: Counter[str] = Counter(reserved)
    for position, each in enumerate(ids):
        counts[each] += 1
        if counts[each] > 1:
            raise ValueError(f"the id of check {position} is used twice or reserved")
