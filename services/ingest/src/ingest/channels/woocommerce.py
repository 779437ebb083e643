"""WooCommerce webhooks: X-WC-Webhook-Signature over the raw body, whole orders.

Field meanings: WooCommerce REST API v3, Orders. Line totals are decimal strings without tax, after
coupons; `line_items[].price` is a JSON number and never used. `_gmt` times are UTC without offset.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ingest.channels.channel import Incoming, Unreadable, is_base64_hmac_sha256
from ingest.channels.fields import device, mapping, moment, money, rows, whole, words
from ingest.domain.draft import (
    Draft,
    DraftAddress,
    DraftAmounts,
    DraftCustomer,
    DraftLine,
    DraftPayment,
)

TOPICS = frozenset({"order.created", "order.updated", "order.restored"})
_PING = re.compile(rb"webhook_id=\d{1,20}")


class WooCommerce:
    name = "woocommerce"

    def is_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        """The first delivery of a new webhook is a form with its id, unsigned."""
        return "x-wc-webhook-signature" not in headers and _PING.fullmatch(body) is not None

    def is_authentic(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
        return is_base64_hmac_sha256(headers.get("x-wc-webhook-signature", ""), body, secrets)

    def delivery_id(self, headers: Mapping[str, str]) -> str | None:
        """WooCommerce's own id is a hash of webhook and second: two orders in a second share it.

        Together with the signature, which depends on the body, it is as unique as it has to be.
        """
        delivery_id = headers.get("x-wc-webhook-delivery-id")
        return delivery_id and f"{headers.get('x-wc-webhook-signature', '')}:{delivery_id}"

    def topic(self, headers: Mapping[str, str]) -> str:
        return headers.get("x-wc-webhook-topic", "order.created")

    def translate(self, topic: str, payload: Any, shop: str) -> Sequence[Incoming]:
        if topic not in TOPICS:
            return ()
        if not isinstance(payload, dict):
            raise Unreadable("the payload is no object")
        gone = words(payload, "status") in {"cancelled", "trash"}
        return (
            Incoming(_draft(payload, shop), cancelled="cancelled on the channel" if gone else None),
        )


def _draft(payload: Mapping[str, Any], shop: str) -> Draft:
    currency = (words(payload, "currency") or "").upper()
    billing, shipping = mapping(payload, "billing"), mapping(payload, "shipping")
    ship_to = shipping if words(shipping, "address_1") else billing
    name = (words(ship_to, "first_name"), words(ship_to, "last_name"))
    lines = tuple(_line(line, currency) for line in rows(payload, "line_items"))
    return Draft(
        channel=WooCommerce.name,
        shop=shop,
        channel_order_no=words(payload, "number") or words(payload, "id"),
        placed_at=moment(payload, "date_created_gmt", naive_is_utc=True),
        currency=currency,
        customer=DraftCustomer(
            name=" ".join(filter(None, name)),
            phone=words(shipping, "phone") or words(billing, "phone"),
            email=words(billing, "email"),
            platform_id=_account(payload),
        ),
        address=DraftAddress(
            country=words(ship_to, "country"),
            province=words(ship_to, "state"),
            city=words(ship_to, "city"),
            detail=" ".join(
                filter(None, (words(ship_to, "address_1"), words(ship_to, "address_2")))
            ),
            postcode=words(ship_to, "postcode"),
        ),
        lines=lines,
        amounts=_amounts(payload, lines, currency),
        payments=_payments(payload, currency),
        memo=words(payload, "customer_note"),
        device=device(payload, "customer_ip_address", "customer_user_agent"),
    )


def _account(payload: Mapping[str, Any]) -> str | None:
    """Return the customer's account; guests all have the number 0, and are not one customer."""
    account = words(payload, "customer_id")
    return None if account == "0" else account


def _line(line: Mapping[str, Any], currency: str) -> DraftLine:
    """Find a unit price in whole minor units that is not below the line's; the rest is discount."""
    quantity = whole(line, "quantity")
    before, after = money(line, "subtotal", currency), money(line, "total", currency)
    unit = discount = None
    if quantity and before is not None and after is not None:
        unit = -(-before // quantity)
        discount = unit * quantity - after
    return DraftLine(
        sku=words(line, "sku"),
        title=words(line, "name"),
        quantity=quantity,
        unit_price_minor=unit,
        discount_minor=discount or 0,
    )


def _amounts(payload: Mapping[str, Any], lines: Sequence[DraftLine], currency: str) -> DraftAmounts:
    goods = sum(
        (line.quantity or 0) * (line.unit_price_minor or 0) - line.discount_minor for line in lines
    )
    fees = sum(money(fee, "total", currency) or 0 for fee in rows(payload, "fee_lines"))
    freight = (money(payload, "shipping_total", currency) or 0) + max(fees, 0)
    return DraftAmounts(
        goods_minor=goods,
        freight_minor=freight,
        discount_minor=max(-fees, 0),
        tax_minor=money(payload, "total_tax", currency) or 0,
        payable_minor=money(payload, "total", currency),
    )


def _payments(payload: Mapping[str, Any], currency: str) -> tuple[DraftPayment, ...]:
    paid_at = moment(payload, "date_paid_gmt", naive_is_utc=True)
    amount = money(payload, "total", currency)
    if paid_at is None or not amount:
        return ()
    payment = DraftPayment(
        reference=words(payload, "transaction_id") or words(payload, "order_key"),
        method=words(payload, "payment_method") or "woocommerce",
        amount_minor=amount,
        paid_at=paid_at,
    )
    return (payment,)
