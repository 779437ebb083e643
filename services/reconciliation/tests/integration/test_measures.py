"""What does not agree is added up, by kind and by currency."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import SimpleNamespace

from prometheus_client import CollectorRegistry

from common.database.work import WorkFactory
from reconciliation.domain.differences import Kind
from reconciliation.store import figures
from reconciliation.use_cases.measures import Measures

Bring = Callable[..., Awaitable[object]]
Tell = Callable[..., Awaitable[None]]


async def test_differences_are_added_up_whatever_their_sign(
    works: WorkFactory, bring: Bring, tell: Tell, make: SimpleNamespace
) -> None:
    await tell(
        make.receive(10_000, make.claim("R1", 10_000)), make.receive(300, make.claim("R2", 300))
    )
    await bring("T1,50.00,R1", "T2,5.00,R2", "T3,7.00,nobody")
    async with works.begin() as work:
        found = await figures.open_differences(work.connection, work.now)
        later = work.now + figures.LATELY + timedelta(minutes=5)
        assert await figures.open_differences(work.connection, later) == []
    assert {(one.kind, one.count, one.minor) for one in found} == {
        (Kind.SHORT, 1, 5_000),
        (Kind.OVER, 1, 200),
        (Kind.UNKNOWN, 1, 700),
    }
    registry = CollectorRegistry()
    Measures(registry).differences(found)

    def shown(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, {"service": "reconciliation", **labels})

    assert shown("sluice_differences_open", kind="short") == 1
    assert shown("sluice_differences_open", kind="missing") == 0
    assert shown("sluice_difference_minor", currency="CNY") == 5_900


async def test_money_that_is_only_pending_is_no_sum_yet(
    works: WorkFactory, tell: Tell, make: SimpleNamespace
) -> None:
    await tell(make.receive(10_000, make.claim("R1", 10_000)))
    async with works.begin() as work:
        found = await figures.open_differences(work.connection, work.now)
    registry = CollectorRegistry()
    Measures(registry).differences(found)
    labels = {"service": "reconciliation", "currency": "CNY"}
    assert registry.get_sample_value("sluice_difference_minor", labels) == 0
    pending = {"service": "reconciliation", "kind": "pending"}
    assert registry.get_sample_value("sluice_differences_open", pending) == 1
