"""Orders for load: signed Shopify webhooks, each an order of its own with three lines."""

import hashlib
import hmac
import json
from base64 import b64encode
from random import Random

PROVINCES = (
    "Zhejiang",
    "Guangdong",
    "Sichuan",
    "Beijing",
    "Hubei",
    "Jiangsu",
    "Shandong",
    "Fujian",
)
PRICES = (1990, 2590, 990, 12900, 4550)


def webhook(number: int, random: Random, *, secret: str, run: str) -> bytes:
    """Return the whole HTTP request of order `number`; `run` keeps runs on one database apart."""
    headers, body = signed(number, random, secret=secret, run=run)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = ["POST /v1/webhooks/shopify/demo HTTP/1.1", "Host: localhost", *lines]
    return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body


def signed(number: int, random: Random, *, secret: str, run: str) -> tuple[dict[str, str], bytes]:
    """Return headers and body of the webhook that announces order `number`."""
    body = json.dumps(shopify_order(number, random, run), ensure_ascii=False).encode()
    signature = b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Webhook-Id": f"{run}-{number}",
        "X-Shopify-Hmac-Sha256": signature,
    }
    return headers, body


def shopify_order(number: int, random: Random, run: str) -> dict[str, object]:
    """Return a paid order of three lines whose sums are right."""
    prices = [random.choice(PRICES) for _ in range(3)]
    quantities = [random.randint(1, 2) for _ in range(3)]
    goods = sum(p * q for p, q in zip(prices, quantities, strict=True))
    return {
        "id": f"{run}{number:07d}",
        "name": f"#{run}-{number}",
        "created_at": "2026-11-22T09:30:00+08:00",
        "processed_at": "2026-11-22T09:31:00+08:00",
        "currency": "CNY",
        "financial_status": "paid",
        "payment_gateway_names": ["alipay"],
        "email": f"customer{number}@example.com",
        "customer": {"id": 7_000_000 + number},
        "total_line_items_price": _yuan(goods),
        "total_discounts": "5.00",
        "total_tax": "0.00",
        "taxes_included": True,
        "total_price": _yuan(goods - 500 + 600),
        "shipping_lines": [{"title": "顺丰", "price": "6.00"}],
        "shipping_address": _address(random),
        "line_items": [
            _line(number * 10 + n, price, quantity, random)
            for n, (price, quantity) in enumerate(zip(prices, quantities, strict=True))
        ],
    }


def _line(identifier: int, price: int, quantity: int, random: Random) -> dict[str, object]:
    return {
        "id": identifier,
        "sku": f"SKU-{random.randint(1, 98):04d}",
        "name": "预制菜 家常口味 礼盒装",
        "quantity": quantity,
        "price": _yuan(price),
        "grams": 500,
        "taxable": True,
    }


def _address(random: Random) -> dict[str, object]:
    return {
        "name": "张三",
        "phone": f"+86138{random.randint(0, 99_999_999):08d}",
        "country_code": "CN",
        "province": random.choice(PROVINCES),
        "city": "杭州市",
        "address1": "文三路 1 号 创业大厦 12 楼",
        "zip": "310000",
    }


def _yuan(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"
