"""Where the paths of a mapping begin: each has to begin at something there is."""

from collections.abc import Iterator, Mapping

from ingest.domain.mapping import paths
from ingest.domain.mapping.compiled_mapping import CompiledPlace
from ingest.domain.mapping.document import Condition, Mapping_, Place, Rows, Section
from ingest.domain.mapping.paths import ORDER, Path
from ingest.domain.mapping.problems import MappingError


def place_of(name: str, place: Place) -> CompiledPlace:
    found = paths_of(f"places.{name}.from", place.source)
    having = paths_of(f"places.{name}.having", place.having)
    if any(path.anchor or path.many for path in (*found, *having)):
        raise MappingError(f"places.{name}", "begins at the order and leads to one object")
    return CompiledPlace(found, having[0] if having else None)


def check_anchors(document: Mapping_, places: Mapping[str, CompiledPlace]) -> None:
    """See that every path begins somewhere there is."""
    if any(path.anchor and path.steps for path in paths_of("at", document.at)):
        raise MappingError("at", "there is no order yet to begin at")
    for place, path in _every_path(document):
        if path.anchor not in ("", ORDER, *places):
            raise MappingError(place, f"{path.text} begins at a place that is not there")


def _every_path(document: Mapping_) -> Iterator[tuple[str, Path]]:
    parts: list[tuple[str, Section]] = [("", document), ("lines.", document.lines)]
    parts += [(f"payments.{number}.", rows) for number, rows in enumerate(document.payments)]
    parts += [(f"refunds.{number}.", rows) for number, rows in enumerate(document.refunds)]
    for place, part in parts:
        rules = {f"{place}values.{name}": rule for name, rule in part.values.items()}
        rules |= {f"{place}fields.{name}": rule for name, rule in part.fields.items()}
        for where, rule in rules.items():
            yield from ((where, path) for path in paths_of(where, rule.paths))
        if isinstance(part, Rows):
            yield from ((f"{place}each", path) for path in paths_of(f"{place}each", part.each))
    yield from (("currency", path) for path in paths_of("currency", document.currency.paths))
    if document.unnumbered_payment is not None:
        where = "unnumbered_payment"
        yield from ((where, path) for path in paths_of(where, document.unnumbered_payment.paths))
    if document.thin is not None:
        where = "thin.order_no"
        yield from ((where, path) for path in paths_of(where, document.thin.order_no.paths))
    for name in ("skipped", "cancelled", "held"):
        condition: Condition | None = getattr(document, name)
        if condition is not None and condition.reason is not None:
            where = f"{name}.reason"
            yield from ((where, path) for path in paths_of(where, condition.reason.paths))


def paths_of(place: str, given: str | list[str] | None) -> tuple[Path, ...]:
    texts = [given] if isinstance(given, str) else given or []
    try:
        return tuple(paths.parse_path(text) for text in texts)
    except ValueError as error:
        raise MappingError(place, f"the path {error}") from None
