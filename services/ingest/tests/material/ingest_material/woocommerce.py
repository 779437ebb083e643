"""A WooCommerce order as REST API v3 writes it, with invented values."""

from typing import Any

BILLING = {
    "first_name": "Ana",
    "last_name": "Kovač",
    "company": "",
    "address_1": "Ilica 5",
    "address_2": "",
    "city": "Zagreb",
    "state": "HR-21",
    "postcode": "10000",
    "country": "HR",
    "email": "Ana@Example.com",
    "phone": "01 4567 890",
}
SHIPPING = {
    "first_name": "Ivo",
    "last_name": "Kovač",
    "company": "",
    "address_1": "Riva 7",
    "address_2": "2. kat",
    "city": "Split",
    "state": "HR-17",
    "postcode": "21000",
    "country": "HR",
    "phone": "",
}
NOTHING = dict.fromkeys(SHIPPING, "")


def line_item(
    sku: str | None, quantity: int, total: str, subtotal: str | None = None, **changes: Any
) -> dict[str, Any]:
    return {
        "id": 315,
        "name": "Snow Tea",
        "product_id": 93,
        "variation_id": 0,
        "quantity": quantity,
        "tax_class": "",
        "subtotal": subtotal or total,
        "subtotal_tax": "0.00",
        "total": total,
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": [],
        "sku": sku,
        "price": 3.333333333333333,
        **changes,
    }


def fee(total: str) -> dict[str, Any]:
    return {"id": 9, "name": "Fee", "tax_class": "", "total": total, "total_tax": "0.00"}


def woocommerce_order(**changes: Any) -> dict[str, Any]:
    """Return a paid order whose sums are right: 2 x 10.00 + 5.00 + 4.00 shipping + 7.25 tax."""
    return {
        "id": 727,
        "parent_id": 0,
        "number": "727",
        "order_key": "wc_order_a1b2c3",
        "created_via": "checkout",
        "version": "9.4.2",
        "status": "processing",
        "currency": "EUR",
        "date_created": "2025-11-22T02:30:00",
        "date_created_gmt": "2025-11-22T01:30:00",
        "date_modified_gmt": "2025-11-22T01:31:00",
        "date_paid": "2025-11-22T02:30:08",
        "date_paid_gmt": "2025-11-22T01:30:08",
        "discount_total": "0.00",
        "discount_tax": "0.00",
        "shipping_total": "4.00",
        "shipping_tax": "1.00",
        "cart_tax": "6.25",
        "total_tax": "7.25",
        "total": "36.25",
        "prices_include_tax": False,
        "customer_id": 26,
        "customer_note": "",
        "customer_ip_address": "203.0.113.7",
        "customer_user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
        "billing": BILLING,
        "shipping": SHIPPING,
        "payment_method": "stripe",
        "payment_method_title": "Card",
        "transaction_id": "ch_123",
        "meta_data": [],
        "line_items": [line_item("SKU-0001", 2, "20.00"), line_item("SKU-0002", 1, "5.00")],
        "tax_lines": [],
        "shipping_lines": [{"id": 317, "method_title": "Flat Rate", "total": "4.00"}],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [],
        **changes,
    }
