"""The channels there are, by the name in their path."""

from collections.abc import Iterable, Mapping

from ingest.channels.channel import Channel
from ingest.channels.douyin import Douyin
from ingest.channels.routed import Routed
from ingest.channels.shopify import Shopify
from ingest.channels.square import Square
from ingest.channels.wechat_miniprogram import WechatMiniprogram
from ingest.channels.wechat_shop import WechatShop
from ingest.channels.woocommerce import WooCommerce
from ingest.channels.zettle import Zettle

_ALL: tuple[Channel, ...] = (
    Routed("taobao"),
    Routed("jd"),
    Routed("pdd"),
    Douyin(),
    WechatShop(),
    WechatMiniprogram(),
    Shopify(),
    WooCommerce(),
    Square(),
    Zettle(),
)

CHANNELS: Mapping[str, Channel] = {channel.name: channel for channel in _ALL}
"""Those that come with Sluice."""


def with_configured(configured: Iterable[Channel]) -> Mapping[str, Channel]:
    """Return all channels there are: those that come with Sluice, and those of a merchant."""
    return {**{channel.name: channel for channel in configured}, **CHANNELS}
