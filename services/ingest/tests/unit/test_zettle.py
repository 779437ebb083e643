"""Zettle purchases: what each field means, in messages of our own in Zettle's format."""

from datetime import UTC, datetime
from typing import Any

import pytest
from ingest_material import orders, reading

from ingest.domain.draft import Draft
from ingest.domain.incoming import Incoming


def product(quantity: str, price: int, **changes: Any) -> dict[str, Any]:
    told = {"name": "Longjing", "variantName": "", "quantity": quantity, "unitPrice": price}
    return told | {"sku": "TEA-250", "type": "PRODUCT"} | changes


def paid(amount: int, **changes: Any) -> dict[str, Any]:
    return {"uuid": "zt-pay-1", "amount": amount, "type": "IZETTLE_CARD"} | changes


def sold(*products: Any, amount: int, **changes: Any) -> dict[str, Any]:
    told = {"products": list(products), "payments": [paid(amount)], "discounts": [], "vatAmount": 0}
    return orders.zettle_purchase(amount=amount, **told | changes)


def read(purchase: Any) -> Incoming:
    return reading.read("zettle", purchase, "PurchaseCreated")


def right(purchase: Any) -> Draft:
    incoming = read(purchase)
    assert reading.reasons_of(incoming) == []
    return incoming.draft


@pytest.mark.parametrize(
    "time", [1_763_775_000_028, "1763775000028", "2025-11-22T01:30:00.028+0000"]
)
def test_events_tell_the_time_in_milliseconds_and_the_api_in_words(time: Any) -> None:
    draft = right(sold(product("1", 4500), amount=4500, timestamp=time))
    moment = datetime(2025, 11, 22, 1, 30, 0, 28_000, tzinfo=UTC)
    assert (draft.placed_at, draft.payments[0].paid_at) == (moment, moment)


def test_a_purchase_is_known_by_one_number_however_it_comes() -> None:
    pushed = sold(product("1", 4500), amount=4500, purchaseUUID1=None, purchaseUuid="7d2f-1")
    assert read(pushed).draft.channel_order_no == "7d2f-1"
    listed = sold(product("1", 4500), amount=4500, purchaseUUID1="7d2f-1", purchaseUUID="fS8")
    assert read(listed).draft.channel_order_no == "7d2f-1"


@pytest.mark.parametrize("name", ["refundsPurchaseUUID1", "refundsPurchaseUuid"])
def test_money_given_back_is_told_by_the_purchase_it_is_for(name: str) -> None:
    back = sold(product("-1", 4500), amount=-4500, refund=None, **{name: "7d2f-0"})
    assert ("refund", "refund") in reading.reasons_of(read(back))


@pytest.mark.parametrize("kind", ["CUSTOM_AMOUNT", "GIFTCARD"])
def test_what_is_no_product_of_the_library_is_known_by_its_kind(kind: str) -> None:
    (line,) = right(sold(product("1", 5000, sku=None, type=kind), amount=5000)).lines
    assert line.sku == kind


DISCOUNTS: dict[str, tuple[list[dict[str, Any]], int]] = {
    "an amount": ([{"amount": 500, "quantity": 1}], 500),
    "an amount, told twice": ([{"amount": 500, "value": 500, "quantity": 1}], 500),
    "a percentage": ([{"name": "20 %", "percentage": 20, "quantity": 1}], 1700),
    "a percentage, told as an amount too": ([{"percentage": 20, "value": 1700}], 1700),
    "a part of a percent": ([{"percentage": 12.5, "quantity": 1}], 1063),
}


@pytest.mark.parametrize(("discounts", "taken_off"), DISCOUNTS.values(), ids=DISCOUNTS)
def test_a_discount_of_all_comes_after_those_of_the_rows(
    discounts: list[dict[str, Any]], taken_off: int
) -> None:
    row = product("2", 4500, discount={"amount": 500, "quantity": 1}, discountValue=500)
    draft = right(sold(row, amount=8500 - taken_off, discounts=discounts))
    assert (draft.lines[0].discount_minor, draft.amounts.discount_minor) == (500, taken_off)


def test_a_percentage_is_rounded_row_by_row() -> None:
    rows = [product("1", 333), product("1", 333), product("1", 667)]
    off = [{"percentage": 15, "quantity": 1}]
    for amount in (1132, 1133, 1134):
        assert right(sold(*rows, amount=amount, discounts=off)).amounts.payable_minor == amount
    for amount in (1130, 1136):
        incoming = read(sold(*rows, amount=amount, discounts=off))
        assert reading.reasons_of(incoming) == [
            ("payable_does_not_add_up", "amounts.payable_minor")
        ]


def test_a_service_charge_and_a_tip_come_to_the_amount() -> None:
    charged = sold(product("1", 4500), amount=4999, serviceCharge={"amount": 499, "title": "Table"})
    assert right(charged).amounts.freight_minor == 499
    tipped = sold(product("1", 4500), amount=5000, payments=[paid(5000, gratuityAmount=500)])
    assert right(tipped).amounts.freight_minor == 500
    beside = sold(product("1", 4500), amount=4500, payments=[paid(5000, gratuityAmount=500)])
    assert right(beside).amounts.payable_minor == 5000


def test_a_tax_on_top_is_told_by_the_amount() -> None:
    inside = right(sold(product("1", 1000), amount=1000, vatAmount=83))
    on_top = right(sold(product("1", 1000), amount=1083, vatAmount=83))
    assert (inside.amounts.tax_minor, on_top.amounts.tax_minor) == (0, 83)


def test_an_invoice_is_not_paid_yet_and_nothing_is_no_payment() -> None:
    for payment in (paid(4500, type="IZETTLE_INVOICE"), paid(0)):
        assert right(sold(product("1", 4500), amount=4500, payments=[payment])).payments == ()


def test_what_the_web_shop_sold_has_to_go_to_somebody() -> None:
    incoming = read(sold(product("1", 4500), amount=4500, source="WEB_SHOP"))
    assert incoming.draft.delivery == "shipment"
    assert ("missing_address", "address.detail") in reading.reasons_of(incoming)


def test_what_is_sold_by_weight_goes_to_a_person() -> None:
    found = reading.reasons_of(read(sold(product("0.3", 15_000, unitName="kg"), amount=4500)))
    assert ("unreadable_field", "lines.0.quantity") in found


def test_the_purchases_of_a_list_are_all_read() -> None:
    found = [sold(product("1", 4500), amount=4500, purchaseUUID1=number) for number in ("a", "b")]
    read_all = reading.read_all("zettle", {"purchases": found}, "PurchaseCreated")
    assert [one.draft.channel_order_no for one in read_all] == ["a", "b"]
