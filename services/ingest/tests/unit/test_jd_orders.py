"""Orders of JD POP: the balance, coupons, and orders that are not to be shipped."""

from typing import Any

import pytest
from ingest_material.orders import jd_order
from ingest_material.reading import judged, read, reasons_of

ANSWER = "jingdong_pop_order_search_responce"
ORDER = jd_order()[ANSWER]["searchorderinfo_result"]["orderInfoList"][0]
COUPONS = [[{"couponType": "41", "couponPrice": "5.00"}, {"couponType": "100", "couponPrice": "2"}]]


@pytest.mark.parametrize(
    "payload",
    [
        {
            "jingdong_pop_order_enSearch_responce": {
                "searchorderinfo_result": {"orderInfoList": [ORDER]}
            }
        },
        {"jingdong_pop_order_enGet_responce": {"orderDetailInfo": {"orderInfo": ORDER}}},
        {"orderDetailInfo": {"orderInfo": ORDER}},
        {"orderInfoList": [ORDER]},
        {"IsSuccess": True, "Data": ORDER},
    ],
)
def test_an_order_is_found_wherever_an_answer_has_it(payload: dict[str, Any]) -> None:
    draft, reasons = judged(read("jd", payload))
    assert (draft.channel_order_no, draft.amounts.payable_minor) == ("310045678901", 9_000)
    assert reasons == []


@pytest.mark.parametrize(
    ("changes", "payable"),
    [
        ({}, 9_000),  # 80.00 and 10.00 off the balance
        ({"orderPayment": "90.00"}, 9_000),  # the shop's discount leaves that alone
        ({"orderPayment": "90.00", "sellerDiscount": "0", "couponDetailList": COUPONS}, 9_000),
        ({"orderPayment": "90.00", "balanceUsed": "0.00"}, 9_000),
    ],
)
def test_the_balance_is_counted_once(changes: dict[str, Any], payable: int) -> None:
    draft, reasons = judged(read("jd", jd_order(**changes)))
    assert reasons == []
    assert (draft.amounts.payable_minor, draft.amounts.discount_minor) == (payable, 700)
    assert [payment.amount_minor for payment in draft.payments] == [payable]


def test_nobody_pays_more_than_the_shops_price() -> None:
    too_much = jd_order(orderPayment="88.00", orderSellerPrice="80.00")
    assert ("payable_does_not_add_up", "amounts.payable_minor") in reasons_of(read("jd", too_much))
    assert reasons_of(read("jd", jd_order(orderSellerPrice="84.00"))) == []


@pytest.mark.parametrize("state", ["LOCKED", "POP_ORDER_PAUSE", "PAUSE", "UN_KNOWN"])
def test_what_jd_keeps_back_waits(state: str) -> None:
    assert read("jd", jd_order(orderState=state)).held is not None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"orderState": "SEND_TO_DISTRIBUTION_CENER"}, ("already_shipped", "orderState")),
        ({"orderState": "DELIVERY_RETURN"}, ("already_shipped", "orderState")),
        ({"orderState": "WAIT_SEND_CODE"}, ("no_parcel", "delivery")),
        ({"orderType": "75"}, ("no_parcel", "delivery")),
        ({"orderType": 75}, ("no_parcel", "delivery")),
    ],
)
def test_what_the_warehouse_cannot_ship_is_kept_out(
    changes: dict[str, Any], reason: tuple[str, str]
) -> None:
    assert reason in reasons_of(read("jd", jd_order(**changes)))
