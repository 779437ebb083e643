"""Business: orders, money, quarantine and differences, for those who sell and those who count."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from common.money import EXPONENTS
from rendering.dashboards.panels import (
    Query,
    Section,
    Words,
    bars,
    lines,
    number,
    with_sections,
)
from rendering.dashboards.panels import dashboard as empty


def in_units(expression: str) -> str:
    """Return minor units as whole ones: the empty selector in it is filled in for each currency."""
    groups: dict[int, list[str]] = {}
    for currency, decimals in EXPONENTS.items():
        groups.setdefault(decimals, []).append(currency)
    known = "|".join(EXPONENTS)
    parts = [expression.replace("{}", f'{{currency!~"{known}"}}') + " / 100"]
    for decimals, currencies in groups.items():
        selector = f'{{currency=~"{"|".join(currencies)}"}}'
        parts.append(f"{expression.replace('{}', selector)} / {10**decimals}")
    return " or ".join(f"({part})" for part in parts)


_ACCEPTED = 'sluice_orders_received_total{status="accepted"}'
_ORDERS = Section(
    Words("Orders", "订单"),
    (
        number(
            Words("Accepted in 24 hours", "近 24 小时接单"),
            Query(f"sum(increase({_ACCEPTED}[24h])) or vector(0)", ""),
            width=6,
        ),
        number(
            Words("In quarantine", "隔离区"),
            Query("max(sluice_quarantine_open_orders)", ""),
            limits=[(1, "orange")],
            width=6,
        ),
        number(
            Words("Held for review", "待人工审核"),
            Query('max(sluice_orders{state="held"})', ""),
            limits=[(1, "orange")],
            width=6,
        ),
        number(
            Words("Waiting for stock", "缺货等待"),
            Query('max(sluice_orders{state="backordered"})', ""),
            limits=[(1, "orange")],
            width=6,
        ),
        lines(
            Words("What intake answered", "接单结果", "Orders a second.", "每秒订单数。"),
            [
                Query(
                    "sum by (status) (rate(sluice_orders_received_total[$__rate_interval]))",
                    "{{status}}",
                )
            ],
            unit="cps",
            width=12,
        ),
        lines(
            Words("What risk decided", "风控结论", "Orders a second.", "每秒订单数。"),
            [
                Query(
                    "sum by (event) (rate(sluice_events_total"
                    '{service="risk",event=~"order[.].+",outcome="published"}[$__rate_interval]))',
                    "{{event}}",
                )
            ],
            unit="cps",
            width=12,
        ),
    ),
)


_UNDER_WAY = Section(
    Words("Under way", "在途"),
    (
        bars(
            Words("Orders by state", "各状态订单"),
            Query("max by (state) (sluice_orders)", "{{state}}"),
        ),
        lines(
            Words("Orders by state, over time", "各状态订单变化"),
            [Query("max by (state) (sluice_orders)", "{{state}}")],
        ),
        lines(
            Words("Open in quarantine", "隔离区订单"),
            [Query("max(sluice_quarantine_open_orders)", "open 待处理")],
        ),
    ),
)


_VALUE = "sum by (currency) (increase(sluice_order_value_minor_total{}[24h]))"
_RATE = "sum by (currency) (rate(sluice_order_value_minor_total{}[$__rate_interval])) * 60"
_GAP = "max by (currency) (sluice_difference_minor{})"
_MONEY = Section(
    Words("Money", "金额"),
    (
        bars(
            Words("Let in within 24 hours", "近 24 小时接单金额", "By currency.", "按币种。"),
            Query(in_units(_VALUE), "{{currency}}"),
        ),
        lines(
            Words("Let in a minute", "每分钟接单金额", "By currency.", "按币种。"),
            [Query(in_units(_RATE), "{{currency}}")],
        ),
        lines(
            Words("Differences by kind", "各类差异"),
            [Query("max by (kind) (sluice_differences_open)", "{{kind}}")],
        ),
        bars(
            Words(
                "What does not agree",
                "差异金额",
                "Added up whatever its sign; without what is only pending.",
                "不计正负累加；不含待到账。",
            ),
            Query(in_units(_GAP), "{{currency}}"),
            width=12,
        ),
        lines(
            Words("What does not agree, over time", "差异金额变化"),
            [Query(in_units(_GAP), "{{currency}}")],
            width=12,
        ),
    ),
)


def dashboard() -> Dashboard:
    made = empty(
        "sluice-business",
        Words(
            "Business",
            "业务",
            "Orders, money, quarantine and differences.",
            "订单、金额、隔离区与差异。",
        ),
    )
    return with_sections(made, _ORDERS, _UNDER_WAY, _MONEY)
