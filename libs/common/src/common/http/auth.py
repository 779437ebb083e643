"""API keys: who calls, and what they may do.

A key is 256 random bits, so one SHA-256 hides it as well as a slow hash would; only the hash is
kept. Keys ride in `Authorization: Bearer …` or `X-API-Key: …`. Scopes are `<service>:<what>`;
`*` is all of them.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer, SecurityScopes
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.types import ASGIApp, Receive, Scope, Send

from common.clock import monotonic_seconds
from common.database.schema import Carried
from common.http.problems import Forbidden, Unauthorized, response

REFRESH_SECONDS = 10.0  # how long a revoked key may still work


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls."""

    name: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        return scope in self.scopes or "*" in self.scopes


@dataclass
class KeyRing:
    """The keys of one service, read again every few seconds."""

    engine: AsyncEngine
    tables: Carried
    _principals: dict[bytes, Principal] = field(default_factory=dict)
    _read_at: float | None = None
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def identify(self, key: str) -> Principal | None:
        if self._is_old():
            async with self._reading:  # one reads for all who come meanwhile
                if self._is_old():
                    await self._read()
        return self._principals.get(fingerprint(key))

    def _is_old(self) -> bool:
        age = None if self._read_at is None else monotonic_seconds() - self._read_at
        return age is None or age > REFRESH_SECONDS

    async def _read(self) -> None:
        began = monotonic_seconds()
        api_key = self.tables.api_key
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(api_key).where(~api_key.c.revoked))
            self._principals = {r.sha256: Principal(r.name, frozenset(r.scopes)) for r in rows}
        self._read_at = began


def fingerprint(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


@dataclass(frozen=True, slots=True)
class StoredKey:
    name: str
    sha256: bytes
    scopes: frozenset[str]
    revoked: bool


async def key_named(connection: AsyncConnection, tables: Carried, name: str) -> StoredKey | None:
    """Return the key of this name, which nobody else changes before this transaction ends."""
    statement = select(tables.api_key).where(tables.api_key.c.name == name).with_for_update()
    row = (await connection.execute(statement)).one_or_none()
    return (
        None if row is None else StoredKey(row.name, row.sha256, frozenset(row.scopes), row.revoked)
    )


async def ensure_key(
    connection: AsyncConnection, tables: Carried, *, name: str, key: str, scopes: list[str]
) -> None:
    """Make the key of this name be this one, valid, with these scopes."""
    values = {"sha256": fingerprint(key), "scopes": scopes, "revoked": False}
    await connection.execute(
        insert(tables.api_key)
        .values(name=name, **values)
        .on_conflict_do_update(index_elements=["name"], set_=values)
    )


_bearer = HTTPBearer(auto_error=False)
_header = APIKeyHeader(name="X-API-Key", auto_error=False)


def key_of(request: Request) -> str | None:
    """Return the key of the request, from whichever of the two headers has it."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else request.headers.get("x-api-key")


async def authorize(request: Request, scope: str) -> Principal:
    """Return who calls, where they may do this.

    Raises:
        Unauthorized: no key, or not one of ours.
        Forbidden: the key has not this scope.
    """
    principal = await _caller(request, request.app.state.keys)
    if not principal.may(scope):
        raise Forbidden(f"This key has not the scope {scope}.")
    return principal


async def _caller(request: Request, keys: KeyRing) -> Principal:
    key = key_of(request)
    principal = await keys.identify(key) if key else None
    if principal is None:
        challenge = {"WWW-Authenticate": "Bearer"}
        raise Unauthorized("Send a valid API key.", headers=challenge)
    return principal


class KeyFirst:
    """Turns away whoever has no valid key before the framework parses the body.

    What the key allows is judged later, by the route. A route under /v1/ that lets in callers
    without a key has to be a hot one, which never comes by here.
    """

    def __init__(self, app: ASGIApp, keys: KeyRing) -> None:
        self.app = app
        self.keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/v1/"):
            try:
                await _caller(Request(scope), self.keys)
            except Unauthorized as refusal:
                await response(refusal)(scope, receive, send)
                return
        await self.app(scope, receive, send)


async def _principal(
    scopes: SecurityScopes,
    request: Request,
    _bearer: Annotated[object, Depends(_bearer)],
    _header: Annotated[object, Depends(_header)],
) -> AsyncGenerator[Principal]:
    """The two headers are declared for the API's description; `key_of` reads them."""
    yield await authorize(request, scopes.scopes[0])


def requires(scope: str) -> object:
    """Return the dependency that lets in callers with this scope, and tells who they are."""
    return Security(_principal, scopes=[scope])


async def revoke_key(connection: AsyncConnection, tables: Carried, *, name: str) -> None:
    api_key = tables.api_key
    await connection.execute(update(api_key).where(api_key.c.name == name).values(revoked=True))
