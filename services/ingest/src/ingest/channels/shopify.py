"""Shopify webhooks: X-Shopify-Hmac-Sha256 over the raw body, whole orders.

Field meanings: Shopify Admin API, Order resource. Money is a decimal string in the shop's currency;
`total_discounts` covers line, order and shipping discounts, so prices are taken undiscounted.
"""

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

TOPICS = frozenset(
    {"orders/create", "orders/updated", "orders/edited", "orders/paid", "orders/cancelled"}
)
_PAID = frozenset({"paid", "partially_refunded", "refunded"})


class Shopify:
    name = "shopify"

    def is_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        del headers, body
        return False

    def is_authentic(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
        return is_base64_hmac_sha256(headers.get("x-shopify-hmac-sha256", ""), body, secrets)

    def delivery_id(self, headers: Mapping[str, str]) -> str | None:
        return headers.get("x-shopify-webhook-id")

    def topic(self, headers: Mapping[str, str]) -> str:
        return headers.get("x-shopify-topic", "orders/create")

    def translate(self, topic: str, payload: Any, shop: str) -> Sequence[Incoming]:
        if topic not in TOPICS:
            return ()
        if not isinstance(payload, dict):
            raise Unreadable("the payload is no object")
        cancelled = topic == "orders/cancelled" or payload.get("cancelled_at") is not None
        reason = words(payload, "cancel_reason") or "cancelled on the channel"
        return (Incoming(_draft(payload, shop), cancelled=reason if cancelled else None),)


def _draft(payload: Mapping[str, Any], shop: str) -> Draft:
    currency = (words(payload, "currency") or "").upper()
    ship_to = mapping(payload, "shipping_address") or mapping(payload, "billing_address")
    customer = mapping(payload, "customer")
    return Draft(
        channel=Shopify.name,
        shop=shop,
        channel_order_no=words(payload, "id"),
        placed_at=moment(payload, "created_at"),
        currency=currency,
        customer=DraftCustomer(
            name=words(ship_to, "name"),
            phone=words(ship_to, "phone") or words(payload, "phone") or words(customer, "phone"),
            email=words(payload, "email"),
            platform_id=words(customer, "id"),
        ),
        address=DraftAddress(
            country=words(ship_to, "country_code"),
            province=words(ship_to, "province"),
            city=words(ship_to, "city"),
            detail=" ".join(filter(None, (words(ship_to, "address1"), words(ship_to, "address2")))),
            postcode=words(ship_to, "zip"),
        ),
        lines=tuple(_line(line, currency) for line in rows(payload, "line_items")),
        amounts=_amounts(payload, currency),
        payments=_payments(payload, currency),
        memo=words(payload, "note"),
        device=device(mapping(payload, "client_details"), "browser_ip", "user_agent"),
    )


def _line(line: Mapping[str, Any], currency: str) -> DraftLine:
    return DraftLine(
        sku=words(line, "sku"),
        title=words(line, "name") or words(line, "title"),
        quantity=whole(line, "quantity"),
        unit_price_minor=money(line, "price", currency),
    )


def _amounts(payload: Mapping[str, Any], currency: str) -> DraftAmounts:
    freight = sum(money(line, "price", currency) or 0 for line in rows(payload, "shipping_lines"))
    tip = money(payload, "total_tip_received", currency) or 0
    taxed_on_top = not payload.get("taxes_included")
    return DraftAmounts(
        goods_minor=money(payload, "total_line_items_price", currency),
        freight_minor=freight + tip,
        discount_minor=money(payload, "total_discounts", currency) or 0,
        tax_minor=(money(payload, "total_tax", currency) or 0) if taxed_on_top else 0,
        payable_minor=money(payload, "total_price", currency),
    )


def _payments(payload: Mapping[str, Any], currency: str) -> tuple[DraftPayment, ...]:
    """A paid order is one payment; its reference is the order's name, as payout reports show it."""
    amount = money(payload, "total_price", currency)
    if words(payload, "financial_status") not in _PAID or not amount:
        return ()
    gateways = payload.get("payment_gateway_names")
    method = gateways[0] if isinstance(gateways, list) and gateways else None
    payment = DraftPayment(
        reference=words(payload, "name") or words(payload, "id"),
        method=method if isinstance(method, str) else "shopify",
        amount_minor=amount,
        paid_at=moment(payload, "processed_at") or moment(payload, "created_at"),
    )
    return (payment,)
