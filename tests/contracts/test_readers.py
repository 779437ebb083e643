"""Who reads what is known to the publishers exactly as the readers subscribe."""

from importlib import import_module

from common.contracts.readers import READERS, publisher_of

SERVICES = ("ingest", "risk", "fulfillment", "reconciliation")


def test_the_readers_of_an_event_are_those_that_subscribe_to_it() -> None:
    subscribed: dict[type, set[str]] = {}
    for service in SERVICES:
        for subscription in import_module(f"{service}.wiring").service().subscriptions:
            subscribed.setdefault(subscription.event, set()).add(service)
    assert {event: set(readers) for event, readers in READERS.items()} == subscribed


def test_every_publisher_is_a_service() -> None:
    assert {publisher_of(event) for event in READERS} <= set(SERVICES)
