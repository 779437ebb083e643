"""The kinds of values requests are made of, each with its bounds."""

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from common.http.auth import Principal, requires

Reader = Annotated[Principal, requires("fulfillment:read")]
Writer = Annotated[Principal, requires("fulfillment:write")]

PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
LINES_MAX = 1_000
QUANTITY_MAX = 1_000_000_000
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_YEARS = range(2000, 2100)


def _written_out(value: object) -> object:
    if not isinstance(value, str) or _RFC3339.fullmatch(value) is None:
        raise ValueError("is not a time as RFC 3339 writes it")
    return value


def _plausible(value: datetime) -> datetime:
    if value.year not in _YEARS:
        raise ValueError("is not a plausible time")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_plausible)]
Sku = Annotated[str, Field(min_length=1, max_length=64, pattern=PRINTABLE)]
Code = Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[A-Za-z0-9-]+$")]
"""A warehouse's."""
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=PRINTABLE)]
Reason = Annotated[str, Field(min_length=1, max_length=200, pattern=PRINTABLE)]
Courier = Annotated[str, Field(min_length=1, max_length=40, pattern=PRINTABLE)]
TrackingNo = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Limit = Annotated[int, Query(ge=1, le=200)]
After = Annotated[UUID | None, Query(description="The last id seen.")]


class Body(BaseModel):
    """A request's body: what it does not know, it refuses."""

    model_config = ConfigDict(extra="forbid", frozen=True)
