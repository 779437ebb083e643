"""Orders of WeChat shops: what takes off the price, what is not to be shipped, events."""

from typing import Any

import pytest
from ingest_material.orders import wechat_shop_order
from ingest_material.reading import judged, read, read_all, reasons_of, to_fetch

DETAIL = wechat_shop_order()["order"]["order_detail"]
PIECE = DETAIL["product_infos"][0]
ADDRESS = DETAIL["delivery_info"]["address_info"]


def priced(order_price: int, **changes: Any) -> dict[str, Any]:
    """Return an order of 2 x 45.00 + 5.00 - 6.00 whose buyer pays this."""
    return wechat_shop_order(
        price_info=DETAIL["price_info"] | {"order_price": order_price} | changes
    )


def delivered(**changes: Any) -> dict[str, Any]:
    return wechat_shop_order(delivery_info=DETAIL["delivery_info"] | changes)


def with_status(status: int, **changes: Any) -> dict[str, Any]:
    order = wechat_shop_order(**changes)
    order["order"]["status"] = status
    return order


@pytest.mark.parametrize(
    ("order", "freight", "discount"),
    [
        (priced(8_900), 500, 600),
        (priced(8_700, deduction_price=200), 500, 800),
        (priced(8_600, change_down_price=300), 500, 900),
        (priced(8_400, deduction_price=200, vip_discounted_price=300), 500, 1_100),
        (priced(8_850, finder_discounted_price=50), 500, 650),
        (priced(8_600, is_change_freight=True, change_freight=200), 200, 600),
        (priced(8_900, is_change_freight=False, change_freight=200), 500, 600),
        (priced(8_900, deduction_price=200), 500, 600),
    ],
)
def test_what_takes_off_the_price_counts_where_it_is_just_what_is_missing(
    order: dict[str, Any], freight: int, discount: int
) -> None:
    draft, reasons = judged(read("wechat_shop", order))
    assert reasons == []
    assert (draft.amounts.freight_minor, draft.amounts.discount_minor) == (freight, discount)
    assert [payment.amount_minor for payment in draft.payments] == [draft.amounts.payable_minor]


@pytest.mark.parametrize(
    "order",
    [
        priced(8_700),
        priced(8_700, deduction_price=199),
        priced(8_600, is_change_freight=True, change_freight=199),
    ],
)
def test_what_is_not_just_what_is_missing_keeps_the_order_out(order: dict[str, Any]) -> None:
    reasons = reasons_of(read("wechat_shop", order))
    assert ("payable_does_not_add_up", "amounts.payable_minor") in reasons


@pytest.mark.parametrize(
    ("order", "held"),
    [
        (with_status(12), True),
        (with_status(13), True),
        (with_status(20), False),
        (with_status(20, product_infos=[PIECE | {"on_aftersale_sku_cnt": 1}]), True),
        (with_status(20, product_infos=[PIECE | {"finish_aftersale_sku_cnt": 1}]), False),
        (with_status(30, product_infos=[PIECE | {"on_aftersale_sku_cnt": 1}]), False),
    ],
)
def test_an_open_gift_or_group_or_refund_is_not_shipped(
    order: dict[str, Any], *, held: bool
) -> None:
    assert (read("wechat_shop", order).held is not None) is held


def test_what_is_left_after_a_refund_is_for_a_person_to_say_and_no_hold_for_ever() -> None:
    order = with_status(20, product_infos=[PIECE | {"finish_aftersale_sku_cnt": 1}])
    assert ("line_refunded", "lines") in reasons_of(read("wechat_shop", order))


@pytest.mark.parametrize(("way", "parcel"), [(0, True), (1, False), (3, False)])
def test_goods_without_a_parcel_are_not_for_the_warehouse(way: int, *, parcel: bool) -> None:
    reasons = reasons_of(read("wechat_shop", delivered(deliver_method=way)))
    assert (("no_parcel", "delivery") not in reasons) is parcel


def test_a_masked_receiver_is_known_by_the_code_for_waybills() -> None:
    masked = ADDRESS | {"user_name": "周**", "tel_number": "138****5678"}
    order = delivered(address_info=masked, ewaybill_order_code="eoc-1")
    draft, reasons = judged(read("wechat_shop", order))
    assert (draft.customer.receiver_token, reasons) == ("eoc-1", [])


def test_a_gift_may_have_its_buyers_number_alone() -> None:
    address = ADDRESS | {"tel_number": "", "purchaser_tel_number": "13987654321"}
    draft, reasons = judged(read("wechat_shop", delivered(address_info=address)))
    assert (draft.customer.phone, reasons) == ("+8613987654321", [])


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("channels_ec_order_wait_shipping", "order_info"),
        ("channels_ec_present_aftersale_update", "finder_shop_present_aftersale_status_update"),
    ],
)
def test_an_event_has_its_order_fetched(topic: str, name: str) -> None:
    event = {"Event": topic, name: {"order_id": 3_726_519_488_716_432_891}}
    assert to_fetch("wechat_shop", event, topic) == ["3726519488716432891"]
    assert read_all("wechat_shop", event, topic) == []
