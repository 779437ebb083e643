"""Looks at all four services' rows at once and says what does not agree: no loss, nothing twice.

The product never reads across schemas; its auditor does. Each query returns the rows that are
wrong, so an empty answer is the proof.
"""

from collections.abc import Mapping

import asyncpg

from support.load import Journal

# What must return no row, whatever went wrong before. $1 is the run, as a prefix of order numbers.
_MINE = "(select order_id from ingest.sales_order where channel_order_no like $1 || '%')"

WRONG: Mapping[str, str] = {
    "accepted orders that risk decided not exactly once": f"""
        select o.order_id, count(a.*) from {_MINE} o left join risk.assessment a using (order_id)
        group by 1 having count(a.*) <> 1""",
    "approved orders without exactly one fulfillment task": f"""
        select o.order_id, count(t.*) from {_MINE} o
        join risk.assessment a on a.order_id = o.order_id and a.outcome = 'approved'
        left join fulfillment.task t on t.order_id = o.order_id and t.state <> 'cancelled'
        group by 1 having count(t.*) <> 1""",
    "orders not in exactly one resting state": f"""
        select o.order_id, f.state from {_MINE} o left join fulfillment.orders f using (order_id)
        where f.state is distinct from 'allocated'""",
    "orders whose history has a gap or an illegal end": f"""
        select f.order_id from fulfillment.orders f join {_MINE} o using (order_id)
        left join fulfillment.order_step s using (order_id)
        group by f.order_id, f.version
        having count(s.*) <> f.version or max(s.version) <> f.version""",
    "orders reconciliation does not have, or with another amount": f"""
        select o.order_id from {_MINE} o
        left join reconciliation.order_account r using (order_id)
        left join fulfillment.orders f using (order_id)
        where r.payable_minor is null or r.payable_minor is distinct from f.payable_minor""",
    "orders whose allocation reconciliation does not know": f"""
        select o.order_id from {_MINE} o left join reconciliation.fulfilment r using (order_id)
        where r.state is distinct from 'allocated'""",
    "claimed payments that differ from the order's": f"""
        select o.order_id from {_MINE} o
        left join reconciliation.order_account r using (order_id)
        left join reconciliation.transaction t using (order_id)
        group by o.order_id, r.payable_minor
        having coalesce(sum(t.amount_minor), 0) <> r.payable_minor or count(t.*) <> 1""",
    "events announced more than once": f"""
        select order_id, type, count(*) from (
            select order_id, type from ingest.event_log union all
            select order_id, type from risk.event_log union all
            select order_id, type from fulfillment.event_log) e
        join {_MINE} o using (order_id) group by 1, 2 having count(*) <> 1""",
    "events of an accepted order that are missing": f"""
        select o.order_id from {_MINE} o
        where not exists (select from ingest.event_log e where e.order_id = o.order_id)
           or not exists (select from risk.event_log e where e.order_id = o.order_id)
           or not exists (select from fulfillment.event_log e where e.order_id = o.order_id)""",
    "events in the outbox after all is quiet": """
        select event_id from ingest.outbox union all select event_id from risk.outbox
        union all select event_id from fulfillment.outbox where $1::text is not null""",
    "stock whose reservation differs from the open orders": """
        select s.sku, s.warehouse, s.reserved, sum(n.quantity) from fulfillment.stock s
        left join (
            select f.warehouse, line ->> 'sku' as sku, (line ->> 'quantity')::bigint as quantity
            from fulfillment.orders f, json_array_elements(f.particulars::json -> 'lines') line
            where f.state in ('allocated', 'picking', 'packed')
        ) n using (sku, warehouse)
        where $1::text is not null
        group by 1, 2, 3 having s.reserved <> coalesce(sum(n.quantity), 0)
            or s.reserved not between 0 and max(s.on_hand)""",
}


async def findings(database_url: str, journal: Journal) -> list[str]:
    """Return everything that is wrong, in words; an empty list is the proof."""
    connection = await asyncpg.connect(database_url)
    try:
        found = list(journal.contradictions)
        found += await _journal_findings(connection, journal)
        for what, query in WRONG.items():
            rows = await connection.fetch(query, journal.run)
            found += [f"{what}: {len(rows)}, such as {dict(rows[0])}"] if rows else []
    finally:
        await connection.close()
    return found


async def _journal_findings(
    connection: "asyncpg.Connection[asyncpg.Record]", journal: Journal
) -> list[str]:
    """Compare what the channel was told with what is there: nothing lost, nothing from nothing."""
    rows = await connection.fetch(
        "select order_id::text, channel_order_no from ingest.sales_order"
        " where channel_order_no like $1 || '%'",
        journal.run,
    )
    there = {row["channel_order_no"]: row["order_id"] for row in rows}
    told = {f"{journal.run}{number:07d}": order_id for number, order_id in journal.accepted.items()}
    lost = [number for number, order_id in told.items() if there.get(number) != order_id]
    unknown = sorted(there.keys() - told.keys())
    found = [f"accepted orders that are not there: {len(lost)}, such as {lost[0]}"] if lost else []
    found += [f"orders nobody was told of: {len(unknown)}"] if unknown else []
    return found
