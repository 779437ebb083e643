"""Small readings that the answers of several channels share."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ingest.gateways.channel_api import Away

CHINA = ZoneInfo("Asia/Shanghai")


def beijing(moment: datetime) -> str:
    """Write a time as the routers of Taobao and JD want it."""
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def from_beijing(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=CHINA).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def from_iso(text: Any) -> datetime | None:
    """Read a time with its offset; one without is UTC."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def from_seconds(number: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(number), UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def part(document: Mapping[str, Any], *path: str) -> dict[str, Any]:
    """Return the object at a path.

    Raises:
        Away: it is not there: what answered is not the channel's API as it is known.
    """
    found: Any = document
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        raise Away(f"no_{path[-1]}"[:60])
    return found


def items(found: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; one that comes without its list counts as a list of one."""
    if isinstance(found, dict):
        return [found]
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def next_from_the_back(total: int, size: int, page: str | None) -> str | None:
    """Return the page to ask for after this one, where pages are read from the last to the first.

    Lists that have the newest change first move on while they are read, and those that end at a
    time close up as orders change and leave them: going backwards shows an order twice where going
    forwards would miss one. The first call only asks for the number.
    """
    if page is None:
        return str(-(-total // size)) if total > size else None
    return str(int(page) - 1) if int(page) > 1 else None
