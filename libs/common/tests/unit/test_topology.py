"""Queues as values."""

from common.messaging.topology import RETRY_SECONDS, ServiceQueues

QUEUES = ServiceQueues("risk", ("order.received.v1",))


def test_every_queue_is_a_quorum_queue_named_after_its_service() -> None:
    for queue in QUEUES.all():
        assert queue.name.startswith("risk.")
        assert queue.arguments["x-queue-type"] == "quorum"


def test_only_the_main_queue_takes_from_the_exchange() -> None:
    keys = {queue.name: queue.routing_keys for queue in QUEUES.all() if queue.routing_keys}
    assert keys == {"risk.events": ("order.received.v1",)}


def test_the_main_queue_dead_letters_into_the_parking_lot_without_loss() -> None:
    arguments = QUEUES.main.arguments
    assert arguments["x-dead-letter-routing-key"] == QUEUES.parked.name
    assert arguments["x-dead-letter-exchange"] == ""
    assert arguments["x-dead-letter-strategy"] == "at-least-once"
    assert arguments["x-overflow"] == "reject-publish"
    assert arguments["x-delivery-limit"] == 20


def test_each_rung_of_the_ladder_leads_back_after_its_time() -> None:
    assert [rung.name for rung in QUEUES.ladder] == [f"risk.retry.{s}s" for s in RETRY_SECONDS]
    for rung, seconds in zip(QUEUES.ladder, RETRY_SECONDS, strict=True):
        assert rung.arguments["x-message-ttl"] == seconds * 1000
        assert rung.arguments["x-dead-letter-routing-key"] == QUEUES.main.name


def test_what_is_parked_neither_expires_nor_leaves() -> None:
    assert "x-message-ttl" not in QUEUES.parked.arguments
    assert "x-dead-letter-exchange" not in QUEUES.parked.arguments
    assert isinstance(QUEUES.parked.arguments["x-delivery-limit"], int)
    assert QUEUES.parked.arguments["x-delivery-limit"] > 1_000
