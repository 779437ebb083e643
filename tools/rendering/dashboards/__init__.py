"""Grafana's dashboards as code: a module for each, and the files that Grafana reads."""

from collections.abc import Mapping

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from rendering.dashboards import business, channels, order_flow, service

_ALL = {
    "order-flow": order_flow.dashboard,
    "service": service.dashboard,
    "channels": channels.dashboard,
    "business": business.dashboard,
}


def files() -> Mapping[str, str]:
    """Return each dashboard as the text of a file, by the file's name."""
    return {
        f"{name}.json": JSONEncoder(sort_keys=True, indent=2).encode(make().build()) + "\n"
        for name, make in _ALL.items()
    }
