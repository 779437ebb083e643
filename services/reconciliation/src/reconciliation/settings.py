"""Every environment variable reconciliation reads, beside those all services read."""

from decimal import Decimal

from pydantic import Field

from common.settings import ServiceSettings
from reconciliation.domain.differences import Threshold


class Settings(ServiceSettings):
    difference_threshold: Decimal = Field(Decimal(50), ge=0, le=1_000_000_000)
    """From this difference on, in whole units of its currency, one order is flagged."""

    def threshold(self) -> Threshold:
        return Threshold(self.difference_threshold)
