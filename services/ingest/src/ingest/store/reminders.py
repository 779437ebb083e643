"""Which quarantined orders are overdue, and of which of them people were reminded by which way."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import Columns, insert_rows
from ingest.domain.reminder import Waiting
from ingest.store.documents import as_text, read_reasons
from ingest.store.tables import quarantine, sales_order
from ingest.store.waiting_tables import reminder

_TURN = 0x51_0C_E5


async def take_turn(connection: AsyncConnection) -> bool:
    """Tell whether no other worker is reminding; keeps others away until the transaction ends."""
    # It is idle while a mail server takes its time, which bounds itself.
    await connection.execute(text("set local idle_in_transaction_session_timeout = 0"))
    return bool(await connection.scalar(select(func.pg_try_advisory_xact_lock(_TURN))))


async def unsent(connection: AsyncConnection, way: str, *, limit: int) -> Sequence[Waiting]:
    """Return open orders that are overdue and were not told of by this way, the oldest first."""
    told = exists().where(and_(reminder.c.order_id == quarantine.c.order_id, reminder.c.way == way))
    statement = (
        select(
            quarantine.c.order_id,
            sales_order.c.channel,
            sales_order.c.shop,
            quarantine.c.owner,
            quarantine.c.opened_at,
            as_text(quarantine.c.reasons),
        )
        .join(sales_order, sales_order.c.order_id == quarantine.c.order_id)
        .where(quarantine.c.resolved_at.is_(None), quarantine.c.overdue_at.is_not(None), ~told)
        .order_by(quarantine.c.overdue_at, quarantine.c.order_id)
        .limit(limit)
    )
    return [
        Waiting(r.order_id, r.channel, r.shop, r.owner, r.opened_at, _codes(r.reasons))
        for r in await connection.execute(statement)
    ]


def _codes(reasons: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reason.code for reason in read_reasons(reasons)))


async def note_sent(
    connection: AsyncConnection, way: str, told: Sequence[Waiting], now: datetime
) -> None:
    columns: Columns = {
        "order_id": [one.order_id for one in told],
        "way": [way] * len(told),
        "sent_at": [now] * len(told),
    }
    await insert_rows(connection, reminder, columns)
