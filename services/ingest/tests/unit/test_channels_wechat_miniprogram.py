"""A mini-program's calls: whoever has the token of the shop."""

import pytest
from ingest_material.orders import wechat_miniprogram_order
from ingest_material.reading import judged, read
from ingest_material.signed import Signed, wechat_miniprogram

from ingest.channels.channel import Message, Unauthentic
from ingest.channels.wechat_miniprogram import WechatMiniprogram

BODY = b'{"trade":{"trade_id":"t-1"}}'
CHANNEL = WechatMiniprogram()


def test_the_token_is_in_the_query_or_in_a_header() -> None:
    for signed in (wechat_miniprogram(BODY, "t"), Signed(BODY, query={"access_token": "t"})):
        assert CHANNEL.open(signed.call(), ["t"]) == [Message("trade", BODY)]


def test_either_token_will_do() -> None:
    for token in ("old", "new"):
        assert CHANNEL.open(wechat_miniprogram(BODY, token).call(), ["old", "new"])


@pytest.mark.parametrize(
    "signed",
    [
        wechat_miniprogram(BODY, "other"),
        wechat_miniprogram(BODY, ""),
        Signed(BODY),
        Signed(BODY, query={"access_token": "\udcff"}),
        Signed(BODY, query={"access_token": "T"}),
    ],
)
def test_others_are_not_let_in(signed: Signed) -> None:
    with pytest.raises(Unauthentic):
        CHANNEL.open(signed.call(), ["t"])


def test_without_a_token_of_the_shop_nobody_is_let_in() -> None:
    with pytest.raises(Unauthentic):
        CHANNEL.open(Signed(BODY).call(), [])


def test_no_call_is_only_a_test() -> None:
    assert CHANNEL.echo(wechat_miniprogram(BODY, "t").call(), ["t"]) is None


@pytest.mark.parametrize(
    ("product", "line"),
    [
        ({"count": 4}, {}),
        ({"num": 4}, {}),
        ({"quantity": "4"}, {}),
        ({"product_cnt": 4}, {}),
        ({"sku_cnt": 4}, {}),
        ({}, {"product_cnt": 4}),
        ({}, {"sku_cnt": 4}),
        ({}, {"count": "4"}),
        ({}, {"num": 4}),
        ({}, {"quantity": 4}),
    ],
)
def test_pieces_are_counted_under_any_of_their_names(
    product: dict[str, object], line: dict[str, object]
) -> None:
    named = {"out_sku_id": "TEA-250", "title": "龙井"} | product
    orders = [{"order_id": "o-1", "total_price": 10_000, "product_info": named} | line]
    draft, reasons = judged(read("wechat_miniprogram", wechat_miniprogram_order(orders=orders)))
    (row,) = draft.lines
    assert (row.quantity, row.unit_price_minor, reasons) == (4, 2_500, [])
