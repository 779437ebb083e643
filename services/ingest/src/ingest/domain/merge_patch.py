"""JSON merge patch, RFC 7396 §2; lists are replaced whole."""

from typing import Any


def merged(target: Any, patch: Any) -> Any:
    """Return the target with the patch applied; null removes a field."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
