"""Damaged messages at the webhook door of all ten channels: no failure, and nothing half written.

`make fuzz` sends many more; FUZZ_SEED and FUZZ_BODIES say which and how many.
"""

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http import HTTPStatus
from uuid import UUID

import httpx
import pytest
from ingest_material.fuzz_calls import CHANNELS, SECRETS, SHOP, Attempt, attempt, bases
from ingest_material.wholeness import faults_of
from ingest_material.world import World, alive, client_of

from common.clock import utc_now
from common.http.edge import BODY_BYTES_MAX
from common.service import api_app
from ingest.api.views import ReceiptView
from ingest.channels.registry import CHANNELS as SPEAKERS
from ingest.wiring import service

SEED = int(os.environ.get("FUZZ_SEED", "20251122"))
BODIES = int(os.environ.get("FUZZ_BODIES", "1500"))
AT_ONCE = 24
SHOWN_MAX = 20
NOBODY_THERE = "amqp://guest:guest@127.0.0.1:1/"


@pytest.fixture(scope="module")
async def door(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Intake with a shop on each of the channels."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", database_url)
        environment.setenv("AMQP_URL", NOBODY_THERE)
        environment.setenv("WEBHOOK_SECRETS", json.dumps(SECRETS))
        app = api_app(service())
    async with alive(app) as served, client_of(served, key=None) as client:
        yield client


@dataclass
class Run:
    client: httpx.AsyncClient
    now: float
    statuses: "Counter[tuple[str, int]]" = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    receipts: "Counter[UUID]" = field(default_factory=Counter)
    """Ids of receipts, and how often each was answered as a new one."""

    async def send(self, index: int) -> None:
        made = attempt(SEED, index, self.now)
        call = made.signed
        answer = await self.client.post(
            f"/v1/webhooks/{made.channel}/{SHOP}",
            content=call.body,
            headers={name: value.encode() for name, value in call.headers.items()},
            params=dict(call.query),
        )
        self.statuses[made.channel, answer.status_code] += 1
        if fault := self._fault(made, answer):
            self.wrong.append(f"{index} ({made.channel}, {made.how}): {fault}")

    def _fault(self, made: Attempt, answer: httpx.Response) -> str | None:
        """Say what is wrong with an answer."""
        status, speaker = answer.status_code, SPEAKERS[made.channel]
        if len(made.signed.body) > BODY_BYTES_MAX:
            right = status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        elif made.forged or (made.refusable and status == HTTPStatus.UNAUTHORIZED):
            right = status == HTTPStatus.UNAUTHORIZED
        elif status == HTTPStatus.OK:  # in the platform's own words, or those of a test message
            right = answer.content in {b"ok", getattr(speaker.taken, "body", b"ok")}
        elif status == HTTPStatus.ACCEPTED:
            return self._fault_of_receipt(made, answer)
        else:
            right = False
        return None if right else f"{status} {answer.text[:300]}"

    def _fault_of_receipt(self, made: Attempt, answer: httpx.Response) -> str | None:
        receipt = ReceiptView.model_validate_json(answer.content)
        self.receipts[receipt.receipt_id] += "idempotent-replayed" not in answer.headers
        if made.sound and [order.status for order in receipt.orders] != ["accepted"]:
            return f"nothing is wrong with it, and it got {answer.text[:300]}"
        if any((order.status == "quarantined") != bool(order.reasons) for order in receipt.orders):
            return f"quarantined without a reason, or let in with one: {answer.text[:300]}"
        return None


async def run(client: httpx.AsyncClient) -> Run:
    """Send all, several at once."""
    this, numbers = Run(client, utc_now().timestamp()), iter(range(BODIES))

    async def keep_sending() -> None:
        for index in numbers:
            await this.send(index)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(AT_ONCE):
            tasks.create_task(keep_sending())
    return this


async def test_no_damaged_message_is_lost_or_half_stored(
    world: World, door: httpx.AsyncClient
) -> None:
    this = await run(door)
    print(f"seed {SEED}, {BODIES} bodies of {len(bases())} messages")  # noqa: T201 - to repeat it
    for channel in CHANNELS:
        found = {status: n for (of, status), n in sorted(this.statuses.items()) if of == channel}
        print(f"  {channel:20} {found}")  # noqa: T201
    stored = Counter(order["status"] for row in await world.receipts() for order in row.orders)
    print(f"  {dict(stored)} {dict(await world.counts())}")  # noqa: T201
    assert not this.wrong[:SHOWN_MAX]
    assert not (await faults_of(world))[:SHOWN_MAX]
    kept = await world.receipts()
    answered = {row.receipt_id for row in kept if SPEAKERS[row.channel].taken is None}
    assert answered == set(this.receipts)
    assert set(this.receipts.values()) == {1}
    sealed = sum(row.channel == "wechat_shop" for row in kept)
    assert sealed <= this.statuses["wechat_shop", 200]
