"""What ingest's gauges say is what its tables say."""

from ingest_material.world import World, only
from prometheus_client.parser import text_string_to_metric_families

from ingest.store import quarantine

VALUE = "sluice_order_value_minor_total"


async def let_in(world: World) -> dict[str, float]:
    """Return what was let in so far, by currency."""
    page = (await world.client.get("/metrics")).text
    return {
        sample.labels["currency"]: sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == VALUE
    }


async def test_what_waits_in_quarantine_is_counted(world: World) -> None:
    ids = [await world.quarantined(channel_order_no=f"M-{n}") for n in range(3)]
    await world.act("discard", ids[1])
    async with world.engine.connect() as connection:
        assert await quarantine.count_open(connection) == 2


async def test_the_value_of_an_order_counts_when_it_is_let_in_and_once(world: World) -> None:
    before = (await let_in(world)).get("HKD", 0.0)
    order_id = only(await world.shopify(), "accepted")
    value = (await let_in(world))["HKD"] - before
    assert value > 0
    assert only(await world.shopify(), "duplicate") == order_id
    assert (await let_in(world))["HKD"] - before == value


async def test_the_value_of_a_quarantined_order_counts_when_it_is_released(world: World) -> None:
    order_id = await world.quarantined(customer__phone="138****8000")
    before = await let_in(world)
    fix = {"customer": {"name": "Mei", "phone": "+85221234567"}}
    assert (await world.patch(order_id, fix)).json()["reasons"] == []
    assert await let_in(world) == before
    assert (await world.act("release", order_id)).status_code == 200
    after = await let_in(world)
    assert sum(after.values()) > sum(before.values())
