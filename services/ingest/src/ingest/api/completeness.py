"""What each shop sold in an hour by its channel's own list, and what of it is here."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from common.clock import utc_now
from common.http.auth import Principal, requires
from common.http.reading import Reading
from ingest.domain.validation import KEY_LENGTH_MAX, LEGIBLE
from ingest.store import completeness

router = APIRouter(prefix="/v1/completeness", tags=["completeness"])

HOURS_MAX = 5_000
DEFAULT = timedelta(hours=48)
Text = Annotated[str, Field(min_length=1, max_length=KEY_LENGTH_MAX, pattern=LEGIBLE)]


class HourFilters(BaseModel):
    model_config = ConfigDict(extra="forbid")

    channel: Text | None = None
    shop: Text | None = None
    since: AwareDatetime | None = None
    limit: int = Field(2_000, ge=1, le=HOURS_MAX)


class HourView(BaseModel):
    channel: str
    shop: str
    begins_at: datetime
    ends_at: datetime
    sold: int
    """Orders that the channel lists for it: placed or changed in that time."""
    received: int
    """Those of them that were here when it was checked."""
    quarantined: int
    missing: int
    """Those that are still not here."""
    late: int
    """Those that came because the check found them missing."""
    checked_at: datetime


class CompletenessView(BaseModel):
    hours: list[HourView]


@router.get("")
async def list_hours(
    filters: Annotated[HourFilters, Query()],
    reading: Reading,
    _: Annotated[Principal, requires("ingest:read")],
) -> CompletenessView:
    """Return the hours that were checked, the newest first; by default those of two days."""
    found = await completeness.listed(
        reading,
        channel=filters.channel,
        shop=filters.shop,
        since=filters.since or utc_now() - DEFAULT,
        limit=filters.limit,
    )
    names = HourView.model_fields
    hours = [HourView(**{name: getattr(hour, name) for name in names}) for hour in found]
    return CompletenessView(hours=hours)
