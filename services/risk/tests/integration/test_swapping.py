"""Rule sets are swapped while orders are decided: none fails, and each knows who decided it."""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from common.database.work import WorkFactory
from common.ids import new_id
from common.messaging.outcome import Done, Retry
from risk.domain.release import STEPS, Release
from risk.store import changes
from risk.store.changes import Change, Kind
from risk.use_cases.active_rules import ActiveRules
from support.risk_scene import Scene, Worker, document, inline, order, receipt, rule, scene_on
from support.waiting import until

SWAPS = 100
LARGE = rule("large", "order.payable_minor > 500000")

UNREADABLE: dict[str, str | None] = {
    "a format of a later version": '{"format": 3, "name": "x", "checks": []}',
    "a format that is no number": '{"format": {"a": 1}, "name": "x", "checks": []}',
    "no object": "[1, 2]",
    "a number": "7",
    "nothing": "null",
    "a text": '"format"',
    "true": "true",
    "an empty object": "{}",
    "checks of another shape": '{"format": 2, "name": "x", "checks": {"a": 1}}',
    "a check of another kind": """{"format": 2, "name": "x", "checks":
        [{"id": "a", "kind": "oracle", "core": true, "rules": []}]}""",
    "a field of a later version": """{"format": 2, "name": "x", "checks": [], "colour": "red"}""",
    "an unknown feature": """{"format": 2, "name": "x", "checks": [{"id": "a", "core": true,
        "kind": "expression", "rules": [{"code": "c", "outcome": "hold", "when": "moon.phase > 1"}]
        }]}""",
    "no expression": """{"format": 2, "name": "x", "checks": [{"id": "a", "core": true,
        "kind": "expression", "rules": [{"code": "c", "outcome": "hold", "when": "((((("}]}]}""",
    "an unknown list": """{"format": 2, "name": "x", "checks": [{"id": "a", "core": true,
        "kind": "expression",
        "rules": [{"code": "c", "outcome": "hold", "when": "phone.sha256 in lists.x"}]}]}""",
    "the first form with another rule": '{"name": "x", "rules": [{"id": "a", "kind": "oracle"}]}',
    "no row": None,
}


@pytest.fixture
async def scene(works: WorkFactory) -> AsyncIterator[Scene]:
    async with scene_on(works) as scene:
        yield scene


def above(limit: int) -> dict[str, Any]:
    return inline("amount", rule("large", f"order.payable_minor > {limit}"))


async def put_in_force(scene: Scene, ruleset: str, **changed: Any) -> Change:
    """Put it in force as another version of the product would: nobody here looks at it."""
    async with scene.works.begin() as work:
        now = await changes.lock(work.connection)
        assert now is not None
        change = Change(
            id=new_id(),
            kind=Kind.ACTIVATION,
            release=Release(stable=ruleset),
            before=now.id,
            changed_at=work.now,
            changed_by="tester",
            reason="test",
        )
        # A rule set that is not there at all: the database would refuse to name it.
        await work.connection.execute(text("set local session_replication_role = replica"))
        await changes.make(work.connection, change)
        for column, value in changed.items():
            for table, which in (("ruleset_change", "id"), ("active_ruleset", "change")):
                if column != "kind" or table == "ruleset_change":
                    await work.connection.execute(
                        text(f"update risk.{table} set {column} = :value where {which} = :id"),
                        {"value": value, "id": change.id},
                    )
    return change


async def unreadable(scene: Scene, kind: str) -> str:
    """Store a rule set that this version cannot read; return its id."""
    content = UNREADABLE[kind]
    ruleset = hashlib.sha256(f"{kind} {new_id()}".encode()).hexdigest()
    if content is not None:
        await scene.change(
            "insert into risk.ruleset values (:id, cast(:content as jsonb), 'x', 'x', now())",
            id=ruleset,
            content=content,
        )
    return ruleset


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_a_worker_goes_on_by_the_last_rule_set_it_could_read(scene: Scene, kind: str) -> None:
    good = await scene.put_in_force(above(1_000))
    worker = scene.worker()
    await worker.decide(order())
    await put_in_force(scene, bad := await unreadable(scene, kind))

    (order_id,) = await worker.decide(order(1_001))

    (decided,) = await scene.history(order_id)
    assert decided.ruleset == good
    assert [reason.name for reason in decided.decision.reasons] == ["amount:large"]
    await worker.report()
    (said,) = await scene.rows("select stable, trouble from risk.worker_report")
    assert said["stable"] == good
    assert bad in said["trouble"]

    (after_a_restart,) = await scene.worker().decide(order())
    assert (await scene.history(after_a_restart))[0].ruleset == good
    await scene.all_replay(order_id, after_a_restart)

    again = await scene.put_in_force(above(2_000))
    (later,) = await worker.decide(order())
    assert (await scene.history(later))[0].ruleset == again
    await worker.report()
    (said,) = await scene.rows("select trouble from risk.worker_report where instance = 'worker-0'")
    assert said["trouble"] is None


@pytest.mark.parametrize("kind", ["a format of a later version", "nothing", "no row"])
async def test_a_candidate_that_cannot_be_read_decides_nothing(scene: Scene, kind: str) -> None:
    good = await scene.put_in_force(above(1_000))
    bad = await unreadable(scene, kind)
    await put_in_force(scene, good, candidate=bad, stage="canary", percent=50)
    worker = scene.worker()
    ids = await worker.decide(*(order() for _ in range(10)))
    assert {(await scene.history(i))[0].ruleset for i in ids} == {good}
    await worker.report()
    (said,) = await scene.rows("select stable, candidate, trouble from risk.worker_report")
    assert (said["stable"], said["candidate"]) == (good, None)
    assert bad in said["trouble"]


@pytest.mark.parametrize(
    "changed",
    [{"kind": "revolution"}, {"stage": "twilight", "percent": 3}],
    ids=["kind", "stage"],
)
async def test_a_change_of_a_kind_this_version_does_not_know_stops_no_order(
    scene: Scene, changed: dict[str, Any]
) -> None:
    good = await scene.put_in_force(above(1_000))
    other = await scene.publish(document(above(2_000)))
    worker = scene.worker()
    await worker.decide(order())
    if "stage" in changed:
        changed = changed | {"candidate": other}
    await put_in_force(scene, good, **changed)
    (order_id,) = await worker.decide(order())
    assert (await scene.history(order_id))[0].ruleset == good


async def test_without_any_rule_set_that_can_be_read_orders_wait(scene: Scene) -> None:
    bad = await unreadable(scene, "nothing")
    async with scene.works.engine.begin() as connection:
        await connection.exec_driver_sql("set local session_replication_role = replica")
        for statement in (
            "update risk.ruleset_change set ruleset = :bad",
            "update risk.active_ruleset set id = :bad",
        ):
            await connection.execute(text(statement), {"bad": bad})
    (outcome,) = await scene.worker().deliver(receipt(order()))
    assert isinstance(outcome, Retry)
    assert "can read" in outcome.reason
    assert await scene.rows("select 1 from risk.assessment") == []


@dataclass
class Swaps:
    """What was put in force, in order: None stands for what this version cannot read."""

    made: list[str | None] = field(default_factory=list)
    begun: int = 0
    over: bool = False

    def possible(self, batch: "Handled", used: str) -> set[str | None]:
        """Return what may have decided the batch; used is what the worker decided by before."""
        found = set(self.made[batch.first : batch.last])
        if None in found:
            earlier = [each for each in self.made[: batch.first] if each is not None]
            found |= {used, *earlier[-1:]}
        return found - {None}


@dataclass
class Handled:
    """A batch, and which of the swaps it came between."""

    first: int
    last: int
    ids: list[UUID]


async def _decisions(scene: Scene) -> int:
    return len(await scene.rows("select 1 from risk.assessment"))


async def _at_least(scene: Scene, wanted: int) -> bool:
    return await _decisions(scene) >= wanted


async def _swap(scene: Scene, swaps: Swaps, chance: random.Random) -> None:
    bad = set(chance.sample(range(1, SWAPS), 5))
    kinds = iter(chance.sample([*UNREADABLE], 5))
    try:
        for number in range(SWAPS):
            if number in bad:
                ruleset, known = await unreadable(scene, next(kinds)), None
            else:
                content = document(above(chance.randrange(5_000)), name=f"number {number}")
                ruleset = known = await scene.publish(content)
            swaps.begun += 1
            swaps.made.append(known)
            await put_in_force(scene, ruleset)
            if number in bad:  # so that it is met, not only passed by
                wanted = await _decisions(scene) + 20
                await until(partial(_at_least, scene, wanted), seconds=120)
    finally:
        swaps.over = True


async def _decide(worker: Worker, swaps: Swaps, chance: random.Random) -> list[Handled]:
    handled: list[Handled] = []
    while not swaps.over:
        before = max(0, len(swaps.made) - 2)  # the last one may not be in force yet
        messages = [receipt(order(chance.randrange(6_000))) for _ in range(5)]
        outcomes = await worker.deliver(*messages)
        assert outcomes == [Done()] * 5
        handled.append(Handled(before, len(swaps.made), [m.data.order_id for m in messages]))
    return handled


async def test_a_hundred_swaps_under_load_fail_no_order(scene: Scene) -> None:
    chance, swaps = random.Random(7), Swaps()
    swaps.made.append(await scene.put_in_force(above(1)))
    workers = [scene.worker(rules=ActiveRules(0)) for _ in range(2)]
    for worker in workers:
        await worker.decide(order())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_swap(scene, swaps, chance))
        deciding = [tasks.create_task(_decide(worker, swaps, chance)) for worker in workers]
    assert swaps.begun == SWAPS

    named: set[str] = set()
    for task in deciding:
        used = str(swaps.made[0])
        for batch in task.result():
            histories = [await scene.history(order_id) for order_id in batch.ids]
            assert [len(history) for history in histories] == [1] * len(batch.ids)
            (ruleset,) = {history[0].ruleset for history in histories}
            assert ruleset in swaps.possible(batch, used)
            named.add(used := ruleset)
    assert len(named) > SWAPS // 10
    ids = [i for task in deciding for batch in task.result() for i in batch.ids]
    await scene.all_replay(*chance.sample(ids, min(len(ids), 100)))


async def test_a_canary_that_comes_and_goes_under_load_fails_no_order(scene: Scene) -> None:
    chance, swaps = random.Random(8), Swaps()
    stable = await scene.put_in_force(above(1))
    candidate = await scene.publish(document(above(2_000), name="candidate"))
    swaps.made += [stable, candidate]
    workers = [scene.worker(rules=ActiveRules(0)) for _ in range(2)]

    async def come_and_go() -> None:
        for number in range(40):
            step = STEPS[number % len(STEPS)]
            named = {"candidate": candidate, "stage": str(step.stage), "percent": step.percent}
            await put_in_force(scene, stable, **(named if number % 5 else {}))
        swaps.over = True

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(come_and_go())
        deciding = [tasks.create_task(_decide(worker, swaps, chance)) for worker in workers]
    ids = [i for task in deciding for batch in task.result() for i in batch.ids]
    rows = await scene.rows("select distinct arm, ruleset from risk.assessment")
    assert {(row["arm"], row["ruleset"]) for row in rows} <= {
        ("stable", stable),
        ("canary", candidate),
    }
    await scene.all_replay(*chance.sample(ids, min(len(ids), 50)))
