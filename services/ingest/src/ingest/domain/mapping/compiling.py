"""From the document of a mapping to something that can be run, or to what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.expression import (
    Expression,
    ExpressionError,
    Field,
    Schema,
    Type,
    compile_expression,
)
from ingest.domain.mapping import paths
from ingest.domain.mapping.beginnings import check_anchors, paths_of, place_of
from ingest.domain.mapping.compiled_mapping import (
    CompiledCondition,
    CompiledMapping,
    CompiledRows,
    CompiledSection,
    CompiledThin,
    Ruled,
)
from ingest.domain.mapping.document import (
    Condition,
    Mapping_,
    Rows,
    Rule,
    Section,
    Thin,
)
from ingest.domain.mapping.kinds import SINGLE, Kind, Run, Tables, coerced, kind_of
from ingest.domain.mapping.problems import MappingError
from ingest.domain.mapping.sources import Source, source_of
from ingest.domain.mapping.steps import step_of
from ingest.domain.mapping.targets import LINE_FIELDS, ORDER_FIELDS, PAYMENT_FIELDS, REFUND_FIELDS

GIVEN = (Field("topic", Type.STRING), Field("shop", Type.STRING))
"""What every formula may name beside the values."""
COUNTED = (Field("lines.goods_minor", Type.INT), Field("lines.count", Type.INT))
"""What formulas of the order's own fields may name too: the lines are read before them."""
_TYPES = {
    Kind.TEXT: Type.STRING,
    Kind.WHOLE: Type.INT,
    Kind.FLAG: Type.BOOL,
    Kind.TEXTS: Type.STRINGS,
    Kind.WHOLES: Type.INTS,
}
_FORMULA_TYPES = {Kind.TEXT: Type.STRING, Kind.WHOLE: Type.INT, Kind.FLAG: Type.BOOL}


def compiled(document: Mapping_) -> CompiledMapping:
    """Check every rule and make the mapping ready to run.

    Raises:
        MappingError: a rule is wrong; the place names it.
    """
    tables: Tables = document.tables
    places = {name: place_of(name, place) for name, place in document.places.items()}
    check_anchors(document, places)
    currency = _Compiler((), tables, "").rule("currency", "currency", document.currency, Kind.TEXT)
    values = _Compiler(GIVEN, tables, "").values(document)
    known = (*GIVEN, *_named(values, document.values, tables))
    of_order = tuple(Field(f"order.{field.name}", field.type) for field in known)
    lines = _rows("lines.", document.lines, tables, of_order, LINE_FIELDS)
    payments = _sections("payments", document.payments, tables, of_order, PAYMENT_FIELDS)
    refunds = _sections("refunds", document.refunds, tables, of_order, REFUND_FIELDS)
    whole = _Compiler((*known, *COUNTED), tables, "")
    return CompiledMapping(
        document=document,
        at=paths_of("at", document.at),
        places=places,
        currency=currency,
        order=CompiledSection(values, whole.fields(document, ORDER_FIELDS)),
        lines=lines,
        payments=payments,
        unnumbered_payment=whole.unnumbered(document),
        refunds=refunds,
        checks=tuple(
            (check, whole.formula(f"checks.{number}.when", check.when, Type.BOOL))
            for number, check in enumerate(document.checks)
        ),
        thin=whole.thin(document.thin),
        skipped=whole.condition("skipped", document.skipped),
        cancelled=whole.condition("cancelled", document.cancelled),
        held=whole.condition("held", document.held),
    )


def _sections(
    name: str,
    given: Sequence[Rows],
    tables: Tables,
    outer: tuple[Field, ...],
    fields: Mapping[str, Kind],
) -> tuple[CompiledRows, ...]:
    return tuple(
        _rows(f"{name}.{number}.", rows, tables, outer, fields) for number, rows in enumerate(given)
    )


def _rows(
    place: str, rows: Rows, tables: Tables, outer: tuple[Field, ...], fields: Mapping[str, Kind]
) -> CompiledRows:
    values = _Compiler(outer, tables, place).values(rows)
    inner = _Compiler((*outer, *_named(values, rows.values, tables)), tables, place)
    each = paths_of(f"{place}each", rows.each)
    if rows.then and not each:
        raise MappingError(f"{place}then", "only what each finds goes through steps")
    _, steps = _steps(f"{place}then", rows.then, Kind.RAW, tables)
    return CompiledRows(
        place=place,
        each=each,
        steps=steps,
        when=inner.formula(f"{place}when", rows.when, Type.BOOL) if rows.when else None,
        section=CompiledSection(values, inner.fields(rows, fields)),
    )


def _steps(
    place: str, written: Sequence[Any], kind: Kind, tables: Tables
) -> tuple[Kind, tuple[Run, ...]]:
    runs = []
    for number, one in enumerate(written):
        try:
            step = step_of(one, kind, tables)
        except ValueError as error:
            raise MappingError(f"{place}.{number}", str(error)) from None
        runs.append(step.run)
        kind = step.gives
    return kind, tuple(runs)


def _named(values: Sequence[Ruled], rules: Mapping[str, Rule], tables: Tables) -> list[Field]:
    """Return the values as formulas may name them."""
    return [
        Field(ruled.target, _TYPES[kind_given(rules[ruled.target], tables)]) for ruled in values
    ]


def kind_given(rule: Rule, tables: Tables) -> Kind:
    """Return what a named value is: what its steps give, else a text."""
    if rule.formula is not None:
        return Kind.WHOLE
    if rule.value is not None:
        return kind_of(rule.value)
    kind, _ = _steps("", rule.then, _start(rule), tables)
    return {Kind.RAW: Kind.TEXT, Kind.RAWS: Kind.TEXTS}.get(kind, kind)


def _start(rule: Rule) -> Kind:
    many = rule.every is not None or any(paths.parse_path(text).many for text in rule.paths)
    return Kind.RAWS if many else Kind.RAW


@dataclass(frozen=True, slots=True)
class _Compiler:
    known: tuple[Field, ...]
    """What formulas may name, in the order in which their values are given."""
    tables: Tables
    place: str

    def values(self, section: Section) -> tuple[Ruled, ...]:
        made = []
        for name, rule in section.values.items():
            place = f"{self.place}values.{name}"
            if rule.formula is not None:
                raise MappingError(place, "a value comes from the payload; formulas are for fields")
            kind = self._kind(place, rule)
            if kind not in _TYPES:
                raise MappingError(place, f"gives {kind}, which no formula can use")
            made.append(self.rule(place, name, rule, kind))
        return tuple(made)

    def _kind(self, place: str, rule: Rule) -> Kind:
        paths_of(place, rule.paths)
        _steps(f"{place}.then", rule.then, _start(rule), self.tables)
        return kind_given(rule, self.tables)

    def fields(self, section: Section, kinds: Mapping[str, Kind]) -> tuple[Ruled, ...]:
        made = []
        for name, rule in section.fields.items():
            place = f"{self.place}fields.{name}"
            if name not in kinds:
                raise MappingError(place, f"there is no such field; there are {', '.join(kinds)}")
            made.append(self.rule(place, name, rule, kinds[name]))
        return tuple(made)

    def unnumbered(self, document: Mapping_) -> Ruled | None:
        """Return what the payment is called that has no number; of several none could be told."""
        place, rule = "unnumbered_payment", document.unnumbered_payment
        if rule and (len(document.payments) != 1 or document.payments[0].each is not None):
            raise MappingError(place, "is for orders with one section of payments, without each")
        return self.rule(place, place, rule, Kind.TEXT) if rule else None

    def condition(self, place: str, given: Condition | None) -> CompiledCondition | None:
        if given is None:
            return None
        reason = None
        if given.reason is not None:
            reason = self.rule(f"{place}.reason", "reason", given.reason, Kind.TEXT)
        return CompiledCondition(self.formula(f"{place}.when", given.when, Type.BOOL), reason)

    def thin(self, given: Thin | None) -> CompiledThin | None:
        if given is None:
            return None
        order_no = self.rule("thin.order_no", "order_no", given.order_no, Kind.TEXT)
        return CompiledThin(self.formula("thin.when", given.when, Type.BOOL), order_no)

    def formula(self, place: str, text: str, wanted: Type) -> Expression:
        try:
            return compile_expression(text, Schema(self.known, {}), wanted)
        except ExpressionError as error:
            raise MappingError(place, str(error)) from None

    def rule(self, place: str, target: str, rule: Rule, wanted: Kind) -> Ruled:
        self._constant(f"{place}.default", rule.default, wanted)
        self._constant(f"{place}.value", rule.value, wanted)
        formula = None
        if rule.formula is not None:
            if wanted not in _FORMULA_TYPES:
                raise MappingError(place, f"no formula gives {wanted}")
            formula = self.formula(f"{place}.formula", rule.formula, _FORMULA_TYPES[wanted])
        return Ruled(
            place=place,
            target=target,
            source=self._source(place, rule, wanted),
            formula=formula,
            default=rule.default if rule.value is None else rule.value,
            required=rule.required,
        )

    def _constant(self, place: str, value: Any, wanted: Kind) -> None:
        if value is not None and kind_of(value) is not wanted:
            raise MappingError(place, f"is {kind_of(value)}, not {wanted}")

    def _source(self, place: str, rule: Rule, wanted: Kind) -> Source | None:
        if not rule.paths:
            return None
        found = paths_of(f"{place}.from", rule.paths)
        start = _start(rule)
        kind, runs = _steps(f"{place}.then", rule.then, start, self.tables)
        last = coerced(kind, wanted)
        if last is None:
            hint = "; item, join or sum make one of many" if kind in SINGLE else ""
            raise MappingError(place, f"gives {kind}, not {wanted}{hint}")
        steps = runs if kind is wanted else (*runs, last)
        return source_of(found, steps, together=start is Kind.RAWS)
