"""Real messages, where they are at hand: read right, or kept out for the right reason."""

import json
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from ingest_material.reading import judged, read, read_all, to_fetch
from ingest_material.signed import FORM, Signed, json_body

from ingest.channels.channel import Message, Unauthentic
from ingest.channels.registry import CHANNELS
from ingest.channels.routed import Routed
from ingest.channels.signing import require, router
from ingest.channels.wechat_crypto import decrypt
from ingest.domain.incoming import Incoming

SAMPLES = Path(__file__).parents[5] / "shared" / "samples" / "payloads"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not at hand")

CHANNEL_OF = {"wechatshop": "wechat_shop", "wechat": "wechat_miniprogram", "pos": "zettle"}
WHOLE = {"shopify": "orders/create", "woocommerce": "order.created", "zettle": "PurchaseCreated"}
"""The topic of a whole order, where it is not simply `order`."""


def channel_of(name: str) -> str:
    first = name.partition("_")[0]
    return CHANNEL_OF.get(first, first)


def payload(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


@cache
def sample(name: str) -> Incoming:
    channel = channel_of(name)
    return read(channel, payload(name), WHOLE.get(channel, "order"), "sample")


FIELDS: dict[str, dict[str, Any]] = {
    "shopify_1": {
        "channel_order_no": "450789469",
        "currency": "USD",
        "placed_at": "2008-01-10T16:00:00+00:00",
        "city": "Louisville",
        "country": "US",
        "lines": [
            ("IPOD2008GREEN", 1, 19900),
            ("IPOD2008RED", 1, 19900),
            ("IPOD2008BLACK", 1, 19900),
        ],
        "amounts": (39800, 0, 0, 1194, 40994),
        "payments": [],
    },
    "shopify_2": {
        "channel_order_no": "6198432301356",
        "currency": "HKD",
        "placed_at": "2025-01-23T06:59:37+00:00",
        "city": "",
        "country": "HK",
        "lines": [(None, 1, 9900), (None, 1, 10000), (None, 1, 10000), (None, 1, 10000)],
        "amounts": (39900, 2000, 2500, 0, 39400),
        "payments": [("#1054", "manual", 39400)],
    },
    "shopify_3": {
        "channel_order_no": "6200354537772",
        "currency": "HKD",
        "placed_at": "2025-01-24T03:09:39+00:00",
        "city": "",
        "lines": [(None, 1, 9900), (None, 1, 10000), (None, 1, 10000)],
        "amounts": (29900, 1000, 500, 0, 30400),
        "payments": [("#1069", "manual", 30400)],
    },
    "shopify_5": {
        "channel_order_no": "6200407294252",
        "currency": "HKD",
        "placed_at": "2025-01-24T04:10:15+00:00",
        "city": "",
        "lines": [(None, 1, 9900), (None, 1, 10000)],
        "amounts": (19900, 2200, 3410, 0, 18690),
        "payments": [("#1071", "manual", 18690)],
    },
    "shopify_7": {
        "channel_order_no": "6198821716268",
        "currency": "HKD",
        "placed_at": "2025-01-23T10:18:47+00:00",
        "city": "",
        "country": "HK",
        "lines": [(None, 1, 9900)],
        "amounts": (9900, 0, 0, 0, 9900),
        "payments": [("#1065", "manual", 9900)],
    },
    "taobao_1": {
        "channel_order_no": "500001084",
        "currency": "CNY",
        "placed_at": "2017-07-28T06:18:32+00:00",
        "city": "西安市",
        "country": "CN",
        "lines": [("B-C352-F301-356M", 1, 10000), ("B-C352-F302-357M", 1, 10000)],
        "amounts": (20397, 0, 0, 0, 32358),
        "payments": [("2016061231451001480256872104", "alipay", 32358)],
    },
    "taobao_push_agiso_paid": {
        "channel_order_no": "2067719225654838",
        "placed_at": "2016-07-11T03:20:09+00:00",
        "lines": [("ALDS_SKU_1000", 1, 300)],
        "amounts": (300, 0, 0, 0, 300),
        "payments": [("2067719225654838", "alipay", 300)],
    },
    "jd_1": {
        "channel_order_no": "249786309732",
        "currency": "CNY",
        "placed_at": "2022-07-16T08:37:38+00:00",
        "city": "广州市",
        "lines": [("testjd4206151136003", 1, 100)],
        "amounts": (100, 0, 0, 0, 100),
        "payments": [("249786309732", "jd", 100)],
    },
    "pdd_1": {
        "channel_order_no": "200601-338104320801429",
        "currency": "CNY",
        "placed_at": "2020-06-01T10:59:30+00:00",
        "city": "",
        "lines": [("tes-01", 1, 10)],
        "amounts": (10, 0, 0, 0, 10),
        "payments": [("200601-338104320801429", "pdd", 10)],
    },
    "douyin_1": {
        "channel_order_no": "4781320682406083640",
        "currency": "CNY",
        "placed_at": "2021-04-02T09:23:33+00:00",
        "city": "市辖区",
        "lines": [("ahgldjj", 2, 100)],
        "amounts": (200, 10, 1000, 0, 500),
        "payments": [("PAY234532534534", "douyin", 500)],
    },
    "wechatshop_1": {
        "channel_order_no": "37423523451235145",
        "currency": "CNY",
        "placed_at": "2022-07-22T16:00:00+00:00",
        "city": "广州",
        "lines": [("23424", 10, 2000)],
        "amounts": (20000, 500, 10000, 0, 10500),
        "payments": [("131456479687", "wechat", 10500)],
    },
    "wechat_miniprogram_1": {
        "channel_order_no": "t111",
        "currency": "CNY",
        "placed_at": "2021-10-14T11:55:45.663000+00:00",
        "city": "广州市",
        "lines": [("out_sku_222", 1, 10000)],
        "amounts": (10000, 7000, 1000, 0, 18000),
        "payments": [("p111", "wechat", 18000)],
    },
    "square_1": {
        "channel_order_no": "FmHJWVLnea8Xh0Q1SUxicPYl1wCZY",
        "currency": "USD",
        "placed_at": "2024-04-29T08:18:11.425000+00:00",
        "lines": [("keg regular", 2, 30), ("keg dark", 1, 50)],
        "amounts": (110, 0, 0, 0, 110),
        "payments": [("tcx9TQGt8pEWDY1KDOK4xZPGO4NZY", "other", 110)],
    },
    "pos_zettle_1": {
        "channel_order_no": "39d8b706-358b-11eb-a896-5af628c16a84",
        "currency": "SEK",
        "placed_at": "2020-12-02T17:16:20.028000+00:00",
        "country": "SE",
        "lines": [
            ("a5169ee0-ba72-1111-ba39-41e31bf3e57b", 1, 2000),
            ("a5169ee0-ba72-11e6-9aa8-19b96b962055", 1, 3000),
        ],
        "amounts": (5000, 0, 0, 0, 5000),
        "payments": [("41fad608-358b-11eb-a9cf-adce2fdbc505", "izettle_card", 5000)],
    },
    "woocommerce_1": {
        "channel_order_no": "727",
        "currency": "USD",
        "placed_at": "2017-03-22T19:28:02+00:00",
        "city": "San Francisco",
        "country": "US",
        "lines": [(None, 2, 300), ("Bar3", 1, 1200)],
        "amounts": (1800, 1000, 0, 135, 2935),
        "payments": [("wc_order_58d2d042d1d", "bacs", 2935)],
    },
    "woocommerce_3": {
        "channel_order_no": "723",
        "currency": "USD",
        "placed_at": "2017-03-21T19:16:00+00:00",
        "city": "Rio de Janeiro",
        "country": "BR",
        "lines": [(None, 1, 900), (None, 1, 2000)],
        "amounts": (2900, 1000, 0, 0, 3900),
        "payments": [],
    },
}


@pytest.mark.parametrize("name", FIELDS)
def test_the_fields_that_matter_are_read_right(name: str) -> None:
    draft, _ = judged(sample(name))
    amounts = draft.amounts
    found = {
        "channel_order_no": draft.channel_order_no,
        "currency": draft.currency,
        "placed_at": draft.placed_at.isoformat() if draft.placed_at else None,
        "city": draft.address.city,
        "country": draft.address.country,
        "lines": [(line.sku, line.quantity, line.unit_price_minor) for line in draft.lines],
        "amounts": (
            amounts.goods_minor,
            amounts.freight_minor,
            amounts.discount_minor,
            amounts.tax_minor,
            amounts.payable_minor,
        ),
        "payments": [(p.reference, p.method, p.amount_minor) for p in draft.payments],
    }
    assert found | FIELDS[name] == found


NO_RECEIVER = {"missing_phone", "missing_name", "missing_address", "missing_city"}
REASONS: dict[str, set[str]] = {
    "taobao_1": {"bad_discount", "payable_does_not_add_up"},
    "taobao_push_agiso_paid": {"already_shipped", *NO_RECEIVER},
    "jd_1": set(),
    "pdd_1": {"already_shipped", *NO_RECEIVER},
    "douyin_1": {"already_shipped", "bad_phone", "payable_does_not_add_up"},
    "wechatshop_1": {"bad_phone"},
    "wechat_miniprogram_1": {"bad_phone", "payable_does_not_add_up"},
    "square_1": set(),
    "pos_zettle_1": set(),
    "shopify_1": {"bad_phone", "goods_do_not_add_up"},
    "shopify_2": {"bad_phone", "missing_address", "missing_city", "missing_sku"},
    "shopify_3": {
        "missing_phone",
        "missing_name",
        "missing_address",
        "missing_city",
        "missing_sku",
    },
    "shopify_5": {
        "missing_phone",
        "missing_name",
        "missing_address",
        "missing_city",
        "missing_sku",
    },
    "shopify_7": {"bad_phone", "missing_address", "missing_city", "missing_sku"},
    "woocommerce_1": {"bad_phone", "missing_sku"},
    "woocommerce_3": {"already_shipped", "bad_phone", "missing_sku"},
}


@pytest.mark.parametrize("name", REASONS)
def test_what_keeps_it_out_is_what_it_lacks_and_nothing_else(name: str) -> None:
    """Test shops leave out addresses and SKUs; some samples are cut, or made of placeholders."""
    _, reasons = judged(sample(name))
    assert {reason.code for reason in reasons} == REASONS[name]


def test_every_sample_is_looked_at() -> None:
    assert FIELDS.keys() == REASONS.keys()


def test_only_the_cancelled_order_is_cancelled_and_only_what_must_not_leave_is_held() -> None:
    """Douyin's is paid in part; of WeChat's all ten pieces are asked back."""
    assert {name: sample(name).cancelled for name in FIELDS if sample(name).cancelled} == {
        "shopify_7": "customer"
    }
    assert [name for name in FIELDS if sample(name).held] == ["douyin_1", "wechatshop_1"]


def test_jds_receiver_is_sealed_and_known_by_its_token() -> None:
    customer = sample("jd_1").draft.customer
    assert customer.receiver_token
    assert customer.phone == "136*******5"


# --- signatures -------------------------------------------------------------------------------


@cache
def vectors() -> dict[str, Any]:
    found = json.loads((SAMPLES / "signature_vectors.json").read_text())["vectors"]
    return {vector["name"]: vector for vector in found}


def of_shopify(given: Any, expected: str) -> Signed:
    return Signed(given["raw_body"].encode(), {"x-shopify-hmac-sha256": expected})


def of_woocommerce(given: Any, expected: str) -> Signed:
    return Signed(given["raw_body"].encode(), {"x-wc-webhook-signature": expected})


def of_square(given: Any, expected: str) -> Signed:
    headers = {"x-square-hmacsha256-signature": expected}
    return Signed(given["raw_body"].encode(), headers, url=given["notification_url"])


def of_zettle(given: Any, expected: str) -> Signed:
    headers = {"x-izettle-signature": expected, "x-izettle-timestamp": given["timestamp"]}
    return Signed(given["payload"].encode(), headers)


def of_douyin(given: Any, expected: str) -> Signed:
    headers = {"event-sign": expected, "app-id": given["app_key"]}
    return Signed(given["raw_body"].encode(), headers)


def of_agiso(given: Any, expected: str) -> Signed:
    query = {"timestamp": given["timestamp"], "sign": expected}
    return Signed(urlencode({"json": given["json"]}).encode(), {"content-type": FORM}, query)


CALLS: dict[str, tuple[str, str, Callable[[Any, str], Signed], float]] = {
    "shopify_hmac": ("shopify", "secret", of_shopify, 0),
    "woocommerce_signature": ("woocommerce", "secret", of_woocommerce, 0),
    "square_hmac": ("square", "signature_key", of_square, 0),
    "zettle_hmac": ("zettle", "signing_key", of_zettle, 0),
    "douyin_push_event_sign": ("douyin", "app_secret", of_douyin, 0),
    "agiso_push_md5": ("taobao", "secret", of_agiso, 11_222_212_121),
}


@pytest.mark.parametrize("name", CALLS)
def test_the_calls_of_the_documents_are_let_in(name: str) -> None:
    channel, secret_name, make, now = CALLS[name]
    given, expected = vectors()[name]["inputs"], vectors()[name]["expected"]
    secret = given[secret_name]
    assert CHANNELS[channel].open(make(given, expected).call(now), [secret])
    wrong = expected.replace(expected[3], "0" if expected[3] != "0" else "1", 1)
    for signed, key in ((make(given, wrong), secret), (make(given, expected), f"{secret}x")):
        with pytest.raises(Unauthentic):
            CHANNELS[channel].open(signed.call(now), [key])


ROUTERS = (
    "taobao_top_md5",
    "taobao_top_hmac_md5",
    "taobao_top_hmac_sha256",
    "jd_router_md5",
    "pdd_router_md5",
)


@pytest.mark.parametrize("name", ROUTERS)
def test_the_routers_signatures_verify(name: str) -> None:
    given, expected = vectors()[name]["inputs"], vectors()[name]["expected"]
    method = given["params"].get("sign_method", "md5")
    require(expected, router(given["params"], method), [given["secret"]])
    with pytest.raises(Unauthentic):
        require(expected, router(given["params"] | {"v": "2.1"}, method), [given["secret"]])


def test_a_call_of_the_router_is_let_in_at_its_time() -> None:
    """Beijing's noon of 1 January 2016 is 4 o'clock UTC."""
    given = vectors()["taobao_top_md5"]["inputs"]
    query = given["params"] | {"sign": vectors()["taobao_top_md5"]["expected"]}
    call = Signed(b"", query=query).call(1_451_620_800)
    expected = [Message("taobao.item.seller.get", b"", None)]
    assert Routed("taobao").open(call, [given["secret"]]) == expected


def test_wechats_signature_verifies() -> None:
    given = vectors()["wechat_shop_msg_signature"]["inputs"]
    query = {
        "timestamp": given["timestamp"],
        "nonce": given["nonce"],
        "msg_signature": vectors()["wechat_shop_msg_signature"]["expected"],
    }
    call = Signed(json_body({"Encrypt": given["encrypt"]}), query=query).call(1_714_112_445)
    with pytest.raises(Unauthentic, match="no key"):  # signed right, and nothing but a signature
        CHANNELS["wechat_shop"].open(call, [given["token"]])
    with pytest.raises(Unauthentic, match="signature"):
        CHANNELS["wechat_shop"].open(call, ["another"])


def test_wechats_official_message_is_decrypted() -> None:
    vector = vectors()["wechat_aes_cbc_and_signature"]
    given, expected = vector["inputs"], vector["expected"]
    key, app_id = given["encoding_aes_key"], expected["appid"]
    message = decrypt(key, app_id, given["encrypt"])
    assert sha256(message).hexdigest() == expected["message_sha256"]
    query = {
        "timestamp": given["timestamp"],
        "nonce": given["nonce"],
        "msg_signature": expected["msg_signature"],
    }
    body = f"<xml><Encrypt><![CDATA[{given['encrypt']}]]></Encrypt></xml>".encode()
    call = Signed(body, query=query).call(1_409_659_813)
    assert CHANNELS["wechat_shop"].open(call, [f"{given['token']}:{key}:{app_id}"])


def test_wechats_encryption_is_read() -> None:
    vector = vectors()["wechat_aes_cbc_encrypt"]
    given, key = vector["inputs"], vector["inputs"]["encoding_aes_key"]
    message = given["message"].encode()
    assert decrypt(key, given["appid"], vector["expected"]) == message


def test_wechats_whole_push_names_its_order() -> None:
    vector = vectors()["wechat_shop_full_push"]
    given, expected = vector["inputs"], vector["expected"]
    secret = f"{given['token']}:{given['encoding_aes_key']}:{given['appid']}"
    query = given["query"] | {"msg_signature": expected["msg_signature"]}
    call = Signed(json_body(given["body"]), query=query).call(1_662_480_000)
    (message,) = CHANNELS["wechat_shop"].open(call, [secret])
    assert json.loads(message.payload) == json.loads(expected["message"])
    assert to_fetch("wechat_shop", message.payload, message.topic) == ["3705115058471208928"]


# --- what is no order -------------------------------------------------------------------------


THIN = {
    "taobao_push_agiso_memo": ("trade.memo", "110770592823138"),
    "taobao_push_agiso_refund_created": ("refund.created", "110770592823138"),
    "wechatshop_event_new": ("channels_ec_order_new", "3705115058471208928"),
    "wechatshop_event_pay": ("channels_ec_order_pay", "3705115058471208928"),
    "wechatshop_event_aftersale": ("channels_ec_aftersale_update", "12345"),
}


@pytest.mark.parametrize("name", THIN)
def test_a_thin_message_names_its_order_and_is_none(name: str) -> None:
    topic, number = THIN[name]
    assert to_fetch(channel_of(name), payload(name), topic) == [number]
    assert read_all(channel_of(name), payload(name), topic) == []


DOUYIN_EVENTS = {
    "douyin_event_address_change": "4705288465508532862",
    "douyin_event_canceled": "12345",
    "douyin_event_refund_created": "4705288465508532862",
}


@pytest.mark.parametrize("name", DOUYIN_EVENTS)
def test_douyins_events_name_their_orders(name: str) -> None:
    event = json.loads(payload(name))
    found = to_fetch("douyin", event["data"], str(event["tag"]))
    assert found == [DOUYIN_EVENTS[name]]


def test_a_frame_of_pdds_message_service_names_its_order() -> None:
    frames = json.loads(payload("pdd_message_frames"))
    found = [to_fetch("pdd", frame, "trade") for frame in frames]
    assert found == [["order-test"], ["210707-339507978993455"]]


def test_an_event_about_stock_is_nobodys_order() -> None:
    event = payload("pos_zettle_event_1")
    assert read_all("zettle", event, "InventoryTrackingStarted") == []


OF_OTHER_KINDS = (
    "shopify_refund_1",
    "shopify_fulfillment_1",
    "shopify_inventory_levels_1",
    "shopify_order_risks_1",
    "shopify_transaction_1",
    "woocommerce_refund_1",
    "woocommerce_webhook_subscription",
    "pdd_error_1",
)


@pytest.mark.parametrize("name", OF_OTHER_KINDS)
def test_a_message_of_another_kind_never_becomes_an_order_by_mistake(name: str) -> None:
    assert judged(sample(name))[1]
