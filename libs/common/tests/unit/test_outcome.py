"""What becomes of an event that failed, and what is said about it."""

from typing import Annotated, Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.exc import DBAPIError

from common.errors import Collided, Permanent, Transient
from common.messaging.outcome import Done, Outcome, Park, Retry, after_failure, describe, name_of
from common.messaging.topology import RETRY_SECONDS

SECRET = "13800138000"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int
    identifier: UUID
    at: AwareDatetime
    short: Annotated[str, Field(max_length=3)]
    choice: tuple[int, ...]


def invalid(**fields: Any) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Strict.model_validate(fields)
    return caught.value


def from_driver(error: Exception) -> DBAPIError:
    """Wrap as SQLAlchemy's asyncpg dialect does, twice."""
    middle = Exception(str(error))
    middle.__cause__ = error
    return DBAPIError("select secret", {"phone": SECRET}, middle)


REFUSED = (
    asyncpg.CheckViolationError(f"Failing row contains ({SECRET})."),
    asyncpg.UntranslatableCharacterError(SECRET),
    asyncpg.NumericValueOutOfRangeError(SECRET),
)
UNKNOWN = (
    asyncpg.UniqueViolationError(f"Key (phone)=({SECRET}) already exists."),  # lost a race
    ValueError(SECRET),
    KeyError(SECRET),
    asyncpg.UndefinedTableError(SECRET),
)


@pytest.mark.parametrize("error", REFUSED)
def test_what_the_database_refuses_is_parked(error: Exception) -> None:
    outcome = after_failure(from_driver(error), 0)
    assert isinstance(outcome, Park)
    assert SECRET not in outcome.reason


@pytest.mark.parametrize("error", [Permanent("no such shop"), invalid()])
def test_what_can_never_work_is_parked(error: Exception) -> None:
    assert isinstance(after_failure(error, 0), Park)


@pytest.mark.parametrize("error", [Transient("later"), Collided("met"), *UNKNOWN])
def test_everything_else_climbs_the_ladder_rung_by_rung(error: Exception) -> None:
    for attempt in range(len(RETRY_SECONDS)):
        outcome = after_failure(error, attempt)
        assert outcome == Retry(attempt, describe(error))
    end = after_failure(error, len(RETRY_SECONDS))
    assert end == Park(f"gave up after {len(RETRY_SECONDS)} retries: {describe(error)}")


@pytest.mark.parametrize("error", [*REFUSED, *UNKNOWN, *map(from_driver, (*REFUSED, *UNKNOWN))])
def test_an_error_is_described_without_its_values(error: Exception) -> None:
    assert SECRET not in describe(error)
    assert type(getattr(error, "orig", error)).__name__ or describe(error)


@given(st.text(min_size=4).map(lambda text: f"~{text}~"))
def test_a_validation_error_is_described_without_the_offending_value(value: str) -> None:
    fields = dict.fromkeys(("number", "identifier", "at", "short", "choice"), value)
    assert value not in describe(invalid(**fields))


def test_a_description_of_many_errors_stays_short() -> None:
    assert len(describe(invalid(choice=["x"] * 1_000))) <= 500


def test_outcomes_have_names() -> None:
    outcomes: tuple[Outcome, ...] = (Done(), Done(duplicate=True), Retry(0, ""), Park(""))
    assert list(map(name_of, outcomes)) == ["handled", "duplicate", "retried", "parked"]
