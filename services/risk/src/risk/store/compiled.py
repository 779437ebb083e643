"""From a rule set as it is written to the checks that decide; every error names its field."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from common.expression import (
    Constant,
    Expression,
    ExpressionError,
    Field,
    Schema,
    Type,
    compile_expression,
)
from risk.domain.decision import Outcome
from risk.domain.features import FEATURES
from risk.domain.identity import canonical_json
from risk.domain.receiver import comparable
from risk.domain.ruleset import RESULT, Check, Rule, RuleSet, Source
from risk.store.documents import (
    CheckDocument,
    ExpressionCheckDocument,
    HttpCheckDocument,
    ListDocument,
    PluginCheckDocument,
    RuleSetDocument,
)
from risk.store.documents_v1 import RuleSetDocumentV1

COST_MAX = 100_000
"""Bound on the cost of all expressions of a rule set together, in units of the language."""

FAULTS_MAX = 50
"""More are not looked for."""

_OUTCOMES = {"hold": Outcome.HELD, "reject": Outcome.REJECTED}
_RETURNS = {"bool": Type.BOOL, "int": Type.INT, "string": Type.STRING}
_FIELDS = tuple(Field(feature.name, feature.type, feature.personal) for feature in FEATURES)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a rule set, and where."""

    field: str
    code: str
    message: str


class Faulty(Exception):  # noqa: N818 - says what the rule set is
    """The rule set cannot be compiled."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.message}" for fault in faults[:5]))
        self.faults = faults


def read(content: object) -> RuleSetDocument:
    """Read a rule set in whatever form it was stored.

    Raises:
        Faulty: it is in none that this version knows.
    """
    try:
        if isinstance(content, Mapping) and "format" in content:
            return RuleSetDocument.model_validate(content)
        earlier = RuleSetDocumentV1.model_validate(content)
        return RuleSetDocument.model_validate(earlier.in_todays_form())
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        faults = [
            Fault(".".join(map(str, e["loc"])), e["type"], e["msg"]) for e in wrong[:FAULTS_MAX]
        ]
        raise Faulty(faults) from None


@dataclass(slots=True)
class _Compiler:
    document: RuleSetDocument
    cost_max: float
    faults: list[Fault] = field(default_factory=list)
    cost: int = 0
    inline: Schema = field(init=False)
    """What rules over features alone may name; made once for all checks, since lists are long."""
    named: str = field(init=False)
    """A digest of the limits and lists."""

    def __post_init__(self) -> None:
        self.inline = Schema(_FIELDS, _constants(self.document))
        said = self.document.model_dump(mode="json", include={"limits", "lists"})
        self.named = _digest(said)

    def checks(self) -> tuple[Check, ...]:
        return tuple(self._check(i, check) for i, check in enumerate(self.document.checks))

    def _check(self, position: int, document: CheckDocument) -> Check:
        source = None if isinstance(document, ExpressionCheckDocument) else _source(document)
        schema = self.inline
        if source is not None:
            schema = Schema((*_FIELDS, *source.returns), schema.constants)
        place = f"checks.{position}.rules"
        rules = [
            Rule(
                code=rule.code,
                outcome=_OUTCOMES[rule.outcome],
                when=self._expression(f"{place}.{i}.when", rule.when, schema),
            )
            for i, rule in enumerate(document.rules)
        ]
        return Check(
            id=document.id,
            core=document.core,
            rules=tuple(rules),
            budget_seconds=document.budget_ms / 1000,
            deadline_seconds=document.deadline_seconds,
            exposure_cap_minor=document.exposure_cap_minor,
            source=source,
            fingerprint=_fingerprint(document, self.named),
        )

    def _expression(self, place: str, text: str, schema: Schema) -> Expression:
        if len(self.faults) >= FAULTS_MAX or self.cost > self.cost_max:
            return _NEVER
        try:
            compiled = compile_expression(text, schema)
        except ExpressionError as error:
            self.faults.append(Fault(place, "expression", str(error)))
            return _NEVER
        self.cost += compiled.cost
        return compiled


_NEVER = compile_expression("false", Schema((), {}))


def compiled(document: RuleSetDocument, *, cost_max: float = COST_MAX) -> RuleSet:
    """Compile every rule against the features.

    What was published once is compiled whatever it costs: a bound that was tightened since, or
    came later than the rule set, is no reason to stop deciding by it.

    Raises:
        Faulty: with everything that is wrong.
    """
    compiler = _Compiler(document, cost_max)
    checks = compiler.checks()
    if compiler.cost > cost_max:
        message = f"the rules cost more than {cost_max:.0f} units together"
        compiler.faults.append(Fault("checks", "cost", message))
    if compiler.faults:
        raise Faulty(compiler.faults)
    return RuleSet(
        checks=checks,
        budget_seconds=document.budget_ms / 1000,
        await_recheck_above_minor=document.await_recheck_above_minor,
    )


def _source(document: HttpCheckDocument | PluginCheckDocument) -> Source:
    return Source(
        kind=document.kind,
        target=document.endpoint if isinstance(document, HttpCheckDocument) else document.plugin,
        sends=tuple(document.sends),
        parameters=document.parameters,
        returns=tuple(
            Field(f"{RESULT}{name}", _RETURNS[kind]) for name, kind in document.returns.items()
        ),
        timeout_seconds=document.timeout_ms / 1000,
        concurrency=document.concurrency,
        cache_seconds=document.cache_seconds,
    )


def _fingerprint(document: CheckDocument, constants: str) -> str:
    """Name what makes the check as fast or slow as it is."""
    said: dict[str, Any] = document.model_dump(mode="json")
    if isinstance(document, ExpressionCheckDocument):
        said["constants"] = constants
    else:
        del said["rules"], said["deadline_seconds"], said["exposure_cap_minor"]
    return _digest(said)


def _digest(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()[:16]


def _constants(document: RuleSetDocument) -> dict[str, Constant]:
    limits = {
        f"limits.{name}": Constant(Type.INT_MAP, value)
        if isinstance(value, dict)
        else Constant(Type.INT, value)
        for name, value in document.limits.items()
    }
    lists = {f"lists.{name}": _list(each) for name, each in document.lists.items()}
    return limits | lists


def _list(document: ListDocument) -> Constant:
    if document.kind == "texts":
        return Constant(Type.TEXTS, tuple(comparable(text) for text in document.values))
    return Constant(Type.STRING_SET, tuple(document.values))
