"""Reads what all services know of every order, side by side, and judges it.

The services are read at slightly different moments, so an order that seems wrong is put aside and
looked at once more, whole, before it is named.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sluice.domain.accounts import Case, case_of
from sluice.domain.merging import merged
from sluice.domain.rules import Finding, judge
from sluice.domain.totals import Balance, Totals
from sluice.failure import CannotTell
from sluice.reading import Json, Services

AGAIN_AT_ONCE = 200
KEPT_MAX = 10_000
"""So many exceptions are listed; all are counted."""

Watch = Callable[[int, int], None]
"""Told how many orders of how many were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be verified."""

    since: datetime | None = None
    until: datetime | None = None
    """None: now, as ingest's clock has it."""
    grace: timedelta = timedelta(seconds=60)
    pause_seconds: float = 2.0
    """Before the second look."""


@dataclass
class Verdict:
    until: datetime
    totals: Totals = field(default_factory=Totals)
    stock: Json = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    exceptions: int = 0
    in_progress: int = 0
    """Orders something of which is young and on its way."""

    def add(self, findings: Sequence[Finding]) -> None:
        self.exceptions += len(findings)
        self.findings += findings[: KEPT_MAX - len(self.findings)]

    @property
    def failed(self) -> list[Balance]:
        return [balance for balance in self.totals.balances() if not balance.holds]

    @property
    def is_clean(self) -> bool:
        return not self.exceptions and not self.failed


async def verify(services: Services, wish: Wish, watch: Watch) -> Verdict:
    """Judge every order.

    Raises:
        CannotTell: a service is away, or its answers cannot be understood.
    """
    try:
        first = await services.get("ingest", "/v1/accounts", limit=1)
        until = wish.until or datetime.fromisoformat(first["read_at"])
        verdict = Verdict(until)
        aside = await _read_all(services, wish, verdict, watch)
        if aside:
            await asyncio.sleep(wish.pause_seconds)
            await _look_again(services, wish, verdict, aside)
        await _check_stock(services, verdict)
    except (KeyError, TypeError, ValueError) as error:
        name = type(error).__name__
        raise CannotTell(f"an answer cannot be understood: {name}: {error}") from error
    return verdict


async def _read_all(services: Services, wish: Wish, verdict: Verdict, watch: Watch) -> list[str]:
    """Count what is right; return the ids of what seems wrong."""
    asked = {"until": verdict.until.isoformat()}
    if wish.since is not None:
        asked["since"] = wish.since.isoformat()
    aside: list[str] = []
    read = 0
    async with services.streams(asked) as streams:
        intake = streams["ingest"]
        async for order_id, told in merged(streams):
            read += "ingest" in told
            case = case_of(order_id, told)
            if not _is_right(case, verdict, _now(intake.latest), wish.grace):
                aside.append(order_id)
            if not read % 100:
                watch(read, max(read, intake.first["total"]))
        watch(read, read)
        total = intake.first["total"]
    if read < total:
        raise CannotTell(f"ingest counted {total} orders and listed {read}")
    return aside


def _is_right(case: Case, verdict: Verdict, now: datetime, grace: timedelta) -> bool:
    judgement = judge(case, now, grace)
    if judgement.wrong:
        return False
    verdict.totals.add(case, judgement)
    verdict.in_progress += bool(judgement.in_progress)
    return True


async def _look_again(
    services: Services, wish: Wish, verdict: Verdict, aside: Sequence[str]
) -> None:
    """Name what is still wrong."""
    for ids in _batches(aside):
        told = await _accounts_of(services, ids)
        now = _now(told["ingest"])
        by_id: dict[str, dict[str, Any]] = {order_id: {} for order_id in ids}
        for name, page in told.items():
            for item in page["items"]:
                by_id[item["order_id"]][name] = item
        for order_id, known in by_id.items():
            case = case_of(order_id, known)
            if not _is_right(case, verdict, now, wish.grace):
                judgement = judge(case, now, wish.grace)
                verdict.totals.add(case, judgement)
                verdict.add(judgement.wrong)


async def _accounts_of(services: Services, ids: Sequence[str]) -> dict[str, Json]:
    """Ask from the end of an order's way to its start: no later service knows what none told it."""
    names = tuple(services.settings.urls)
    return {
        name: await services.get(name, "/v1/accounts", order_id=list(ids), limit=len(ids))
        for name in reversed(names)
    }


async def _check_stock(services: Services, verdict: Verdict) -> None:
    verdict.stock = await services.get("fulfillment", "/v1/accounts/stock")
    wrong = [
        Finding(
            "",
            "stock",
            f"{place['sku']} at {place['warehouse']}: {place['reserved']} pieces are reserved, and"
            f" open orders hold {place['owed']}",
        )
        for place in verdict.stock["places"]
    ]
    verdict.add(wrong)
    verdict.exceptions += verdict.stock["differing"] - len(wrong)


def _now(page: Json) -> datetime:
    return datetime.fromisoformat(page["read_at"])


def _batches(ids: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while batch := list(islice(rest, AGAIN_AT_ONCE)):
        yield batch
