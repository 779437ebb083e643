"""The channels there are, by the name in their path."""

from collections.abc import Mapping

from ingest.channels.channel import Channel
from ingest.channels.shopify import Shopify
from ingest.channels.woocommerce import WooCommerce

_ALL: tuple[Channel, ...] = (Shopify(), WooCommerce())

CHANNELS: Mapping[str, Channel] = {channel.name: channel for channel in _ALL}
