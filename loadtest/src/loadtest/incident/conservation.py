"""Whether anything was lost or done twice, from the rows of all four services.

The product never reads across schemas; who audits it does.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import asyncpg

# Of these orders, those that have not come to where they rest, or have something left to publish.
_UNFINISHED = """
    with decided as (
        select distinct on (order_id) order_id, outcome from risk.assessment
        order by order_id, decision_no desc
    )
    select count(*) from unnest($1::uuid[]) as accepted (order_id)
    left join ingest.sales_order o using (order_id)
    left join decided d using (order_id)
    left join fulfillment.orders f using (order_id)
    left join reconciliation.order_account r using (order_id)
    where o.order_id is null or d.order_id is null or r.order_id is null or f.order_id is null
        or (d.outcome = 'approved' and f.state not in ('allocated', 'backordered'))"""
_UNPUBLISHED = """
    select (select count(*) from ingest.outbox) + (select count(*) from risk.outbox)
        + (select count(*) from fulfillment.outbox)"""

_REPEATED: Mapping[str, str] = {
    "orders with two tasks": """
        select count(*) from (
            select 1 from fulfillment.task t join mine using (order_id) where t.state <> 'cancelled'
            group by t.order_id having count(*) > 1) x""",
    "payments counted twice": """
        select count(*) from (
            select 1 from reconciliation.transaction t join mine using (order_id)
            group by t.order_id having count(*) > 1) x""",
    "decisions announced twice": """
        select count(*) from (
            select 1 from risk.event_log e join mine using (order_id)
            group by e.order_id, e.type, e.body -> 'data' ->> 'decision_no'
            having count(*) > 1) x""",
    "orders announced twice": """
        select count(*) from (
            select 1 from (
                select order_id, type from ingest.event_log union all
                select order_id, type from fulfillment.event_log) e
            join mine using (order_id) group by e.order_id, e.type having count(*) > 1) x""",
    "stock that is not what open orders reserve": """
        select count(*) from (
            select 1 from fulfillment.stock s
            left join (
                select f.warehouse, line ->> 'sku' as sku, (line ->> 'quantity')::bigint as quantity
                from fulfillment.orders f, json_array_elements(f.particulars::json -> 'lines') line
                where f.state in ('allocated', 'picking', 'packed')
            ) n using (sku, warehouse)
            group by s.sku, s.warehouse, s.reserved
            having s.reserved <> coalesce(sum(n.quantity), 0)) x""",
}
_MINE = "with mine as (select order_id from unnest($1::uuid[]) as accepted (order_id))"


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong; nothing is what there should be."""

    lost: int
    """Accepted orders that did not come to where they rest, in any of the services."""
    repeated: Mapping[str, int]
    """Effects that happened more than once, by what they are."""

    def __str__(self) -> str:
        told = ", ".join(f"{count} {what}" for what, count in self.repeated.items() if count)
        return f"{self.lost} orders lost, {told or 'nothing done twice'}"


@dataclass(frozen=True, slots=True)
class Ledger:
    database: "asyncpg.Connection[asyncpg.Record]"

    async def unfinished(self, orders: Collection[str]) -> int:
        """Return how many are on their way, and how many events are not published."""
        count: int = await self.database.fetchval(_UNFINISHED, list(orders))
        unpublished: int = await self.database.fetchval(_UNPUBLISHED)
        return count + unpublished

    async def findings(self, orders: Collection[str]) -> Findings:
        ids = list(orders)
        lost: int = await self.database.fetchval(_UNFINISHED, ids)
        repeated = {}
        for what, query in _REPEATED.items():
            whole = query if "mine" not in query else _MINE + query
            given = [ids] if "mine" in query else []
            repeated[what] = int(await self.database.fetchval(whole, *given))
        return Findings(lost, repeated)
