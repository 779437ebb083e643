"""The engines that are measured, each asked in the fastest way that was found for it."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import cel
import zen

from common.expression import Inconclusive, compile_expression
from loadtest.rule_sample import FIELDS, LIMITS, PHONES, ROADS, RULES, SCHEMA, Values

Answers = list[bool | None]
"""Of each rule; None: it could not tell."""


CONSTANTS: Mapping[str, object] = {
    "limits__hold": LIMITS["hold"],
    "limits__day": LIMITS["day"],
    "lists__phones": dict.fromkeys(PHONES, True),  # looked up, not gone through
    "lists__roads": list(ROADS),
}
"""For CEL, which is given them once."""


class Engine(Protocol):
    name: str

    def given(self, values: Values) -> Any:
        """Return what the engine is given; not measured."""

    def decide(self, given: Any) -> Answers:
        """Ask all rules about one order."""


class Ours:
    name = "this language"

    def __init__(self) -> None:
        self.rules = [compile_expression(rule, SCHEMA).holds for rule in RULES]

    def given(self, values: Values) -> Values:
        return values

    def decide(self, given: Values) -> Answers:
        answers: Answers = []
        for holds in self.rules:
            try:
                answers.append(holds(given))
            except Inconclusive:
                answers.append(None)
        return answers


def nested(values: Values) -> dict[str, dict[str, object]]:
    """Return the values as both other engines take them: objects without what is missing."""
    groups: dict[str, dict[str, object]] = {}
    for field, value in zip(FIELDS, values, strict=True):
        group, _, key = field.name.partition(".")
        fields = groups.setdefault(group, {})
        if value is not None:
            fields[key] = _listed(value)
    return groups


class Cel:
    """Compiled once, all constants in the context already, and every field a variable of its own.

    That is twice as fast as objects with fields, but a variable once set cannot be missing again:
    it is for complete data.
    """

    name = "CEL (Rust)"
    names: Sequence[str] = (*(field.name for field in FIELDS), *SCHEMA.constants)

    def __init__(self) -> None:
        self.programs = [cel.compile(_as_cel(rule, self.names)) for rule in RULES]
        self.context = cel.Context(dict(CONSTANTS))

    def given(self, values: Values) -> Any:
        pairs = zip(FIELDS, values, strict=True)
        return {_flat(field.name): _listed(value) for field, value in pairs}

    def decide(self, given: Any) -> Answers:
        self.context.update(given)
        return self.asked(self.context)

    def asked(self, context: cel.Context) -> Answers:
        answers: Answers = []
        for program in self.programs:
            try:
                answers.append(program.execute(context))
            except (KeyError, ZeroDivisionError, OverflowError):
                answers.append(None)
        return answers


class CelGiven(Cel):
    """Without the cost of handing the values over: what it would be if they never changed."""

    name = "CEL (Rust), values handed over before"

    def given(self, values: Values) -> Any:
        return cel.Context({**CONSTANTS, **super().given(values)})

    def decide(self, given: Any) -> Answers:
        return self.asked(given)


class CelObjects(Cel):
    """With objects, so that has() and missing fields mean what they should."""

    name = "CEL (Rust), objects"
    names = tuple(SCHEMA.constants)

    def given(self, values: Values) -> Any:
        return nested(values)


class Zen:
    """One graph with one node for all rules: one call for a decision."""

    name = "zen-engine"

    def __init__(self) -> None:
        expressions = [
            {"id": str(at), "key": str(at), "value": _as_zen(rule)} for at, rule in enumerate(RULES)
        ]
        self.decision = zen.ZenEngine().create_decision(json.dumps(_graph(expressions)))

    def given(self, values: Values) -> dict[str, Any]:
        return {**nested(values), "limits": dict(LIMITS)}

    def decide(self, given: dict[str, Any]) -> Answers:
        try:
            result: Mapping[str, bool] = self.decision.evaluate(given)["result"]
        except RuntimeError:  # one rule that cannot tell ends all of them
            return [None] * len(RULES)
        return [result[str(at)] for at in range(len(RULES))]


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _flat(name: str) -> str:
    return name.replace(".", "__")


def _as_cel(rule: str, names: Sequence[str]) -> str:
    """Write a rule with these names as variables of their own."""
    if "customer.refusals" in names:  # complete data has everything
        rule = re.sub(r"has\([\w.]+\)", "true", rule)
    rule = re.sub(r"([\w.]+)\.containsAny\((\S+)\)", r"\2.exists(each, \1.contains(each))", rule)
    longest_first = sorted(names, key=len, reverse=True)
    every = "|".join(map(re.escape, longest_first))
    return re.sub(every, lambda name: _flat(name.group()), rule)


def _as_zen(rule: str) -> str:
    changes: Sequence[tuple[str, str | Callable[[re.Match[str]], str]]] = (
        (r"([\w.]+)\.containsAny\(lists\.roads\)", rf"some({list(ROADS)}, contains(\1, #))"),
        (r"in lists\.phones", f"in {list(PHONES)}"),
        (r"([\w.]+)\.(startsWith|contains)\(", r"\2(\1, "),
        (r"has\(([\w.]+)\)", r"\1 != null"),
        (r"size\(", "len("),
        (r"order\.goods_minor / 2", "floor(order.goods_minor / 2)"),  # it has fractions only
        (r"!\(", "not ("),
        (r"&&", "and"),
        (r"\|\|", "or"),
    )
    for pattern, replacement in changes:
        rule = re.sub(pattern, replacement, rule)
    return rule


def _graph(expressions: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in"},
            {
                "id": "rules",
                "type": "expressionNode",
                "name": "rules",
                "content": {"expressions": expressions, "passThrough": False},
            },
            {"id": "out", "type": "outputNode", "name": "out"},
        ],
        "edges": [
            {"id": "1", "sourceId": "in", "targetId": "rules"},
            {"id": "2", "sourceId": "rules", "targetId": "out"},
        ],
    }
