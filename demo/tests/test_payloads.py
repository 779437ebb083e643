"""What the demo sends is what the channels would send: sums right, signatures right."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import pytest

from demo.inventing import Inventor
from demo.payloads import Message, Writer, canonical, forged, shopify, woocommerce
from demo.sale import CHANNELS, MALL, SHOPIFY, WOOCOMMERCE, Sale, decimal

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SECRETS = {SHOPIFY: "one secret", WOOCOMMERCE: "another secret"}


def sales(channel: str) -> list[Sale]:
    inventor = Inventor(Random(1), "12345678", NOW)
    return [inventor.sale(channel, count) for count in range(100)]


def minor(text: str) -> int:
    return int(Decimal(text) * 100)


def test_shopify_totals_are_lines_less_discounts_with_shipping() -> None:
    for sale in sales(SHOPIFY):
        document = shopify(sale)
        goods = sum(minor(line["price"]) * line["quantity"] for line in document["line_items"])
        assert minor(document["total_line_items_price"]) == goods
        freight = sum(minor(line["price"]) for line in document["shipping_lines"])
        expected = goods - minor(document["total_discounts"]) + freight
        assert minor(document["total_price"]) == expected == sale.payable_minor


def test_woocommerce_totals_are_lines_after_coupons_with_shipping() -> None:
    for sale in sales(WOOCOMMERCE):
        document = woocommerce(sale)
        goods = sum(minor(line["total"]) for line in document["line_items"])
        assert minor(document["total"]) == goods + minor(document["shipping_total"])
        for line in document["line_items"]:
            assert minor(line["subtotal"]) % line["quantity"] == 0
            assert minor(line["total"]) <= minor(line["subtotal"])


def test_canonical_amounts_follow_the_rule_of_the_contract() -> None:
    for sale in sales(MALL):
        document = canonical(sale)
        amounts = document["amounts"]
        goods = sum(
            line["quantity"] * line["unit_price_minor"] - line["discount_minor"]
            for line in document["lines"]
        )
        assert amounts["goods_minor"] == goods
        payable = goods - amounts["discount_minor"] + amounts["freight_minor"]
        assert amounts["payable_minor"] == payable + amounts["tax_minor"]
        assert [p["amount_minor"] for p in document["payments"]] == [payable]


@pytest.mark.parametrize(
    ("channel", "header"),
    [(SHOPIFY, "X-Shopify-Hmac-Sha256"), (WOOCOMMERCE, "X-WC-Webhook-Signature")],
)
def test_webhooks_are_signed_over_their_very_bytes(channel: str, header: str) -> None:
    message = Writer(SECRETS).order(sales(channel)[0], "delivery-1")
    assert message.headers[header] == signed(message.body, SECRETS[channel])
    assert json.loads(message.body)["currency"] in {"CNY", "USD"}


def test_a_torn_message_is_signed_well_and_no_json() -> None:
    writer = Writer(SECRETS)
    torn = writer.torn(writer.order(sales(SHOPIFY)[0], "delivery-1"))
    assert torn.headers["X-Shopify-Hmac-Sha256"] == signed(torn.body, SECRETS[SHOPIFY])
    with pytest.raises(ValueError, match=r"."):
        json.loads(torn.body)


def test_a_forged_message_has_the_right_body_and_a_wrong_signature() -> None:
    message = Writer(SECRETS).order(sales(SHOPIFY)[0], "delivery-1")
    false = forged(message)
    assert false.body == message.body
    assert false.headers["X-Shopify-Hmac-Sha256"] != signed(message.body, SECRETS[SHOPIFY])


def test_canonical_orders_need_the_key_and_webhooks_do_not() -> None:
    writer = Writer(SECRETS)
    messages: dict[str, Message] = {c: writer.order(sales(c)[0], "delivery-1") for c in CHANNELS}
    assert {channel for channel, message in messages.items() if message.needs_key} == {
        "mall",
        "pos",
    }


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0.00"), (5, "0.05"), (1990, "19.90"), (-1990, "-19.90"), (-7, "-0.07")],
)
def test_amounts_are_written_with_two_decimals(amount: int, text: str) -> None:
    assert decimal(amount) == text


def signed(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
