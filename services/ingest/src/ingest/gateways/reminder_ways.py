"""By which ways people are reminded: a webhook, and e-mail.

The webhook's signature is Stripe's scheme: `t=<seconds since 1970>,v1=<HMAC-SHA256 in hex of
"{t}.{body}">` (docs.stripe.com/webhooks, verify manually).
"""

import asyncio
import hashlib
import hmac
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from http import HTTPStatus
from typing import Annotated, Literal, Protocol

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr, model_validator

from common.clock import utc_now
from ingest.domain.reminder import Reminder

SEND_SECONDS_MAX = 15.0
SIGNATURE = "X-Sluice-Signature"
_Address = Annotated[str, Field(max_length=320, pattern=r"^[^@\s,<>]+@[^@\s,<>]+$")]


class Undelivered(Exception):  # noqa: N818 - names what the reminder is
    """It could not be handed over; the message is a code, without an address or a secret."""


class Webhook(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: HttpUrl
    secret: SecretStr = Field(min_length=1)


class Email(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    to: tuple[_Address, ...] = Field(min_length=1, max_length=50)
    sender: _Address
    host: str = Field(min_length=1, max_length=253)
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> "Email":
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        if self.user is not None and self.security == "none":
            raise ValueError("a password is not sent without encryption")
        return self


class ReminderSettings(BaseModel):
    """Where reminders go; the ways that are not set are not used."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    webhook: Webhook | None = None
    email: Email | None = None

    def ways(self) -> Iterator["Way"]:
        if self.webhook is not None:
            yield WebhookWay(self.webhook)
        if self.email is not None:
            yield EmailWay(self.email)


class Way(Protocol):
    @property
    def name(self) -> str: ...

    async def send(self, reminder: Reminder) -> None:
        """Hand it over.

        Raises:
            Undelivered: it was not taken.
        """


@dataclass(frozen=True, slots=True)
class WebhookWay:
    settings: Webhook
    name: str = "webhook"

    async def send(self, reminder: Reminder) -> None:
        body = reminder.document()
        headers = {"Content-Type": "application/json", SIGNATURE: self._signature(body)}
        timeout = aiohttp.ClientTimeout(total=SEND_SECONDS_MAX)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
                session.post(
                    str(self.settings.url), data=body, headers=headers, allow_redirects=False
                ) as answer,
            ):
                if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
                    raise Undelivered(f"status_{answer.status}")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Undelivered(type(error).__name__) from None

    def _signature(self, body: bytes) -> str:
        at = int(utc_now().timestamp())
        secret = self.settings.secret.get_secret_value().encode()
        made = hmac.new(secret, b"%d." % at + body, hashlib.sha256).hexdigest()
        return f"t={at},v1={made}"


@dataclass(frozen=True, slots=True)
class EmailWay:
    settings: Email
    name: str = "email"

    async def send(self, reminder: Reminder) -> None:
        try:
            await asyncio.to_thread(self._deliver, self._message(reminder))
        except (smtplib.SMTPException, OSError) as error:
            raise Undelivered(type(error).__name__) from None

    def _message(self, reminder: Reminder) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"] = self.settings.sender, ", ".join(self.settings.to)
        message["Subject"] = reminder.subject
        message.set_content(reminder.text())
        return message

    def _deliver(self, message: EmailMessage) -> None:
        with _connected(self.settings) as server:
            if self.settings.user is not None and self.settings.password is not None:
                server.login(self.settings.user, self.settings.password.get_secret_value())
            # Whoever is refused would be without notice: one refusal fails all, and is tried again.
            if server.send_message(message):
                raise smtplib.SMTPException("refused")


@contextmanager
def _connected(settings: Email) -> Iterator[smtplib.SMTP]:
    place, context = (settings.host, settings.port), ssl.create_default_context()
    if settings.security == "tls":
        with smtplib.SMTP_SSL(*place, timeout=SEND_SECONDS_MAX, context=context) as server:
            yield server
        return
    with smtplib.SMTP(*place, timeout=SEND_SECONDS_MAX) as server:
        if settings.security == "starttls":
            server.starttls(context=context)
        yield server
