"""Square orders: what each field means, in messages of our own in Square's format."""

from typing import Any

import pytest
from ingest_material import orders, reading

from ingest.domain.draft import Draft
from ingest.domain.incoming import Incoming


def usd(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD"}


def line(name: str | None, quantity: str, price: int, **changes: Any) -> dict[str, Any]:
    """Return an item of its own, not one of the catalogue."""
    gross = price * int(quantity)
    told = {
        "uid": "l-1",
        "quantity": quantity,
        "base_price_money": usd(price),
        "gross_sales_money": usd(gross),
        "total_discount_money": usd(0),
        "item_type": "ITEM",
    }
    return told | ({"name": name} if name else {}) | changes


def at_the_till(*lines: Any, total: int, **changes: Any) -> dict[str, Any]:
    """Return what was sold over the counter; without changes nothing but the lines costs."""
    nothing = {f"total_{name}_money": usd(0) for name in ("tax", "tip", "discount")}
    whole = {
        "line_items": list(lines),
        "total_money": usd(total),
        "fulfillments": [],
        "tenders": [],
    }
    return orders.square_order(**nothing | whole | changes)


def read(order: Any) -> Incoming:
    return reading.read("square", order)


def right(order: Any) -> Draft:
    incoming = read(order)
    assert reading.reasons_of(incoming) == []
    return incoming.draft


def test_what_is_added_to_an_item_is_part_of_its_price() -> None:
    latte = line("Latte", "2", 400, gross_sales_money=usd(1001), total_discount_money=usd(100))
    (found,) = right(at_the_till(latte, total=901)).lines
    assert (found.quantity, found.unit_price_minor, found.discount_minor) == (2, 501, 101)


@pytest.mark.parametrize(("gross", "tax"), [(450, 0), (409, 41)], ids=["Australia", "America"])
def test_a_tax_in_the_price_is_counted_once(gross: int, tax: int) -> None:
    taxes = [{"type": "INCLUSIVE", "applied_money": usd(41)}]
    tea = line("Tea", "1", 450, gross_sales_money=usd(gross))
    draft = right(at_the_till(tea, total=450, total_tax_money=usd(41), taxes=taxes))
    assert draft.amounts.tax_minor == tax


def test_taxes_of_both_kinds_go_together() -> None:
    taxes = [
        {"type": "INCLUSIVE", "applied_money": usd(41)},
        {"type": "ADDITIVE", "applied_money": usd(9)},
    ]
    draft = right(
        at_the_till(line("Tea", "1", 450), total=459, total_tax_money=usd(50), taxes=taxes)
    )
    assert draft.amounts.tax_minor == 9


@pytest.mark.parametrize(("rounded", "freight", "discount"), [(2, 202, 0), (-3, 200, 3)])
def test_a_service_charge_and_rounding_come_to_the_total(
    rounded: int, freight: int, discount: int
) -> None:
    more = {
        "total_service_charge_money": usd(200),
        "rounding_adjustment": {"amount_money": usd(rounded)},
    }
    amounts = right(at_the_till(line("Meal", "1", 2000), total=2200 + rounded, **more)).amounts
    assert (amounts.freight_minor, amounts.discount_minor) == (freight, discount)


def test_a_total_that_is_not_the_sum_goes_to_a_person() -> None:
    incoming = read(at_the_till(line("Meal", "1", 2000), total=2001))
    assert reading.reasons_of(incoming) == [("payable_does_not_add_up", "amounts.payable_minor")]


def test_what_is_typed_in_at_the_till_has_no_number_of_the_catalogue() -> None:
    amount = line(None, "1", 2056, item_type="CUSTOM_AMOUNT")
    named = line("Keg", "1", 100, variation_name="Regular")
    assert [one.sku for one in right(at_the_till(amount, named, total=2156)).lines] == [
        "CUSTOM_AMOUNT",
        "Keg",
    ]


def test_what_is_to_be_shipped_has_to_have_one() -> None:
    incoming = read(
        orders.square_order(line_items=[line("Tea", "2", 1250, total_discount_money=usd(200))])
    )
    assert incoming.draft.delivery == "shipment"
    assert reading.reasons_of(incoming) == [("missing_sku", "lines.0.sku")]


def tender(number: str, amount: int, kind: str = "CARD", **details: Any) -> dict[str, Any]:
    told = {"id": number, "type": kind, "created_at": "2025-11-22T01:30:05Z"}
    return told | {"amount_money": usd(amount)} | details


def test_only_money_that_was_taken_is_a_payment() -> None:
    tenders = [
        tender("t-1", 500, card_details={"status": "CAPTURED"}),
        tender("t-2", 600, card_details={"status": "AUTHORIZED"}),
        tender("t-3", 700, card_details={"status": "VOIDED"}),
        tender("t-4", 800, card_details={"status": "FAILED"}),
        tender("t-5", 900, "CASH", cash_details={"buyer_tendered_money": usd(1000)}),
        tender("t-6", 300, "BANK_ACCOUNT", bank_account_details={"status": "PENDING"}),
        tender("t-7", 0, "NO_SALE"),
    ]
    payments = right(at_the_till(line("Meal", "1", 2000), total=2000, tenders=tenders)).payments
    assert [(one.reference, one.amount_minor) for one in payments] == [("t-1", 500), ("t-5", 900)]


def test_goods_that_come_back_are_no_sale() -> None:
    returns = [{"source_order_id": "sq-order-0", "return_line_items": [{"quantity": "1"}]}]
    incoming = read(at_the_till(total=0, returns=returns, line_items=None))
    assert ("refund", "returns") in reading.reasons_of(incoming)


def test_money_that_went_back_is_told_unless_it_did_not() -> None:
    refunds = [
        {"id": "r-1", "amount_money": usd(500), "status": "APPROVED", "reason": "cold"},
        {"id": "r-2", "amount_money": usd(600), "status": "REJECTED"},
        {"id": "r-3", "amount_money": usd(700), "status": "FAILED"},
    ]
    found = read(at_the_till(line("Meal", "1", 2000), total=2000, refunds=refunds)).refunds
    assert [(one.reference, one.amount_minor, one.reason) for one in found] == [
        ("r-1", 500, "cold")
    ]


@pytest.mark.parametrize(
    "order",
    [
        orders.square_order(state="DRAFT"),
        at_the_till(total=0, state="COMPLETED", tenders=[tender("t-1", 0, "NO_SALE")]),
    ],
    ids=["a draft", "the drawer was opened"],
)
def test_what_is_no_order_is_none(order: Any) -> None:
    assert reading.read_all("square", order) == []


def test_what_was_shipped_already_goes_to_a_person() -> None:
    (shipment,) = orders.square_order()["order"]["fulfillments"]
    incoming = read(orders.square_order(fulfillments=[shipment | {"state": "COMPLETED"}]))
    assert reading.reasons_of(incoming) == [("already_shipped", "fulfillments")]


@pytest.mark.parametrize("state", ["CANCELED", "FAILED"])
def test_a_shipment_that_was_called_off_ships_nothing(state: str) -> None:
    (shipment,) = orders.square_order()["order"]["fulfillments"]
    off = shipment | {"state": state}
    alone = read(orders.square_order(fulfillments=[off]))
    assert ("no_parcel", "delivery") in reading.reasons_of(alone)
    fetched = read(orders.square_order(fulfillments=[off, {"type": "PICKUP"}]))
    assert (fetched.draft.delivery, reading.reasons_of(fetched)) == ("in_store", [])
    again = read(orders.square_order(fulfillments=[off, shipment]))
    assert again.draft.delivery == "shipment"


@pytest.mark.parametrize(("currency", "country"), [("USD", "US"), ("JPY", "JP"), ("GBP", "GB")])
def test_a_sale_at_the_till_is_of_the_country_whose_money_it_takes(
    currency: str, country: str
) -> None:
    total = {"amount": 100, "currency": currency}
    assert right(
        at_the_till(line("Tea", "1", 100), total=100, total_money=total)
    ).address.country == (country)


def test_the_receiver_is_whom_it_is_shipped_to_wherever_that_stands() -> None:
    (shipment,) = orders.square_order()["order"]["fulfillments"]
    pickup = {"type": "PICKUP", "pickup_details": {"recipient": {"display_name": "Somebody"}}}
    assert right(orders.square_order(fulfillments=[pickup, shipment])).customer.name == "Nora Diaz"


def test_the_orders_of_a_list_are_all_read() -> None:
    found = [orders.square_order(id=number)["order"] for number in ("sq-1", "sq-2")]
    read_all = reading.read_all("square", {"orders": found, "cursor": "c"})
    assert [one.draft.channel_order_no for one in read_all] == ["sq-1", "sq-2"]
