"""AsyncAPI 3.0: the messages of one service, as they are on the wire (packs of events)."""

from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from common.contracts.event import Event, Message
from common.messaging.pack import EVENTS_MAX
from common.messaging.topology import EXCHANGE, RETRY_SECONDS
from rendering.services import EventTypes, consumed_by, published_by, purpose, wired

_HEADERS = {
    "type": "object",
    "properties": {
        "x-events": {
            "type": "integer",
            "minimum": 1,
            "maximum": EVENTS_MAX,
            "description": "How many events the message carries.",
        },
        "x-attempt": {
            "type": "integer",
            "minimum": 0,
            "maximum": len(RETRY_SECONDS),
            "description": "How many rungs of the retry ladder it has climbed.",
        },
    },
}


def document(service: str) -> dict[str, Any]:
    sent, received = published_by(service), consumed_by(service)
    events = tuple(dict.fromkeys((*sent, *received)))
    payloads, definitions = _schemas(events)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": f"Sluice {service}", "version": "1", "description": wired(service).about},
        "defaultContentType": "application/json",
        "servers": {
            "broker": {"host": "rabbitmq:5672", "protocol": "amqp", "protocolVersion": "0.9.1"}
        },
        "channels": {
            event.routing_key(): _channel(event, payloads[event.routing_key()]) for event in events
        },
        "operations": {
            **_operations("send", sent, {"deliveryMode": 2, "mandatory": True}),
            **_operations("receive", received, {"ack": True}),
        },
        "components": {"schemas": definitions},
    }


def _schemas(events: EventTypes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the payload of each event's channel, and the schemas they share."""
    mode: JsonSchemaMode = "validation"
    packs = [
        (event.routing_key(), mode, TypeAdapter(list[Message[event]]))  # type: ignore[valid-type]
        for event in events
    ]
    found, shared = TypeAdapter.json_schemas(packs, ref_template="#/components/schemas/{model}")
    limits = {"minItems": 1, "maxItems": EVENTS_MAX}
    return {str(key): schema | limits for (key, _), schema in found.items()}, shared.get(
        "$defs", {}
    )


def _channel(event: type[Event], payload: dict[str, Any]) -> dict[str, Any]:
    exchange = {"name": EXCHANGE, "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": event.routing_key(),
        "messages": {
            event.__name__: {
                "name": event.routing_key(),
                "summary": purpose(event),
                "contentType": "application/json",
                "headers": _HEADERS,
                "payload": payload,
            }
        },
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
    }


def _operations(
    action: str, events: Iterable[type[Event]], binding: dict[str, Any]
) -> dict[str, Any]:
    return {
        f"{action}{event.__name__}": {
            "action": action,
            "channel": {"$ref": f"#/channels/{event.routing_key()}"},
            "messages": [{"$ref": f"#/channels/{event.routing_key()}/messages/{event.__name__}"}],
            "bindings": {"amqp": {**binding, "bindingVersion": "0.3.0"}},
        }
        for event in events
    }
