"""A mapping as a person writes it: sources, steps and formulas for the fields of an order."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingest.domain.mapping.problems import MappingError

NAME = r"^[a-z][a-z0-9_]{0,39}$"
TITLE_MAX = 200
PATH_MAX = 500
FORMULA_MAX = 2_000
STEPS_MAX = 12
SOURCES_MAX = 12
FIELDS_MAX = 60
TABLES_MAX = 20
ENTRIES_MAX = 2_000

Name = Annotated[str, Field(pattern=NAME)]
PathText = Annotated[str, Field(min_length=1, max_length=PATH_MAX)]
Paths = PathText | Annotated[list[PathText], Field(min_length=1, max_length=SOURCES_MAX)]
Formula = Annotated[str, Field(min_length=1, max_length=FORMULA_MAX)]
Constant = Annotated[str, Field(max_length=PATH_MAX)] | int | bool
StepText = str | dict[str, Any]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Rule(Part):
    """How one value is made: from the first source that has one, of all sources, or by formula."""

    source: Paths | None = Field(None, alias="from")
    """A path, or several of which the first that has a value is taken."""
    every: Paths | None = Field(None, alias="all")
    """Paths whose values are taken together, for `join`, `sum` and the like."""
    formula: Formula | None = None
    """An expression over the values of this section."""
    value: Constant | None = None
    """The same for every order."""
    then: list[StepText] = Field(default_factory=list, max_length=STEPS_MAX)
    default: Constant | None = None
    """What it is where the sources have nothing."""
    required: bool = False
    """Where it is missing the order is not taken in before a person has looked at it."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = [self.source, self.every, self.formula, self.value]
        if sum(origin is not None for origin in origins) != 1:
            raise ValueError("a rule has one of from, all, formula and value")
        if self.then and self.source is None and self.every is None:
            raise ValueError("only what comes from the payload goes through steps")
        return self

    @property
    def paths(self) -> list[str]:
        given = self.source if self.source is not None else self.every
        return [given] if isinstance(given, str) else list(given or ())


Rules = Annotated[dict[str, Rule], Field(max_length=FIELDS_MAX)]


class Section(Part):
    """Rules that are read at one place: an order, one of its lines, one of its payments."""

    values: Rules = Field(default_factory=dict)
    """Named values for formulas; they are not part of the order."""
    fields: Rules = Field(default_factory=dict)


class Rows(Section):
    """A section for each row of a list, or of several lists one after another."""

    each: Paths | None = None
    """Where the rows are; absent: the order itself is the one row."""
    then: list[StepText] = Field(default_factory=list, max_length=STEPS_MAX)
    """What makes rows of what is there, such as `json`."""
    when: Formula | None = None
    """Which rows count."""


class Place(Part):
    """An object that several paths begin at: the first of these that is there and not empty."""

    source: Paths = Field(alias="from")
    having: PathText | None = None
    """What it must have to count, read from itself."""


class Condition(Part):
    when: Formula
    reason: Rule | None = None


class Thin(Part):
    """Messages that only name an order, which then has to be fetched from the channel."""

    when: Formula
    order_no: Rule


class Check(Part):
    """A rule of validation: what the order must not be if it is to go in unseen."""

    code: Annotated[str, Field(pattern=NAME)]
    field: Annotated[str, Field(min_length=1, max_length=TITLE_MAX)]
    when: Formula
    message: Annotated[str, Field(min_length=1, max_length=TITLE_MAX)]


class Mapping_(Section):  # noqa: N801 - Mapping is Python's
    """How orders of a channel become drafts."""

    format: Literal[1]
    name: Annotated[str, Field(min_length=1, max_length=TITLE_MAX)]
    about: Annotated[str, Field(max_length=FORMULA_MAX)] = ""
    topics: Annotated[list[Annotated[str, Field(max_length=TITLE_MAX)]], Field(max_length=40)] = (
        Field(default_factory=list)
    )
    """The topics of messages that carry an order; empty: all do."""
    at: Paths | None = None
    """Where the order, or with `[]` each order, is in the payload: the first place that is there.

    `$` is the payload itself, which it also is where nothing is said.
    """
    places: Annotated[dict[Name, Place], Field(max_length=FIELDS_MAX)] = Field(default_factory=dict)
    """Objects of the order by name: `@ship_to.city` begins at the place ship_to."""
    country: Annotated[str, Field(pattern="^([A-Z]{2})?$")] = ""
    """Whose phone numbers are written without a country code."""
    currency: Rule
    """Read first: amounts in major units depend on it."""
    tables: Annotated[
        dict[Name, Annotated[dict[str, str | int | bool], Field(max_length=ENTRIES_MAX)]],
        Field(max_length=TABLES_MAX),
    ] = Field(default_factory=dict)
    lines: Rows
    payments: Annotated[list[Rows], Field(max_length=8)] = Field(default_factory=list)
    unnumbered_payment: Rule | None = None
    """What the order's one payment is called as long as the channel does not tell its number: under
    this name and under its number it is the same one."""
    refunds: Annotated[list[Rows], Field(max_length=8)] = Field(default_factory=list)
    checks: Annotated[list[Check], Field(max_length=FIELDS_MAX)] = Field(default_factory=list)
    """On top of what every order must have: each that holds is a reason for quarantine."""
    thin: Thin | None = None
    """Which messages only name an order; it is fetched, and read by the rest of this mapping."""
    skipped: Condition | None = None
    """What is no order of this shop, such as a test; its message is kept all the same."""
    cancelled: Condition | None = None
    """When the channel says that the order is not wanted any more, and why."""
    held: Condition | None = None
    """When the channel says that it must not be shipped yet, and why."""


def read_document(document: Any) -> Mapping_:
    """Read the document strictly.

    Raises:
        MappingError: a part is missing, unknown or of another kind; the first of them is named.
    """
    try:
        return Mapping_.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        missing = first["type"] == "missing"
        raise MappingError(_place_in(document, first["loc"], missing), first["msg"]) from None


def _place_in(document: Any, steps: Sequence[int | str], missing: bool) -> str:  # noqa: FBT001
    """Return the place of an error as it is in the document: pydantic adds names of its own."""
    place: list[str] = []
    for number, step in enumerate(steps):
        is_key = isinstance(document, dict) and step in document
        is_row = isinstance(document, list) and isinstance(step, int) and step < len(document)
        if not (is_key or is_row or (missing and number == len(steps) - 1)):
            break
        place.append(str(step))
        document = document[step] if is_key or is_row else None
    return ".".join(place) or "mapping"
