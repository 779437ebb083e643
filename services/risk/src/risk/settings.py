"""What risk reads from its environment, beside what every service reads."""

from pydantic import NonNegativeFloat

from common.settings import ServiceSettings


class Settings(ServiceSettings):
    ruleset_refresh_seconds: NonNegativeFloat = 1.0
    """How long a worker may go on deciding by a rule set that is no longer in force."""
