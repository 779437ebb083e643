"""The documents channels send: Shopify's, WooCommerce's and the canonical one, signed."""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from demo.sale import SHOPIFY, WOOCOMMERCE, Item, Receiver, Sale, decimal

SHOP = "demo"
_CHINA = timezone(timedelta(hours=8))

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One HTTP request to ingest, ready to be sent, and sent again."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    needs_key: bool = False


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes messages as the channels do, with the secrets they share with ingest."""

    secrets: Mapping[str, str]

    def order(self, sale: Sale, delivery_id: str) -> Message:
        """Write the message that tells of a new order."""
        if sale.channel == SHOPIFY:
            return self.shopify(shopify(sale), "orders/create", delivery_id)
        if sale.channel == WOOCOMMERCE:
            return self.woocommerce(woocommerce(sale), "order.created", delivery_id)
        headers = {"Idempotency-Key": delivery_id}
        return Message("/v1/orders", headers, _json(canonical(sale)), needs_key=True)

    def shopify(self, document: Document, topic: str, delivery_id: str) -> Message:
        body = _json(document)
        headers = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Webhook-Id": delivery_id,
            "X-Shopify-Hmac-Sha256": signature(body, self.secrets[SHOPIFY]),
        }
        return Message(f"/v1/webhooks/shopify/{SHOP}", headers, body)

    def woocommerce(self, document: Document, topic: str, delivery_id: str) -> Message:
        body = _json(document)
        headers = {
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Delivery-ID": delivery_id,
            "X-WC-Webhook-Signature": signature(body, self.secrets[WOOCOMMERCE]),
        }
        return Message(f"/v1/webhooks/woocommerce/{SHOP}", headers, body)

    def torn(self, message: Message) -> Message:
        """Cut the body off in the middle and sign what is left, as a broken sender would."""
        body = message.body[: len(message.body) // 2]
        signed = {"X-Shopify-Hmac-Sha256": signature(body, self.secrets[SHOPIFY])}
        return Message(message.path, {**message.headers, **signed}, body)


def forged(message: Message) -> Message:
    """Sign with a secret that ingest does not know."""
    signed = {"X-Shopify-Hmac-Sha256": signature(message.body, "not the secret")}
    return Message(message.path, {**message.headers, **signed}, message.body)


def signature(body: bytes, secret: str) -> str:
    return b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def shopify(sale: Sale, *, cancelled_at: datetime | None = None) -> Document:
    """Write the order as Shopify's Admin API shows it."""
    return {
        "id": int(sale.number),
        "name": sale.reference,
        "created_at": sale.placed_at.astimezone(_CHINA).isoformat(timespec="seconds"),
        "processed_at": sale.paid_at.isoformat(timespec="seconds") if sale.paid_at else None,
        "cancelled_at": cancelled_at.isoformat(timespec="seconds") if cancelled_at else None,
        "cancel_reason": "customer" if cancelled_at else None,
        "currency": sale.currency,
        "financial_status": "paid" if sale.paid_at else "pending",
        "payment_gateway_names": [sale.method],
        "email": f"customer{sale.number[-4:]}@example.com",
        "customer": {"id": int(sale.number) + 7_000_000},
        "taxes_included": True,
        "total_line_items_price": decimal(sale.goods_minor),
        "total_discounts": decimal(sale.discount_minor),
        "total_tax": "0.00",
        "total_price": decimal(sale.stated_minor),
        "shipping_lines": [{"title": "顺丰速运", "price": decimal(sale.freight_minor)}],
        "shipping_address": _shopify_address(sale.receiver),
        "line_items": [
            {
                "sku": item.sku,
                "name": item.title,
                "quantity": item.quantity,
                "price": decimal(item.unit_minor),
            }
            for item in sale.items
        ],
    }


def _shopify_address(to: Receiver) -> Document:
    return {
        "name": to.name,
        "phone": to.phone,
        "country_code": to.country,
        "province": to.province,
        "city": to.city,
        "address1": to.street,
        "zip": to.postcode,
    }


def woocommerce(sale: Sale, *, cancelled: bool = False) -> Document:
    """Write the order as WooCommerce's REST API shows it."""
    to = sale.receiver
    paid = "processing" if sale.paid_at else "pending"
    first, _, last = to.name.partition(" ")
    address = {
        "first_name": first,
        "last_name": last,
        "address_1": to.street,
        "city": to.city,
        "state": to.province,
        "postcode": to.postcode,
        "country": to.country,
    }
    return {
        "id": int(sale.number) % 1_000_000,
        "number": sale.number,
        "status": "cancelled" if cancelled else paid,
        "currency": sale.currency,
        "date_created_gmt": _gmt(sale.placed_at),
        "date_paid_gmt": _gmt(sale.paid_at) if sale.paid_at else None,
        "payment_method": sale.method,
        "transaction_id": sale.reference if sale.paid_at else "",
        "total": decimal(sale.stated_minor),
        "total_tax": "0.00",
        "shipping_total": decimal(sale.freight_minor),
        "billing": {**address, "phone": to.phone, "email": f"c{sale.number[-4:]}@example.com"},
        "shipping": address,
        "line_items": [_woocommerce_line(item) for item in sale.items],
    }


def _woocommerce_line(item: Item) -> Document:
    return {
        "sku": item.sku,
        "name": item.title,
        "quantity": item.quantity,
        "subtotal": decimal(item.before_discount_minor),
        "total": decimal(item.before_discount_minor - item.discount_minor),
    }


def canonical(sale: Sale) -> Document:
    """Write the order as Sluice itself does."""
    to = sale.receiver
    payment = {
        "reference": sale.reference,
        "method": sale.method,
        "amount_minor": sale.stated_minor,
        "paid_at": sale.paid_at.isoformat() if sale.paid_at else None,
    }
    return {
        "channel": sale.channel,
        "shop": SHOP,
        "channel_order_no": sale.number,
        "placed_at": sale.placed_at.isoformat(),
        "currency": sale.currency,
        "customer": {"name": to.name, "phone": to.phone},
        "address": {
            "country": to.country,
            "province": to.province,
            "city": to.city,
            "detail": to.street,
            "postcode": to.postcode,
        },
        "lines": [_canonical_line(item) for item in sale.items],
        "amounts": {
            "goods_minor": sale.goods_minor,
            "freight_minor": sale.freight_minor,
            "discount_minor": sale.discount_minor,
            "tax_minor": 0,
            "payable_minor": sale.stated_minor,
        },
        "payments": [payment] if sale.paid_at else [],
    }


def _canonical_line(item: Item) -> Document:
    return {
        "sku": item.sku,
        "title": item.title,
        "quantity": item.quantity,
        "unit_price_minor": item.unit_minor,
        "discount_minor": item.discount_minor,
    }


def _gmt(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def _json(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()
