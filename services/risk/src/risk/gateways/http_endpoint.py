"""Asks an endpoint over HTTP: POST {"features": …, "parameters": …}, answered by a JSON object.

A rule set names an endpoint; where it is, and the token for it, belong to the installation.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus

import aiohttp

from risk.domain.ruleset import Source
from risk.gateways.answering import Question, Unreachable

ANSWER_BYTES_MAX = 64 * 1024
CONNECTIONS_MAX = 256
KEEP_ALIVE_SECONDS = 60.0
"""A new connection may take longer than an order waits: one that is made is kept."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    url: str
    token: str | None = field(default=None, repr=False)


@dataclass
class HttpEndpoints:
    endpoints: Mapping[str, Endpoint]

    @cached_property
    def _session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=CONNECTIONS_MAX, keepalive_timeout=KEEP_ALIVE_SECONDS
        )
        return aiohttp.ClientSession(
            connector=connector,
            # Cookies of one endpoint are nothing to another.
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            # What is small on the wire may be huge once unpacked.
            headers={"Accept-Encoding": "identity"},
            auto_decompress=False,
        )

    def prepare(self) -> None:
        """Make the session now: not while the first order waits for it."""
        _ = self._session

    async def ask(self, source: Source, question: Question) -> Mapping[str, object]:
        endpoint = self.endpoints.get(source.target)
        if endpoint is None:
            raise Unreachable("endpoint_not_configured")
        headers = {"Authorization": f"Bearer {endpoint.token}"} if endpoint.token else None
        content = {"features": question, "parameters": source.parameters}
        limit = aiohttp.ClientTimeout(total=source.timeout_seconds)
        try:
            async with self._session.post(
                endpoint.url, json=content, headers=headers, timeout=limit, allow_redirects=False
            ) as response:
                return await _read(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(type(error).__name__) from None

    async def close(self) -> None:
        if "_session" in self.__dict__:
            await self._session.close()


async def _read(response: aiohttp.ClientResponse) -> Mapping[str, object]:
    if response.status != HTTPStatus.OK:
        raise Unreachable(f"status_{response.status}")
    body = b""
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            raise Unreachable("answer_too_large")
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreachable("answer_is_no_json") from None
    if not isinstance(answer, dict):
        raise Unreachable("answer_is_no_object")
    return answer
