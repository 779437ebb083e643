"""What risk reads from its environment, beside what every service reads."""

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, NonNegativeFloat, SecretStr

from common.settings import ServiceSettings


class EndpointSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    url: HttpUrl
    token: SecretStr | None = None


class Settings(ServiceSettings):
    ruleset_refresh_seconds: NonNegativeFloat = 1.0
    """How long a worker may go on deciding by a rule set that is no longer in force."""
    check_endpoints: dict[str, EndpointSettings] = Field(default_factory=dict, repr=False)
    """Outside endpoints that checks may ask, as JSON: {"name": {"url": …, "token": …}}."""
    figures_refresh_seconds: NonNegativeFloat = 10.0
    """How old the figures of what is in force may be: they are counted over up to an hour."""
    safeguards: bool = True
    """Off only to replay an incident: no budgets, breakers or abort; checks are waited for."""
    plugin_processes: int = Field(2, ge=1, le=32)
    """Processes for checks that are Python plug-ins, per worker."""
