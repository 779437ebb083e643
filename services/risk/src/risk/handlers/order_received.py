"""OrderReceived -> OrderApproved | OrderHeld | OrderRejected."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from common.contracts.event import Message
from common.contracts.ingest import OrderReceived
from common.contracts.order import Order
from common.database.work import Work
from risk.domain.assessment import AUTOMATIC, FIRST, Assessment
from risk.domain.rules import Candidate, Outcome
from risk.domain.ruleset import assess
from risk.store import assessments, held_orders
from risk.store.held_orders import HeldOrder
from risk.use_cases.active_rules import ActiveRules
from risk.use_cases.announcing import announcement


@dataclass(frozen=True, slots=True)
class AssessOrders:
    rules: ActiveRules

    async def __call__(self, messages: Sequence[Message[OrderReceived]], work: Work) -> None:
        """Decide each order once, whoever else decides it too; announce what stands for all."""
        received = {message.data.order_id: message for message in reversed(messages)}
        decided = await self._decided(received.values(), work)

        new = await assessments.add_first(work.connection, list(decided.values()))
        await held_orders.add(work.connection, held(decided, received, new))
        # An order that was emitted again, or is decided elsewhere at this moment.
        earlier = await assessments.latest(work.connection, decided.keys() - new)

        for message in messages:
            order_id = message.data.order_id
            standing = decided[order_id] if order_id in new else earlier[order_id]
            work.publish(announcement(standing, message.data.order), because=message)

    async def _decided(
        self, messages: Iterable[Message[OrderReceived]], work: Work
    ) -> dict[UUID, Assessment]:
        active = await self.rules.current(work)
        return {
            message.data.order_id: Assessment(
                order_id=message.data.order_id,
                decision_no=FIRST,
                decision=assess(candidate(message.data.order), active.rules),
                ruleset=active.id,
                decided_at=work.now,
                decided_by=AUTOMATIC,
            )
            for message in messages
        }


def candidate(order: Order) -> Candidate:
    address = order.address
    return Candidate(
        currency=order.currency,
        payable_minor=order.amounts.payable_minor,
        quantities=tuple([line.quantity for line in order.lines]),
        phone=order.customer.phone,
        address=(address.province, address.city, address.district, address.detail),
    )


def held(
    decided: Mapping[UUID, Assessment],
    received: Mapping[UUID, Message[OrderReceived]],
    new: frozenset[UUID],
) -> list[HeldOrder]:
    """Return those that wait for a person now, with the order that goes on when they may."""
    return [
        HeldOrder(assessed, received[order_id].correlation_id, received[order_id].data.order)
        for order_id, assessed in decided.items()
        if assessed.decision.outcome is Outcome.HELD and order_id in new
    ]
