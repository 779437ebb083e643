"""Errors as problem documents, without the values that caused them."""

import json
from typing import Annotated

import asyncpg
import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.errors import Collided, Unavailable
from common.http.problems import (
    Busy,
    Conflict,
    Forbidden,
    NotFound,
    Problem,
    RequestTimeout,
    TooLarge,
    Unauthorized,
    Unprocessable,
    bad_input,
    response,
    unexpected,
)

SECRET = "13800138000"


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    phone: Annotated[str, Field(max_length=3)]
    quantity: int


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (Unauthorized, 401),
        (Forbidden, 403),
        (NotFound, 404),
        (RequestTimeout, 408),
        (Conflict, 409),
        (TooLarge, 413),
        (Unprocessable, 422),
        (Busy, 503),
    ],
)
def test_every_kind_has_its_status_and_media_type(kind: type[Problem], status: int) -> None:
    answer = response(kind("why"))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    document = json.loads(bytes(answer.body))
    assert document == {
        "type": "about:blank",
        "title": kind.title,
        "status": status,
        "detail": "why",
        "errors": [],
    }


def test_whoever_comes_at_a_bad_time_is_told_when_to_come_again() -> None:
    assert response(Busy("later")).headers["retry-after"] == "1"


def test_bad_input_names_the_fields_and_not_the_values() -> None:
    with pytest.raises(ValidationError) as caught:
        Body.model_validate({"phone": SECRET, "quantity": SECRET + "x", "other": SECRET})
    problem = bad_input(caught.value)
    assert [error.field for error in problem.errors] == ["phone", "quantity", "other"]
    assert SECRET not in bytes(response(problem).body).decode()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unavailable("x"), 503),
        (ConnectionRefusedError(SECRET), 503),
        (Collided(SECRET), 503),
        (asyncpg.LockNotAvailableError(SECRET), 503),
        (asyncpg.UntranslatableCharacterError(SECRET), 422),
        (ValueError(SECRET), 500),
    ],
)
def test_an_error_nobody_expected_is_told_without_its_text(error: Exception, status: int) -> None:
    answer = unexpected(error, "/fails")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert SECRET not in bytes(answer.body).decode()
