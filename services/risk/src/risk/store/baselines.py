"""How long a check takes when it is well: what the gate measured last, by its fingerprint."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from risk.store.tables import baseline

_MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Baseline:
    fingerprint: str
    check: str
    p95_seconds: float
    calls: int


async def all_of(connection: AsyncConnection) -> dict[str, float]:
    """Return the p95 of each check in seconds."""
    rows = await connection.execute(select(baseline.c.fingerprint, baseline.c.p95_micros))
    return {row.fingerprint: row.p95_micros / _MICROS for row in rows}


async def keep(connection: AsyncConnection, measured: Sequence[Baseline], now: datetime) -> None:
    for each in sorted(measured, key=lambda m: m.fingerprint):
        values = {
            "check": each.check,
            "p95_micros": round(each.p95_seconds * _MICROS),
            "calls": each.calls,
            "measured_at": now,
        }
        statement = insert(baseline).values(fingerprint=each.fingerprint, **values)
        await connection.execute(
            statement.on_conflict_do_update(index_elements=["fingerprint"], set_=values)
        )
