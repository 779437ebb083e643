"""How every service is asked for its accounts: in the order of order ids, so that they merge."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from common.database.spans import Span

ACCOUNTS_MAX = 1_000
"""An auditor reads every order there is; what it reads of each is small."""
IDS_MAX = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _after_the_epoch(moment: datetime) -> datetime:
    if moment < _EPOCH:
        raise ValueError("is before there were orders")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_after_the_epoch)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    after: UUID | None = None
    since: Moment | None = None
    """Orders that came in from then on, by the time in their ids."""
    until: Moment | None = None
    order_id: list[UUID] | None = Field(None, max_length=IDS_MAX)
    """Only these."""
    limit: int = Field(ACCOUNTS_MAX, ge=1, le=ACCOUNTS_MAX)

    def span(self) -> Span:
        return Span(
            after=self.after,
            since=self.since,
            until=self.until,
            ids=self.order_id,
            limit=self.limit,
        )


Asked = Annotated[_Asked, Query()]


class AccountsPage(BaseModel):
    """What the pages of all services have in common."""

    read_at: datetime
    """When it was read, by the service's own clock."""
    next: UUID | None
    """Give this as `after` for what follows."""
