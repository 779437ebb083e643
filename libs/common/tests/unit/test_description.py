"""Refusals are described as they are sent."""

from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from common.http import problems
from common.http.description import DescribedApp
from common.http.problems import Conflict, ProblemView

PROBLEM = {"schema": {"$ref": "#/components/schemas/ProblemView"}}


class Thing(BaseModel):
    size: int


def app() -> FastAPI:
    made = DescribedApp()
    problems.install(made)

    @made.post("/things", responses={409: {"model": ProblemView}})
    async def _(thing: Thing) -> Thing:
        if thing.size > 1:
            raise Conflict("It is too large.")
        return thing

    @made.get("/text", response_class=PlainTextResponse, responses={404: {"model": ProblemView}})
    async def _() -> str:
        return "text"

    return made


def described(document: Any, path: str, verb: str) -> dict[str, Any]:
    answers = document["paths"][path][verb]["responses"]
    return {status: answer["content"] for status, answer in answers.items()}


def test_every_refusal_is_a_problem_document_and_what_is_given_is_not() -> None:
    document = app().openapi()
    things = described(document, "/things", "post")
    assert things["409"] == things["422"] == {"application/problem+json": PROBLEM}
    assert list(things["200"]) == ["application/json"]
    text = described(document, "/text", "get")
    assert text["404"] == {"application/problem+json": PROBLEM}
    assert list(text["200"]) == ["text/plain"]


def test_the_form_of_a_problem_is_described_and_the_frameworks_is_not() -> None:
    twice = app()
    assert twice.openapi() == twice.openapi()
    schemas = twice.openapi()["components"]["schemas"]
    assert schemas.keys() == {"Thing", "ProblemView", "FieldError"}
    assert schemas["ProblemView"]["properties"]["errors"]["items"] == {
        "$ref": "#/components/schemas/FieldError"
    }


def test_an_app_without_refusals_needs_no_form_of_one() -> None:
    plain = DescribedApp()

    @plain.get("/")
    async def _() -> str:
        return "plain"

    assert "components" not in plain.openapi()


async def test_what_is_sent_is_what_is_described() -> None:
    made = app()
    transport = httpx.ASGITransport(made)
    async with httpx.AsyncClient(transport=transport, base_url="http://things") as client:
        document = (await client.get("/openapi.json")).json()
        for body, status in (({"size": 2}, 409), ({"size": "many"}, 422)):
            answer = await client.post("/things", json=body)
            assert answer.status_code == status
            told = described(document, "/things", "post")[str(status)]
            assert list(told) == [answer.headers["content-type"]]
