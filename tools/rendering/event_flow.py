"""Who publishes what, and who reads it."""

from common.contracts.event import Event
from rendering.services import NAMES, consumed_by, published_by, purpose


def diagram() -> str:
    """Return a Mermaid flowchart: services are rounded, events are boxes between them."""
    services = (f"  {name}([{name}])" for name in NAMES)
    sent = (
        f"  {name} --> {_node(event.routing_key())}[{event.routing_key()}]"
        for name in NAMES
        for event in published_by(name)
    )
    received = (
        f"  {_node(event.routing_key())} --> {name}"
        for name in NAMES
        for event in consumed_by(name)
    )
    return "\n".join(("flowchart LR", *services, *sent, *received)) + "\n"


def page() -> str:
    rows = (
        f"| `{event.routing_key()}` | {purpose(event)} | {publisher} | {_readers(event)} |"
        for publisher in NAMES
        for event in published_by(publisher)
    )
    return "\n".join(
        (
            "# Event flow",
            "",
            "Made by `make docs` from the contracts and the subscriptions; do not edit.",
            "",
            "```mermaid",
            diagram().rstrip(),
            "```",
            "",
            "| event | meaning | published by | read by |",
            "|---|---|---|---|",
            *rows,
            "",
        )
    )


def _readers(event: type[Event]) -> str:
    return ", ".join(name for name in NAMES if event in consumed_by(name))


def _node(routing_key: str) -> str:
    return routing_key.replace(".", "_")
