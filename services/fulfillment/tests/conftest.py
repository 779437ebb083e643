"""The events tests tell, with everything in them that does not matter to a test made up."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from common.contracts.ingest import (
    AddressChanged,
    CancellationRequested,
    HoldLifted,
    HoldRequested,
    LinesChanged,
    PaymentReceived,
)
from common.contracts.order import Address, Amounts, Customer, Line, Order, Payment
from common.contracts.risk import OrderApproved, OrderFlagged, OrderHeld, OrderRejected

PLACED_AT = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)


class Events:
    def an_order(self, *wanted: tuple[str, int], **changes: Any) -> Order:
        lines = tuple(
            Line(sku=sku, title="A", quantity=n, unit_price_minor=1000, discount_minor=0)
            for sku, n in wanted
        )
        goods = sum(line.quantity * 1000 for line in lines)
        paid_at = changes.get("placed_at", PLACED_AT)
        payment = Payment(reference="p0", method="card", amount_minor=goods, paid_at=paid_at)
        values: dict[str, Any] = {
            "channel": "mall",
            "shop": "demo",
            "channel_order_no": "M-1",
            "placed_at": PLACED_AT,
            "currency": "CNY",
            "customer": Customer(name="张三", phone="13800138000", email=None, platform_id=None),
            "address": Address(
                country="CN",
                province="浙江省",
                city="杭州市",
                district="西湖区",
                detail="文三路 1 号",
                postcode=None,
            ),
            "lines": lines,
            "amounts": Amounts(
                goods_minor=goods,
                freight_minor=0,
                discount_minor=0,
                tax_minor=0,
                payable_minor=goods,
            ),
            "payments": (payment,),
            "memo": None,
        }
        return Order(**(values | changes))

    def approved(
        self,
        order_id: UUID,
        *wanted: tuple[str, int],
        no: int = 1,
        await_recheck: bool = False,
        **changes: Any,
    ) -> OrderApproved:
        return OrderApproved(
            order_id=order_id,
            decision_no=no,
            ruleset="r1",
            order=self.an_order(*wanted, **changes),
            degraded=("credit",) if await_recheck else (),
            await_recheck=await_recheck,
        )

    def held(self, order_id: UUID, *, no: int = 1) -> OrderHeld:
        return OrderHeld(order_id=order_id, decision_no=no, ruleset="r1", reasons=("amount",))

    def flagged(self, order_id: UUID, *, no: int = 2) -> OrderFlagged:
        return OrderFlagged(
            order_id=order_id, decision_no=no, ruleset="r1", reasons=("credit.low", "late")
        )

    def rejected(self, order_id: UUID, *, no: int = 1) -> OrderRejected:
        return OrderRejected(order_id=order_id, decision_no=no, ruleset="r1", reasons=("fraud",))

    def paid(self, order_id: UUID, reference: str, minor: int) -> PaymentReceived:
        payment = Payment(reference=reference, method="card", amount_minor=minor, paid_at=PLACED_AT)
        return PaymentReceived(order_id=order_id, currency="CNY", payment=payment)

    def cancel(self, order_id: UUID) -> CancellationRequested:
        return CancellationRequested(order_id=order_id, reason="changed my mind")

    def kept_back(self, order_id: UUID, *, no: int = 1) -> HoldRequested:
        return HoldRequested(order_id=order_id, hold_no=no, reason="locked by the channel")

    def let_go(self, order_id: UUID, *, no: int = 2) -> HoldLifted:
        return HoldLifted(order_id=order_id, hold_no=no)

    def edited(self, order_id: UUID, *wanted: tuple[str, int], no: int = 1) -> LinesChanged:
        order = self.an_order(*wanted)
        return LinesChanged(
            order_id=order_id, lines_no=no, lines=order.lines, amounts=order.amounts
        )

    def moved(self, order_id: UUID, detail: str, *, no: int = 1, **changes: str) -> AddressChanged:
        order = self.an_order()
        return AddressChanged(
            order_id=order_id,
            address_no=no,
            customer=order.customer.model_copy(update={"name": "李四"}),
            address=order.address.model_copy(update={"detail": detail, **changes}),
        )


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def later() -> Callable[[int], datetime]:
    return lambda minutes: PLACED_AT + timedelta(minutes=minutes)
