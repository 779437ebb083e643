"""Channels: what each sales channel sends, and what becomes of it."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from rendering.dashboards.panels import (
    Query,
    Section,
    Words,
    bars,
    lines,
    number,
    variable,
    with_sections,
)
from rendering.dashboards.panels import (
    dashboard as empty,
)

PER = "[$__rate_interval]"
_DOORS = 'route=~"/v1/(orders|webhooks/.+)"'


def _received(status: str = "", per: str = PER, how: str = "rate") -> str:
    more = f',status="{status}"' if status else ""
    return f'{how}(sluice_orders_received_total{{channel=~"$channel"{more}}}{per})'


_NONE = '0 * sum by (channel) (sluice_orders_received_total{channel=~"$channel"})'
_ORDERS = Section(
    Words("Orders", "订单"),
    (
        lines(
            Words("Accepted by channel", "各渠道已接收", "A second.", "每秒。"),
            [Query(f"sum by (channel) ({_received('accepted')}) or {_NONE}", "{{channel}}")],
            unit="cps",
        ),
        lines(
            Words("Quarantined by channel", "各渠道已隔离", "In an hour.", "每小时。"),
            [
                Query(
                    f"sum by (channel) ({_received('quarantined', '[1h]', 'increase')}) or {_NONE}",
                    "{{channel}}",
                )
            ],
        ),
        lines(
            Words("Repeated by channel", "各渠道重复", "A second.", "每秒。"),
            [Query(f"sum by (channel) ({_received('duplicate')}) or {_NONE}", "{{channel}}")],
            unit="cps",
        ),
        bars(
            Words("Orders of the last 24 hours", "近 24 小时订单"),
            Query(
                f"sum by (channel) ({_received('accepted', '[24h]', 'increase')}) or {_NONE}",
                "{{channel}}",
            ),
            width=12,
        ),
        lines(
            Words(
                "Share that goes to quarantine",
                "隔离占比",
                "Of the orders of an hour: a channel whose format has changed shows here.",
                "一小时内的占比：渠道格式变化会在此显现。",
            ),
            [
                Query(
                    f"(sum by (channel) ({_received('quarantined', '[1h]', 'increase')})"
                    f" or {_NONE})"
                    " / (sum by (channel) (increase(sluice_orders_received_total"
                    '{channel=~"$channel",status=~"accepted|quarantined"}[1h])) > 0)'
                    f" or {_NONE}",
                    "{{channel}}",
                )
            ],
            unit="percentunit",
            width=12,
            limit=0.1,
        ),
    ),
)


_SILENCE = Section(
    Words("Silence", "静默"),
    (
        lines(
            Words(
                "Orders in 15 minutes, beside what is usual",
                "15 分钟订单与往常",
                "Usual: the least of one, two and seven days ago at this hour, once known.",
                "往常：昨天、前天与上周同一时刻中最少的一个，有数据后显示。",
            ),
            [
                Query('sluice:channel:increase15m{channel=~"$channel"}', "{{channel}}"),
                Query(
                    'sluice:channel_usual:increase15m{channel=~"$channel"}',
                    "{{channel}} usual 往常",
                ),
            ],
            width=16,
        ),
        number(
            Words("Orders in 15 minutes", "15 分钟订单"),
            Query('sluice:channel:increase15m{channel=~"$channel"}', "{{channel}}"),
            width=8,
        ),
    ),
)


_DOOR = Section(
    Words("The door", "入口"),
    (
        lines(
            Words("Messages by answer", "各应答的消息数", "A second.", "每秒。"),
            [
                Query(
                    f"sum by (route, status) (rate(sluice_http_seconds_count{{{_DOORS}}}{PER}))",
                    "{{route}} {{status}}",
                )
            ],
            unit="reqps",
            width=12,
        ),
        lines(
            Words(
                "Time to the answer",
                "应答时间",
                "The order is stored by then.",
                "应答时订单已落库。",
            ),
            [
                Query(
                    f"histogram_quantile({share}, sum by (le)"
                    f" (rate(sluice_http_seconds_bucket{{{_DOORS}}}{PER})))",
                    f"p{share * 100:.0f}",
                )
                for share in (0.5, 0.95, 0.99)
            ],
            unit="s",
            width=12,
        ),
    ),
)


def dashboard() -> Dashboard:
    made = empty(
        "sluice-channels",
        Words(
            "Channels",
            "渠道",
            "What each sales channel sends, and what becomes of it.",
            "各渠道的来单及其结果。",
        ),
    )
    values = "label_values(sluice_orders_received_total, channel)"
    made.with_variable(variable("channel", Words("Channel", "渠道"), values))
    return with_sections(made, _ORDERS, _SILENCE, _DOOR)
