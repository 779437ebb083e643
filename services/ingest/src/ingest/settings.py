"""Every environment variable ingest reads."""

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from common.settings import ServiceSettings
from ingest.gateways.configuration import ApiSettings, configured
from ingest.gateways.push_configuration import PushSettings, push_settings
from ingest.gateways.reminder_ways import ReminderSettings

DEMO_SHOP = "demo"
Secret = Annotated[str, Field(min_length=1)]  # with an empty one anybody could sign


class Settings(ServiceSettings):
    # What is wrong is named, and what was given for it is not shown: it may be a secret.
    model_config = SettingsConfigDict(hide_input_in_errors=True)

    port: int = Field(8101, ge=0, le=65535)
    webhook_secrets: dict[str, list[Secret]] = Field(default_factory=dict, repr=False)
    """Secrets by "channel/shop"; two are valid while a shop changes its secret."""

    channels: dict[str, PushSettings] = Field(default_factory=dict)
    """Channels that do not come with Sluice, by name: {"stall": {"signature": {…}, …}}."""

    quarantine_hours: float = Field(4.0, gt=0, le=24 * 365)
    """How long an order may wait in quarantine before a reminder is announced."""

    reminders: ReminderSettings = Field(default_factory=ReminderSettings, repr=False)
    """Who is told of them: {"webhook": {"url", "secret"}, "email": {"to", "sender", "host", …}}."""

    public_url: str = ""
    """What platforms call us by, such as https://orders.example.com; some sign the URL."""

    import_lease_seconds: float = Field(30.0, ge=1, le=600)
    """How long a file waits for the worker that had it before another one goes on."""

    @property
    def import_lease(self) -> timedelta:
        return timedelta(seconds=self.import_lease_seconds)

    channel_apis: dict[str, ApiSettings] = Field(default_factory=dict, repr=False)
    """Order APIs by "channel/shop": {"pdd/main": {"app_key": …, "secret": …, …}}."""
    poll_seconds: float = Field(300.0, ge=0, le=86_400)
    """How often each shop with an API is asked for what changed; 0: never."""
    completeness_delay: float = Field(900.0, ge=0, le=86_400)
    """Seconds after the end of an hour when it is compared with the channel's own list."""
    completeness_window: float = Field(3_600.0, ge=5, le=86_400)
    """How many seconds such an hour has; other lengths are for trials."""

    @field_validator("channels", mode="before")
    @classmethod
    def _by_name(cls, given: Any) -> dict[str, PushSettings]:
        return push_settings(given)

    @field_validator("channel_apis", mode="before")
    @classmethod
    def _by_channel(cls, given: Any) -> dict[str, ApiSettings]:
        return configured(given)

    @property
    def desk_url(self) -> str | None:
        """Return where people see to quarantined orders; None where nobody told our address."""
        return f"{self.public_url.rstrip('/')}/quarantine-desk" if self.public_url else None

    def called_at(self, channel: str, shop: str) -> str | None:
        """Return the address a channel is to call a shop at; None where nobody told ours."""
        api = self.channel_apis.get(f"{channel}/{shop}")
        if api is not None and api.webhook_address is not None:
            return str(api.webhook_address)
        address = f"{self.public_url.rstrip('/')}/v1/webhooks/{channel}/{shop}"
        return address if self.public_url else None

    @property
    def quarantine_time(self) -> timedelta:
        """How long a person has for a quarantined order."""
        return timedelta(hours=self.quarantine_hours)

    def public_url_of(self, url: str) -> str:
        """Return a URL that we were called by as the platform knows it."""
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return f"{self.public_url.rstrip('/')}{path}" if self.public_url else url

    def secrets_of(self, channel: str, shop: str) -> Sequence[str]:
        """Return the secrets bound to this path; WEBHOOK_SECRET_<CHANNEL> is the demo shop's."""
        secrets = self.webhook_secrets.get(f"{channel}/{shop}", [])
        demo = os.environ.get(f"WEBHOOK_SECRET_{channel.upper()}")
        return [*secrets, demo] if demo and shop == DEMO_SHOP else secrets
