"""What is owed, claimed and shipped, order by order, for those who audit all services."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, RowMapping, cast, func, or_, select, true, union
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.spans import Span
from reconciliation.store.tables import fulfilment, order_account, transaction


async def page(connection: AsyncConnection, span: Span) -> Sequence[RowMapping]:
    """Return the accounts of a span in the order of order ids, of orders never received too."""
    told = union(*(_ids(table, span) for table in (order_account, transaction, fulfilment)))
    ids = told.subquery("told")
    ids = select(ids.c.order_id).order_by(ids.c.order_id).limit(span.limit).subquery("ids")
    account, shipped = order_account.c, fulfilment.c
    claimed = _claimed(ids)
    statement = (
        select(
            ids.c.order_id,
            account.currency,
            account.payable_minor.label("amount_minor"),
            cast(func.coalesce(claimed.c.minor, 0), BigInteger).label("paid_minor"),
            shipped.state,
            shipped.version,
            account.received_at,
        )
        .select_from(ids)
        .outerjoin(order_account, account.order_id == ids.c.order_id)
        .outerjoin(fulfilment, shipped.order_id == ids.c.order_id)
        .join(claimed, true())
        .order_by(ids.c.order_id)
    )
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


def _ids(table: Any, span: Span) -> Any:
    """Return the first ids of a table; more than the page has cannot be on it."""
    statement = select(table.c.order_id).distinct().where(*span.holds(table.c.order_id))
    some = statement.order_by(table.c.order_id).limit(span.limit).subquery()
    return select(some.c.order_id)


def _claimed(ids: Any) -> Any:
    """Add up payments; money in another currency than the order's is no payment of it."""
    counts = or_(
        order_account.c.currency.is_(None), transaction.c.currency == order_account.c.currency
    )
    return (
        select(func.sum(transaction.c.amount_minor).label("minor"))
        .where(transaction.c.order_id == ids.c.order_id, counts)
        .correlate(ids, order_account)
        .lateral("claimed")
    )
