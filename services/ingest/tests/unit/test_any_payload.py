"""Whatever JSON a channel sends: an order, or said to be unreadable; never anything else."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_material.drafts import NOW
from ingest_material.shopify import shopify_order
from ingest_material.woocommerce import woocommerce_order

from ingest.channels.channel import Channel, Unreadable
from ingest.channels.registry import CHANNELS
from ingest.channels.shopify import TOPICS as SHOPIFY_TOPICS
from ingest.channels.woocommerce import TOPICS as WOOCOMMERCE_TOPICS
from ingest.domain.identity import identity_of
from ingest.domain.validation import checked
from ingest.store.documents import draft_json, read_draft, reasons_json

MAKERS: dict[str, Callable[[], dict[str, Any]]] = {
    "shopify": shopify_order,
    "woocommerce": woocommerce_order,
}
TOPICS = sorted(SHOPIFY_TOPICS | WOOCOMMERCE_TOPICS)

_ODD = st.sampled_from(
    [
        "",
        "\x00",
        "1e999999",
        "-1e-999999",
        "NaN",
        "12.345",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2025-11-22",
        "2025-11-22T01:30:00",
        "-0",
        "x" * 5000,
        10**4299,
        -(10**4299),
        2**53,
        float("inf"),
        float("nan"),
        1e300,
    ]
)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | _ODD


def _names(value: Any) -> set[str]:
    """Return every name of a field in a document, however deep."""
    if isinstance(value, list):
        return set().union(*map(_names, value)) if value else set()
    if isinstance(value, dict):
        return set(value).union(*map(_names, value.values()))
    return set()


def payloads(names: set[str]) -> st.SearchStrategy[Any]:
    keys = st.sampled_from(sorted(names)) | st.text(max_size=3)
    return st.recursive(
        _SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=8),
        max_leaves=25,
    )


@st.composite
def damaged(draw: st.DrawFn, name: str) -> Any:
    """Return a real order in which something, somewhere, is something else or gone."""
    order = deepcopy(MAKERS[name]())
    for _ in range(draw(st.integers(1, 3))):
        place: Any = order
        while True:
            key = draw(
                st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place)))
            )
            inner = place[key]
            if not isinstance(inner, dict | list) or not inner or draw(st.booleans()):
                break
            place = inner
        place[key] = draw(_SCALARS | st.just([]) | st.just({}) | st.just([{}]) | st.just([None]))
    return order


def take_in(channel: Channel, topic: str, payload: Any) -> None:
    try:
        orders = channel.translate(topic, payload, "demo")
    except Unreadable:
        return
    for incoming in orders:
        assert incoming.cancelled is None or isinstance(incoming.cancelled, str)
        normal, reasons = checked(incoming.draft, NOW)
        assert len(reasons_json(reasons)) < 100_000
        assert read_draft(draft_json(normal))
        assert reasons or identity_of(normal)


@pytest.mark.parametrize("name", MAKERS)
def test_any_json_is_an_order_or_unreadable(name: str) -> None:
    @given(payloads(_names(MAKERS[name]())), st.sampled_from(TOPICS))
    def holds(payload: Any, topic: str) -> None:
        take_in(CHANNELS[name], topic, payload)

    holds()


@pytest.mark.parametrize("name", MAKERS)
def test_any_damaged_order_is_an_order_or_unreadable(name: str) -> None:
    @given(damaged(name), st.sampled_from(TOPICS))
    def holds(payload: Any, topic: str) -> None:
        take_in(CHANNELS[name], topic, payload)

    holds()
