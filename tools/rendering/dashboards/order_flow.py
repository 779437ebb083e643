"""Order flow: the first look of whoever is called at night."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from rendering.dashboards.panels import (
    Query,
    Section,
    Words,
    lines,
    number,
    with_sections,
)
from rendering.dashboards.panels import dashboard as empty
from rendering.dashboards.safeguards import DELIVERY, RECOVERY, RULES

BACKLOG_MAX = 10_000
DRAIN_SECONDS_MAX = 300
OLDEST_SECONDS_MAX = 120


_FIRST_LOOK = Section(
    Words("First look", "一眼看全"),
    (
        number(
            Words("Orders in", "进单"),
            Query(
                'sum(rate(sluice_orders_received_total{status="accepted"}[1m])) or vector(0)', ""
            ),
            unit="reqps",
        ),
        number(
            Words("Events waiting", "积压事件"),
            Query("sum(sluice:depth)", ""),
            limits=[(1_000, "orange"), (BACKLOG_MAX, "red")],
        ),
        number(
            Words("Time to drain", "预计清空", "The slowest service.", "最慢的服务。"),
            Query("max(sluice:drain_seconds)", ""),
            unit="s",
            limits=[(60, "orange"), (DRAIN_SECONDS_MAX, "red")],
        ),
        number(
            Words("Oldest event", "最老事件"),
            Query("max(sluice:oldest_age_seconds)", ""),
            unit="s",
            limits=[(30, "orange"), (OLDEST_SECONDS_MAX, "red")],
        ),
        number(
            Words("Consumers", "消费者"),
            Query("sum(sluice_consuming)", ""),
            limits=[(1, "green")],
        ),
        number(
            Words("Alerts firing", "告警中"),
            Query('count(ALERTS{alertstate="firing",severity!="none"}) or vector(0)', ""),
            limits=[(1, "red")],
        ),
    ),
)


_BACKLOG = Section(
    Words("Backlog", "积压"),
    (
        lines(
            Words("Waiting by service and lane", "各服务各通道的积压"),
            [Query("max by (service, lane) (sluice_backlog_events)", "{{service}} {{lane}}")],
            limit=BACKLOG_MAX,
        ),
        lines(
            Words("Arriving", "流入", "Events a second.", "每秒事件数。"),
            [Query("sluice:arrived:rate1m", "{{service}}")],
            unit="cps",
        ),
        lines(
            Words("Settled", "处理", "Events a second.", "每秒事件数。"),
            [Query("sluice:settled:rate1m", "{{service}}")],
            unit="cps",
        ),
        lines(
            Words("Predicted drain", "预计清空时间"),
            [Query("sluice:drain_seconds", "{{service}}")],
            unit="s",
            limit=DRAIN_SECONDS_MAX,
        ),
        lines(
            Words("Age of the oldest event", "最老事件的时长"),
            [Query("sluice:oldest_age_seconds", "{{service}}")],
            unit="s",
            limit=OLDEST_SECONDS_MAX,
        ),
        lines(
            Words(
                "Time per event, beside its baseline",
                "单事件耗时与基线",
                "Far above it: look for a slow rule or database before adding workers.",
                "远高于基线：先查慢规则或慢数据库，再考虑扩容。",
            ),
            [
                Query("sluice:event_seconds_or_baseline", "{{service}}"),
                Query("max by (service) (sluice_baseline_event_seconds)", "{{service}} baseline"),
            ],
            unit="s",
        ),
        lines(
            Words(
                "Messages in the broker's queues",
                "消息中间件各队列的消息数",
                "Counted by the broker: a message is a pack of up to 50 events.",
                "由中间件计数：一条消息是最多 50 个事件的消息包。",
            ),
            [Query("max by (queue) (rabbitmq_detailed_queue_messages)", "{{queue}}")],
            width=24,
        ),
    ),
)


_WORKERS = Section(
    Words("Workers", "消费者进程"),
    (
        lines(
            Words("Consumers alive", "在消费的进程"),
            [Query('sum by (service) (sluice_consuming{service!="ingest"})', "{{service}}")],
        ),
        lines(
            Words("Consumers the broker knows", "中间件所见的消费者"),
            [
                Query(
                    'max by (queue) (rabbitmq_detailed_queue_consumers{queue=~".+[.]events"})',
                    "{{queue}}",
                )
            ],
        ),
        lines(
            Words(
                "Share of time at work",
                "忙碌占比",
                "1: every worker is busy all the time.",
                "1：所有进程一直在忙。",
            ),
            [Query("sluice:busy:ratio1m", "{{service}}")],
            unit="percentunit",
        ),
        lines(
            Words("Workers wanted", "建议进程数"),
            [Query("max by (service) (sluice:workers_wanted)", "{{service}}")],
        ),
        lines(
            Words("Events in hand", "处理中的事件"),
            [Query("sum by (service) (sluice_in_hand_events)", "{{service}}")],
        ),
        lines(
            Words("Targets that answer", "有应答的采集目标"),
            [Query("sum by (job) (up)", "{{job}}")],
        ),
    ),
)


def dashboard() -> Dashboard:
    made = empty(
        "sluice-order-flow",
        Words(
            "Order flow",
            "订单流",
            "What waits, what moves, when it will be through, and what is wrong.",
            "积压、流速、预计清空时间，以及异常。",
        ),
    )
    return with_sections(made, _FIRST_LOOK, _BACKLOG, _WORKERS, RULES, RECOVERY, DELIVERY)
