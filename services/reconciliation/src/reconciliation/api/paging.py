"""How every list is paged: so many at most, after the last one seen."""

from typing import Annotated

from fastapi import Query

LIMIT_MAX = 200

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]
