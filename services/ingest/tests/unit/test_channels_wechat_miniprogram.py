"""A mini-program's calls: whoever has the token of the shop."""

import pytest
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
