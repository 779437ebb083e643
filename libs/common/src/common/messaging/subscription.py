"""Which handler answers which event."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from pydantic import TypeAdapter

from common.contracts.event import Event, Message
from common.database.work import Work

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Subscription:
    event: type[Event]
    handle: Callable[[Sequence[Message[Any]], Work], Awaitable[None]]

    @cached_property
    def reader(self) -> TypeAdapter[list[Message[Any]]]:
        return TypeAdapter(list[Message[self.event]])  # type: ignore[name-defined]


def on(
    event: type[E], handle: Callable[[Sequence[Message[E]], Work], Awaitable[None]]
) -> Subscription:
    """Pair an event with its handler; the type checker refuses a handler of another event."""
    return Subscription(event, handle)
