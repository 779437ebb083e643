"""Reviewers see what the channel keeps back; each side's hold is its own."""

from typing import Any

import httpx
import pytest

from common.clock import utc_now
from common.contracts.event import Event, Message
from common.contracts.ingest import HoldLifted, HoldRequested
from common.database.work import WorkFactory
from common.ids import new_id
from risk.handlers.hold_lifted import NoteLiftedHolds
from risk.handlers.hold_requested import NoteHolds
from risk.subscriptions import subscriptions
from risk.wiring import Parts

REVIEWER = {"X-API-Key": "reviewer"}
READER = {"X-API-Key": "reader"}


def message(event: Event) -> Message[Any]:
    return Message[type(event)](  # type: ignore[misc]
        event_id=new_id(),
        type=event.routing_key(),
        occurred_at=utc_now(),
        correlation_id=new_id(),
        data=event,
    )


@pytest.mark.parametrize("turned", [False, True], ids=["in order", "the wrong way round"])
async def test_a_review_shows_the_channels_last_word(
    works: WorkFactory,
    client: httpx.AsyncClient,
    dear: Any,
    receipt: Any,
    deliver: Any,
    *,
    turned: bool,
) -> None:
    received = receipt(dear)
    await deliver(received)
    order_id = received.data.order_id

    async def kept_back() -> Any:
        (item,) = (await client.get("/v1/reviews", headers=READER)).json()["items"]
        return item["kept_back"]

    async def hold(no: int, reason: str) -> None:
        async with works.begin() as work:
            event = HoldRequested(order_id=order_id, hold_no=no, reason=reason)
            await NoteHolds()([message(event)], work)

    async def lift(no: int) -> None:
        async with works.begin() as work:
            await NoteLiftedHolds()([message(HoldLifted(order_id=order_id, hold_no=no))], work)

    assert await kept_back() is None
    if turned:
        await lift(2)
        await hold(1, "locked")
    else:
        await hold(1, "locked")
        assert await kept_back() == "locked"
        await lift(2)
    assert await kept_back() is None
    await hold(3, "locked again")
    await hold(3, "locked again")
    assert await kept_back() == "locked again"
    answer = await client.post(
        f"/v1/reviews/{order_id}", json={"decision": "approve", "reason": "known"}, headers=REVIEWER
    )
    assert answer.status_code == 200


async def test_risk_listens_to_both(parts: Parts) -> None:
    heard = {one.event for one in subscriptions(parts.assess())}
    assert {HoldRequested, HoldLifted} <= heard
