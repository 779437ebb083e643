"""Whether readers of an event, old and new, can live with a change of its schema.

Old readers read what new publishers send, so nothing they rely on may go. New readers read what is
in flight, parked or emitted again from the log, so nothing new may be demanded.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_WORDS_ONLY = frozenset({"title", "description", "default", "examples", "$defs"})


def breaks(before: Schema, after: Schema) -> list[str]:
    """Return what would break a reader, in sentences; nothing for an additive change."""
    return list(_compare(_Node(before, before), _Node(after, after), "event"))


class _Node:
    """A part of a schema, with the document its references point into."""

    def __init__(self, schema: Schema, document: Schema) -> None:
        while "$ref" in schema:
            schema = document["$defs"][schema["$ref"].rpartition("/")[2]]
        self.schema = schema
        self.document = document

    def child(self, schema: Schema) -> "_Node":
        return _Node(schema, self.document)

    @property
    def fields(self) -> Mapping[str, Schema]:
        fields: Mapping[str, Schema] = self.schema.get("properties", {})
        return fields

    @property
    def required(self) -> frozenset[str]:
        return frozenset(self.schema.get("required", ()))

    @property
    def shape(self) -> dict[str, Any]:
        """Return what the value itself must be, without its parts and without words about it."""
        parts = {"properties", "required", "items", "anyOf"}
        return {k: v for k, v in self.schema.items() if k not in _WORDS_ONLY | parts}


def _compare(before: _Node, after: _Node, place: str) -> Iterator[str]:
    if before.shape != after.shape or ("anyOf" in before.schema) != ("anyOf" in after.schema):
        yield f"{place}: is of another type"
        return
    yield from _compare_fields(before, after, place)
    if "items" in before.schema and "items" in after.schema:
        old, new = before.child(before.schema["items"]), after.child(after.schema["items"])
        yield from _compare(old, new, f"{place}[]")
    yield from _compare_choices(before, after, place)


def _compare_fields(before: _Node, after: _Node, place: str) -> Iterator[str]:
    for name, schema in before.fields.items():
        if name not in after.fields:
            yield f"{place}.{name}: is gone (removed or renamed)"
            continue
        old, new = before.child(schema), after.child(after.fields[name])
        yield from _compare(old, new, f"{place}.{name}")
    for name in sorted(after.required - before.required):
        yield f"{place}.{name}: is required now"
    for name in sorted((before.required - after.required) & after.fields.keys()):
        yield f"{place}.{name}: is not guaranteed any more"


def _compare_choices(before: _Node, after: _Node, place: str) -> Iterator[str]:
    old, new = before.schema.get("anyOf", ()), after.schema.get("anyOf", ())
    if len(old) != len(new):
        yield f"{place}: has other choices"
        return
    for one, other in zip(old, new, strict=True):
        yield from _compare(before.child(one), after.child(other), place)
