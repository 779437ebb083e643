"""Which of many order numbers are here."""

from collections.abc import Collection, Mapping

from sqlalchemy import ARRAY, Text, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from common.life_cycle import State
from ingest.store.tables import sales_order


async def known(
    connection: AsyncConnection, channel: str, shop: str, numbers: Collection[str]
) -> Mapping[str, State]:
    """Return those of the numbers that this shop has orders of, with where intake left them."""
    given = bindparam("numbers", type_=ARRAY(Text))
    statement = select(sales_order.c.channel_order_no, sales_order.c.state).where(
        sales_order.c.channel == channel,
        sales_order.c.shop == shop,
        sales_order.c.channel_order_no == given.any_(),
    )
    rows = await connection.execute(statement, {"numbers": list(numbers)})
    return {row.channel_order_no: State(row.state) for row in rows}
