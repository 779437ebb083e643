"""OrderReceived: what the order owes, and the payments it claims."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.contracts.event import Message
from common.contracts.ingest import OrderReceived
from common.database.rows import Columns
from common.database.work import Work
from reconciliation.store import orders
from reconciliation.use_cases.payments import Claimed, record_payments


@dataclass(frozen=True, slots=True)
class RecordOrders:
    async def __call__(self, messages: Sequence[Message[OrderReceived]], work: Work) -> None:
        """Write orders and their payments; look whether statements told of them before."""
        told = sorted({m.data.order_id: m.data for m in messages}.items())
        accounts = [(order_id, event.order, event.order.amounts) for order_id, event in told]
        columns: Columns = {
            "order_id": [order_id for order_id, _, _ in accounts],
            "channel": [order.channel for _, order, _ in accounts],
            "shop": [order.shop for _, order, _ in accounts],
            "channel_order_no": [order.channel_order_no for _, order, _ in accounts],
            "currency": [order.currency for _, order, _ in accounts],
            "goods_minor": [amounts.goods_minor for _, _, amounts in accounts],
            "freight_minor": [amounts.freight_minor for _, _, amounts in accounts],
            "discount_minor": [amounts.discount_minor for _, _, amounts in accounts],
            "tax_minor": [amounts.tax_minor for _, _, amounts in accounts],
            "payable_minor": [amounts.payable_minor for _, _, amounts in accounts],
            "placed_at": [order.placed_at for _, order, _ in accounts],
            "received_at": [work.now] * len(accounts),
        }
        await orders.add(work.connection, columns)
        claimed = [
            Claimed(m.data.order_id, m.data.order.currency, payment, m.event_id)
            for m in messages
            for payment in m.data.order.payments
        ]
        await record_payments(work, claimed, order_nos=columns["channel_order_no"])
