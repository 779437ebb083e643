"""Where the order API of a shop is, and with what it is called: settings, one model a channel."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    model_validator,
)

Text = Annotated[str, Field(min_length=1, max_length=500)]
Secret = Annotated[SecretStr, Field(min_length=1)]


class ApiSettings(BaseModel):
    """What every channel's has."""

    # An error names the field and never shows what was given for it.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: HttpUrl
    calls_per_second: float = Field(5.0, gt=0, le=1000)
    """How often one process asks this shop's API at most."""
    webhook_address: HttpUrl | None = None
    """Where the channel is to call us, if not at PUBLIC_URL (Shopify and WooCommerce)."""


class TaobaoApi(ApiSettings):
    url: HttpUrl = HttpUrl("https://eco.taobao.com/router/rest")
    app_key: Text
    secret: Secret
    session: Secret


class JdApi(ApiSettings):
    url: HttpUrl = HttpUrl("https://api.jd.com/routerjson")
    app_key: Text
    secret: Secret
    access_token: Secret


class PddApi(ApiSettings):
    url: HttpUrl = HttpUrl("https://gw-api.pinduoduo.com/api/router")
    app_key: Text
    secret: Secret
    access_token: Secret


class DouyinApi(ApiSettings):
    url: HttpUrl = HttpUrl("https://openapi-fxg.jinritemai.com/")
    app_key: Text
    secret: Secret
    shop_id: str | None = None
    """Of an app of the shop's own: tokens are made with it."""
    access_token: Secret | None = None
    """Instead, where somebody else sees to tokens."""

    @model_validator(mode="after")
    def _one_of_two(self) -> "DouyinApi":
        if (self.shop_id is None) == (self.access_token is None):
            raise ValueError("either shop_id or access_token is needed")
        return self


class WechatShopApi(ApiSettings):
    url: HttpUrl = HttpUrl("https://api.weixin.qq.com/")
    app_id: Text
    secret: Secret


class ShopifyApi(ApiSettings):
    access_token: Secret
    version: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")] = "2025-10"


class WooCommerceApi(ApiSettings):
    consumer_key: Secret
    consumer_secret: Secret


class SquareApi(ApiSettings):
    url: HttpUrl = HttpUrl("https://connect.squareup.com/")
    access_token: Secret
    location_ids: tuple[Text, ...] = Field(min_length=1, max_length=10)


MODELS: Mapping[str, type[ApiSettings]] = {
    "taobao": TaobaoApi,
    "jd": JdApi,
    "pdd": PddApi,
    "douyin": DouyinApi,
    "wechat_shop": WechatShopApi,
    "shopify": ShopifyApi,
    "woocommerce": WooCommerceApi,
    "square": SquareApi,
}


def configured(given: Any) -> dict[str, ApiSettings]:
    """Read what is configured by "channel/shop".

    Raises:
        ValueError: something is wrong with it; the message names the place, and no value.
    """
    if not isinstance(given, Mapping):
        raise ValueError('must be an object by "channel/shop"')  # noqa: TRY004 - pydantic's way
    return {str(place): _model(str(place), fields) for place, fields in given.items()}


def _model(place: str, fields: Any) -> ApiSettings:
    if isinstance(fields, ApiSettings):
        return fields
    channel, slash, shop = place.partition("/")
    model = MODELS.get(channel)
    if model is None or not slash or not shop:
        known = ", ".join(sorted(MODELS))
        raise ValueError(f'"{place[:60]}" is not "channel/shop" of one of {known}')
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'it'}: {one['msg']}" for one in error.errors()
        )
        raise ValueError(f"{place}: {wrong}") from None
