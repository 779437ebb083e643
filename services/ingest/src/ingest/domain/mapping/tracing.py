"""Where each field of an order came from: for people who write a mapping, not for the hot path."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.domain.mapping.applying import in_hand, orders_in
from ingest.domain.mapping.compiled_mapping import CompiledMapping, CompiledRows, Ruled
from ingest.domain.mapping.paths import Path, places
from ingest.domain.mapping.problems import Unreadable
from ingest.domain.mapping.sections import InHand, counts, nodes_of
from ingest.domain.mapping.sources import Source

SHOWN_MAX = 200
PLACES_MAX = 20


@dataclass(frozen=True, slots=True)
class Found:
    """One value in the payload that a field was made of."""

    path: str
    """The path that leads to it alone, such as `orders.order[1].price`."""
    value: str


@dataclass(frozen=True, slots=True)
class Origin:
    """How a field was made."""

    field: str
    """Of the order, such as `lines.1.sku`."""
    rule: str
    """The place of the rule in the mapping, such as `lines.fields.sku`."""
    found: tuple[Found, ...]
    formula: str | None
    constant: bool
    """Whether the mapping itself gave it: a value or a default."""


def origins(
    mapping: CompiledMapping, payload: Any, *, shop: str, topic: str
) -> list[tuple[Origin, ...]]:
    """Return, for each order in the payload, how each of its fields was made.

    Raises:
        Unreadable: as applying the mapping does.
    """
    nodes = orders_in(mapping, payload, topic)
    return [tuple(_origins(mapping, in_hand(mapping, node, topic, shop))) for node in nodes]


def _origins(mapping: CompiledMapping, order: InHand) -> Iterator[Origin]:
    yield _origin("currency", mapping.currency, order, order.node, mapping.order.values)
    for ruled in mapping.order.fields:
        yield _origin(ruled.target, ruled, order, order.node, mapping.order.values)
    yield from _of_rows("lines", mapping.lines, order, 0)
    number = 0
    for rows in mapping.payments:
        made = list(_of_rows("payments", rows, order, number))
        number += len({origin.field.split(".")[1] for origin in made})
        yield from made


def _of_rows(name: str, rows: CompiledRows, order: InHand, first: int) -> Iterator[Origin]:
    number = first
    for node in nodes_of(rows, order):
        values = tuple(_quietly(ruled, order, node) for ruled in rows.section.values)
        if counts(rows, order, (*order.given, *values)):
            for ruled in rows.section.fields:
                field = f"{name}.{number}.{ruled.target}"
                yield _origin(field, ruled, order, node, rows.section.values)
            number += 1


def _quietly(ruled: Ruled, order: InHand, node: Any) -> Any:
    try:
        found = ruled.source and ruled.source.run(node, order.anchors, order.setting)
    except Unreadable:
        return None
    return ruled.default if found is None else found


def _origin(field: str, ruled: Ruled, order: InHand, node: Any, values: Sequence[Ruled]) -> Origin:
    sources = [ruled.source] if ruled.source else []
    if ruled.formula is not None:
        names = ruled.formula.reads
        sources = [v.source for v in values if v.target in names and v.source is not None]
    found = [one for source in sources for one in _found(source, order, node)]
    return Origin(
        field=field,
        rule=ruled.place,
        found=tuple(found[:PLACES_MAX]),
        formula=ruled.formula.text if ruled.formula else None,
        constant=not found and ruled.formula is None and ruled.default is not None,
    )


def _found(source: Source, order: InHand, node: Any) -> Iterator[Found]:
    for path in source.paths:
        here = list(_at(path, order, node))
        yield from here
        if here and not source.together:
            return


def _at(path: Path, order: InHand, node: Any) -> Iterator[Found]:
    begin = order.anchors[path.anchor] if path.anchor else node
    before = f"{'' if path.anchor == '$' else '@'}{path.anchor}." if path.anchor else ""
    for place, value in places(begin, path.steps):
        if not (isinstance(value, str) and not value.strip()):
            yield Found(f"{before}{place}", _shown(value))


def _shown(value: Any) -> str:
    """Write a value as it is in the payload, to the digit; of an object or list only that it is."""
    match value:
        case str():
            return value[:SHOWN_MAX]
        case dict():
            return "{…}"
        case list():
            return "[…]"
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)[:SHOWN_MAX]
