"""People are told of overdue orders, by webhook and e-mail: each order once by each way."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope
from ingest_material.world import World
from pydantic import ValidationError
from sqlalchemy import text

from common.database.work import WorkFactory
from ingest.gateways.reminder_ways import (
    SIGNATURE,
    Email,
    EmailWay,
    ReminderSettings,
    Undelivered,
    Webhook,
    WebhookWay,
)
from ingest.store import tables
from ingest.use_cases.sending_reminders import remind

SECRET = "a-secret-of-these-tests"
DESK = "https://orders.example.com/quarantine-desk"


@dataclass
class Listener:
    """Whoever is reminded: an HTTP and a mail server that keep what they take."""

    url: str = ""
    port: int = 0
    status: int = 204
    calls: list[tuple[str, bytes]] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if self.status < 300:
            self.calls.append((request.headers[SIGNATURE], body))
        return web.Response(status=self.status)

    async def handle_DATA(self, *given: Any) -> str:  # noqa: N802 - the mail server's name for it
        envelope: Envelope = given[-1]
        mail = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    @property
    def webhook(self) -> WebhookWay:
        return WebhookWay(Webhook.model_validate({"url": self.url, "secret": SECRET}))

    @property
    def email(self) -> EmailWay:
        return EmailWay(
            Email(
                to=("desk@shop.example", "night@shop.example"),
                sender="sluice@shop.example",
                host="127.0.0.1",
                port=self.port,
                security="none",
            )
        )


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listener = Listener()
    app = web.Application()
    app.router.add_post("/remind", listener.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    listener.url = f"http://127.0.0.1:{runner.addresses[0][1]}/remind"
    loop = asyncio.get_running_loop()
    mail = await loop.create_server(lambda: SMTP(listener, loop=loop), "127.0.0.1", 0)
    listener.port = mail.sockets[0].getsockname()[1]
    yield listener
    mail.close()
    await mail.wait_closed()
    await runner.cleanup()


@pytest.fixture
def works(world: World) -> WorkFactory:
    return WorkFactory(world.engine, tables.carried)


async def overdue(world: World, number: str) -> str:
    """Put an order into quarantine and let its deadline pass."""
    order_id = await world.quarantined(channel_order_no=number)
    statement = text("update ingest.quarantine set overdue_at = now() where order_id = :order_id")
    async with world.engine.begin() as connection:
        await connection.execute(statement, {"order_id": order_id})
    return order_id


async def test_each_order_is_told_of_once_by_each_way(
    world: World, listener: Listener, works: WorkFactory
) -> None:
    late = await overdue(world, "M-1")
    await world.quarantined(channel_order_no="M-2")  # in time
    await world.act("discard", await overdue(world, "M-3"))  # seen to meanwhile
    assert sorted(
        await asyncio.gather(*(remind(works, listener.webhook, DESK) for _ in range(3)))
    ) == [0, 0, 1]
    assert await remind(works, listener.email, DESK) == 1
    assert await remind(works, listener.email, DESK) == 0

    ((signature, body),) = listener.calls
    at, given = (part.partition("=")[2] for part in signature.split(","))
    made = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert given == made
    document = json.loads(body)
    assert (document["type"], document["desk"]) == ("quarantine.overdue", DESK)
    (order,) = document["orders"]
    assert (order["order_id"], order["reasons"]) == (late, ["missing_phone"])

    (mail,) = listener.mails
    assert mail["To"] == "desk@shop.example, night@shop.example"
    content = mail.get_content()
    assert late in content
    assert DESK in content
    assert "超过期限" in content


async def test_nothing_of_the_customer_is_told(
    world: World, listener: Listener, works: WorkFactory
) -> None:
    order_id = await overdue(world, "M-1")
    (order,) = await world.orders()
    assert str(order.order_id) == order_id
    await remind(works, listener.webhook, None)
    await remind(works, listener.email, None)
    told = listener.calls[0][1].decode() + listener.mails[0].get_content()
    customer, address = order.document["customer"], order.document["address"]
    private = [customer["name"], customer["phone"], address["detail"]]
    assert [value for value in private if value and value in told] == []


async def test_what_was_not_taken_is_told_of_again(
    world: World, listener: Listener, works: WorkFactory
) -> None:
    await overdue(world, "M-1")
    listener.status = 500
    with pytest.raises(Undelivered, match="status_500"):
        await remind(works, listener.webhook, DESK)
    await overdue(world, "M-2")
    listener.status = 200
    assert await remind(works, listener.webhook, DESK) == 2
    assert len(json.loads(listener.calls[0][1])["orders"]) == 2


async def test_nobody_listens(world: World, works: WorkFactory) -> None:
    await overdue(world, "M-1")
    nowhere = Listener(url="http://127.0.0.1:1/remind", port=1)
    for way in (nowhere.webhook, nowhere.email):
        with pytest.raises(Undelivered) as told:
            await remind(works, way, DESK)
        assert "127.0.0.1" not in str(told.value)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"webhook": {"url": "ftp://x", "secret": "hush-hush"}}, "webhook.url"),
        ({"webhook": {"url": "https://x", "secret": ""}}, "webhook.secret"),
        ({"email": {"to": [], "sender": "a@b", "host": "h"}}, "email.to"),
        ({"email": {"to": ["hush-hush"], "sender": "a@b", "host": "h"}}, "email.to.0"),
        ({"email": {"to": ["a@b"], "sender": "a@b", "host": "h", "user": "hush-hush"}}, "email"),
        ({"pager": {}}, "pager"),
    ],
)
def test_wrong_settings_are_named_and_not_shown(given: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as told:
        ReminderSettings.model_validate(given)
    assert ".".join(str(part) for part in told.value.errors()[0]["loc"]) == field
    assert "hush-hush" not in str(told.value)


def test_a_password_is_not_sent_unencrypted() -> None:
    with pytest.raises(ValidationError, match="without encryption"):
        Email(to=("a@b",), sender="a@b", host="h", security="none", user="u", password="p")  # type: ignore[arg-type]
