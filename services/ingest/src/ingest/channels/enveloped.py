"""Looking into the envelope of a message before anybody believes it."""

import json
from typing import Any


def text_at(body: bytes, name: str) -> str | None:
    """Return a text at the top of a JSON object; None where there is no such thing."""
    try:
        envelope: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    found = envelope.get(name) if isinstance(envelope, dict) else None
    return found if isinstance(found, str) else None
