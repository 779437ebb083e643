"""The APIs of all shops that have one configured, made once a process."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, NamedTuple

from ingest.gateways.calling import Calling, Pace, Patience
from ingest.gateways.channel_api import ChannelApi
from ingest.gateways.configuration import (
    ApiSettings,
    DouyinApi,
    JdApi,
    PddApi,
    ShopifyApi,
    SquareApi,
    TaobaoApi,
    WechatShopApi,
    WooCommerceApi,
)
from ingest.gateways.douyin import Douyin
from ingest.gateways.jd import Jd
from ingest.gateways.pdd import Pdd
from ingest.gateways.shopify import Shopify
from ingest.gateways.square import Square
from ingest.gateways.taobao import Taobao
from ingest.gateways.wechat_shop import WechatShop
from ingest.gateways.woocommerce import WooCommerce


class Shop(NamedTuple):
    channel: str
    shop: str


@dataclass(frozen=True, slots=True)
class ChannelApis:
    by_shop: Mapping[Shop, ChannelApi]
    _callings: tuple[Calling, ...]

    @classmethod
    def of(
        cls, settings: Mapping[str, ApiSettings], patience: Patience | None = None
    ) -> "ChannelApis":
        found: dict[Shop, ChannelApi] = {}
        callings = []
        for place, api in settings.items():
            channel, _, shop = place.partition("/")
            calling = Calling(Pace(api.calls_per_second), patience or Patience())
            callings.append(calling)
            found[Shop(channel, shop)] = _CLIENTS[type(api)](api, calling)
        return cls(found, tuple(callings))

    async def close(self) -> None:
        async with AsyncExitStack() as closing:
            for calling in self._callings:
                closing.push_async_callback(calling.close)


_CLIENTS: Mapping[type[ApiSettings], Callable[[Any, Calling], ChannelApi]] = {
    TaobaoApi: Taobao,
    JdApi: Jd,
    PddApi: Pdd,
    DouyinApi: Douyin,
    WechatShopApi: WechatShop,
    ShopifyApi: Shopify,
    WooCommerceApi: WooCommerce,
    SquareApi: Square,
}
