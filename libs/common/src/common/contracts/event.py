"""What every event has in common."""

from typing import ClassVar, Generic, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Event(BaseModel):
    """A fact about an order, in the past tense, immutable once published.

    TYPE names the event on the wire and never changes, so that a class can be
    renamed while messages are in flight. A change that breaks readers is a new
    class with the next VERSION; a new optional field is not.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    TYPE: ClassVar[str]
    VERSION: ClassVar[int]

    order_id: UUID

    @classmethod
    def routing_key(cls) -> str:
        return f"{cls.TYPE}.v{cls.VERSION}"


class Cause(BaseModel):
    """Because of what something happens: the flow it belongs to and the step before it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    correlation_id: UUID
    causation_id: UUID | None = None
    traceparent: str | None = None


E = TypeVar("E", bound=Event)


class Message(BaseModel, Generic[E]):
    """One event with who said it, when, and because of what: an element of a pack."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    event_id: UUID
    type: str
    occurred_at: AwareDatetime
    correlation_id: UUID
    causation_id: UUID | None = None
    traceparent: str | None = None
    data: E

    def cause(self) -> Cause:
        """Return this event as the cause of others."""
        return Cause(
            correlation_id=self.correlation_id,
            causation_id=self.event_id,
            traceparent=self.traceparent,
        )
