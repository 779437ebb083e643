"""How far each order got, by the highest version heard of."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import unnested
from reconciliation.domain.steps import Step
from reconciliation.store.tables import fulfilment

_NAMES = ("order_id", "version", "state", "warehouse", "at")
_PLACE = ("version", "state", "at")


class FulfilmentView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    version: int
    state: str
    warehouse: str | None
    at: datetime


async def record(connection: AsyncConnection, steps: Sequence[Step]) -> None:
    """Write the steps, one for each order, where none as late is known."""
    columns = {
        "order_id": [s.order_id for s in steps],
        "version": [s.version for s in steps],
        "state": [s.state for s in steps],
        "warehouse": [s.warehouse for s in steps],
        "at": [s.at for s in steps],
    }
    await connection.execute(_record(), columns)


@cache
def _record() -> Insert:
    new = unnested(fulfilment, _NAMES)
    statement = insert(fulfilment).from_select(list(_NAMES), select(*(new.c[n] for n in _NAMES)))
    told = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["order_id"],
        set_={name: told[name] for name in _NAMES[1:]},
        where=tuple_(*(told[n] for n in _PLACE)) > tuple_(*(fulfilment.c[n] for n in _PLACE)),
    )


async def of_order(connection: AsyncConnection, order_id: UUID) -> FulfilmentView | None:
    row = (
        await connection.execute(select(fulfilment).where(fulfilment.c.order_id == order_id))
    ).first()
    return None if row is None else FulfilmentView.model_validate(row)
