"""The drill's comparison: it must see what is missing, doubled, strange or wrong."""

from typing import Any

from loadtest.intake_drill.comparing import compared


def a_sale(**changes: Any) -> dict[str, Any]:
    return {
        "channel": "pdd",
        "number": "1",
        "sold_at": "2026-11-23T06:00:00+00:00",
        "currency": "CNY",
        "payable_minor": 1500,
        "paid_minor": 1500,
        "name": "王晓",
        "phone": "+8613800000000",
        "city": "杭州市",
        "detail": "文三路 1 号",
        "lines": [["SKU-0001", 3, 500]],
    } | changes


def an_order(**changes: Any) -> dict[str, Any]:
    document = {
        "channel": "pdd",
        "channel_order_no": "1",
        "placed_at": "2026-11-23T14:00:00+08:00",
        "currency": "CNY",
        "amounts": {"payable_minor": 1500},
        "payments": [{"amount_minor": 1000}],
        "customer": {"name": "王晓", "phone": "+8613800000000"},
        "address": {"city": "杭州市", "detail": "文三路 1 号"},
        "lines": [{"sku": "SKU-0001", "quantity": 3, "unit_price_minor": 500}],
    } | changes
    return {"order": document, "later_minor": 500}


def test_what_agrees_is_right() -> None:
    assert compared([a_sale()], [an_order()]).is_right


def test_what_is_not_here_is_missing() -> None:
    assert compared([a_sale(), a_sale(number="2")], [an_order()]).missing == [("pdd", "2")]


def test_what_is_here_twice_is_doubled() -> None:
    found = compared([a_sale()], [an_order(), an_order()])
    assert found.doubled == [("pdd", "1")]
    assert not found.is_right


def test_what_was_never_sold_is_strange() -> None:
    assert compared([], [an_order()]).strange == [("pdd", "1")]


def test_fields_that_differ_are_named() -> None:
    sale = a_sale(paid_minor=1000, name="李晓", lines=[["SKU-0001", 2, 500]])
    assert compared([sale], [an_order()]).wrong == {("pdd", "1"): ["paid_minor", "name", "lines"]}
