"""What people do with quarantined orders is in the operation log, without what is personal."""

import json
from uuid import UUID

from ingest_material.world import World

from common.database.operation_chain import Operation
from ingest.store import tables
from support.operations import operations_in


async def about(world: World, order_id: str) -> list[Operation]:
    made = await operations_in(world.engine, tables.carried)
    return [each for each in made if each.order_id == UUID(order_id)]


async def test_a_correction_and_a_release_are_recorded(world: World) -> None:
    order_id = await world.quarantined()
    await world.patch(order_id, {"customer": {"phone": "13800138000"}})
    assert (await world.act("release", order_id)).is_success
    corrected, released = await about(world, order_id)
    assert corrected.action == "quarantine.corrected"
    assert corrected.before["wrong"] != []
    assert corrected.after == {"changed": ["customer.phone"], "wrong": []}
    assert "138" not in json.dumps([corrected.before, corrected.after])
    assert released.action == "quarantine.released"
    assert (released.before, released.after) == ({"state": "quarantined"}, {"state": "received"})
    assert released.reason


async def test_a_discard_is_recorded_and_a_refusal_is_not(world: World) -> None:
    order_id = await world.quarantined()
    assert (await world.act("release", order_id)).status_code == 422
    assert (await world.act("discard", order_id)).is_success
    (discarded,) = await about(world, order_id)
    assert (discarded.action, discarded.after) == ("quarantine.discarded", {"state": "discarded"})
