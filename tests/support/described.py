"""An API held to its own description: Schemathesis makes calls of it, right ones and wrong ones."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from common.http import problems

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
Operation = Any
"""Of Schemathesis: a method of a path, with what the description says of it."""
Check = Callable[[Case, httpx.Response], None]


async def operations_of(client: httpx.AsyncClient) -> dict[str, Operation]:
    """Return what the API says it can do, by method and path."""
    document = (await client.get("/openapi.json")).json()
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())
    found = [one.ok() for one in schema.get_all_operations()]
    return {f"{one.method.upper()} {one.path}": one for one in found}


def conforms(case: Case, answer: httpx.Response) -> None:
    """See that an answer is as described; a refusal is a problem document on every route."""
    if answer.headers.get("content-type") == problems.MEDIA_TYPE:
        view = problems.ProblemView.model_validate_json(answer.content)
        assert view.status == answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, answer.text
        if str(answer.status_code) in case.operation.definition.raw["responses"]:
            case.validate_response(answer, checks=CHECKS)
    else:
        case.validate_response(answer, checks=CHECKS)


async def try_out(
    client: httpx.AsyncClient, operation: Operation, check: Check, examples: int
) -> None:
    """Call an operation in so many ways, the same each time, and check each answer."""
    loop = asyncio.get_running_loop()

    def run(call: Awaitable[httpx.Response]) -> httpx.Response:
        return asyncio.run_coroutine_threadsafe(_awaited(call), loop).result(timeout=60)

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_cases(operation))
    def holds(case: Case) -> None:
        check(case, run(client.send(_request(client, case))))

    await asyncio.to_thread(holds)


async def _awaited(call: Awaitable[httpx.Response]) -> httpx.Response:
    return await call


def _cases(operation: Operation) -> SearchStrategy[Case]:
    right: SearchStrategy[Case] = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if not (operation.body or operation.query or operation.path_parameters):
        return right
    return right | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)


def _request(client: httpx.AsyncClient, case: Case) -> httpx.Request:
    made = requests.Request(**_known(case.as_transport_kwargs(str(client.base_url)))).prepare()
    headers = {**made.headers, **_who(client)}
    body = made.body.encode() if isinstance(made.body, str) else made.body
    return client.build_request(str(made.method), str(made.url), content=body, headers=headers)


def _who(client: httpx.AsyncClient) -> dict[str, str]:
    """Return the client's own key: Schemathesis makes one up."""
    key = client.headers.get("authorization")
    return {"Authorization": key} if key else {}


def _known(arguments: dict[str, Any]) -> dict[str, Any]:
    names = ("method", "url", "headers", "files", "data", "json", "params", "cookies")
    return {name: arguments[name] for name in names if name in arguments}
