"""Shopify orders: what each field means, in messages of our own in Shopify's format."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from ingest_material import reading
from ingest_material.drafts import NOW
from ingest_material.shopify import ADDRESS, line_item, shipping_line, shopify_order

from ingest.domain.draft import Draft
from ingest.domain.incoming import Incoming
from ingest.domain.mapping.problems import Unreadable
from ingest.domain.validation import checked


def read(topic: str = "orders/create", /, **changes: Any) -> Incoming:
    return reading.read("shopify", shopify_order(**changes), topic)


def draft(**changes: Any) -> Draft:
    return read(**changes).draft


def reasons(**changes: Any) -> list[tuple[str, str]]:
    return reading.reasons_of(read(**changes))


def test_an_order_is_read_whole() -> None:
    normal, found = checked(draft(), NOW)
    assert found == []
    assert (normal.channel, normal.shop, normal.channel_order_no) == (
        "shopify",
        "demo",
        "6212345678901",
    )
    assert normal.placed_at == datetime(2025, 11, 22, 1, 30, tzinfo=UTC)
    assert normal.currency == "HKD"
    assert normal.customer.name == "Mei Chan"
    assert normal.customer.phone == "+85221234567"
    assert normal.customer.email == "mei.chan@example.com"
    assert normal.customer.platform_id == "8658000000001"
    address = normal.address
    assert (address.country, address.province, address.city) == (
        "HK",
        "Hong Kong Island",
        "Wan Chai",
    )
    assert (address.detail, address.postcode) == ("1 Harbour Road Flat 12B", "999077")
    assert [(n.sku, n.title, n.quantity, n.unit_price_minor) for n in normal.lines] == [
        ("SKU-0001", "Snow Tea - Large", 2, 12_000),
        ("SKU-0002", "Snow Tea - Large", 1, 6_050),
    ]
    amounts = normal.amounts
    assert (amounts.goods_minor, amounts.freight_minor, amounts.payable_minor) == (
        30_050,
        2_500,
        32_550,
    )
    (payment,) = normal.payments
    assert (payment.reference, payment.method, payment.amount_minor) == (
        "#2001",
        "shopify_payments",
        32_550,
    )
    assert payment.paid_at == datetime(2025, 11, 22, 1, 29, 58, tzinfo=UTC)
    assert normal.memo == "Leave at the door"


SUMS: dict[str, dict[str, Any]] = {
    "a discount of a line": {
        "line_items": [
            line_item("A", 2, "120.00", total_discount="20.00"),
            line_item("B", 1, "60.50"),
        ],
        "total_discounts": "20.00",
        "subtotal_price": "280.50",
        "total_price": "305.50",
    },
    "a discount of the order": {
        "discount_codes": [{"code": "TEN", "amount": "30.05", "type": "percentage"}],
        "total_discounts": "30.05",
        "subtotal_price": "270.45",
        "total_price": "295.45",
    },
    "free shipping by a discount": {
        "shipping_lines": [shipping_line("25.00", "0.00")],
        "total_discounts": "25.00",
        "total_price": "300.50",
    },
    "no shipping at all": {"shipping_lines": [], "total_price": "300.50"},
    "two ways of shipping": {
        "shipping_lines": [shipping_line("25.00"), shipping_line("4.50")],
        "total_price": "330.00",
    },
    "a tip": {"total_tip_received": "10.00", "total_price": "335.50"},
    "tax on top": {"total_tax": "16.28", "total_price": "341.78"},
    "tax in the prices": {"taxes_included": True, "total_tax": "15.50"},
    "yen, which have no decimals": {
        "currency": "JPY",
        "line_items": [line_item("A", 2, "1200"), line_item("B", 1, "605")],
        "shipping_lines": [shipping_line("250")],
        "total_line_items_price": "3005",
        "total_discounts": "0",
        "total_tax": "0",
        "total_tip_received": "0",
        "total_price": "3255",
        "subtotal_price": "3005",
        "current_total_price": "3255",
    },
    "yen with decimals that say nothing": {
        "currency": "JPY",
        "line_items": [line_item("A", 1, "3005.00")],
        "shipping_lines": [],
        "total_line_items_price": "3005.00",
        "total_price": "3005.00",
        "subtotal_price": "3005.00",
        "current_total_price": "3005.00",
    },
    "dinar, which have three decimals": {
        "currency": "KWD",
        "line_items": [line_item("A", 1, "3.005")],
        "shipping_lines": [],
        "total_line_items_price": "3.005",
        "total_price": "3.005",
        "subtotal_price": "3.005",
        "current_total_price": "3.005",
    },
    "nothing to pay": {
        "total_discounts": "325.50",
        "total_price": "0.00",
        "payment_gateway_names": [],
    },
    "a field that is not there": {"total_tip_received": None, "total_tax": None},
}


@pytest.mark.parametrize("changes", SUMS.values(), ids=SUMS)
def test_the_sums_of_a_right_order_are_right_with(changes: dict[str, Any]) -> None:
    assert reasons(**changes) == []


def test_yen_are_whole() -> None:
    amounts = draft(**SUMS["yen, which have no decimals"]).amounts
    assert (amounts.goods_minor, amounts.freight_minor, amounts.payable_minor) == (3005, 250, 3255)


def test_a_total_that_is_not_the_sum_goes_to_a_person() -> None:
    assert reasons(total_price="325.51") == [
        ("payable_does_not_add_up", "amounts.payable_minor"),
    ]
    assert reasons(total_line_items_price="300.51", total_price="325.51") == [
        ("goods_do_not_add_up", "amounts.goods_minor"),
    ]


@pytest.mark.parametrize("sku", ["", None, "  "])
def test_a_line_without_a_sku_goes_to_a_person(sku: str | None) -> None:
    lines = [line_item("A", 2, "120.00"), line_item(sku, 1, "60.50")]
    assert reasons(line_items=lines) == [("missing_sku", "lines.1.sku")]


def test_a_line_of_nothing_goes_to_a_person() -> None:
    lines = [line_item("A", 2, "120.00"), line_item("B", 1, "60.50"), line_item("C", 0, "5.00")]
    assert reasons(line_items=lines) == [("bad_quantity", "lines.2.quantity")]


def test_ids_beyond_what_floats_hold_stay_exact() -> None:
    incoming = draft(id=820_982_911_946_154_508, customer={"id": 115_310_627_314_723_954})
    assert incoming.channel_order_no == "820982911946154508"
    assert incoming.customer.platform_id == "115310627314723954"


def test_who_has_no_shipping_address_is_shown_with_the_billing_address() -> None:
    for nothing in (None, {}):
        incoming = draft(shipping_address=nothing)
        assert incoming.address.detail == "9 Other Street Flat 12B"
        assert incoming.customer.phone == "+852 2765 4321"
    without = shopify_order()
    del without["shipping_address"]
    whole = reading.read("shopify", without, "orders/create")
    assert whole.draft.address.detail == "9 Other Street Flat 12B"


def test_the_phone_is_the_receivers_else_the_orders_else_the_customers() -> None:
    address = ADDRESS | {"phone": None}
    customer = {"id": 1, "phone": "3"}
    assert draft(shipping_address=address, phone="2", customer=customer).customer.phone == "2"
    assert draft(shipping_address=address, phone=None, customer=customer).customer.phone == "3"
    assert draft(shipping_address=address, phone=None, customer=None).customer.phone is None


def test_who_left_nothing_goes_to_a_person_with_everything_that_is_missing() -> None:
    found = reasons(shipping_address=None, billing_address=None, customer=None)
    assert found == [
        ("missing_phone", "customer.phone"),
        ("missing_name", "customer.name"),
        ("missing_address", "address.detail"),
        ("missing_city", "address.city"),
    ]


@pytest.mark.parametrize(
    ("status", "payments"),
    [
        ("paid", 1),
        ("partially_refunded", 1),
        ("refunded", 1),
        ("pending", 0),
        ("authorized", 0),
        ("partially_paid", 0),
        ("voided", 0),
        (None, 0),
    ],
)
def test_only_what_is_wholly_paid_is_a_payment(status: str | None, payments: int) -> None:
    assert len(draft(financial_status=status).payments) == payments


def test_a_payment_has_a_method_a_reference_and_a_time_whatever_is_missing() -> None:
    (payment,) = draft(payment_gateway_names=[], name=None, processed_at=None).payments
    assert (payment.method, payment.reference) == ("shopify", "6212345678901")
    assert payment.paid_at == datetime(2025, 11, 22, 1, 30, tzinfo=UTC)
    assert draft(payment_gateway_names=[None]).payments[0].method == "shopify"
    for odd in ("visa", {"a": 1}):
        assert ("unreadable_field", "payments.0.method") in reasons(payment_gateway_names=odd)


def test_a_cancelled_order_says_why() -> None:
    assert read(cancelled_at="2025-11-22T10:00:00+08:00", cancel_reason="customer").cancelled == (
        "customer"
    )
    assert read("orders/cancelled").cancelled == "cancelled on the channel"
    assert read("orders/updated").cancelled is None


def test_only_topics_about_orders_are_orders() -> None:
    for topic in ("app/uninstalled", "products/create", "orders/delete", "", "orders"):
        assert reading.read_all("shopify", {"id": 1}, topic) == []
    for topic in ("create", "updated", "edited", "paid", "cancelled"):
        assert len(reading.read_all("shopify", {"id": 1}, f"orders/{topic}")) == 1


def test_a_test_of_the_shop_is_no_order() -> None:
    assert reading.read_all("shopify", shopify_order(test=True), "orders/create") == []


def test_an_empty_order_lacks_everything_and_breaks_nothing() -> None:
    incoming = reading.read("shopify", {}, "orders/create")
    codes = {reason.code for reason in checked(incoming.draft, NOW)[1]}
    assert codes == {
        "missing_order_no",
        "missing_placed_at",
        "bad_currency",
        "missing_phone",
        "missing_name",
        "missing_address",
        "missing_city",
        "no_lines",
        "bad_amount",
    }


UNREADABLE: list[tuple[dict[str, Any], str]] = [
    ({"id": 1.5}, "channel_order_no"),
    ({"id": True}, "channel_order_no"),
    ({"id": ["1"]}, "channel_order_no"),
    ({"created_at": "yesterday"}, "placed_at"),
    ({"created_at": "2026-13-01T00:00:00Z"}, "placed_at"),
    ({"created_at": {}}, "placed_at"),
    ({"currency": []}, "currency"),
    ({"shipping_address": "1 Harbour Road"}, "places.ship_to"),
    ({"shipping_address": []}, "places.ship_to"),
    ({"shipping_address": ADDRESS | {"zip": 9.5}}, "address.postcode"),
    ({"customer": "me"}, "customer.platform_id"),
    ({"line_items": "none"}, "lines"),
    ({"line_items": [None]}, "lines"),
    ({"line_items": False}, "lines"),
    ({"line_items": 0}, "lines"),
    ({"line_items": [line_item("A", 1, "1.00")] * 2001}, "lines"),
    ({"line_items": [line_item("A", 1, "1.00") | {"quantity": "one"}]}, "lines.0.quantity"),
    ({"line_items": [line_item("A", 1, "1.00") | {"quantity": 1.5}]}, "lines.0.quantity"),
    ({"line_items": [line_item("A", 1, "1.00") | {"quantity": True}]}, "lines.0.quantity"),
    ({"line_items": [line_item("A", 1, "1.00") | {"quantity": 2**63}]}, "lines.0.quantity"),
    ({"line_items": [line_item("A", 1, "1.00") | {"price": 1.111}]}, "lines.0.unit_price_minor"),
    ({"total_price": 325.505}, "amounts.payable_minor"),
    ({"total_price": "325.505"}, "amounts.payable_minor"),
    ({"total_price": "3,255.00"}, "amounts.payable_minor"),
    ({"total_price": "3.255.00"}, "amounts.payable_minor"),
    ({"total_price": "1e3"}, "amounts.payable_minor"),
    ({"total_price": "1e999999"}, "amounts.payable_minor"),
    ({"total_price": "1_000"}, "amounts.payable_minor"),
    ({"total_price": "３２５"}, "amounts.payable_minor"),
    ({"total_price": "NaN"}, "amounts.payable_minor"),
    ({"total_price": "Infinity"}, "amounts.payable_minor"),
    ({"total_price": "0x10"}, "amounts.payable_minor"),
    ({"total_price": "9" * 16}, "amounts.payable_minor"),
    ({"total_price": "9" * 1000}, "amounts.payable_minor"),
    ({"total_price": "325.5000000000000000000000000000000001"}, "amounts.payable_minor"),
    ({"shipping_lines": [shipping_line("free")]}, "values.shipping"),
    ({"financial_status": 1.0}, "values.financial_status"),
    (
        {"cancel_reason": {}, "cancelled_at": "2025-11-22T10:00:00Z"},
        "cancelled.reason",
    ),
]


@pytest.mark.parametrize(("changes", "field"), UNREADABLE)
def test_what_is_not_of_its_type_is_named_and_its_value_is_not(
    changes: dict[str, Any], field: str
) -> None:
    incoming = read(**changes)
    (problem,) = (p for p in incoming.problems if p.field == field)
    assert problem.code == "unreadable_field"
    assert re.fullmatch(r"[A-Za-z0-9_@.\[\] ]+ (is|has) [A-Za-z0-9 ]+\.", problem.message)
    assert problem.value is None
    assert not {"3255", "3,255", "yesterday", "free", "Harbour"} & set(problem.message.split())


def test_what_can_be_read_is_read_beside_what_cannot() -> None:
    incoming = read(total_price="3,255.00", created_at="yesterday")
    assert incoming.draft.channel_order_no == "6212345678901"
    assert incoming.draft.customer.name == "Mei Chan"
    assert len(incoming.draft.lines) == 2


def test_numbers_are_read_as_they_are_written() -> None:
    lines = [line_item("A", 2, "1.00") | {"quantity": "2", "price": 120.10}]
    (line,) = draft(line_items=lines).lines
    assert (line.quantity, line.unit_price_minor) == (2, 12_010)
    assert draft(total_price=325.5).amounts.payable_minor == 32_550


def test_a_currency_is_not_repeated_in_the_message() -> None:
    (first, *_) = read(currency="Marked Name", total_price="1.234").problems
    assert first.code == "unreadable_field"
    assert "MARKED" not in first.message.upper()


@pytest.mark.parametrize("payload", [None, [], [{}], "order", 1, 1.5, True])
def test_a_payload_that_is_no_object_is_unreadable(payload: Any) -> None:
    with pytest.raises(Unreadable):
        reading.read_all("shopify", json.dumps(payload), "orders/create")


def test_a_single_line_as_an_object_is_a_list_of_one() -> None:
    lines = line_item("A", 1, "300.50")
    assert reasons(line_items=lines) == []


# --- what was taken off again -----------------------------------------------------------------


def money_set(amount: str, currency: str = "HKD") -> dict[str, Any]:
    told = {"amount": amount, "currency_code": currency}
    return {"shop_money": told, "presentment_money": told}


TAKEN_OFF: dict[str, Any] = {
    "line_items": [
        line_item("A", 3, "100.00", current_quantity=2),
        line_item("B", 1, "50.00", current_quantity=0),
    ],
    "total_line_items_price": "350.00",
    "total_discounts": "35.00",
    "subtotal_price": "315.00",
    "total_tax": "31.50",
    "total_price": "371.50",
    "current_subtotal_price": "180.00",
    "current_total_tax": "18.00",
    "current_total_price": "223.00",
    "current_shipping_price_set": money_set("25.00"),
}
"""3 x 100.00 + 50.00 - 10 % + 25.00 shipping + 10 % tax; then one of the three went, and B."""


def test_what_was_taken_off_again_is_neither_shipped_nor_paid_for() -> None:
    unpaid = {"financial_status": "pending", "total_outstanding": "223.00"}
    incoming = read("orders/updated", **TAKEN_OFF, **unpaid)
    assert reading.reasons_of(incoming) == []
    assert [(line.sku, line.quantity) for line in incoming.draft.lines] == [("A", 2)]
    amounts = incoming.draft.amounts
    assert (amounts.goods_minor, amounts.discount_minor, amounts.freight_minor) == (
        20_000,
        2000,
        2500,
    )
    assert (amounts.tax_minor, amounts.payable_minor) == (1800, 22_300)
    assert incoming.draft.payments == ()


@pytest.mark.parametrize(
    ("outstanding", "given_back", "paid"),
    [("0.00", "0.00", 22_300), ("0.00", "148.50", 37_150), ("-148.50", "0.00", 37_150)],
    ids=["before it was paid", "and given back", "and not given back yet"],
)
def test_what_was_paid_is_what_came_in_whatever_was_taken_off(
    outstanding: str, given_back: str, paid: int
) -> None:
    transactions = [{"kind": "refund", "status": "success", "amount": given_back}]
    refunds = [{"id": 1, "transactions": transactions}]
    changes = TAKEN_OFF | {"total_outstanding": outstanding, "refunds": refunds}
    (payment,) = draft(**changes).payments
    assert payment.amount_minor == paid
    assert reasons(**changes) == []


def test_an_order_of_which_nothing_is_left_is_told_as_it_was() -> None:
    nothing = [line_item("A", 2, "120.00", current_quantity=0)]
    nothing += [line_item("B", 1, "60.50", current_quantity=0)]
    cancelled = read("orders/cancelled", line_items=nothing, current_total_price="0.00")
    assert [line.quantity for line in cancelled.draft.lines] == [2, 1]
    assert cancelled.draft.amounts.payable_minor == 32_550
    assert reading.reasons_of(cancelled) == []


@pytest.mark.parametrize("status", ["partially_refunded", "pending", "refunded"])
@pytest.mark.parametrize("shipped", [None, "unfulfilled", "restocked"])
def test_an_order_of_which_all_was_taken_off_is_cancelled(status: str, shipped: str | None) -> None:
    nothing = [line_item("A", 2, "120.00", current_quantity=0)]
    nothing += [line_item("B", 1, "60.50", current_quantity=0)]
    left = {"current_subtotal_price": "0.00", "current_total_price": "25.00"}
    told = {"financial_status": status, "fulfillment_status": shipped}
    assert read("orders/updated", line_items=nothing, **left, **told).cancelled is not None


def test_what_was_taken_off_without_saying_of_which_line_goes_to_a_person() -> None:
    lines = [line_item("A", 3, "100.00"), line_item("B", 1, "50.00")]
    changes = TAKEN_OFF | {"line_items": lines, "total_outstanding": "0.00"}
    assert ("discount_unexplained", "amounts.discount_minor") in reasons(**changes)


# --- what else comes to the total -------------------------------------------------------------


def test_duties_and_surcharges_come_to_the_total() -> None:
    abroad = {
        "original_total_duties_set": money_set("40.00"),
        "original_total_additional_fees_set": money_set("3.00"),
        "total_price": "368.50",
    }
    assert reasons(**abroad) == []
    amounts = draft(**abroad).amounts
    assert (amounts.tax_minor, amounts.freight_minor) == (4000, 2800)
    assert reasons(**abroad, duties_included=True) == [
        ("payable_does_not_add_up", "amounts.payable_minor")
    ]


@pytest.mark.parametrize(
    ("left_over", "freight", "discount"), [("0.03", 2503, 0), ("-0.02", 2500, 2)]
)
def test_cash_is_rounded_to_the_smallest_coin(left_over: str, freight: int, discount: int) -> None:
    told = {"total_cash_rounding_payment_adjustment_set": money_set(left_over)}
    incoming = draft(**told)
    assert (incoming.amounts.freight_minor, incoming.amounts.discount_minor) == (freight, discount)
    assert incoming.payments[0].amount_minor == incoming.amounts.payable_minor
    assert reasons(**told) == []


@pytest.mark.parametrize("goods", ["300.50", "310.50"])
def test_a_tip_is_no_goods_whether_it_is_counted_among_them_or_not(goods: str) -> None:
    tip = line_item(None, 1, "10.00", tip={"payment_gateway": "shopify_payments"})
    lines = [line_item("A", 2, "120.00"), line_item("B", 1, "60.50"), tip]
    changes = {
        "line_items": lines,
        "total_line_items_price": goods,
        "total_tip_received": "10.00",
        "total_price": "335.50",
    }
    assert reasons(**changes) == []
    assert [line.sku for line in draft(**changes).lines] == ["A", "B"]


# --- refunds ----------------------------------------------------------------------------------


def test_money_that_did_not_go_back_is_no_refund() -> None:
    transactions = [
        {"kind": "refund", "status": "success", "amount": "10.00", "currency": "HKD"},
        {"kind": "refund", "status": "failure", "amount": "20.00", "currency": "HKD"},
        {"kind": "refund", "status": "error", "amount": "40.00", "currency": "HKD"},
        {"kind": "void", "status": "success", "amount": "80.00", "currency": "HKD"},
        {"kind": "refund", "status": "pending", "amount": "5.00", "currency": "HKD"},
    ]
    (refund,) = read(refunds=[{"id": 901, "transactions": transactions}]).refunds
    assert (refund.reference, refund.amount_minor) == ("901", 1500)


def test_money_that_went_back_in_another_currency_goes_to_a_person() -> None:
    transactions = [{"kind": "refund", "status": "success", "amount": "7500", "currency": "JPY"}]
    incoming = read(refunds=[{"id": 901, "transactions": transactions}])
    assert incoming.refunds == ()
    assert reading.reasons_of(incoming) == [("refund_in_other_currency", "refunds")]


@pytest.mark.parametrize(
    ("fulfilled", "cancelled"), [(None, "cancelled on the channel"), ("fulfilled", None)]
)
def test_who_got_all_his_money_back_before_it_was_shipped_gets_no_parcel(
    fulfilled: str | None, cancelled: str | None
) -> None:
    incoming = read("orders/updated", financial_status="refunded", fulfillment_status=fulfilled)
    assert incoming.cancelled == cancelled


# --- how the goods reach the buyer ------------------------------------------------------------


NOBODY: dict[str, Any] = {"shipping_address": None, "billing_address": None, "customer": None}
SHIPPED = [("already_shipped", "fulfillment_status")]


def test_what_was_shipped_already_goes_to_a_person() -> None:
    goods = {"fulfillment_status": "fulfilled"}
    lines = [line_item("A", 1, "240.00") | goods, line_item("B", 1, "60.50")]
    assert reasons(fulfillment_status="fulfilled") == SHIPPED
    assert reasons(fulfillment_status="partial", line_items=lines) == SHIPPED


def test_a_gift_card_that_was_sent_at_once_is_no_parcel_that_left() -> None:
    card = {"requires_shipping": False, "fulfillment_status": "fulfilled"}
    lines = [line_item("A", 1, "240.00"), line_item("CARD", 1, "60.50") | card]
    assert reasons(fulfillment_status="partial", line_items=lines) == []


def test_goods_that_may_need_a_parcel_are_not_handed_over() -> None:
    unclear, digital = {"requires_shipping": None}, {"requires_shipping": False}
    lines = [line_item("A", 1, "240.00") | unclear, line_item("B", 1, "60.50") | digital]
    assert draft(line_items=lines, **NOBODY).delivery == "shipment"


def test_goods_without_a_shipping_address_are_not_sent_to_who_pays() -> None:
    assert reasons(shipping_address=None) == [("missing_address", "address.detail")]


def test_what_is_sold_at_the_till_is_handed_over_there() -> None:
    lines = [line_item("A", 1, "300.50"), line_item(None, 1, "0.00", variant_id=None)]
    sold = {"source_name": "pos", "fulfillment_status": "fulfilled", "line_items": lines, **NOBODY}
    assert draft(**sold).delivery == "in_store"
    assert [line.sku for line in draft(**sold).lines] == ["A", "custom"]
    assert reasons(**sold) == []
    assert draft(**sold | {"shipping_address": ADDRESS}).delivery == "shipment"


def test_what_needs_no_parcel_needs_no_receiver() -> None:
    voucher = line_item("", 1, "300.50", requires_shipping=False, variant_id=44_123_456)
    sold = {"line_items": [voucher], "fulfillment_status": "fulfilled", **NOBODY}
    assert draft(**sold).delivery == "in_store"
    assert [line.sku for line in draft(**sold).lines] == ["44123456"]
    assert reasons(**sold) == []
    both = [voucher | {"price": "240.00"}, line_item("A", 1, "60.50")]
    assert draft(**sold | {"line_items": both}).delivery == "shipment"


# --- messages that only name their order ------------------------------------------------------


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("orders/edited", {"order_edit": {"id": 5, "order_id": 820_982_911_946_154_508}}),
        ("refunds/create", {"id": 5, "order_id": 820_982_911_946_154_508, "transactions": []}),
    ],
)
def test_an_edit_and_a_refund_name_their_order(topic: str, payload: dict[str, Any]) -> None:
    assert reading.to_fetch("shopify", payload, topic) == ["820982911946154508"]
    assert reading.read_all("shopify", payload, topic) == []
