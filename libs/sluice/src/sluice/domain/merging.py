"""Several streams in one order become one stream of what belongs together."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any

Told = Mapping[str, Any]


async def merged(
    streams: Mapping[str, AsyncIterator[Told]],
) -> AsyncGenerator[tuple[str, dict[str, Told]]]:
    """Yield each order id once, in order, with what each stream that knows it tells.

    The streams are sorted by `order_id`; no more than one item of each is held.

    Raises:
        ValueError: a stream is not sorted, or tells an order twice.
    """
    heads: dict[str, Told] = {}
    for name in streams:
        await _advance(heads, name, streams[name])
    while heads:
        order_id = min(head["order_id"] for head in heads.values())
        told = {name: head for name, head in heads.items() if head["order_id"] == order_id}
        yield order_id, told
        for name in told:
            await _advance(heads, name, streams[name])


async def _advance(heads: dict[str, Told], name: str, stream: AsyncIterator[Told]) -> None:
    before = heads.pop(name, None)
    head = await anext(stream, None)
    if head is None:
        return
    if before is not None and head["order_id"] <= before["order_id"]:
        raise ValueError(f"{name} tells orders out of their order")
    heads[name] = head
