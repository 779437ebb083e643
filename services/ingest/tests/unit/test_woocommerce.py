"""WooCommerce orders: what each field means, in messages of our own in WooCommerce's format."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_material import reading
from ingest_material.drafts import NOW
from ingest_material.woocommerce import (
    BILLING,
    NOTHING,
    SHIPPING,
    fee,
    line_item,
    woocommerce_order,
)

from common.money import decimal_from_minor
from ingest.domain.draft import Draft
from ingest.domain.incoming import Incoming
from ingest.domain.validation import checked, line_minor


def read(topic: str = "order.created", /, **changes: Any) -> Incoming:
    return reading.read("woocommerce", woocommerce_order(**changes), topic)


def draft(**changes: Any) -> Draft:
    return read(**changes).draft


def reasons(**changes: Any) -> list[tuple[str, str]]:
    return reading.reasons_of(read(**changes))


def test_an_order_is_read_whole() -> None:
    normal, found = checked(draft(), NOW)
    assert found == []
    assert (normal.channel, normal.shop, normal.channel_order_no) == ("woocommerce", "demo", "727")
    assert normal.placed_at == datetime(2025, 11, 22, 1, 30, tzinfo=UTC)
    assert normal.currency == "EUR"
    assert normal.customer.name == "Ivo Kovač"
    assert normal.customer.phone == "+38514567890"
    assert normal.customer.email == "ana@example.com"
    assert normal.customer.platform_id == "26"
    address = normal.address
    assert (address.country, address.province, address.city) == ("HR", "HR-17", "Split")
    assert (address.detail, address.postcode) == ("Riva 7 2. kat", "21000")
    assert [(n.sku, n.quantity, n.unit_price_minor) for n in normal.lines] == [
        ("SKU-0001", 2, 1_000),
        ("SKU-0002", 1, 500),
    ]
    amounts = normal.amounts
    assert (amounts.goods_minor, amounts.freight_minor, amounts.tax_minor) == (2_500, 400, 725)
    assert amounts.payable_minor == 3_625
    (payment,) = normal.payments
    assert (payment.reference, payment.method, payment.amount_minor) == ("ch_123", "stripe", 3_625)
    assert payment.paid_at == datetime(2025, 11, 22, 1, 30, 8, tzinfo=UTC)
    assert normal.memo is None


SUMS: dict[str, dict[str, Any]] = {
    "a coupon on a line": {
        "line_items": [line_item("A", 2, "18.00", "20.00"), line_item("B", 1, "5.00")],
        "discount_total": "2.00",
        "coupon_lines": [{"id": 1, "code": "ten", "discount": "2.00"}],
        "total": "34.25",
    },
    "a coupon that makes a line free": {
        "line_items": [line_item("A", 2, "0.00", "20.00"), line_item("B", 1, "5.00")],
        "total": "16.25",
    },
    "a price that does not divide by the quantity": {
        "line_items": [line_item("A", 3, "10.00"), line_item("B", 7, "15.00")],
    },
    "an odd price with a coupon": {
        "line_items": [line_item("A", 3, "9.99", "10.00"), line_item("B", 7, "15.01", "15.03")],
    },
    "a fee": {"fee_lines": [fee("1.50")], "total": "37.75"},
    "a fee that is a discount": {"fee_lines": [fee("-3.00")], "total": "33.25"},
    "fees both ways": {"fee_lines": [fee("1.50"), fee("-3.00")], "total": "34.75"},
    "prices with tax in them": {"prices_include_tax": True},
    "no tax and no shipping": {"shipping_total": "0.00", "total_tax": "0.00", "total": "25.00"},
    "yen, which have no decimals": {
        "currency": "JPY",
        "line_items": [line_item("A", 3, "1000")],
        "shipping_total": "300",
        "total_tax": "130",
        "total": "1430",
    },
    "lists that are not there": {"fee_lines": None},
}


@pytest.mark.parametrize("changes", SUMS.values(), ids=SUMS)
def test_the_sums_of_a_right_order_are_right_with(changes: dict[str, Any]) -> None:
    assert reasons(**changes) == []


@given(st.integers(1, 1000), st.integers(0, 10**9), st.data())
def test_a_line_comes_to_what_was_charged_for_it_to_the_cent(
    quantity: int, before: int, data: st.DataObject
) -> None:
    after = data.draw(st.integers(0, before))
    item = line_item(
        "A", quantity, decimal_from_minor(after, "EUR"), decimal_from_minor(before, "EUR")
    )
    (line,) = draft(line_items=[item]).lines
    assert line_minor(line) == after
    assert reasons(line_items=[item], total=decimal_from_minor(after + 1125, "EUR")) == []


def test_a_total_that_is_not_the_sum_goes_to_a_person() -> None:
    assert reasons(total="36.26") == [("payable_does_not_add_up", "amounts.payable_minor")]


def test_a_line_that_costs_more_than_its_price_goes_to_a_person() -> None:
    lines = [line_item("A", 2, "21.00", "20.00"), line_item("B", 1, "4.00")]
    assert reasons(line_items=lines) == [("bad_discount", "lines.0.discount_minor")]


@pytest.mark.parametrize("sku", ["", None])
def test_a_line_without_a_sku_goes_to_a_person(sku: str | None) -> None:
    lines = [line_item(sku, 2, "20.00"), line_item("B", 1, "5.00")]
    assert reasons(line_items=lines) == [("missing_sku", "lines.0.sku")]


def test_a_line_of_nothing_or_less_goes_to_a_person() -> None:
    for quantity in (0, -1):
        lines = [line_item("A", 2, "25.00"), line_item("B", quantity, "0.00")]
        assert ("bad_quantity", "lines.1.quantity") in reasons(line_items=lines)


def test_the_address_is_the_shipping_address_else_the_billing_address() -> None:
    for nothing in (NOTHING, {}, None):
        incoming = draft(shipping=nothing)
        assert incoming.customer.name == "Ana Kovač"
        assert (incoming.address.detail, incoming.address.city) == ("Ilica 5", "Zagreb")
    assert draft(shipping=SHIPPING | {"phone": "021 345 678"}).customer.phone == "021 345 678"


def test_who_left_nothing_goes_to_a_person_with_everything_that_is_missing() -> None:
    found = reasons(shipping=NOTHING, billing=dict.fromkeys(BILLING, ""))
    assert found == [
        ("missing_phone", "customer.phone"),
        ("missing_name", "customer.name"),
        ("missing_address", "address.detail"),
        ("missing_city", "address.city"),
    ]


def test_an_unpaid_order_has_no_payment() -> None:
    assert draft(date_paid_gmt=None, status="pending").payments == ()
    assert draft(total="0.00").payments == ()


def test_a_payment_without_a_transaction_is_known_by_the_orders_key() -> None:
    (payment,) = draft(transaction_id="", payment_method="").payments
    assert (payment.reference, payment.method) == ("wc_order_a1b2c3", "woocommerce")


def test_times_are_utc_where_wordpress_says_so() -> None:
    incoming = draft(date_created_gmt="2025-11-22T01:30:00")
    assert incoming.placed_at == datetime(2025, 11, 22, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "cancelled"),
    [
        ("cancelled", "cancelled on the channel"),
        ("trash", "cancelled on the channel"),
        ("pending", None),
        ("processing", None),
        ("on-hold", None),
        ("completed", None),
        ("failed", None),
        (None, None),
    ],
)
def test_what_is_cancelled_is_told_by_its_status(status: str | None, cancelled: str | None) -> None:
    assert read("order.updated", status=status).cancelled == cancelled


def test_the_number_may_be_a_shops_own() -> None:
    assert draft(number="HR-2025-727").channel_order_no == "HR-2025-727"
    assert draft(number="", id=2**60).channel_order_no == str(2**60)


def test_only_topics_about_orders_are_orders() -> None:
    for topic in ("product.created", "action.woocommerce_add_to_cart", ""):
        assert reading.read_all("woocommerce", {"id": 1}, topic) == []
    for topic in ("created", "updated", "restored", "deleted"):
        assert len(reading.read_all("woocommerce", {"id": 1}, f"order.{topic}")) == 1


def test_a_deleted_order_is_cancelled() -> None:
    assert read("order.deleted").cancelled == "cancelled on the channel"


def test_an_empty_order_lacks_everything_and_breaks_nothing() -> None:
    incoming = reading.read("woocommerce", {}, "order.created")
    codes = {reason.code for reason in checked(incoming.draft, NOW)[1]}
    assert {"missing_order_no", "missing_placed_at", "no_lines", "bad_amount"} <= codes


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": 7.5}, "channel_order_no"),
        ({"status": []}, "values.status"),
        ({"billing": []}, "customer.email"),
        ({"shipping": "Riva 7"}, "places.ship_to"),
        ({"date_created_gmt": "0000-00-00 00:00:00"}, "placed_at"),
        ({"date_paid_gmt": 5.5}, "values.paid"),
        ({"line_items": [line_item("A", 1, "1.00") | {"quantity": 1.5}]}, "lines.0.quantity"),
        ({"line_items": [line_item("A", 1, "1.001")]}, "lines.0.values.before"),
        ({"line_items": [line_item("A", 1, "1") | {"total": 1.001}]}, "lines.0.values.after"),
        ({"fee_lines": [fee("1.5.0")]}, "values.fees"),
        ({"fee_lines": "none"}, "values.fees"),
        ({"total_tax": "7,25"}, "amounts.tax_minor"),
    ],
)
def test_what_is_not_of_its_type_is_named_and_its_value_is_not(
    changes: dict[str, Any], field: str
) -> None:
    (problem,) = (p for p in read(**changes).problems if p.field == field)
    assert problem.code == "unreadable_field"
    assert re.fullmatch(r"[A-Za-z0-9_@.\[\] ]+ (is|has) [A-Za-z0-9 ]+\.", problem.message)


def test_an_amount_that_cannot_be_read_is_not_taken_for_nothing() -> None:
    """Otherwise an order would be let in that costs less, or more, than the buyer agreed to."""
    for changes in ({"fee_lines": [fee("1,50")]}, {"total_tax": "7,25"}, {"shipping_total": "x"}):
        assert read(**changes).problems


ROUNDED = [line_item(sku, 1, "1.67", total_tax="0.33") for sku in "ABC"]
"""Three for 2.00 each, a fifth of it on top: 1.6667 and 0.3333, told as 1.67 and 0.33."""


@pytest.mark.parametrize(
    ("total", "freight", "discount"), [("6.00", 0, 1), ("6.01", 0, 0), ("6.04", 3, 0)]
)
def test_what_rounding_leaves_over_where_prices_include_the_tax(
    total: str, freight: int, discount: int
) -> None:
    changes = {
        "prices_include_tax": True,
        "line_items": ROUNDED,
        "shipping_total": "0.00",
        "total_tax": "1.00",
        "total": total,
    }
    assert reasons(**changes) == []
    amounts = draft(**changes).amounts
    assert (amounts.freight_minor, amounts.discount_minor) == (freight, discount)


@pytest.mark.parametrize("total", ["5.97", "6.05", "16.01"])
def test_rounding_leaves_over_half_a_cent_a_number_and_no_more(total: str) -> None:
    changes = {"line_items": ROUNDED, "shipping_total": "0.00", "total_tax": "1.00", "total": total}
    assert reasons(prices_include_tax=True, **changes) == [
        ("payable_does_not_add_up", "amounts.payable_minor")
    ]


def test_what_was_completed_already_goes_to_a_person() -> None:
    assert reasons(status="completed") == [("already_shipped", "status")]


@pytest.mark.parametrize("status", ["auto-draft", "checkout-draft"])
def test_a_draft_is_no_order_yet(status: str) -> None:
    assert reading.read_all("woocommerce", woocommerce_order(status=status), "order.created") == []


def test_who_got_his_money_back_gets_no_parcel() -> None:
    refunds = [{"id": 730, "reason": "sold out", "total": "-36.25"}]
    incoming = read("order.updated", status="refunded", refunds=refunds)
    assert incoming.cancelled == "cancelled on the channel"
    assert [refund.reference for refund in incoming.refunds] == ["730"]


def test_what_was_paid_and_put_on_hold_is_held_and_what_awaits_money_is_not() -> None:
    assert read(status="on-hold").held == "on hold on the channel"
    assert read(status="on-hold", date_paid_gmt=None).held is None
    assert reasons(status="on-hold", date_paid_gmt=None, payment_method="bacs") == []


@pytest.mark.parametrize(
    ("methods", "delivery"),
    [
        (["local_pickup"], "in_store"),
        (["pickup_location"], "in_store"),
        (["flat_rate"], "shipment"),
        (["local_pickup", "flat_rate"], "shipment"),
        ([], "shipment"),
    ],
)
def test_who_collects_it_gets_no_parcel(methods: list[str], delivery: str) -> None:
    lines = [{"method_id": method, "total": "0.00"} for method in methods]
    incoming = draft(shipping_lines=lines, shipping=NOTHING, status="completed")
    assert incoming.delivery == delivery


def test_what_is_sold_at_the_till_is_handed_over_there() -> None:
    nobody = dict.fromkeys(BILLING, "")
    sold = {"created_via": "pos-rest-api", "status": "completed", "shipping_lines": []}
    assert reasons(**sold, shipping=NOTHING, billing=nobody) == []
    assert draft(**sold).delivery == "in_store"
