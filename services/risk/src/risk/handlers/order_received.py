"""OrderReceived -> OrderApproved | OrderHeld | OrderRejected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from common.contracts.event import Message
from common.contracts.ingest import OrderReceived
from common.database.work import Work
from risk.domain.assessment import FIRST, Assessment
from risk.domain.decision import Outcome
from risk.domain.deferral import Deferred, deferred
from risk.domain.features import FEATURES_VERSION
from risk.store import assessments, deferrals, exposure, held_orders, results, snapshots
from risk.store.deferrals import DeferredOrder
from risk.store.held_orders import HeldOrder
from risk.store.snapshots import Snapshot
from risk.use_cases import featuring
from risk.use_cases.active_rules import ActiveRules
from risk.use_cases.announcing import announcement
from risk.use_cases.assessing import Case, Opinion, decide, opinions, refused
from risk.use_cases.measures import Measures
from risk.use_cases.panel import Panel
from risk.use_cases.warming import Warming

Received = Mapping[UUID, Message[OrderReceived]]


@dataclass(frozen=True, slots=True)
class AssessOrders:
    rules: ActiveRules
    panel: Panel
    warming: Warming
    measures: Measures

    async def __call__(self, messages: Sequence[Message[OrderReceived]], work: Work) -> None:
        """Decide each order once, whoever else decides it too; announce what stands for all."""
        received: dict[UUID, Message[OrderReceived]] = {}
        for message in messages:  # in their order: an earlier one counts for a later one
            received.setdefault(message.data.order_id, message)
        standing = await assessments.latest(work.connection, received)
        new = {i: message for i, message in received.items() if i not in standing}
        if new:
            standing |= await self._assess(new, work)
        for message in messages:
            assessed = standing[message.data.order_id]
            work.publish(announcement(assessed, message.data.order), because=message)

    async def _assess(self, new: Received, work: Work) -> dict[UUID, Assessment]:
        """Decide orders that nobody decided before; return what stands for them now."""
        active = await self.rules.current(work)
        self.panel.baselines = active.baselines
        await self.warming.before_the_first(work)
        subjects = {
            order_id: featuring.subject_of(order_id, message.data.order, work.now)
            for order_id, message in new.items()
        }
        vectors = await featuring.vectors(work, list(subjects.values()))
        cases = [Case.of(s, values) for s, values in zip(subjects.values(), vectors, strict=True)]
        decided = await decide(work, await opinions(self.panel, active, cases))

        ours = await assessments.add_first(work.connection, [a for _, a in decided])
        kept = [(o, a) for o, a in decided if a.order_id in ours]
        await _keep(work, kept, new)
        for opinion, _ in kept:
            for check, cause in opinion.skipped():
                self.measures.skipped(check.id, cause)
        refusals = refused([a for _, a in kept])
        await featuring.count(
            work,
            [subject for order_id, subject in subjects.items() if order_id in ours],
            [subjects[order_id] for order_id in refusals],
        )
        # Some may have been decided elsewhere at this moment.
        theirs = await assessments.latest(work.connection, new.keys() - ours)
        return {a.order_id: a for _, a in kept} | theirs


async def _keep(
    work: Work, decided: Sequence[tuple[Opinion, Assessment]], received: Received
) -> None:
    """Save what the decisions were made on and what is left to do about them."""
    await snapshots.add(work.connection, [_snapshot(o) for o, _ in decided])
    await held_orders.add(
        work.connection,
        [
            HeldOrder(a, received[a.order_id].correlation_id, received[a.order_id].data.order)
            for _, a in decided
            if a.decision.outcome is Outcome.HELD
        ],
    )
    later: list[Deferred] = []
    for opinion, assessed in decided:
        if assessed.unanswered:
            later += deferred(assessed, opinion.case.stake, opinion.skipped())
    if later:
        orders = [
            DeferredOrder(i, received[i].correlation_id, received[i].data.order)
            for i in dict.fromkeys(d.order_id for d in later)
        ]
        await deferrals.add(work.connection, later, orders)
        await exposure.change(work.connection, exposure.sums(later))


def _snapshot(opinion: Opinion) -> Snapshot:
    case = opinion.case
    return Snapshot(
        case.order_id, FIRST, FEATURES_VERSION, case.values, results.written(opinion.results)
    )
