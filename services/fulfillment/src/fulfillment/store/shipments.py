"""Parcels that are with a courier."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from common.life_cycle import State
from fulfillment.store.tables import shipment


@dataclass(frozen=True, slots=True)
class Shipment:
    order_id: UUID
    courier: str
    tracking_no: str
    handed_over_at: datetime


async def add(connection: AsyncConnection, new: Shipment) -> bool:
    """Keep the shipment; False where the courier has this tracking number for another order."""
    statement = (
        insert(shipment)
        .values(
            order_id=new.order_id,
            courier=new.courier,
            tracking_no=new.tracking_no,
            handed_over_at=new.handed_over_at,
            status_at=new.handed_over_at,
        )
        .on_conflict_do_nothing()
        .returning(shipment.c.order_id)
    )
    return (await connection.execute(statement)).one_or_none() is not None


async def of_order(connection: AsyncConnection, order_id: UUID) -> Shipment | None:
    statement = select(shipment).where(shipment.c.order_id == order_id)
    r = (await connection.execute(statement)).one_or_none()
    if r is None:
        return None
    return Shipment(r.order_id, r.courier, r.tracking_no, r.handed_over_at)


async def order_with(connection: AsyncConnection, courier: str, tracking_no: str) -> UUID | None:
    statement = select(shipment.c.order_id).where(
        shipment.c.tracking_no == tracking_no, shipment.c.courier == courier
    )
    found: UUID | None = (await connection.execute(statement)).scalar_one_or_none()
    return found


async def set_status(
    connection: AsyncConnection, order_id: UUID, status: State, at: datetime
) -> None:
    await connection.execute(
        update(shipment).where(shipment.c.order_id == order_id).values(status=status, status_at=at)
    )
