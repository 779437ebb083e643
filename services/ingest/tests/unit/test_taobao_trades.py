"""Trades of Taobao and Tmall: what is paid, what is shipped, and what is still open."""

from typing import Any

import pytest
from ingest_material.orders import TID, taobao_order
from ingest_material.reading import judged, read, read_all, reasons_of, to_fetch

TRADE = taobao_order()["trade_fullinfo_get_response"]["trade"]
LINE = TRADE["orders"]["order"][0]


def line(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in (LINE | changes).items() if value is not None}


def trade(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return taobao_order(orders={"order": list(lines or [LINE])}, **changes)


@pytest.mark.parametrize(
    "payload",
    [
        {"trade_get_response": {"trade": TRADE}},
        {"trades_sold_get_response": {"trades": {"trade": [TRADE]}}},
        {"trades_sold_increment_get_response": {"trades": {"trade": [TRADE]}}},
        {"result": {"success": True, "trade": TRADE}},
        {"IsSuccess": True, "Data": TRADE},
        {"data": TRADE},
        TRADE | {"orders": [LINE]},
    ],
)
def test_a_trade_is_found_wherever_an_answer_has_it(payload: dict[str, Any]) -> None:
    incoming = read("taobao", payload)
    draft, reasons = judged(incoming)
    assert (draft.channel_order_no, draft.amounts.payable_minor, reasons) == (str(TID), 10_600, [])
    assert [row.quantity for row in draft.lines] == [2]


def test_without_the_share_of_a_line_its_total_less_the_trades_discounts_counts() -> None:
    alone = line(divide_order_fee=None, total_fee="110.00", part_mjz_discount="10.00")
    draft, reasons = judged(read("taobao", trade(alone)))
    assert (draft.lines[0].discount_minor, reasons) == (1_800, [])


# --- refunded lines ---------------------------------------------------------------------------

CUP = line(oid=TID + 2, outer_sku_id="CUP", num=1, price="40.00", divide_order_fee="30.00")
GONE = CUP | {"status": "TRADE_CLOSED", "refund_id": "77", "end_time": "2025-11-22 12:00:00"}


def test_a_refunded_line_is_not_shipped_and_its_money_is_a_refund() -> None:
    payload = trade(LINE, GONE | {"refund_status": "SUCCESS"}, payment="136.00")
    incoming = read("taobao", payload)
    draft, reasons = judged(incoming)
    assert reasons == []
    assert [row.sku for row in draft.lines] == ["TEA-250"]
    assert draft.amounts.payable_minor == 10_600
    assert [payment.amount_minor for payment in draft.payments] == [13_600]
    (refund,) = incoming.refunds
    assert (refund.reference, refund.amount_minor) == ("77", 3_000)
    assert refund.requested_at is not None
    assert refund.requested_at.isoformat() == "2025-11-22T12:00:00+08:00"


def test_a_refunded_line_of_a_push_in_capitals_is_not_shipped_either() -> None:
    def pushed(row: dict[str, Any]) -> dict[str, Any]:
        return {name.title().replace("_", ""): value for name, value in row.items()}

    payload = {"Orders": [pushed(LINE), pushed(GONE)], "Tid": TID, "Payment": "136.00"}
    incoming = read("taobao", payload | {"Status": "WAIT_SELLER_SEND_GOODS", "PostFee": "0.00"})
    assert [row.sku for row in incoming.draft.lines] == ["TEA-250"]
    assert [(refund.reference, refund.amount_minor) for refund in incoming.refunds] == [
        ("77", 3_000)
    ]


def test_a_closed_trade_keeps_its_lines_and_what_was_paid() -> None:
    closed = LINE | {"status": "TRADE_CLOSED", "refund_id": "76"}
    incoming = read("taobao", trade(closed, status="TRADE_CLOSED"))
    assert incoming.cancelled is not None
    draft, _ = judged(incoming)
    assert (len(draft.lines), draft.amounts.payable_minor) == (1, 10_600)


@pytest.mark.parametrize(
    "state", ["WAIT_SELLER_AGREE", "WAIT_BUYER_RETURN_GOODS", "WAIT_SELLER_CONFIRM_GOODS"]
)
def test_while_a_refund_is_asked_for_nothing_is_shipped(state: str) -> None:
    assert read("taobao", trade(LINE | {"refund_status": state})).held is not None
    for over in ("NO_REFUND", "CLOSED", "SUCCESS"):
        assert read("taobao", trade(LINE | {"refund_status": over})).held is None


@pytest.mark.parametrize(
    ("changes", "held"),
    [
        ({"status": "PAID_FORBID_CONSIGN"}, True),
        ({"trade_attr": '{"erpHold":"1"}'}, True),
        ({"trade_attr": '{"erpHold":"0"}'}, False),
        ({"trade_attr": "{}"}, False),
    ],
)
def test_what_the_platform_keeps_back_waits(changes: dict[str, Any], *, held: bool) -> None:
    assert (read("taobao", trade(**changes)).held is not None) is held


# --- what the lines and the payment differ by -------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "freight", "discount", "tax"),
    [
        ({"payment": "104.50", "point_fee": 150}, 600, 150, 0),
        ({"payment": "101.00", "coupon_fee": 500}, 600, 500, 0),
        ({"payment": "99.50", "tmall_coupon_fee": 500, "point_fee": 150}, 600, 650, 0),
        (
            {"payment": "111.00", "service_orders": {"service_order": [{"payment": "5.00"}]}},
            1_100,
            0,
            0,
        ),
        ({"payment": "108.00", "type": "cod", "buyer_cod_fee": "2.00"}, 800, 0, 0),
        ({"payment": "117.90", "order_tax_fee": "11.90"}, 600, 0, 1_190),
    ],
)
def test_points_services_and_tax_count_where_they_are_just_what_is_missing(
    changes: dict[str, Any], freight: int, discount: int, tax: int
) -> None:
    draft, reasons = judged(read("taobao", trade(**changes)))
    amounts = draft.amounts
    assert reasons == []
    assert (amounts.freight_minor, amounts.discount_minor, amounts.tax_minor) == (
        freight,
        discount,
        tax,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"payment": "104.50", "point_fee": 149},
        {"payment": "105.99"},
        {"payment": "112.00", "service_orders": {"service_order": [{"payment": "5.00"}]}},
        {"payment": "108.00", "buyer_cod_fee": "2.00"},
        {"payment": "117.90", "order_tax_fee": "11.89"},
    ],
)
def test_what_is_not_just_what_is_missing_keeps_the_trade_out(changes: dict[str, Any]) -> None:
    reasons = reasons_of(read("taobao", trade(**changes)))
    assert ("payable_does_not_add_up", "amounts.payable_minor") in reasons


# --- money that has not come ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "payments"),
    [
        ({"step_trade_status": "FRONT_NOPAID_FINAL_NOPAID"}, 0),
        ({"step_trade_status": "FRONT_PAID_FINAL_NOPAID", "step_paid_fee": "10.00"}, 0),
        ({"step_trade_status": "FRONT_PAID_FINAL_PAID"}, 1),
        ({"status": "WAIT_BUYER_PAY"}, 0),
        ({"status": "PAY_PENDING"}, 0),
        ({"status": "WAIT_PRE_AUTH_CONFIRM"}, 0),
    ],
)
def test_a_deposit_is_not_the_payment_of_a_trade(changes: dict[str, Any], payments: int) -> None:
    incoming = read("taobao", trade(**changes))
    assert len(incoming.draft.payments) == payments


def test_goods_without_a_parcel_are_not_for_the_warehouse() -> None:
    assert ("no_parcel", "delivery") in reasons_of(read("taobao", trade(shipping_type="virtual")))
    assert reasons_of(read("taobao", trade(shipping_type="express"))) == []


# --- pushes of gateways -----------------------------------------------------------------------

PUSHED = {
    "Tid": TID,
    "Status": "WAIT_SELLER_SEND_GOODS",
    "Created": "2025-11-22 09:30:00",
    "PayTime": "2025-11-22 09:30:40",
    "Payment": "106.00",
    "PostFee": "6.00",
    "ReceiverName": "周**",
    "ReceiverMobile": "*******5678",
    "ReceiverAddress": "学**",
    "Oaid": "1abC",
    "ExtendedFields": {"ReceiverState": "浙江省", "ReceiverCity": "杭州市"},
    "Orders": [
        {
            "OuterSkuId": "TEA-250",
            "Num": 2,
            "Price": "59.00",
            "TotalFee": "118.00",
            "PartMjzDiscount": "18.00",
        }
    ],
}


def test_a_push_with_lines_is_the_trade_itself() -> None:
    assert to_fetch("taobao", PUSHED, "trade.paid") == []
    draft, reasons = judged(read("taobao", PUSHED, "trade.paid"))
    assert reasons == []
    assert (draft.address.province, draft.address.city) == ("浙江省", "杭州市")
    assert draft.customer.receiver_token == "1abC"


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("trade.sent", {"Tid": TID, "Platform": "TAOBAO"}),
        ("trade.sent", {"Tid": TID, "Status": "TRADE_FINISHED", "Orders": [{"Num": 1}]}),
        ("trade.memo", {"Tid": TID, "SellerMemo": "赠品"}),
        ("refund.closed", {"Tid": TID, "RefundId": 7}),
        ("taobao_trade_TradeBuyerPay", {"tid": TID, "payment": "106.00"}),
        ("taobao_refund_RefundCreated", {"tid": TID, "refund_fee": "30.00"}),
    ],
)
def test_a_push_that_only_names_a_trade_has_it_fetched(topic: str, payload: Any) -> None:
    assert to_fetch("taobao", payload, topic) == [str(TID)]
    assert read_all("taobao", payload, topic) == []
