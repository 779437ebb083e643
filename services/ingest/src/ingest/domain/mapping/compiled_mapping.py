"""A mapping that was checked, ready to run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common.expression import Expression
from ingest.domain.mapping.document import Check, Mapping_
from ingest.domain.mapping.kinds import Run
from ingest.domain.mapping.paths import Path
from ingest.domain.mapping.sources import Source


@dataclass(frozen=True, slots=True)
class Ruled:
    """One rule, ready to run: a source, a formula or a constant."""

    place: str
    """Dotted, as errors name it: `lines.fields.sku`."""
    target: str
    source: Source | None
    formula: Expression | None
    default: Any
    required: bool


@dataclass(frozen=True, slots=True)
class CompiledSection:
    values: tuple[Ruled, ...]
    fields: tuple[Ruled, ...]


@dataclass(frozen=True, slots=True)
class CompiledRows:
    place: str
    each: tuple[Path, ...]
    steps: tuple[Run, ...]
    when: Expression | None
    section: CompiledSection


@dataclass(frozen=True, slots=True)
class CompiledCondition:
    when: Expression
    reason: Ruled | None


@dataclass(frozen=True, slots=True)
class CompiledPlace:
    paths: tuple[Path, ...]
    having: Path | None


@dataclass(frozen=True, slots=True)
class CompiledThin:
    when: Expression
    order_no: Ruled


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    document: Mapping_
    at: tuple[Path, ...]
    places: Mapping[str, CompiledPlace]
    currency: Ruled
    order: CompiledSection
    lines: CompiledRows
    payments: tuple[CompiledRows, ...]
    unnumbered_payment: Ruled | None
    refunds: tuple[CompiledRows, ...]
    checks: tuple[tuple[Check, Expression], ...]
    thin: CompiledThin | None
    skipped: CompiledCondition | None
    cancelled: CompiledCondition | None
    held: CompiledCondition | None
