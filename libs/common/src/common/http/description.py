"""What an API says of itself: refusals are problem documents, and described as they are sent."""

from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from common.http.problems import MEDIA_TYPE, FieldError, ProblemView

_AT = "#/components/schemas/"
_PROBLEM = f"{_AT}ProblemView"
_FRAMEWORKS = ("HTTPValidationError", "ValidationError")
"""How the framework would answer wrong input, if `problems` did not."""
_REFUSALS = (_PROBLEM, f"{_AT}{_FRAMEWORKS[0]}")


class DescribedApp(FastAPI):
    """An application of which the description tells the media type of its refusals."""

    def openapi(self) -> dict[str, Any]:
        return with_problems(super().openapi())


def with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Describe each refusal as the problem document it is; the document itself is changed.

    The framework knows one media type a route, that of its success, and its own form of errors.
    """
    calls = (call for path in document.get("paths", {}).values() for call in path.values())
    answers = (answer for call in calls for answer in call.get("responses", {}).values())
    refusals = [answer for answer in answers if _is_refusal(answer)]
    for answer in refusals:
        answer["content"] = {MEDIA_TYPE: {"schema": {"$ref": _PROBLEM}}}
    schemas = document.get("components", {}).get("schemas", {})
    for name in _FRAMEWORKS:
        schemas.pop(name, None)
    if refusals:
        schemas.update(_schemas())
    return document


def _is_refusal(answer: dict[str, Any]) -> bool:
    contents = answer.get("content", {}).values()
    return any(one.get("schema", {}).get("$ref") in _REFUSALS for one in contents)


def _schemas() -> dict[str, Any]:
    _, made = models_json_schema(
        [(ProblemView, "serialization"), (FieldError, "serialization")],
        ref_template=_AT + "{model}",
    )
    found: dict[str, Any] = made["$defs"]
    return found
