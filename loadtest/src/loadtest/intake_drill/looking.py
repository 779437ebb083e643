"""Asks the simulator what it sold, and intake what it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx

SHOP = "demo"
ORDERS_AT_ONCE = 200
_LATER = """
    select order_id::text, sum(amount_minor)::bigint as minor
    from ingest.later_payment group by 1"""
_COUNTS = """
    select (select count(*) from ingest.sales_order) as orders,
           (select count(*) from ingest.fetch) as fetches,
           (select coalesce(sum(missing), 0) from ingest.completeness) as missing,
           (select coalesce(sum(late), 0) from ingest.completeness) as late,
           (select count(*) from ingest.quarantine) as quarantined"""


@dataclass
class Looking:
    env: Mapping[str, str]
    simulator: httpx.AsyncClient
    ingest: httpx.AsyncClient
    database: asyncpg.Connection

    async def sell(self, orders: int, channels: Sequence[str], per_second: float) -> None:
        told = {"orders": orders, "channels": list(channels), "per_second": per_second}
        (await self.simulator.post("/control/sell", json=told)).raise_for_status()

    async def fault(self, faults: Mapping[str, float]) -> None:
        (await self.simulator.put("/control/faults", json=dict(faults))).raise_for_status()

    async def state(self) -> dict[str, Any]:
        return dict((await self.simulator.get("/control")).json())

    async def sales(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            answer = (
                await self.simulator.get("/control/sales", params={"after": len(found)})
            ).json()
            found += answer["sales"]
            if len(found) >= answer["total"] or not answer["sales"]:
                return found

    async def counts(self) -> Mapping[str, int]:
        (row,) = await self.database.fetch(_COUNTS)
        return {name: int(value) for name, value in row.items()}

    async def orders(self, channels: Sequence[str]) -> list[dict[str, Any]]:
        """Return all orders of these channels, each with what was paid for it later."""
        rows = await self.database.fetch(_LATER)
        later = {row["order_id"]: int(row["minor"]) for row in rows}
        found = [order for channel in channels for order in await self._orders_of(channel)]
        return [{**order, "later_minor": later.get(order["order_id"], 0)} for order in found]

    async def _orders_of(self, channel: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        wanted: dict[str, Any] = {"channel": channel, "shop": SHOP, "limit": ORDERS_AT_ONCE}
        while True:
            answer = await self.ingest.get("/v1/orders", params=wanted)
            answer.raise_for_status()
            page = answer.json()["orders"]
            found += page
            if len(page) < ORDERS_AT_ONCE:
                return found
            wanted["after"] = page[-1]["order_id"]
