"""Whole orders as the channels of China and the tills write them, with invented values."""

from collections.abc import Callable
from typing import Any

TID = 3_926_519_488_716_432_891
"""Beyond what a float holds."""


def taobao_order(**changes: Any) -> dict[str, Any]:
    """Return a paid trade: 2 x 59.00 - 18.00 + 6.00 for the post = 106.00."""
    trade = {
        "tid": TID,
        "tid_str": str(TID),
        "status": "WAIT_SELLER_SEND_GOODS",
        "created": "2025-11-22 09:30:00",
        "pay_time": "2025-11-22 09:30:40",
        "payment": "106.00",
        "post_fee": "6.00",
        "total_fee": "118.00",
        "discount_fee": "0.00",
        "alipay_no": "2025112222001",
        "buyer_nick": "小河",
        "buyer_message": "请发顺丰 ",
        "receiver_name": "周小河",
        "receiver_mobile": "13812345678",
        "receiver_state": "浙江省",
        "receiver_city": "杭州市",
        "receiver_district": "西湖区",
        "receiver_town": "翠苑街道",
        "receiver_address": "学院路 28 号   ",
        "receiver_zip": "310012 ",
        "orders": {
            "order": [
                {
                    "oid": TID + 1,
                    "outer_sku_id": "TEA-250",
                    "outer_iid": "TEA",
                    "title": "龙井",
                    "sku_properties_name": "规格:250g",
                    "num": 2,
                    "price": "59.00",
                    "payment": "118.00",
                    "divide_order_fee": "100.00",
                    "part_mjz_discount": "18.00",
                }
            ]
        },
    }
    return {"trade_fullinfo_get_response": {"trade": trade | changes}}


def jd_order(**changes: Any) -> dict[str, Any]:
    """Return a paid order: 2 x 45.50 + 6.00 freight - 7.00 off = 90.00, 10.00 of it balance."""
    order = {
        "orderId": "310045678901",
        "orderState": "WAIT_SELLER_STOCK_OUT",
        "orderStateRemark": "等待出库",
        "orderStartTime": "2025-11-22 09:30:00",
        "paymentConfirmTime": "2025-11-22 09:31:00",
        "outBoundDate": "0001-01-01 00:00:00",
        "orderTotalPrice": "91.00",
        "orderPayment": "80.00",
        "balanceUsed": "10.00",
        "freightPrice": "6.00",
        "sellerDiscount": "7.00",
        "orderRemark": "",
        "sendpayMap": '{"34":"3","26":"2"}',
        "open_id_buyer": "buyer-1",
        "consigneeInfo": {
            "fullname": "周小河",
            "mobile": "13812345678",
            "telephone": "",
            "province": "浙江",
            "city": "杭州市",
            "county": "西湖区",
            "town": "翠苑街道",
            "fullAddress": "学院路 28 号",
        },
        "itemInfoList": [
            {
                "outerSkuId": "TEA-250",
                "productNo": "TEA",
                "skuName": "龙井 250g",
                "itemTotal": "2",
                "jdPrice": "45.50",
                "itemExt": '{"isVMI":0}',
            }
        ],
    }
    answer = {"orderInfoList": [order | changes], "orderTotal": 1}
    return {"jingdong_pop_order_search_responce": {"searchorderinfo_result": answer}}


def pdd_order(**changes: Any) -> dict[str, Any]:
    """Return a paid order: 3 x 19.90 - 5.00 + 2.30 = 57.00, all in numbers of yuan."""
    order = {
        "order_sn": "251122-310045678901234",
        "order_status": 1,
        "refund_status": 1,
        "confirm_status": 1,
        "risk_control_status": 0,
        "created_time": "2025-11-22 09:30:00",
        "pay_time": "2025-11-22 09:30:20",
        "confirm_time": "2025-11-22 09:30:30",
        "goods_amount": 59.7,
        "discount_amount": 5,
        "postage": 2.3,
        "pay_amount": 57.0,
        "order_change_amount": 0,
        "pay_no": "P25112200001",
        "pay_type": "weixin",
        "receiver_name": "周小河",
        "receiver_phone": "13812345678",
        "province": "浙江省",
        "city": "杭州市",
        "town": "西湖区",
        "receiver_address": "学院路 28 号",
        "buyer_memo": "",
        "order_tag_list": [{"name": "ship_hold", "value": 0}, {"name": "delivery", "value": 1}],
        "traking_number": None,
        "item_list": [
            {
                "outer_id": "TEA-250",
                "goods_name": "龙井",
                "goods_spec": "250g",
                "goods_count": 3,
                "goods_price": 19.9,
            }
        ],
    }
    return {"order_info_get_response": {"order_info": order | changes}}


def douyin_order(**changes: Any) -> dict[str, Any]:
    """Return a paid order, its numbers as texts: 2 x 4500 - 600 + 500 = 8900 fen."""
    order = {
        "order_id": "6917529027641081857",
        "product_id": "0",
        "order_status": "2",
        "main_status": "2",
        "create_time": "1763775000",
        "pay_time": "1763775060",
        "pay_amount": "8900",
        "post_amount": "500",
        "promotion_amount": "600",
        "channel_payment_no": "DY25112200001",
        "doudian_open_id": "open-1",
        "open_address_id": "#addr-1",
        "mask_post_receiver": "周**",
        "mask_post_tel": "138****5678",
        "encrypt_post_tel": "$$7a1b$1$$",
        "buyer_words": "",
        "post_addr": {
            "province": {"name": "浙江省"},
            "city": {"name": "杭州市"},
            "town": {"name": "西湖区"},
            "encrypt_detail": "##9c2d#1##",
        },
        "mask_post_addr": {"detail": "学院路***"},
        "sku_order_list": [
            {
                "order_id": "6917529027641081858",
                "product_id": "3473196049974326999",
                "code": "TEA-250",
                "product_name": "龙井",
                "item_num": "2",
                "origin_amount": "4500",
                "warehouse_ids": '["1","2"]',
            }
        ],
    }
    return {"data": {"shop_order_detail": order | changes}}


def wechat_shop_order(**changes: Any) -> dict[str, Any]:
    """Return a paid order: 2 x 4500 - 600 + 500 = 8900 fen; a change is one of its detail."""
    detail = {
        "product_infos": [
            {
                "product_id": "2342",
                "sku_id": "2343",
                "sku_code": "TEA-250",
                "title": "龙井",
                "sku_cnt": 2,
                "sale_price": 4500,
            }
        ],
        "pay_info": {"transaction_id": "WX1", "pay_time": 1_763_775_060, "payment_method": 1},
        "price_info": {
            "product_price": 9000,
            "order_price": 8900,
            "freight": 500,
            "discounted_price": 600,
        },
        "delivery_info": {
            "address_info": {
                "user_name": "周小河",
                "postal_code": "310012",
                "province_name": "浙江省",
                "city_name": "杭州市",
                "county_name": "西湖区",
                "detail_info": "学院路 28 号",
                "tel_number": "13812345678",
            }
        },
        "ext_info": {"customer_notes": "请发顺丰"},
    }
    return {
        "errcode": 0,
        "order": {
            "order_id": "3726519488716432891",
            "status": 20,
            "create_time": 1_763_775_000,
            "openid": "open-1",
            "order_detail": detail | changes,
        },
    }


def wechat_miniprogram_order(**changes: Any) -> dict[str, Any]:
    """Return a paid trade: 3 for 10000 in all - 1000 + 500 = 9500 fen."""
    trade = {
        "trade_id": "t-1001",
        "create_time": 1_763_775_000_250,
        "status": 30,
        "pay_info": {"pay_id": "p-1001", "pay_time": 1_763_775_060_500},
        "price_info": {"trade_price": 9500, "freight": 500, "discounted_price": 1000},
        "buyer_info": {"id": "b-1", "mobile": "13812345678"},
        "address_info": {
            "name": "周小河",
            "mobile": "13812345678",
            "province": "浙江省",
            "city": "杭州市",
            "district": "西湖区",
            "address": "学院路 28 号",
        },
        "remark_info": {"buyer_message": "请发顺丰"},
        "orders": [
            {
                "order_id": "o-1",
                "total_price": 10_000,
                "product_info": {"out_sku_id": "TEA-250", "title": "龙井", "count": 3},
            }
        ],
    }
    return {"trade": trade | changes}


def square_order(**changes: Any) -> dict[str, Any]:
    """Return an order that is paid and open: 2 x 12.50 - 2.00 + 1.84 tax + 1.00 tip = 25.84 USD."""

    def usd(amount: int) -> dict[str, Any]:
        return {"amount": amount, "currency": "USD"}

    recipient = {
        "display_name": "Nora Diaz",
        "phone_number": "+1 415 555 2671",
        "email_address": "nora@example.com",
        "address": {
            "address_line_1": "12 Market St",
            "address_line_2": "Apt 3",
            "locality": "San Francisco",
            "administrative_district_level_1": "CA",
            "postal_code": "94105",
            "country": "US",
        },
    }
    order = {
        "id": "sq-order-1",
        "state": "OPEN",
        "created_at": "2025-11-22T01:30:00.425Z",
        "customer_id": "SQ-C1",
        "total_money": usd(2584),
        "total_tax_money": usd(184),
        "total_tip_money": usd(100),
        "total_discount_money": usd(200),
        "total_service_charge_money": usd(0),
        "net_amount_due_money": usd(0),
        "line_items": [
            {
                "catalog_object_id": "TEA-250",
                "name": "Longjing",
                "variation_name": "250g",
                "quantity": "2",
                "base_price_money": usd(1250),
                "total_discount_money": usd(200),
            }
        ],
        "fulfillments": [{"type": "SHIPMENT", "shipment_details": {"recipient": recipient}}],
        "tenders": [
            {
                "id": "t-1",
                "payment_id": "sq-pay-1",
                "type": "CARD",
                "created_at": "2025-11-22T01:30:05Z",
                "amount_money": usd(2584),
            }
        ],
    }
    return {"order": order | changes}


ORDERS: dict[str, Callable[[], dict[str, Any]]] = {
    "taobao": taobao_order,
    "jd": jd_order,
    "pdd": pdd_order,
    "douyin": douyin_order,
    "wechat_shop": wechat_shop_order,
    "wechat_miniprogram": wechat_miniprogram_order,
    "square": square_order,
}
"""Those that can be let in as they are, by channel."""


def zettle_purchase(**changes: Any) -> dict[str, Any]:
    """Return a purchase at a till: 2 x 45.00 - 10.00 = 80.00 SEK; nobody receives it anywhere."""
    return {
        "purchaseUUID1": "7d2f9a10-c75e-11f0-9a6b-0242ac120002",
        "amount": 8000,
        "vatAmount": 857,
        "country": "SE",
        "currency": "SEK",
        "timestamp": "2025-11-22T01:30:00.028+0000",
        "refund": False,
        "products": [
            {
                "sku": "TEA-250",
                "name": "Longjing",
                "variantName": "250g",
                "quantity": "2",
                "unitPrice": 4500,
            }
        ],
        "discounts": [{"name": "Ten off", "amount": 1000}],
        "payments": [
            {
                "uuid": "zt-pay-1",
                "amount": 8000,
                "type": "IZETTLE_CARD",
                "createdAt": "2025-11-22T01:29:50.000+0000",
            }
        ],
        **changes,
    }
