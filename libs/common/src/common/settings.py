"""What every service reads from its environment; the defaults suit local work."""

from zoneinfo import ZoneInfo

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    database_url: str = Field("postgresql://sluice:sluice@localhost:5432/sluice", repr=False)
    """Where PostgreSQL is, with user and password."""
    amqp_url: str = Field("amqp://guest:guest@localhost:5672/", repr=False)
    """Where RabbitMQ is, with user and password."""
    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = Field(0, ge=0, le=65535)
    """Where the API, or a worker's probes and metrics, listen; 0: any free port."""
    instance: str = "local"
    """Names this process in logs and to the database."""
    baseline_event_seconds: float = Field(0.008, gt=0)
    """What an event takes a worker on a healthy system; alerts and scaling compare with it."""
    recovery_automatic: bool = True
    """Whether workers begin a recovery by themselves."""
    recovery_drain_seconds: float = Field(300.0, gt=0)
    """The predicted drain time beyond which they do."""
    business_timezone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    """Where today begins at midnight."""
    operations_days: int = Field(90, ge=15, le=3650)
    """How long the operation log is kept."""
    log_level: str = "info"
    """debug, info, warning or error."""
