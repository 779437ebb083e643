"""What channels do to those who read them: each hazard once, in payloads of our own."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from ingest_material import orders
from ingest_material.reading import judged, read, read_all, reasons_of, to_fetch
from ingest_material.shopify import line_item, shopify_order

PLACED_AT = datetime(2025, 11, 22, 1, 30, tzinfo=UTC)


def test_amounts_in_numbers_of_yuan_are_read_at_their_digits() -> None:
    """As floats, 19.9 * 100 is 1989.9999999999998."""
    draft = read("pdd", orders.pdd_order()).draft
    assert draft.lines[0].unit_price_minor == 1_990
    assert (draft.amounts.goods_minor, draft.amounts.payable_minor) == (5_970, 5_700)
    finer = read("pdd", orders.pdd_order(pay_amount=57.001))
    assert ("unreadable_field", "amounts.payable_minor") in reasons_of(finer)


def test_what_the_shop_changed_on_pdds_prices_is_a_discount() -> None:
    order = orders.pdd_order(goods_amount=57.7, order_change_amount=2, pay_amount=55)
    draft, reasons = judged(read("pdd", order))
    assert reasons == []
    assert (draft.amounts.goods_minor, draft.amounts.discount_minor) == (5_970, 700)


def test_fen_are_not_yuan() -> None:
    assert read("wechat_shop", orders.wechat_shop_order()).draft.amounts.payable_minor == 8_900
    assert read("taobao", orders.taobao_order(payment="8900")).draft.amounts.payable_minor == (
        890_000
    )
    price = {"product_price": "90.00", "order_price": 8900}
    odd = read("wechat_shop", orders.wechat_shop_order(price_info=price))
    assert ("unreadable_field", "amounts.goods_minor") in reasons_of(odd)


def test_numbers_may_come_as_texts_or_as_numbers() -> None:
    texts = orders.douyin_order()
    numbers = json.loads(json.dumps(texts))
    order = numbers["data"]["shop_order_detail"]
    for name in ("order_status", "create_time", "pay_time", "pay_amount", "post_amount"):
        order[name] = int(order[name])
    assert read("douyin", numbers) == read("douyin", texts)
    assert reasons_of(read("douyin", texts)) == []


def test_json_inside_a_text_is_read_where_it_is_asked_for_and_left_where_not() -> None:
    content = '{"mall_id":100,"tid":"251122-310045678901234"}'
    frame = {"id": 1, "message": {"type": "pdd_trade_TradeConfirmed", "content": content}}
    assert to_fetch("pdd", frame, "trade") == ["251122-310045678901234"]
    assert read_all("pdd", frame, "trade") == []
    order = orders.jd_order(sendpayMap='{"34":')
    assert reasons_of(read("jd", order)) == []


@pytest.mark.parametrize(
    ("channel", "payload", "number"),
    [
        ("taobao", orders.taobao_order(tid_str=None), str(orders.TID)),
        ("douyin", orders.douyin_order(order_id=2**63 - 1), str(2**63 - 1)),
        ("pdd", orders.pdd_order(order_sn=2**53 + 1), str(2**53 + 1)),
        ("shopify", shopify_order(id=820_982_911_946_154_508), "820982911946154508"),
    ],
)
def test_ids_beyond_what_floats_hold_stay_exact(channel: str, payload: Any, number: str) -> None:
    topic = "orders/create" if channel == "shopify" else "order"
    assert read(channel, payload, topic).draft.channel_order_no == number


@pytest.mark.parametrize(
    "nothing", ["0000-00-00 00:00:00", "0001-01-01 00:00:00", "1970-01-01 00:00:00", "", None]
)
def test_dates_that_stand_for_none_are_none(nothing: str | None) -> None:
    jd = read("jd", orders.jd_order(paymentConfirmTime=nothing))
    taobao = read("taobao", orders.taobao_order(pay_time=nothing))
    for incoming in (jd, taobao):
        assert incoming.draft.payments == ()
        assert reasons_of(incoming) == []
    pdd = read("pdd", orders.pdd_order(pay_time=nothing, confirm_time=nothing))
    assert pdd.draft.payments == ()
    placed = read("jd", orders.jd_order(orderStartTime=nothing))
    assert reasons_of(placed) == [("missing_placed_at", "placed_at")]


@pytest.mark.parametrize("channel", orders.ORDERS)
def test_every_channel_tells_the_same_moment(channel: str) -> None:
    """Beijing's wall clock, seconds, milliseconds, UTC: half past nine in Beijing in each."""
    placed_at = read(channel, orders.ORDERS[channel]()).draft.placed_at
    assert placed_at is not None
    assert placed_at.replace(microsecond=0) == PLACED_AT


def test_an_offset_may_be_without_a_colon() -> None:
    purchase = orders.zettle_purchase(timestamp="2025-11-22T03:30:00.028+0200")
    placed_at = read("zettle", purchase, "PurchaseCreated").draft.placed_at
    assert placed_at == PLACED_AT.replace(microsecond=28_000)


@pytest.mark.parametrize("written", ["2025-11-22T09:30:00", "2025-11-22 09:30:00"])
def test_date_and_time_are_parted_by_a_letter_or_a_blank(written: str) -> None:
    assert read("pdd", orders.pdd_order(created_time=written)).draft.placed_at == PLACED_AT


def test_names_are_misspelt_as_the_channel_misspells_them() -> None:
    assert reasons_of(read("jd", orders.jd_order())) == []
    answer = orders.jd_order()["jingdong_pop_order_search_responce"]
    spelt_right = {"jingdong_pop_order_search_response": answer}
    assert ("missing_value", "channel_order_no") in reasons_of(read("jd", spelt_right))


def test_a_single_line_may_be_an_object() -> None:
    many = orders.taobao_order()
    single = orders.taobao_order()
    trade = single["trade_fullinfo_get_response"]["trade"]
    trade["orders"] = {"order": trade["orders"]["order"][0]}
    assert read("taobao", single) == read("taobao", many)


def test_blanks_at_the_end_are_nobodys_address() -> None:
    draft = read("taobao", orders.taobao_order()).draft
    assert draft.address.detail == "翠苑街道 学院路 28 号"
    assert (draft.address.postcode, draft.memo) == ("310012", "请发顺丰")


def test_a_receiver_under_review_is_held_and_told() -> None:
    nobody = {"receiver_name": "", "receiver_phone": "", "receiver_address": "", "city": ""}
    incoming = read("pdd", orders.pdd_order(risk_control_status=1, province="", **nobody))
    assert incoming.held == "held by Pinduoduo"
    assert reasons_of(incoming) == [
        ("missing_phone", "customer.phone"),
        ("missing_name", "customer.name"),
        ("missing_address", "address.detail"),
        ("missing_city", "address.city"),
    ]


def test_the_products_number_is_the_lines_and_not_the_orders() -> None:
    order = orders.douyin_order(product_id="0")
    assert read("douyin", order).draft.lines[0].sku == "TEA-250"


def test_totals_that_do_not_add_up_go_to_a_person() -> None:
    wrong = [
        ("taobao", orders.taobao_order(payment="107.00")),
        ("jd", orders.jd_order(orderTotalPrice="92.00")),
        ("pdd", orders.pdd_order(pay_amount=58)),
        ("douyin", orders.douyin_order(post_amount="501")),
        ("wechat_miniprogram", orders.wechat_miniprogram_order(orders=[])),
    ]
    for channel, order in wrong:
        codes = {code for code, _ in reasons_of(read(channel, order))}
        assert codes & {"payable_does_not_add_up", "goods_do_not_add_up", "no_lines"}


def test_money_given_back_at_a_till_is_no_order_of_negative_goods() -> None:
    products = [{"sku": "TEA-250", "name": "Longjing", "quantity": "-1", "unitPrice": 4500}]
    payments = [{"uuid": "zt-pay-2", "amount": -4500, "type": "IZETTLE_CARD"}]
    back = orders.zettle_purchase(
        amount=-4500,
        refund=True,
        refundsPurchaseUUID1="7d2f9a10",
        products=products,
        payments=payments,
        discounts=[],
    )
    incoming = read("zettle", back, "PurchaseCreated")
    assert incoming.draft.lines[0].quantity == -1
    reasons = reasons_of(incoming)
    assert reasons[0] == ("refund", "refund")
    assert ("bad_quantity", "lines.0.quantity") in reasons
    assert ("bad_payment", "payments.0.amount_minor") in reasons


def test_a_purchase_at_a_till_needs_no_receiver() -> None:
    incoming = read("zettle", orders.zettle_purchase(), "PurchaseCreated")
    assert incoming.draft.delivery == "in_store"
    assert reasons_of(incoming) == []


@pytest.mark.parametrize(
    ("fulfillments", "delivery"),
    [
        (None, "in_store"),
        ([], "in_store"),
        ([{"type": "PICKUP"}], "in_store"),
        ([{"type": "SHIPMENT"}], "shipment"),
        ([{"type": "PICKUP"}, {"type": "DELIVERY"}], "shipment"),
    ],
)
def test_what_square_neither_ships_nor_delivers_was_sold_over_the_counter(
    fulfillments: Any, delivery: str
) -> None:
    incoming = read("square", orders.square_order(fulfillments=fulfillments))
    assert incoming.draft.delivery == delivery
    assert bool(reasons_of(incoming)) is (delivery == "shipment")


@pytest.mark.parametrize("sku", [None, "", " "])
def test_a_line_without_a_sku_goes_to_a_person(sku: str | None) -> None:
    order = shopify_order(line_items=[line_item(sku, 1, "300.50")])
    assert reasons_of(read("shopify", order, "orders/create")) == [("missing_sku", "lines.0.sku")]


# --- thin messages ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "topic", "payload"),
    [
        ("taobao", "trade.memo", {"Tid": "o-1", "SellerMemo": "小心"}),
        ("taobao", "refund.created", {"Tid": "o-1", "RefundId": "r-1"}),
        ("douyin", "106", {"p_id": "o-1"}),
        ("wechat_shop", "channels_ec_order_pay", {"order_info": {"order_id": "o-1"}}),
        (
            "wechat_shop",
            "channels_ec_aftersale_update",
            {"finder_shop_aftersale_status_update": {"order_id": "o-1"}},
        ),
        (
            "square",
            "order.updated",
            {"data": {"object": {"order_updated": {"order_id": "o-1"}}}},
        ),
        ("square", "payment.updated", {"data": {"object": {"payment": {"order_id": "o-1"}}}}),
    ],
)
def test_a_thin_message_names_its_order_and_is_none(channel: str, topic: str, payload: Any) -> None:
    assert to_fetch(channel, payload, topic) == ["o-1"]
    assert read_all(channel, payload, topic) == []


@pytest.mark.parametrize(
    ("channel", "topic"),
    [
        ("square", "inventory.count.updated"),
        ("zettle", "InventoryTrackingStarted"),
        ("douyin", "400"),
        ("wechat_shop", "channels_ec_coupon_get"),
    ],
)
def test_what_is_about_something_else_is_nobodys_order(channel: str, topic: str) -> None:
    assert read_all(channel, {"data": {"id": "i-1"}}, topic) == []
    assert to_fetch(channel, {"data": {"id": "i-1"}}, topic) == []


# --- states -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "order"),
    [
        ("taobao", orders.taobao_order(status="PAID_FORBID_CONSIGN")),
        ("jd", orders.jd_order(orderState="LOCKED")),
        ("jd", orders.jd_order(orderState="POP_ORDER_PAUSE")),
        ("pdd", orders.pdd_order(order_tag_list=[{"name": "ship_hold", "value": 1}])),
        ("pdd", orders.pdd_order(refund_status=2)),
        ("pdd", orders.pdd_order(gift_order_status=0)),
        ("douyin", orders.douyin_order(order_status="105")),
        ("douyin", orders.douyin_order(main_status="103")),
        (
            "wechat_shop",
            orders.wechat_shop_order(
                delivery_info={"address_under_review": {"user_name": "周小溪"}}
            ),
        ),
    ],
)
def test_what_the_channel_keeps_back_is_held(channel: str, order: Any) -> None:
    incoming = read(channel, order)
    assert incoming.held
    assert incoming.cancelled is None


@pytest.mark.parametrize(
    ("channel", "order"),
    [
        ("taobao", orders.taobao_order(status="TRADE_CLOSED")),
        ("jd", orders.jd_order(orderState="TRADE_CANCELED")),
        ("pdd", orders.pdd_order(refund_status=4)),
        ("douyin", orders.douyin_order(order_status=4)),
        ("douyin", orders.douyin_order(main_status="21")),
        ("wechat_miniprogram", orders.wechat_miniprogram_order(status=250)),
        ("square", orders.square_order(state="CANCELED")),
    ],
)
def test_what_the_channel_cancelled_says_so(channel: str, order: Any) -> None:
    assert read(channel, order).cancelled


@pytest.mark.parametrize(
    ("channel", "order"),
    [
        ("taobao", orders.taobao_order(status="WAIT_BUYER_CONFIRM_GOODS")),
        ("jd", orders.jd_order(orderState="FINISHED_L")),
        ("pdd", orders.pdd_order(order_status=2)),
        ("douyin", orders.douyin_order(order_status="101")),
    ],
)
def test_what_was_shipped_already_goes_to_a_person(channel: str, order: Any) -> None:
    assert [code for code, _ in reasons_of(read(channel, order))] == ["already_shipped"]


def test_who_pays_later_has_not_paid() -> None:
    later = {"transaction_id": "WX1", "pay_time": 1_763_775_060, "payment_method": 2}
    incoming = read("wechat_shop", orders.wechat_shop_order(pay_info=later))
    assert incoming.draft.payments == ()
    assert reasons_of(incoming) == []
