"""Orders of Pinduoduo: groups, deposits, subsidies, sealed receivers, pushes."""

from typing import Any

import pytest
from ingest_material.orders import pdd_order
from ingest_material.reading import judged, read, read_all, reasons_of, to_fetch

NUMBER = "251122-310045678901234"
ORDER = pdd_order()["order_info_get_response"]["order_info"]
SEALED = "~AgAAAAK3@n5Ka1kB2cD=~0~"


@pytest.mark.parametrize(
    "payload",
    [
        {"order_list_get_response": {"order_list": [ORDER]}},
        {"order_sn_increment_get_response": {"order_sn_list": [ORDER]}},
        {"Data": {"order_info_get_response": {"order_info": ORDER}}},
        {"Data": {"order_info": ORDER}},
        {"Data": ORDER},
        ORDER,
    ],
)
def test_an_order_is_found_wherever_an_answer_has_it(payload: dict[str, Any]) -> None:
    draft, reasons = judged(read("pdd", payload))
    assert (draft.channel_order_no, draft.amounts.payable_minor, reasons) == (NUMBER, 5_700, [])


# --- discounts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "discount"),
    [
        ({"discount_amount": None, "platform_discount": 3, "seller_discount": 2}, 500),
        ({"pay_amount": 56.7, "duo_duo_pay_reduction": 0.3}, 530),
        ({"pay_amount": 48.45, "trade_in_national_subsidy_amount": 8.55}, 1_355),
        ({"goods_amount": 49.7, "order_change_amount": 10, "pay_amount": 47.0}, 1_500),
    ],
)
def test_what_others_pay_for_the_buyer_is_a_discount(
    changes: dict[str, Any], discount: int
) -> None:
    draft, reasons = judged(read("pdd", pdd_order(**changes)))
    assert (draft.amounts.discount_minor, reasons) == (discount, [])


@pytest.mark.parametrize(
    "changes",
    [
        {"pay_amount": 56.7},
        {"pay_amount": 56.7, "duo_duo_pay_reduction": 0.2},
        {"pay_amount": 48.45, "trade_in_national_subsidy_amount": 8.5},
    ],
)
def test_what_is_not_just_what_is_missing_keeps_the_order_out(changes: dict[str, Any]) -> None:
    reasons = reasons_of(read("pdd", pdd_order(**changes)))
    assert ("payable_does_not_add_up", "amounts.payable_minor") in reasons


@pytest.mark.parametrize(("paid", "payments"), [(0, 0), (1, 0), (2, 1)])
def test_a_deposit_is_not_the_payment_of_an_order(paid: int, payments: int) -> None:
    order = pdd_order(trade_type=1, step_order_info={"step_trade_status": paid})
    assert len(read("pdd", order).draft.payments) == payments


# --- groups -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("confirm", "group", "held", "cancelled"),
    [
        (1, 1, False, False),
        (1, 0, False, False),
        (0, 1, True, False),
        (2, 1, False, True),
        (None, 0, True, False),
        (None, 2, False, True),
        (None, None, False, False),
    ],
)
def test_nothing_is_shipped_before_its_group_is_complete(
    confirm: int | None, group: int | None, *, held: bool, cancelled: bool
) -> None:
    incoming = read("pdd", pdd_order(confirm_status=confirm, group_status=group))
    assert (incoming.held is not None, incoming.cancelled is not None) == (held, cancelled)


# --- receivers --------------------------------------------------------------------------------


def test_a_sealed_receiver_is_known_by_its_token_and_shown_masked() -> None:
    sealed = pdd_order(
        receiver_name=SEALED,
        receiver_name_mask="周**",
        receiver_phone=f"${SEALED}$",
        receiver_phone_mask="138****5678",
        receiver_address=SEALED,
        receiver_address_mask="学院路***",
    )
    draft, reasons = judged(read("pdd", sealed))
    assert reasons == []
    assert (draft.customer.name, draft.address.detail) == ("周**", "学院路***")
    assert draft.customer.receiver_token == f"${SEALED}$"
    sealed["order_info_get_response"]["order_info"]["open_address_id_2"] = "open-address-2"
    assert read("pdd", sealed).draft.customer.receiver_token == "open-address-2"


def test_a_readable_number_is_no_token() -> None:
    draft = read("pdd", pdd_order()).draft
    assert (draft.customer.receiver_token, draft.customer.phone) == (None, "13812345678")


@pytest.mark.parametrize("number", ["15012345678,8899", "13800138000转8888"])
def test_a_number_with_an_extension_is_no_token_that_stands_for_a_receiver(number: str) -> None:
    nobody = dict.fromkeys(("receiver_name", "receiver_address", "province", "city"), "")
    draft, reasons = judged(read("pdd", pdd_order(receiver_phone=number, **nobody)))
    assert draft.customer.receiver_token is None
    assert "missing_name" in [reason.code for reason in reasons]


# --- pushes of gateways -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("trade.created", {"mall_id": 9, "tid": NUMBER, "status": 3}),
        ("refund.created", {"MallId": 9, "Tid": NUMBER, "RefundId": 77, "RefundFee": 5.0}),
    ],
)
def test_a_push_that_only_names_an_order_has_it_fetched(topic: str, payload: Any) -> None:
    assert to_fetch("pdd", payload, topic) == [NUMBER]
    assert read_all("pdd", payload, topic) == []


def test_a_push_in_capitals_is_read_as_far_as_it_tells() -> None:
    pushed = {
        "OrderSn": NUMBER,
        "ConfirmTime": "2025-11-22 09:30:30",
        "GoodsAmount": 59.7,
        "PayAmount": 59.7,
        "ItemList": [{"goods_name": "龙井", "goods_count": 3, "goods_price": 19.9}],
    }
    draft, reasons = judged(read("pdd", pushed, "trade.paid"))
    assert (draft.channel_order_no, draft.amounts.payable_minor) == (NUMBER, 5_970)
    assert {reason.code for reason in reasons} >= {"missing_sku"}
