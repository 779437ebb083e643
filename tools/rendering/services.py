"""The services as they are wired, and what they say to each other."""

from functools import cache
from importlib import import_module
from inspect import getmembers, isclass

from common.contracts.event import Event
from common.service import Service

NAMES = ("ingest", "risk", "fulfillment", "reconciliation")

EventTypes = tuple[type[Event], ...]


@cache
def wired(name: str) -> Service:
    service: Service = import_module(f"{name}.wiring").service()
    return service


def published_by(name: str) -> EventTypes:
    """Return the events whose contract the service owns, in the order of their wire names."""
    module = import_module(f"common.contracts.{name}")
    found = (
        member
        for _, member in getmembers(module, isclass)
        if issubclass(member, Event) and member.__module__ == module.__name__
    )
    return tuple(sorted(found, key=lambda event: event.routing_key()))


def consumed_by(name: str) -> EventTypes:
    events = (subscription.event for subscription in wired(name).subscriptions)
    return tuple(sorted(events, key=lambda event: event.routing_key()))


def all_published() -> EventTypes:
    return tuple(event for name in NAMES for event in published_by(name))


def purpose(event: type[Event]) -> str:
    """Return what the event means: the first paragraph of its docstring."""
    return " ".join((event.__doc__ or "").strip().split("\n\n")[0].split())
