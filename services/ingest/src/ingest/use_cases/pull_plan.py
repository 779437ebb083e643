"""What is configured of asking channels: whom, how often, and where they are to call us."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from ingest.gateways.registry import ChannelApis, Shop
from ingest.settings import Settings
from ingest.use_cases.subscribing import Address


@dataclass(frozen=True, slots=True)
class Plan:
    apis: ChannelApis
    poll_period: timedelta | None
    """None: shops are not polled."""
    delay: timedelta
    length: timedelta
    address_of: Callable[[Shop], Address | None]


def poll_period(settings: Settings) -> timedelta:
    """Return when a shop that was read is due again; one that is never polled is due by hand."""
    return timedelta(seconds=settings.poll_seconds)


def pulling_plan(settings: Settings) -> Plan:
    def address_of(shop: Shop) -> Address | None:
        url, secrets = settings.called_at(*shop), settings.secrets_of(*shop)
        return Address(url, secrets[0]) if url and secrets else None

    return Plan(
        ChannelApis.of(settings.channel_apis),
        poll_period(settings) if settings.poll_seconds else None,
        timedelta(seconds=settings.completeness_delay),
        timedelta(seconds=settings.completeness_window),
        address_of,
    )
