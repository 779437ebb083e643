"""The list of features and the vector of one order."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contracts.order import Order
from common.expression import Type
from common.ids import new_id
from risk.domain.features import COUNTED, FEATURES, POSITIONS, Past, padded, vector
from risk.domain.velocity import Cell, Counts
from risk.use_cases.featuring import subject_of

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
WINDOWS = [f"{kind}_{span}" for kind in ("orders", "sum_minor") for span in ("1m", "1h", "24h")]
ORDER = """
    channel shop currency payable_minor goods_minor discount_minor freight_minor paid_minor
    lines pieces largest_line hour has_memo payment_methods skus
"""
RELEASED = [
    *(f"order.{name}" for name in ORDER.split()),
    "phone.sha256",
    *(f"address.{name}" for name in ("text", "country", "province", "city", "quality")),
    *(f"customer.{name}" for name in ("known", "is_new", "refusals")),
    "phone.refusals",
    *(f"{who}.{w}" for who in ("customer", "phone", "address", "device", "shop") for w in WINDOWS),
    "order.in_store",
    "order.is_sealed",
]
"""Append to it when features are added; never change what is there: stored vectors depend on it."""

NOBODY = Past(None, None, None, (None,) * len(COUNTED))


def an_order(**changes: Any) -> Order:
    document: dict[str, Any] = {
        "channel": "mall",
        "shop": "demo",
        "channel_order_no": "M-1",
        "placed_at": "2026-11-22T23:30:00+08:00",
        "currency": "CNY",
        "customer": {"name": "张三", "phone": "+8613800138000", "email": None, "platform_id": "7"},
        "address": {
            "country": "CN",
            "province": "浙江省",
            "city": "杭州市",
            "district": "西湖区",
            "detail": "文三路 1 号",
            "postcode": None,
        },
        "lines": [
            {"sku": s, "title": s, "quantity": q, "unit_price_minor": 10, "discount_minor": 0}
            for s, q in (("A", 2), ("B", 5))
        ],
        "amounts": {
            "goods_minor": 70,
            "freight_minor": 6,
            "discount_minor": 5,
            "tax_minor": 1,
            "payable_minor": 72,
        },
        "payments": [
            {"reference": r, "method": m, "amount_minor": a, "paid_at": "2026-11-22T23:31:00+08:00"}
            for r, m, a in (("1", "alipay", 70), ("2", "points", 2))
        ],
        "memo": "门口",
        "device": "0123",
    }
    return Order.model_validate(document | changes)


def values(order: Order, past: Past = NOBODY) -> dict[str, Any]:
    made = vector(subject_of(new_id(), order, NOW), past)
    return dict(zip(POSITIONS, made, strict=True))


def anonymous(**changes: Any) -> dict[str, Any]:
    return {"name": "张三", "phone": None, "email": None, "platform_id": None, **changes}


def test_the_list_only_ever_grows() -> None:
    assert [feature.name for feature in FEATURES][: len(RELEASED)] == RELEASED
    assert len(RELEASED) == len(set(RELEASED)) == len(FEATURES)


def test_an_order_is_read_whole() -> None:
    seen = values(an_order())
    expected = {
        "order.channel": "mall",
        "order.shop": "demo",
        "order.currency": "CNY",
        "order.payable_minor": 72,
        "order.goods_minor": 70,
        "order.discount_minor": 5,
        "order.freight_minor": 6,
        "order.paid_minor": 72,
        "order.lines": 2,
        "order.pieces": 7,
        "order.largest_line": 5,
        "order.hour": 15,
        "order.has_memo": True,
        "order.payment_methods": ("alipay", "points"),
        "order.skus": ("A", "B"),
        "address.text": "浙江省杭州市西湖区文三路1号",
        "address.country": "CN",
        "address.province": "浙江省",
        "address.city": "杭州市",
        "address.quality": 90,
    }
    assert {name: seen[name] for name in expected} == expected
    assert len(seen["phone.sha256"]) == 64


def test_what_is_counted_comes_in_the_order_of_its_names() -> None:
    counts = tuple(Counts(*range(10 * who, 10 * who + 6)) for who in range(1, 6))
    seen = values(an_order(), Past(0, 1, 2, counts))
    assert (seen["customer.known"], seen["customer.is_new"]) == (True, True)
    assert (seen["customer.refusals"], seen["phone.refusals"]) == (1, 2)
    for place, who in enumerate(COUNTED):
        assert [seen[f"{who}.{window}"] for window in WINDOWS] == list(counts[place])


def test_an_order_sold_over_the_counter_has_no_receiver_to_look_at() -> None:
    nowhere = {"province": "", "city": "", "district": "", "detail": "", "postcode": None}
    order = an_order(
        delivery="in_store",
        customer=anonymous(name=""),
        address={"country": "SE", **nowhere},
        device=None,
    )
    subject = subject_of(new_id(), order, NOW)
    assert subject.cells[:4] == (None, None, None, None)
    seen = values(order)
    assert (seen["order.in_store"], values(an_order())["order.in_store"]) == (True, False)
    sealed = values(an_order(customer=anonymous(phone=None, receiver_token="oaid")))
    assert (sealed["order.is_sealed"], seen["order.is_sealed"]) == (True, False)
    for name in ("phone.sha256", "address.text", "address.city", "address.quality"):
        assert seen[name] is None


def test_an_order_of_nobody_known_has_no_past() -> None:
    order = an_order(customer=anonymous(phone="138***00"), device=None)
    subject = subject_of(new_id(), order, NOW)
    assert subject.cells[:2] == (None, None)
    assert subject.cells[3] is None
    seen = values(order)
    assert seen["customer.known"] is False
    assert seen["customer.is_new"] is None
    assert seen["phone.sha256"] is None


def test_an_order_without_an_address_has_nothing_of_it() -> None:
    empty = dict.fromkeys(("country", "province", "city", "district", "detail"), "")
    seen = values(an_order(address={**empty, "postcode": None}))
    assert {v for name, v in seen.items() if name.startswith("address.")} == {None}


def test_a_customer_is_the_account_on_the_channel_else_the_mail_anywhere() -> None:
    def key(channel: str, **customer: Any) -> Cell | None:
        order = an_order(channel=channel, customer=anonymous(**customer))
        return subject_of(new_id(), order, NOW).customer

    assert key("mall", platform_id="7") == key("mall", platform_id="7", email="a@example.com")
    assert key("mall", platform_id="7") != key("other", platform_id="7")
    assert key("mall", email="a@example.com") == key("other", email="a@example.com")
    assert key("mall", email="7") != key("mall", platform_id="7")


def test_receivers_are_personal() -> None:
    assert {f.name for f in FEATURES if f.personal} == {"phone.sha256", "address.text"}


_TEXT = st.text(max_size=6)
_COUNTS = st.none() | st.builds(Counts, *[st.integers(0, 2**63 - 1)] * 6)


@given(
    st.builds(dict, channel=_TEXT, shop=_TEXT, currency=_TEXT, memo=st.none() | _TEXT)
    | st.just({"lines": [], "payments": []}),
    st.tuples(*[_COUNTS] * 5),
    st.none() | st.integers(0, 9),
)
def test_every_value_is_missing_or_of_its_type(
    changes: dict[str, Any], counts: Any, orders: int | None
) -> None:
    made = vector(subject_of(new_id(), an_order(**changes), NOW), Past(orders, 0, 0, counts))
    assert len(made) == len(FEATURES)
    for feature, value in zip(FEATURES, made, strict=True):
        assert value is None or feature.type.admits(value), feature.name


@pytest.mark.parametrize("length", [0, 21, len(FEATURES)])
def test_what_an_older_vector_is_too_short_for_is_missing(length: int) -> None:
    made = vector(subject_of(new_id(), an_order(), NOW), NOBODY)
    stored = [list(v) if isinstance(v, tuple) else v for v in made[:length]]
    read = padded(stored)
    assert read[:length] == made[:length]
    assert read[length:] == (None,) * (len(FEATURES) - length)


def test_lists_are_read_as_they_were_made() -> None:
    assert [f.name for f in FEATURES if f.type is Type.STRINGS] == [
        "order.payment_methods",
        "order.skus",
    ]
