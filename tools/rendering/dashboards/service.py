"""Service: one service in depth, chosen by name."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from rendering.dashboards.panels import (
    Query,
    Section,
    Words,
    lines,
    number,
    variable,
    with_sections,
)
from rendering.dashboards.panels import (
    dashboard as empty,
)

_MINE = '{service="$service"}'
_ROUTES = '{service="$service",route!~"/readyz|/livez|/metrics"}'
# What a process shows of itself does not say whose it is; what it serves does.
_OF_MINE = 'and on (instance) sluice_http_seconds_count{service="$service"}'
PER = "[$__rate_interval]"


def _quantile(histogram: str, selector: str, share: float) -> Query:
    buckets = f"sum by (le) (rate({histogram}_bucket{selector}{PER}))"
    return Query(f"histogram_quantile({share}, {buckets})", f"p{share * 100:.0f}")


_TOTAL = f"sum(rate(sluice_http_seconds_count{_ROUTES}{PER}))"
_FAILED = _ROUTES.replace("}", ',status=~"5.."}')
_REQUESTS = Section(
    Words("Requests", "请求"),
    (
        lines(
            Words("Requests by route", "各接口请求数", "A second.", "每秒。"),
            [Query(f"sum by (route) (rate(sluice_http_seconds_count{_ROUTES}{PER}))", "{{route}}")],
            unit="reqps",
        ),
        lines(
            Words("Requests by status", "各状态码请求数", "A second.", "每秒。"),
            [
                Query(
                    f"sum by (status) (rate(sluice_http_seconds_count{_ROUTES}{PER}))", "{{status}}"
                )
            ],
            unit="reqps",
        ),
        lines(
            Words("Share that fails", "失败占比"),
            [
                Query(
                    f"(sum(rate(sluice_http_seconds_count{_FAILED}{PER})) or vector(0))"
                    f" / ({_TOTAL} > 0) or vector(0)",
                    "5xx",
                )
            ],
            unit="percentunit",
            limit=0.01,
        ),
        lines(
            Words("Latency of requests", "请求延迟"),
            [_quantile("sluice_http_seconds", _ROUTES, share) for share in (0.5, 0.95, 0.99)],
            unit="s",
        ),
        lines(
            Words(
                "Sent away",
                "已拒绝",
                "Requests a second, so that orders get through.",
                "每秒，为保证订单通过。",
            ),
            [Query(f"sum by (kind) (rate(sluice_http_shed_total{_MINE}{PER}))", "{{kind}}")],
            unit="reqps",
        ),
        lines(
            Words("Requests waiting for a commit", "等待提交的请求"),
            [
                Query(
                    f"max by (instance) (sluice_admission_waiting{_MINE})"
                    f" or 0 * max by (instance) (sluice_http_seconds_count{_MINE})",
                    "{{instance}}",
                )
            ],
        ),
    ),
)


_EVENTS = Section(
    Words("Events", "事件"),
    (
        number(
            Words("Waiting", "积压"),
            Query(f"sluice:depth{_MINE} or max(sluice_outbox_events{_MINE})", ""),
            limits=[(10_000, "red")],
            width=6,
        ),
        number(
            Words("Workers", "消费者进程"),
            Query(f'count(sluice_consuming{_MINE} == 1) or count(up{{job="worker"}}) * 0', ""),
            width=6,
        ),
        number(
            Words("Time per event", "单事件耗时"),
            Query(
                f"sluice:event_seconds_or_baseline{_MINE}"
                f" or max(sluice_baseline_event_seconds{_MINE})",
                "",
            ),
            unit="s",
            width=6,
        ),
        number(
            Words("Predicted drain", "预计清空时间"),
            Query(f"sluice:drain_seconds{_MINE} or vector(0)", ""),
            unit="s",
            width=6,
        ),
        lines(
            Words("Events by type", "各类事件", "Handled, a second.", "每秒处理数。"),
            [
                Query(
                    f"sum by (event, outcome) (rate(sluice_events_total{_MINE}{PER}))",
                    "{{event}} {{outcome}}",
                )
            ],
            unit="cps",
            width=12,
        ),
        lines(
            Words("Time of a batch by type", "各类事件的批次耗时", "95th percentile.", "95 分位。"),
            [
                Query(
                    "histogram_quantile(0.95, sum by (le, event)"
                    f" (rate(sluice_handle_seconds_bucket{_MINE}{PER})))",
                    "{{event}}",
                )
            ],
            unit="s",
            width=12,
        ),
        lines(
            Words("Size of batches", "批次大小"),
            [
                Query(
                    f"sum(rate(sluice_batch_events_sum{_MINE}{PER}))"
                    f" / sum(rate(sluice_batch_events_count{_MINE}{PER}))",
                    "mean 平均",
                ),
                _quantile("sluice_batch_events", _MINE, 0.95),
            ],
        ),
        lines(
            Words("Share of time at work", "忙碌占比"),
            [Query(f"rate(sluice_busy_seconds_total{_MINE}{PER})", "{{instance}}")],
            unit="percentunit",
        ),
        lines(
            Words("Events in hand", "处理中的事件"),
            [Query(f"sluice_in_hand_events{_MINE}", "{{instance}}")],
        ),
    ),
)


_DATABASE = Section(
    Words("Outbox and database", "发件箱与数据库"),
    (
        lines(
            Words("Events not published", "未发布的事件"),
            [Query(f"max by (instance) (sluice_outbox_events{_MINE})", "{{instance}}")],
        ),
        lines(
            Words("Age of the oldest of them", "其中最老的时长"),
            [Query(f"max by (instance) (sluice_outbox_lag_seconds{_MINE})", "{{instance}}")],
            unit="s",
            limit=30,
        ),
        lines(
            Words(
                "The database's own answer",
                "数据库自身的应答",
                "To a statement that reads and writes nothing.",
                "对一条不读不写的语句。",
            ),
            [Query(f"sluice_database_probe_seconds{_MINE}", "{{instance}}")],
            unit="s",
        ),
    ),
)


_PROCESSES = Section(
    Words("Processes", "进程"),
    (
        lines(
            Words("Processor", "处理器", "1 is one core.", "1 为一个核。"),
            [Query(f"rate(process_cpu_seconds_total{PER}) {_OF_MINE}", "{{instance}}")],
            unit="percentunit",
        ),
        lines(
            Words("Memory", "内存"),
            [Query(f"process_resident_memory_bytes {_OF_MINE}", "{{instance}}")],
            unit="bytes",
        ),
        lines(
            Words("Open files and connections", "打开的文件与连接"),
            [Query(f"process_open_fds {_OF_MINE}", "{{instance}}")],
        ),
    ),
)


def dashboard() -> Dashboard:
    made = empty(
        "sluice-service",
        Words("Service", "服务", "One service in depth.", "单个服务的细节。"),
    )
    values = "label_values(sluice_http_seconds_count, service)"
    made.with_variable(variable("service", Words("Service", "服务"), values, usual="risk"))
    return with_sections(made, _REQUESTS, _EVENTS, _DATABASE, _PROCESSES)
