"""Every environment variable ingest reads."""

import os
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from common.settings import ServiceSettings

DEMO_SHOP = "demo"
Secret = Annotated[str, Field(min_length=1)]  # with an empty one anybody could sign


class Settings(ServiceSettings):
    port: int = Field(8101, ge=0, le=65535)
    webhook_secrets: dict[str, list[Secret]] = Field(default_factory=dict, repr=False)
    """Secrets by "channel/shop"; two are valid while a shop changes its secret."""

    def secrets_of(self, channel: str, shop: str) -> Sequence[str]:
        """Return the secrets bound to this path; WEBHOOK_SECRET_<CHANNEL> is the demo shop's."""
        secrets = self.webhook_secrets.get(f"{channel}/{shop}", [])
        demo = os.environ.get(f"WEBHOOK_SECRET_{channel.upper()}")
        return [*secrets, demo] if demo and shop == DEMO_SHOP else secrets
