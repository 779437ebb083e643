"""What counts as a change that breaks readers of an event."""

from typing import ClassVar
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel
from rendering.compatibility import breaks

from common.contracts.event import Event


class Part(BaseModel):
    sku: str
    quantity: int
    note: str | None


class Before(Event):
    TYPE: ClassVar[str] = "thing.happened"
    VERSION: ClassVar[int] = 1

    at: AwareDatetime
    parts: tuple[Part, ...]


class WithMore(Before):
    comment: str | None = None


class WithMoreDemanded(Before):
    comment: str


class WithLess(Event):
    parts: tuple[Part, ...]


class Renamed(Event):
    happened_at: AwareDatetime
    parts: tuple[Part, ...]


class Retyped(Event):
    at: int
    parts: tuple[Part, ...]


class NotGuaranteed(Event):
    at: AwareDatetime | None = None
    parts: tuple[Part, ...]


class RetypedPart(BaseModel):
    sku: str
    quantity: str
    note: str | None


class WithRetypedPart(Event):
    at: AwareDatetime
    parts: tuple[RetypedPart, ...]


class WiderPart(BaseModel):
    sku: str
    quantity: int
    note: str | int | None


class WithWiderPart(Event):
    at: AwareDatetime
    parts: tuple[WiderPart, ...]


class LongerPart(Part):
    weight_grams: int | None = None


class WithLongerPart(Event):
    at: AwareDatetime
    parts: tuple[LongerPart, ...]


class Described(Event):
    """Said in other words."""

    at: AwareDatetime
    parts: tuple[Part, ...]
    order_id: UUID


def found(after: type[Event]) -> list[str]:
    return breaks(Before.model_json_schema(), after.model_json_schema())


@pytest.mark.parametrize("after", [Before, WithMore, WithLongerPart, Described])
def test_an_additive_change_breaks_nobody(after: type[Event]) -> None:
    assert found(after) == []


@pytest.mark.parametrize(
    ("after", "sentences"),
    [
        (WithLess, ["event.at: is gone (removed or renamed)"]),
        (
            Renamed,
            ["event.at: is gone (removed or renamed)", "event.happened_at: is required now"],
        ),
        (Retyped, ["event.at: is of another type"]),
        (WithMoreDemanded, ["event.comment: is required now"]),
        (WithRetypedPart, ["event.parts[].quantity: is of another type"]),
        (WithWiderPart, ["event.parts[].note: has other choices"]),
    ],
)
def test_a_breaking_change_is_named(after: type[Event], sentences: list[str]) -> None:
    assert found(after) == sentences


def test_a_field_that_may_be_missing_now_breaks_its_readers() -> None:
    assert found(NotGuaranteed) != []
