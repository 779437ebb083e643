"""Real messages, where they are at hand: read right, or kept out for the right reason."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ingest_material.drafts import NOW
from pydantic_core import from_json

from ingest.channels.channel import Incoming
from ingest.channels.registry import CHANNELS
from ingest.domain.draft import Draft
from ingest.domain.validation import Reason, checked

SAMPLES = Path(__file__).parents[5] / "shared" / "samples" / "payloads"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not at hand")


@cache
def sample(name: str) -> Incoming:
    payload = from_json((SAMPLES / f"{name}.json").read_bytes(), allow_inf_nan=False)
    channel = CHANNELS[name.partition("_")[0]]
    topic = {"shopify": "orders/create", "woocommerce": "order.created"}[channel.name]
    (incoming,) = channel.translate(topic, payload.get("order", payload), "sample")
    return incoming


def judged(name: str) -> tuple[Draft, list[Reason]]:
    return checked(sample(name).draft, NOW)


FIELDS: dict[str, dict[str, Any]] = {
    "shopify_1": {
        "channel_order_no": "450789469",
        "currency": "USD",
        "placed_at": "2008-01-10T16:00:00+00:00",
        "city": "Louisville",
        "country": "US",
        "lines": [
            ("IPOD2008GREEN", 1, 19900),
            ("IPOD2008RED", 1, 19900),
            ("IPOD2008BLACK", 1, 19900),
        ],
        "amounts": (39800, 0, 0, 1194, 40994),
        "payments": [],
    },
    "shopify_2": {
        "channel_order_no": "6198432301356",
        "currency": "HKD",
        "placed_at": "2025-01-23T06:59:37+00:00",
        "city": "",
        "country": "HK",
        "lines": [(None, 1, 9900), (None, 1, 10000), (None, 1, 10000), (None, 1, 10000)],
        "amounts": (39900, 2000, 2500, 0, 39400),
        "payments": [("#1054", "manual", 39400)],
    },
    "shopify_3": {
        "channel_order_no": "6200354537772",
        "currency": "HKD",
        "placed_at": "2025-01-24T03:09:39+00:00",
        "city": "",
        "lines": [(None, 1, 9900), (None, 1, 10000), (None, 1, 10000)],
        "amounts": (29900, 1000, 500, 0, 30400),
        "payments": [("#1069", "manual", 30400)],
    },
    "shopify_5": {
        "channel_order_no": "6200407294252",
        "currency": "HKD",
        "placed_at": "2025-01-24T04:10:15+00:00",
        "city": "",
        "lines": [(None, 1, 9900), (None, 1, 10000)],
        "amounts": (19900, 2200, 3410, 0, 18690),
        "payments": [("#1071", "manual", 18690)],
    },
    "shopify_7": {
        "channel_order_no": "6198821716268",
        "currency": "HKD",
        "placed_at": "2025-01-23T10:18:47+00:00",
        "city": "",
        "country": "HK",
        "lines": [(None, 1, 9900)],
        "amounts": (9900, 0, 0, 0, 9900),
        "payments": [("#1065", "manual", 9900)],
    },
    "woocommerce_1": {
        "channel_order_no": "727",
        "currency": "USD",
        "placed_at": "2017-03-22T19:28:02+00:00",
        "city": "San Francisco",
        "country": "US",
        "lines": [(None, 2, 300), ("Bar3", 1, 1200)],
        "amounts": (1800, 1000, 0, 135, 2935),
        "payments": [("wc_order_58d2d042d1d", "bacs", 2935)],
    },
    "woocommerce_3": {
        "channel_order_no": "723",
        "currency": "USD",
        "placed_at": "2017-03-21T19:16:00+00:00",
        "city": "Rio de Janeiro",
        "country": "BR",
        "lines": [(None, 1, 900), (None, 1, 2000)],
        "amounts": (2900, 1000, 0, 0, 3900),
        "payments": [],
    },
}


@pytest.mark.parametrize("name", FIELDS)
def test_the_fields_that_matter_are_read_right(name: str) -> None:
    draft, _ = judged(name)
    amounts = draft.amounts
    read = {
        "channel_order_no": draft.channel_order_no,
        "currency": draft.currency,
        "placed_at": draft.placed_at.isoformat() if draft.placed_at else None,
        "city": draft.address.city,
        "country": draft.address.country,
        "lines": [(line.sku, line.quantity, line.unit_price_minor) for line in draft.lines],
        "amounts": (
            amounts.goods_minor,
            amounts.freight_minor,
            amounts.discount_minor,
            amounts.tax_minor,
            amounts.payable_minor,
        ),
        "payments": [(p.reference, p.method, p.amount_minor) for p in draft.payments],
    }
    assert read | FIELDS[name] == read


REASONS: dict[str, set[str]] = {
    "shopify_1": {"bad_phone", "goods_do_not_add_up"},
    "shopify_2": {"bad_phone", "missing_address", "missing_city", "missing_sku"},
    "shopify_3": {
        "missing_phone",
        "missing_name",
        "missing_address",
        "missing_city",
        "missing_sku",
    },
    "shopify_5": {
        "missing_phone",
        "missing_name",
        "missing_address",
        "missing_city",
        "missing_sku",
    },
    "shopify_7": {"bad_phone", "missing_address", "missing_city", "missing_sku"},
    "woocommerce_1": {"bad_phone", "missing_sku"},
    "woocommerce_3": {"bad_phone", "missing_sku"},
}


@pytest.mark.parametrize("name", REASONS)
def test_what_keeps_it_out_is_what_it_lacks_and_nothing_else(name: str) -> None:
    """Test shops leave out addresses and SKUs; but for the first, every one of these adds up."""
    _, reasons = judged(name)
    assert {reason.code for reason in reasons} == REASONS[name]


def test_only_the_cancelled_order_is_cancelled() -> None:
    assert {name: sample(name).cancelled for name in FIELDS if sample(name).cancelled} == {
        "shopify_7": "customer"
    }


@pytest.mark.parametrize(
    ("name", "channel", "header"),
    [
        ("shopify_hmac", "shopify", "x-shopify-hmac-sha256"),
        ("woocommerce_signature", "woocommerce", "x-wc-webhook-signature"),
    ],
)
def test_the_signatures_verify(name: str, channel: str, header: str) -> None:
    vectors = json.loads((SAMPLES / "signature_vectors.json").read_text())["vectors"]
    (vector,) = (v for v in vectors if v["name"] == name)
    body, secret = vector["inputs"]["raw_body"].encode(), vector["inputs"]["secret"]
    headers = {header: vector["expected"]}
    assert CHANNELS[channel].is_authentic(headers, body, [secret])
    assert not CHANNELS[channel].is_authentic(headers, body + b" ", [secret])
    assert not CHANNELS[channel].is_authentic(headers, body, [secret + "x"])


OF_OTHER_KINDS = (
    "shopify_refund_1",
    "shopify_fulfillment_1",
    "shopify_inventory_levels_1",
    "shopify_order_risks_1",
    "shopify_transaction_1",
    "woocommerce_refund_1",
    "woocommerce_webhook_subscription",
)


@pytest.mark.parametrize("name", OF_OTHER_KINDS)
def test_a_message_of_another_kind_never_becomes_an_order_by_mistake(name: str) -> None:
    assert judged(name)[1]
