"""Whatever JSON a channel sends: an order, or said to be unreadable; never anything else."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_material.orders import ORDERS, zettle_purchase
from ingest_material.reading import judged, mapping_of
from ingest_material.shopify import shopify_order
from ingest_material.woocommerce import woocommerce_order

from ingest.domain.identity import identity_of
from ingest.store.documents import draft_json, read_draft, reasons_json
from ingest.use_cases.reading import orders_of

MAKERS: dict[str, Callable[[], dict[str, Any]]] = {
    "shopify": shopify_order,
    "woocommerce": woocommerce_order,
    **ORDERS,
    "zettle": zettle_purchase,
}
WHOLE = {"shopify": "orders/create", "woocommerce": "order.created", "zettle": "PurchaseCreated"}
"""The topic of a whole order, where it is not simply `order`."""


def topics(name: str) -> st.SearchStrategy[str]:
    known = mapping_of(name).document.topics
    return st.sampled_from([*known, "trade.memo", "other", WHOLE.get(name, "order")])


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


def take_in(name: str, topic: str, payload: Any) -> None:
    """Read a message as intake does: every order is whole, or says what keeps it out."""
    body = json.dumps(payload).encode()
    read = orders_of(mapping_of(name), body, channel=name, shop="demo", topic=topic)
    assert read.unreadable is None or len(read.incoming) == 1
    assert all(isinstance(number, str) and number for number in read.to_fetch)
    for incoming in read.incoming:
        for told in (incoming.cancelled, incoming.held):
            assert told is None or (isinstance(told, str) and told)
        normal, reasons = judged(incoming)
        assert len(reasons_json(reasons)) < 1_000_000
        assert read_draft(draft_json(normal))
        assert reasons or read.unreadable or identity_of(normal)


@pytest.mark.parametrize("name", MAKERS)
def test_any_json_is_an_order_or_unreadable(name: str) -> None:
    @given(payloads(_names(MAKERS[name]())), topics(name))
    def holds(payload: Any, topic: str) -> None:
        take_in(name, topic, payload)

    holds()


@pytest.mark.parametrize("name", MAKERS)
def test_any_damaged_order_is_an_order_or_unreadable(name: str) -> None:
    @given(damaged(name), topics(name))
    def holds(payload: Any, topic: str) -> None:
        take_in(name, topic, payload)

    holds()


@pytest.mark.parametrize("name", sorted(MAKERS.keys() - {"zettle"}))
def test_the_orders_of_our_own_are_let_in(name: str) -> None:
    """Otherwise the tests above damage what is damaged already."""
    topic = WHOLE.get(name, "order")
    body = json.dumps(MAKERS[name]()).encode()
    (incoming,) = orders_of(mapping_of(name), body, channel=name, shop="demo", topic=topic).incoming
    assert (judged(incoming)[1], incoming.cancelled, incoming.held) == ([], None, None)
