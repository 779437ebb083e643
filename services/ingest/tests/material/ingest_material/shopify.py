"""A Shopify order as the Admin API writes it, with invented values."""

import base64
import hashlib
import hmac
from typing import Any

ADDRESS = {
    "first_name": "Mei",
    "last_name": "Chan",
    "name": "Mei Chan",
    "phone": "+852 2123 4567",
    "address1": "1 Harbour Road",
    "address2": "Flat 12B",
    "city": "Wan Chai",
    "province": "Hong Kong Island",
    "province_code": "HK",
    "country": "Hong Kong SAR",
    "country_code": "HK",
    "zip": "999077",
    "company": None,
    "latitude": 22.28,
    "longitude": 114.17,
}


def line_item(sku: str | None, quantity: int, price: str, **changes: Any) -> dict[str, Any]:
    money = {"amount": price, "currency_code": "HKD"}
    return {
        "id": 16_071_823_655_212,
        "admin_graphql_api_id": "gid://shopify/LineItem/16071823655212",
        "sku": sku,
        "name": "Snow Tea - Large",
        "title": "Snow Tea",
        "variant_title": "Large",
        "quantity": quantity,
        "current_quantity": quantity,
        "fulfillable_quantity": quantity,
        "price": price,
        "price_set": {"shop_money": money, "presentment_money": money},
        "total_discount": "0.00",
        "discount_allocations": [],
        "taxable": True,
        "requires_shipping": True,
        "product_id": 8_214_567_890_988,
        "variant_id": 44_123_456_789_036,
        "grams": 250,
        **changes,
    }


def shipping_line(price: str, discounted_price: str | None = None) -> dict[str, Any]:
    return {
        "id": 5_012_345_678_901,
        "title": "Standard",
        "code": "Standard",
        "price": price,
        "discounted_price": discounted_price or price,
        "source": "shopify",
        "tax_lines": [],
        "discount_allocations": [],
    }


def shopify_order(**changes: Any) -> dict[str, Any]:
    """Return a paid order whose sums are right: 2 x 120.00 + 60.50 + 25.00 shipping."""
    return {
        "id": 6_212_345_678_901,
        "admin_graphql_api_id": "gid://shopify/Order/6212345678901",
        "name": "#2001",
        "order_number": 2001,
        "created_at": "2025-11-22T09:30:00+08:00",
        "processed_at": "2025-11-22T09:29:58+08:00",
        "updated_at": "2025-11-22T09:30:02+08:00",
        "cancelled_at": None,
        "cancel_reason": None,
        "closed_at": None,
        "currency": "HKD",
        "presentment_currency": "USD",
        "email": "Mei.Chan@Example.com",
        "phone": None,
        "note": "Leave at the door",
        "tags": "",
        "test": False,
        "taxes_included": False,
        "financial_status": "paid",
        "fulfillment_status": None,
        "payment_gateway_names": ["shopify_payments"],
        "total_line_items_price": "300.50",
        "subtotal_price": "300.50",
        "total_discounts": "0.00",
        "total_tax": "0.00",
        "total_tip_received": "0.00",
        "total_price": "325.50",
        "current_total_price": "325.50",
        "total_outstanding": "0.00",
        "billing_address": ADDRESS | {"address1": "9 Other Street", "phone": "+852 2765 4321"},
        "shipping_address": ADDRESS,
        "customer": {"id": 8_658_000_000_001, "first_name": "Mei", "phone": None},
        "line_items": [line_item("SKU-0001", 2, "120.00"), line_item("SKU-0002", 1, "60.50")],
        "shipping_lines": [shipping_line("25.00")],
        "discount_applications": [],
        "discount_codes": [],
        "fulfillments": [],
        "refunds": [],
        "note_attributes": [],
        "browser_ip": "203.0.113.7",
        "client_details": {
            "browser_ip": "203.0.113.7",
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
            "accept_language": "en-HK",
            "session_hash": None,
        },
        "tax_lines": [],
        **changes,
    }


def signature(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
