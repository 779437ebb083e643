"""Orders of Douyin shops: refunded lines, changed prices, deposits, sealed receivers."""

from typing import Any

import pytest
from ingest_material.orders import douyin_order
from ingest_material.reading import judged, read, read_all, reasons_of, to_fetch

NUMBER = "6917529027641081857"
ORDER = douyin_order()["data"]["shop_order_detail"]
LINE = ORDER["sku_order_list"][0]
CUP = {
    "order_id": "6917529027641081859",
    "code": "CUP",
    "item_num": 1,
    "origin_amount": 3000,
    "pay_amount": 2800,
    "promotion_amount": 200,
}
GONE = CUP | {
    "order_status": 4,
    "cancel_reason": "不想要了",
    "after_sale_info": {"after_sale_status": 12, "refund_status": 3},
}


@pytest.mark.parametrize(
    "payload",
    [
        {"data": {"shop_order_list": [ORDER]}},
        {"Data": {"shop_order_detail": ORDER}},
        {"Data": {"shop_order_list": [ORDER]}},
        {"Data": ORDER},
        {"shop_order_list": [ORDER]},
        ORDER,
    ],
)
def test_an_order_is_found_wherever_an_answer_has_it(payload: dict[str, Any]) -> None:
    draft, reasons = judged(read("douyin", payload))
    assert (draft.channel_order_no, draft.amounts.payable_minor, reasons) == (NUMBER, 8_900, [])


# --- refunded lines ---------------------------------------------------------------------------


def both(second: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return an order of 89.00 with a second line of 30.00 - 2.00."""
    money = {"pay_amount": 11_700, "promotion_amount": 800}
    return douyin_order(sku_order_list=[LINE, second], **(money | changes))


def test_a_refunded_line_is_not_shipped_and_its_money_is_a_refund() -> None:
    whole, reasons = judged(read("douyin", both(CUP)))
    assert (len(whole.lines), whole.amounts.payable_minor, reasons) == (2, 11_700, [])
    incoming = read("douyin", both(GONE))
    draft, reasons = judged(incoming)
    assert reasons == []
    assert [row.sku for row in draft.lines] == ["TEA-250"]
    assert (draft.amounts.payable_minor, draft.amounts.discount_minor) == (8_900, 600)
    assert [payment.amount_minor for payment in draft.payments] == [11_700]
    (refund,) = incoming.refunds
    assert (refund.reference, refund.amount_minor) == (CUP["order_id"], 2_800)
    assert (refund.reason, incoming.held) == ("不想要了", None)


def test_a_cancelled_order_keeps_its_lines_and_what_was_paid() -> None:
    incoming = read("douyin", both(GONE, order_status=4, main_status=4))
    assert incoming.cancelled is not None
    draft, _ = judged(incoming)
    assert (len(draft.lines), draft.amounts.payable_minor) == (2, 11_700)


@pytest.mark.parametrize("state", [6, 7, "11"])
def test_while_a_refund_is_asked_for_nothing_is_shipped(state: Any) -> None:
    line = CUP | {"after_sale_info": {"after_sale_status": state}}
    assert read("douyin", both(line)).held is not None
    assert read("douyin", both(line, order_status=3)).held is None
    assert read("douyin", both(CUP | {"after_sale_info": {"after_sale_status": 28}})).held is None


# --- amounts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "discount", "tax"),
    [
        ({"pay_amount": "9300", "modify_amount": "400"}, 200, 0),
        ({"pay_amount": "8700", "modify_amount": "-200"}, 800, 0),
        ({"pay_amount": "9710", "tax_amount": "810"}, 600, 810),
    ],
)
def test_a_changed_price_and_tax_are_counted(
    changes: dict[str, Any], discount: int, tax: int
) -> None:
    draft, reasons = judged(read("douyin", douyin_order(**changes)))
    assert reasons == []
    assert (draft.amounts.discount_minor, draft.amounts.tax_minor) == (discount, tax)


@pytest.mark.parametrize(
    "changes",
    [
        {"pay_amount": "8899"},
        {"pay_amount": "9300", "modify_amount": "399"},
        {"pay_amount": "9710", "tax_amount": "811"},
        {"pay_amount": "9900", "modify_amount": "1000"},
    ],
)
def test_what_is_not_just_what_is_missing_keeps_the_order_out(changes: dict[str, Any]) -> None:
    reasons = reasons_of(read("douyin", douyin_order(**changes)))
    assert ("payable_does_not_add_up", "amounts.payable_minor") in reasons


@pytest.mark.parametrize(
    ("changes", "payments", "held"),
    [
        ({"main_status": 103, "order_status": 103}, 0, True),
        ({"main_status": 103}, 0, True),
        ({"main_status": 105, "order_status": 105}, 1, True),
        ({"order_status": 1, "main_status": 1}, 0, False),
        ({}, 1, False),
    ],
)
def test_a_deposit_is_not_the_payment_of_an_order(
    changes: dict[str, Any], payments: int, *, held: bool
) -> None:
    incoming = read("douyin", douyin_order(**changes))
    assert (len(incoming.draft.payments), incoming.held is not None) == (payments, held)


# --- receivers and goods ----------------------------------------------------------------------


def test_the_street_comes_before_what_may_be_shown_of_the_address() -> None:
    street = {"street": {"name": "翠苑街道"}}
    draft = read("douyin", douyin_order(post_addr=ORDER["post_addr"] | street)).draft
    assert draft.address.detail == "翠苑街道 学院路***"


def test_without_an_address_id_the_sealed_number_names_the_receiver() -> None:
    draft = read("douyin", douyin_order(open_address_id=None)).draft
    assert draft.customer.receiver_token == "$$7a1b$1$$"
    readable = douyin_order(open_address_id=None, encrypt_post_tel="13812345678")
    assert read("douyin", readable).draft.customer.receiver_token is None


@pytest.mark.parametrize("kind", [2, "4", 5])
def test_goods_without_a_parcel_are_not_for_the_warehouse(kind: Any) -> None:
    reasons = reasons_of(read("douyin", douyin_order(order_type=kind)))
    assert ("no_parcel", "delivery") in reasons
    assert reasons_of(read("douyin", douyin_order(order_type=0))) == []


def test_a_code_of_zero_is_none() -> None:
    order = douyin_order(sku_order_list=[LINE | {"code": "", "out_sku_id": 0}])
    assert ("missing_sku", "lines.0.sku") in reasons_of(read("douyin", order))


@pytest.mark.parametrize("topic", ["0", "112", "109", "218"])
def test_an_event_has_its_order_fetched(topic: str) -> None:
    event = {"p_id": int(NUMBER), "s_ids": [int(NUMBER)], "shop_id": 9}
    assert to_fetch("douyin", event, topic) == [NUMBER]
    assert read_all("douyin", event, topic) == []
