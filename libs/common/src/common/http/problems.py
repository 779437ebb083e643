"""Errors as RFC 9457 problem documents: what is wrong, where, and whose move it is."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from common.database import faults
from common.database.group_commit import Overloaded
from common.errors import Unavailable

MEDIA_TYPE = "application/problem+json"
ERRORS_MAX = 50
FIELD_LENGTH_MAX = 120  # its parts may be the caller's own words, and those a megabyte long
MESSAGE_LENGTH_MAX = 200
UNCERTAIN = (
    "It may or may not have been done: send the same again, with the same Idempotency-Key if it"
    " had one."
)

log = structlog.get_logger()


class FieldError(BaseModel):
    """One thing wrong with one field; the value itself is never repeated."""

    field: str
    code: str
    message: str


class ProblemView(BaseModel):
    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldError] = []


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """An expected refusal."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.errors = list(errors)
        self.headers = headers


class Unreadable(Problem):
    status = 400
    title = "Bad input"


class Unauthorized(Problem):
    status = 401
    title = "Not authenticated"


class Forbidden(Problem):
    status = 403
    title = "Not allowed"


class NotFound(Problem):
    status = 404
    title = "Not found"


class RequestTimeout(Problem):
    status = 408
    title = "Request took too long"


class Conflict(Problem):
    status = 409
    title = "Conflict"


class TooLarge(Problem):
    status = 413
    title = "Too large"


class Unprocessable(Problem):
    status = 422
    title = "Bad input"


class HeadTooLarge(Problem):
    status = 431
    title = "Too large"


class Busy(Problem):
    """The same request will work later."""

    status = 503
    title = "Not available now"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"Retry-After": "1"})


def install(app: FastAPI) -> None:
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def response(problem: Problem) -> Response:
    view = ProblemView(
        title=problem.title, status=problem.status, detail=str(problem), errors=problem.errors
    )
    return JSONResponse(
        view.model_dump(), problem.status, headers=problem.headers, media_type=MEDIA_TYPE
    )


def bad_input(
    error: ValidationError | RequestValidationError, *, within: str = ""
) -> Unprocessable:
    """Name the fields that are wrong, without their values; of very many only the first."""
    details: Sequence[Any]
    if isinstance(error, ValidationError):
        details = error.errors(include_url=False, include_input=False, include_context=False)
    else:
        details = error.errors()
    errors = [_field_error(detail, within) for detail in details[:ERRORS_MAX]]
    fields = ", ".join(e.field for e in errors[:5])
    more = len(details) - len(errors)
    rest = f" {more} more are not listed." if more else ""
    return Unprocessable(f"These fields are wrong: {fields}.{rest}", errors=errors)


def _field_error(detail: Mapping[str, Any], within: str) -> FieldError:
    place, message = detail["loc"], detail["msg"]
    if detail["type"] == "json_invalid" and len(place) > 1:  # the framework's: body and position
        place, message = place[:1], f"{message}, at character {place[1]}"
    return FieldError(
        field=_shortened(".".join(map(str, place)), FIELD_LENGTH_MAX) or within or "body",
        code=detail["type"],
        message=_shortened(message, MESSAGE_LENGTH_MAX),
    )


def _shortened(text: str, length_max: int) -> str:
    """Return what can be sent; JSON can write half a character, which no answer can hold."""
    text = text if len(text) <= length_max else f"{text[: length_max - 1]}…"
    return text.encode("utf-8", "replace").decode()


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - the registration guarantees it
    return response(error)


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - see above
    return response(bad_input(error))


async def _http(_: Request, error: Exception) -> Response:
    """Render what the framework itself refuses (unknown path, wrong method) in the same form."""
    assert isinstance(error, HTTPException)  # noqa: S101 - see above
    if error.status_code == Unreadable.status:  # no known encoding, too deep, too long a number
        nothing = FieldError(field="body", code="unreadable", message="No part of it can be read.")
        return response(Unreadable("The body cannot be read.", errors=[nothing]))
    view = ProblemView(title=str(error.detail), status=error.status_code, detail=str(error.detail))
    return JSONResponse(
        view.model_dump(), error.status_code, headers=error.headers, media_type=MEDIA_TYPE
    )


async def _unexpected(request: Request, error: Exception) -> Response:
    return unexpected(error, getattr(request.scope.get("route"), "path", "unmatched"))


def unexpected(error: Exception, route: str) -> Response:
    """Answer what no handler expected; called at the very edge, so that nothing gets past it."""
    if isinstance(error, Overloaded):
        return response(Busy("Too many requests are waiting; nothing was done. Try again."))
    if isinstance(error, Unavailable) or faults.is_away(error):
        return response(Busy(f"The database is away or too slow. {UNCERTAIN}"))
    if faults.is_collision(error):
        return response(Busy("Somebody else is changing the same; nothing was done. Try again."))
    if faults.is_refused(error):
        return response(Unprocessable("A value cannot be stored; nothing was done."))
    log.error("http.failed", route=route, exc_info=error)
    return response(Problem(f"Something unexpected happened. {UNCERTAIN}"))
