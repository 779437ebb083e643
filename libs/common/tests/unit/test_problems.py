"""Errors as problem documents, without the values that caused them."""

import json
from typing import Annotated

import asyncpg
import pytest
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.database.group_commit import Overloaded
from common.errors import Collided, Unavailable
from common.http.problems import (
    ERRORS_MAX,
    Busy,
    Conflict,
    Forbidden,
    HeadTooLarge,
    NotFound,
    Problem,
    RequestTimeout,
    TooLarge,
    Unauthorized,
    Unprocessable,
    Unreadable,
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
        (Unreadable, 400),
        (Unauthorized, 401),
        (Forbidden, 403),
        (NotFound, 404),
        (RequestTimeout, 408),
        (Conflict, 409),
        (TooLarge, 413),
        (Unprocessable, 422),
        (HeadTooLarge, 431),
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


def test_of_very_many_wrong_fields_the_first_are_named_and_the_rest_counted() -> None:
    with pytest.raises(ValidationError) as caught:
        Body.model_validate({"phone": "1", "quantity": 1} | {f"{n}": n for n in range(1234)})
    problem = bad_input(caught.value)
    assert [error.field for error in problem.errors] == [f"{n}" for n in range(ERRORS_MAX)]
    assert str(problem).endswith(f"{1234 - ERRORS_MAX} more are not listed.")


@pytest.mark.parametrize("part", ["k" * 1_000_000, "\x01" * 1_000_000, "键" * 1_000_000, "\ud800"])
def test_what_the_caller_wrote_as_a_name_is_shortened_to_what_can_be_sent(part: str) -> None:
    wrong = [{"type": "x", "loc": ("body", n, part), "msg": part} for n in range(ERRORS_MAX)]
    content = bytes(response(bad_input(RequestValidationError(wrong))).body)
    assert len(content) < 100_000
    assert len(json.loads(content)["errors"]) == ERRORS_MAX


def test_a_message_never_holds_what_was_given_to_a_rule() -> None:
    """pydantic keeps it beside the message, where the framework would print it."""
    with pytest.raises(ValidationError) as caught:
        Body.model_validate_json(f'{{"phone": "{SECRET}"')
    assert SECRET not in bytes(response(bad_input(caught.value, within="merged")).body).decode()


@pytest.mark.parametrize(
    "error", [Unavailable("x"), ConnectionResetError(SECRET), TimeoutError(), ValueError(SECRET)]
)
def test_where_the_end_is_not_known_nobody_is_told_that_nothing_was_done(error: Exception) -> None:
    told = bytes(unexpected(error, "/fails").body).decode()
    assert "nothing was done" not in told
    assert "may or may not have been done" in told
    assert "Idempotency-Key" in told


@pytest.mark.parametrize("error", [Overloaded("x"), Collided("x")])
def test_where_nothing_was_done_it_is_said(error: Exception) -> None:
    assert "nothing was done" in bytes(unexpected(error, "/fails").body).decode()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unavailable("x"), 503),
        (Overloaded("x"), 503),
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
