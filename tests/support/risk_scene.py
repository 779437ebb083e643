"""Workers of risk on a real database, with an outside party whose answers the test decides."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self
from uuid import UUID

from prometheus_client import CollectorRegistry
from pydantic import HttpUrl
from sqlalchemy import select, text

from common.clock import utc_now
from common.contracts.event import Message
from common.contracts.ingest import OrderReceived
from common.contracts.order import Order
from common.database.work import Work, WorkFactory
from common.ids import new_id
from common.messaging.batch import BatchHandler
from common.messaging.outcome import Outcome
from common.messaging.pack import Pack
from risk.domain.assessment import Assessment
from risk.domain.breaker import BreakerPolicy
from risk.domain.release import STEPS, Step
from risk.domain.ruleset import Check, RuleSet
from risk.gateways.parties import Parties
from risk.settings import EndpointSettings, Settings
from risk.store import assessments, exposure, tables
from risk.store.changes import Change
from risk.store.documents import RuleSetDocument
from risk.subscriptions import subscriptions
from risk.use_cases import releasing
from risk.use_cases.active_rules import ActiveRules
from risk.use_cases.measures import Measures
from risk.use_cases.panel import Panel
from risk.use_cases.rechecking import Done, Rechecking
from risk.use_cases.releasing import By
from risk.use_cases.replaying import Replayed, replay
from risk.use_cases.reporting import Reporting
from risk.use_cases.shadowing import Shadowing
from risk.use_cases.unguarded import UnguardedPanel
from risk.use_cases.watching import Watching
from risk.wiring import Parts
from support.outside_party import OutsideParty, outside_party

ENDPOINTS = ("score", "address", "other")
AS_LONG_AS_IT_TAKES_MS = 200
"""A budget or time limit of so much is none here: no test depends on how fast the machine is."""
_PATIENT_SECONDS = 120.0

NEVER_OPENS = BreakerPolicy(calls_min=1_000_000, busy_calls_min=1_000_000)
TESTER = By("tester", "test")


def rule(code: str, when: str, outcome: str = "hold") -> dict[str, str]:
    return {"code": code, "when": when, "outcome": outcome}


def inline(check: str, *rules: dict[str, str], core: bool = True, **more: Any) -> dict[str, Any]:
    return {"id": check, "kind": "expression", "core": core, "rules": list(rules), **more}


LOW = rule("low_score", "result.score < 300")


def asks(check: str, *rules: dict[str, str], **more: Any) -> dict[str, Any]:
    """A check that asks an endpoint of the same name for a score of the order's amount."""
    given: dict[str, Any] = {
        "id": check,
        "kind": "http",
        "core": False,
        "endpoint": check,
        "sends": ["order.payable_minor"],
        "returns": {"score": "int"},
        "budget_ms": AS_LONG_AS_IT_TAKES_MS,
        "rules": list(rules or (LOW,)),
    }
    return given | more


def document(*checks: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {"format": 2, "name": "test", "budget_ms": AS_LONG_AS_IT_TAKES_MS}
    return given | {"checks": list(checks)} | more


def order(payable_minor: int = 4_080, **changes: Any) -> Order:
    amounts = {"goods_minor": payable_minor, "payable_minor": payable_minor}
    given: dict[str, Any] = {
        "channel": "mall",
        "shop": "demo",
        "channel_order_no": f"M-{new_id()}",
        "placed_at": "2026-11-22T09:30:00+08:00",
        "currency": "CNY",
        "customer": {"name": "张三", "phone": None, "email": None, "platform_id": None},
        "address": {
            "country": "CN",
            "province": "浙江省",
            "city": "杭州市",
            "district": "西湖区",
            "detail": "文三路 1 号",
            "postcode": None,
        },
        "lines": [
            {
                "sku": "SKU-0001",
                "title": "预制菜 A",
                "quantity": 1,
                "unit_price_minor": payable_minor,
                "discount_minor": 0,
            }
        ],
        "amounts": amounts | {"freight_minor": 0, "discount_minor": 0, "tax_minor": 0},
        "payments": [],
        "memo": None,
    }
    return Order.model_validate(given | changes)


def receipt(of: Order, order_id: UUID | None = None) -> Message[OrderReceived]:
    return Message[OrderReceived](
        event_id=new_id(),
        type=OrderReceived.routing_key(),
        occurred_at=utc_now(),
        correlation_id=new_id(),
        data=OrderReceived(order_id=order_id or new_id(), order=of),
    )


def patient(rules: RuleSet) -> RuleSet:
    """Wait without limit wherever the budget is as long as it takes."""
    checks = tuple(_patient_check(check) for check in rules.checks)
    return replace(rules, checks=checks, budget_seconds=_PATIENT_SECONDS)


def _patient_check(check: Check) -> Check:
    source = check.source
    if source is not None and source.timeout_seconds >= AS_LONG_AS_IT_TAKES_MS / 1000:
        check = replace(check, source=replace(source, timeout_seconds=_PATIENT_SECONDS))
    if check.budget_seconds < AS_LONG_AS_IT_TAKES_MS / 1000:
        return check
    return replace(check, budget_seconds=_PATIENT_SECONDS)


class PatientRules(ActiveRules):
    async def load(self, work: Work, ruleset: str) -> RuleSet:
        return patient(await super().load(work, ruleset))


@dataclass
class Worker:
    """One worker process, with all it keeps in memory, driven by hand."""

    works: WorkFactory
    parts: Parts
    handler: BatchHandler
    reporting: Reporting
    instance: str

    @classmethod
    def started(
        cls, works: WorkFactory, settings: Settings, policy: BreakerPolicy, rules: ActiveRules
    ) -> Self:
        parties = Parties.of(settings)
        panel = Panel(parties, policy) if settings.safeguards else UnguardedPanel(parties)
        parts = Parts(rules, panel, parties, Measures(CollectorRegistry()))
        listening = subscriptions(parts.assess())
        handler = BatchHandler({s.event.routing_key(): s for s in listening}, works)
        reporting = Reporting(rules, panel, parts.measures)
        return cls(works, parts, handler, reporting, settings.instance)

    @property
    def rules(self) -> ActiveRules:
        return self.parts.rules

    @property
    def panel(self) -> Panel:
        return self.parts.panel

    async def deliver(self, *messages: Message[OrderReceived]) -> list[Outcome]:
        """Handle the events as one batch; return what became of each."""
        body = f"[{','.join(m.model_dump_json() for m in messages)}]".encode()
        pack = Pack(1, OrderReceived.routing_key(), body, len(messages), 0, 0)
        settled = await self.handler.handle(self.handler.read([pack]))
        return [outcome for _, outcome in settled.outcomes]

    async def decide(self, *orders: Order) -> list[UUID]:
        """Handle new orders as one batch; return their ids."""
        messages = [receipt(each) for each in orders]
        outcomes = await self.deliver(*messages)
        assert {type(outcome).__name__ for outcome in outcomes} <= {"Done"}, outcomes
        return [message.data.order_id for message in messages]

    async def report(self) -> None:
        async with self.works.begin() as work:
            await self.reporting.once(work, self.instance)

    async def recheck(self) -> Done:
        return await Rechecking(self.rules, self.panel).some(self.works)

    async def watch(self) -> Change | None:
        async with self.works.begin() as work:
            return await Watching(self.rules).once(work)

    async def shadow(self) -> int:
        return await Shadowing(self.rules, self.panel).some(self.works)


@dataclass
class Scene:
    works: WorkFactory
    party: OutsideParty
    workers: list[Worker] = field(default_factory=list)

    def worker(
        self, policy: BreakerPolicy = NEVER_OPENS, rules: ActiveRules | None = None, **settings: Any
    ) -> Worker:
        urls = {name: f"{self.party.url}/{name}" for name in ENDPOINTS}
        endpoints = {name: EndpointSettings(url=HttpUrl(url)) for name, url in urls.items()}
        given = {"instance": f"worker-{len(self.workers)}", "check_endpoints": endpoints}
        worker = Worker.started(
            self.works, Settings(**(given | settings)), policy, rules or PatientRules(0)
        )
        self.workers.append(worker)
        return worker

    async def publish(self, content: dict[str, Any]) -> str:
        async with self.works.begin() as work:
            written = RuleSetDocument.model_validate(content)
            return await releasing.publish(work, written, author="tester", reason="test")

    async def put_in_force(self, *checks: dict[str, Any], **more: Any) -> str:
        wanted = await self.publish(document(*checks, **more))
        async with self.works.begin() as work:
            assert await releasing.activate(work, wanted, TESTER) is not None
        return wanted

    async def try_out(self, content: dict[str, Any], step: Step = STEPS[0]) -> str:
        """Publish a rule set and make it the candidate, at this step."""
        wanted = await self.publish(content)
        async with self.works.begin() as work:
            await releasing.promote(work, wanted, TESTER, step=step, force=True)
        return wanted

    async def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        async with self.works.engine.connect() as connection:
            found = await connection.execute(text(sql), values)
            return [dict(row) for row in found.mappings()]

    async def change(self, sql: str, **values: Any) -> None:
        async with self.works.engine.begin() as connection:
            await connection.execute(text(sql), values)

    async def events(self, order_id: UUID | None = None) -> list[dict[str, Any]]:
        """Return what was announced, in order: of one order, or all."""
        log = tables.carried.event_log
        statement = select(log.c.body).order_by(log.c.event_id)
        if order_id is not None:
            statement = statement.where(log.c.order_id == order_id)
        async with self.works.engine.connect() as connection:
            return list((await connection.execute(statement)).scalars())

    async def history(self, order_id: UUID) -> list[Assessment]:
        async with self.works.engine.connect() as connection:
            return await assessments.history(connection, order_id)

    async def exposed(self) -> dict[tuple[str, str], int]:
        """Return what is exposed, without what is back at nothing."""
        async with self.works.engine.connect() as connection:
            found = await exposure.all_of(connection)
        return {key: amount for key, amount in found.items() if amount}

    async def deferred(self, order_id: UUID) -> dict[str, str]:
        """Return the cause for each check of the order that is to be made up for."""
        rows = await self.rows(
            'select "check", cause from risk.deferred_check where order_id = :id', id=order_id
        )
        return {row["check"]: row["cause"] for row in rows}

    async def rechecks(self, order_id: UUID) -> dict[str, str]:
        rows = await self.rows(
            'select "check", result from risk.recheck where order_id = :id', id=order_id
        )
        return {row["check"]: row["result"] for row in rows}

    async def come_due(self, *, deadline: bool = False) -> None:
        """Let every deferred check be due for a try now, or be past its deadline."""
        past = ", deadline = now() - interval '1 second'" if deadline else ""
        await self.change(
            f"update risk.deferred_check set next_try_at = now() - interval '1 second'{past}"
        )

    async def replays(self, order_id: UUID) -> list[Replayed]:
        """Make every decision again, in a process that has decided nothing."""
        async with self.works.begin() as work:
            return await replay(work, ActiveRules(0), order_id)

    async def all_replay(self, *order_ids: UUID) -> None:
        """Assert that every decision no person made is made again the same."""
        for order_id in order_ids:
            replayed = await self.replays(order_id)
            assert replayed
            for each in replayed:
                by_person = each.stored.is_review
                assert each.same or by_person, (each.stored, each.again, each.why_not)


@asynccontextmanager
async def scene_on(works: WorkFactory) -> AsyncGenerator[Scene]:
    async with outside_party() as party:
        scene = Scene(works, party)
        yield scene
        for worker in scene.workers:
            await worker.parts.parties.close()


async def skipped(scene: Scene, *names: str, payable_minor: int = 4_080) -> tuple[Worker, UUID]:
    """Decide an order while these parties are down; then they are well again and say 500."""
    for name in names:
        scene.party.door(name).fails()
    worker = scene.worker()
    (order_id,) = await worker.decide(order(payable_minor))
    for name in names:
        scene.party.door(name).answers(score=500)
    return worker, order_id


async def told(scene: Scene, order_id: UUID) -> list[tuple[str, int]]:
    """Return what was announced of the order: type and number of the decision."""
    return [(e["type"], e["data"]["decision_no"]) for e in await scene.events(order_id)]
