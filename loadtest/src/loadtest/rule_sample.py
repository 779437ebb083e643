"""Fifty rules as a shop writes them, and orders to ask them about, for measuring engines."""

import random
from collections.abc import Mapping

from common.expression import Constant, Field, Schema, Type

Values = tuple[object, ...]

WHO = ("customer", "phone", "address", "device", "shop")
COUNTS = ("orders_1m", "orders_1h", "orders_24h", "sum_minor_1m", "sum_minor_1h", "sum_minor_24h")
LIMITS: Mapping[str, dict[str, int]] = {
    "hold": {"CNY": 500_000, "USD": 70_000, "EUR": 65_000},
    "day": {"CNY": 2_000_000, "USD": 280_000, "EUR": 260_000},
}
PHONES = tuple(f"{n:064x}" for n in range(1, 101))
ROADS = tuple(f"黑名单{n}路" for n in range(20))
COUNTRIES = ("CN", "US", "DE", "FR", "SG")
_CITIES = ("杭州市", "上海市", "Berlin", "Lyon", "Singapore")

FIELDS = (
    *(Field(f"order.{name}", Type.STRING) for name in ("channel", "shop", "currency")),
    *(
        Field(f"order.{name}_minor", Type.INT)
        for name in ("payable", "goods", "discount", "freight", "paid")
    ),
    *(Field(f"order.{name}", Type.INT) for name in ("lines", "pieces", "largest_line", "hour")),
    Field("order.has_memo", Type.BOOL),
    Field("order.payment_methods", Type.STRINGS),
    Field("order.skus", Type.STRINGS),
    Field("phone.sha256", Type.STRING, personal=True),
    Field("address.text", Type.STRING, personal=True),
    Field("address.country", Type.STRING),
    Field("address.city", Type.STRING),
    Field("address.quality", Type.INT),
    Field("customer.is_new", Type.BOOL),
    Field("customer.refusals", Type.INT),
    Field("phone.refusals", Type.INT),
    *(Field(f"{who}.{count}", Type.INT) for who in WHO for count in COUNTS),
)
SCHEMA = Schema(
    FIELDS,
    {
        **{f"limits.{name}": Constant(Type.INT_MAP, limit) for name, limit in LIMITS.items()},
        "lists.phones": Constant(Type.STRING_SET, frozenset(PHONES)),
        "lists.roads": Constant(Type.TEXTS, ROADS),
    },
)

_BY_WHO = (
    "{who}.orders_1m > 3",
    "{who}.orders_24h > 20 && order.payable_minor > 100000",
    "{who}.sum_minor_1h + order.payable_minor > limits.day[order.currency]",
    "{who}.orders_1h > 8 || {who}.sum_minor_24h > limits.day[order.currency]",
    "{who}.orders_1h >= 4 && {who}.orders_24h >= 3 * {who}.orders_1h",
)
_ONCE = (
    "order.payable_minor > limits.hold[order.currency]",
    "order.payable_minor > 5 * limits.hold[order.currency]",
    "order.pieces > 300 || order.largest_line > 100",
    "order.pieces > 50 && customer.is_new",
    "order.discount_minor > order.goods_minor / 2",
    "order.discount_minor * 100 > order.goods_minor * 80",
    "order.freight_minor > order.goods_minor && order.goods_minor > 0",
    "order.paid_minor < order.payable_minor && order.channel == 'woocommerce'",
    "order.paid_minor != order.payable_minor && 'cod' in order.payment_methods",
    "order.lines > 20 && size(order.skus) > 20",
    "'GIFTCARD' in order.skus && order.payable_minor > 20000",
    "order.hour < 5 && order.payable_minor > 200000",
    "order.has_memo && order.payable_minor > 400000",
    "phone.sha256 in lists.phones",
    "address.text.containsAny(lists.roads)",
    "address.quality < 20",
    "address.quality < 50 && order.payable_minor > 100000",
    "!(address.country in ['CN', 'US', 'DE', 'FR', 'SG'])",
    "address.country != 'CN' && order.currency == 'CNY' && order.payable_minor > 300000",
    "address.city == 'Lyon' && customer.is_new && order.payable_minor > 50000",
    "customer.refusals > 2 || phone.refusals > 2",
    "has(customer.refusals) && customer.refusals > 0 && order.payable_minor > 100000",
    "order.shop.startsWith('test')",
    "address.text.contains('自提点') && order.payable_minor > 300000",
    "(customer.is_new ? 50000 : 900000) < order.payable_minor && order.currency != 'CNY'",
)
RULES = (*(text.format(who=who) for who in WHO for text in _BY_WHO), *_ONCE)


def orders(number: int, *, missing: float, seed: int = 7) -> list[Values]:
    """Return orders of which each value outside of the order itself may be missing."""
    rng = random.Random(seed)
    return [_order(rng, missing) for _ in range(number)]


def _order(rng: random.Random, missing: float) -> Values:
    values = _subject(rng) | _history(rng)
    return tuple(
        None if rng.random() < missing and not field.name.startswith("order.") else value
        for field in FIELDS
        for value in (values[field.name],)
    )


def _subject(rng: random.Random) -> dict[str, object]:
    goods, lines = rng.randrange(1_000, 300_000), rng.randrange(1, 6)
    discount, freight = rng.randrange(goods // 3), rng.randrange(2_000)
    place = rng.randrange(len(COUNTRIES))
    road = rng.choice(ROADS) if rng.random() < 0.01 else "文三路"
    return {
        "order.channel": rng.choice(("shopify", "woocommerce", "csv")),
        "order.shop": rng.choice(("main", "outlet", "test-1")),
        "order.currency": rng.choice(tuple(LIMITS["hold"])),
        "order.payable_minor": goods - discount + freight,
        "order.goods_minor": goods,
        "order.discount_minor": discount,
        "order.freight_minor": freight,
        "order.paid_minor": goods - discount + freight,
        "order.lines": lines,
        "order.pieces": lines + rng.randrange(9),
        "order.largest_line": rng.randrange(1, 10),
        "order.hour": rng.randrange(24),
        "order.has_memo": rng.random() < 0.2,
        "order.payment_methods": (rng.choice(("card", "cod", "wallet")),),
        "order.skus": tuple(f"SKU-{rng.randrange(1000)}" for _ in range(lines)),
        "phone.sha256": f"{rng.randrange(20_000):064x}",
        "address.text": f"浙江省{_CITIES[place]}西湖区{road}{rng.randrange(900)}号",
        "address.country": COUNTRIES[place],
        "address.city": _CITIES[place],
        "address.quality": rng.randrange(10, 101),
    }


def _history(rng: random.Random) -> dict[str, object]:
    values: dict[str, object] = {
        "customer.is_new": rng.random() < 0.4,
        "customer.refusals": rng.choice((0, 0, 0, 1, 3)),
        "phone.refusals": rng.choice((0, 0, 0, 0, 1)),
    }
    for who in WHO:
        minute = rng.choice((0, 0, 0, 1, 2))
        hour = minute + rng.randrange(4)
        day = hour + rng.randrange(10)
        for window, count in (("1m", minute), ("1h", hour), ("24h", day)):
            values[f"{who}.orders_{window}"] = count
            values[f"{who}.sum_minor_{window}"] = count * rng.randrange(1_000, 90_000)
    return values
