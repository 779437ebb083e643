"""Safeguards, the second half of order flow: rules, checks, recovery, ledger and delivery."""

from rendering.dashboards.panels import Query, Section, Words, lines, states

OUTBOX_SECONDS_MAX = 30

# What has never happened has no series; these make it zero.
_CHECKS = "0 * max by (check) (sluice_breaker_state)"
_SERVICES = "0 * max by (service) (sluice_recovery_state)"
_ALARM = "rabbitmq_alarms"

RULES = Section(
    Words("Checks and rule sets", "检查项与规则集"),
    (
        states(
            Words("Breakers", "熔断器"),
            Query("max by (check) (sluice_breaker_state)", "{{check}}"),
            {
                0: ("closed 闭合", "green"),
                0.5: ("half-open 半开", "orange"),
                1: ("open 断开", "red"),
            },
        ),
        states(
            Words("Rule sets in force", "生效的规则集"),
            Query("max by (arm, ruleset) (sluice_ruleset_info)", "{{arm}} {{ruleset}}"),
            {1: ("in force 生效", "blue")},
        ),
        lines(
            Words("Share of the canary", "灰度占比"),
            [Query("max(sluice_canary_percent)", "canary")],
            unit="percent",
            width=6,
        ),
        lines(
            Words("Checks left unanswered", "未得到结果的检查", "A second.", "每秒。"),
            [
                Query(
                    "sum by (check) (rate(sluice_checks_unanswered_total[$__rate_interval]))"
                    f" or {_CHECKS}",
                    "{{check}}",
                )
            ],
            unit="cps",
            width=6,
        ),
        lines(
            Words("Deferred checks", "待补检"),
            [Query(f"max by (check) (sluice_deferred_checks) or {_CHECKS}", "{{check}}")],
            width=6,
        ),
        lines(
            Words(
                "Time to the nearest deadline",
                "最近的补检期限",
                "An hour at most; where nothing is deferred an hour as well.",
                "最多显示一小时；没有待补检时同样显示一小时。",
            ),
            [
                Query(
                    "clamp_max(min by (check) (sluice_deferred_deadline_seconds), 3600)"
                    f" or 3600 + {_CHECKS}",
                    "{{check}}",
                )
            ],
            unit="s",
            width=6,
        ),
    ),
)


RECOVERY = Section(
    Words("Recovery and ledger", "恢复与台账"),
    (
        states(
            Words("Recovery", "恢复"),
            Query("max by (service) (sluice_recovery_state)", "{{service}}"),
            {0: ("off 关闭", "green"), 1: ("on 进行中", "orange"), 2: ("finishing 收尾", "blue")},
        ),
        lines(
            Words(
                "Moved and settled by the recovery",
                "恢复期间移出与处理",
                "Events a second.",
                "每秒事件数。",
            ),
            [
                Query(
                    "sum by (service, step) (rate(sluice_recovery_events_total[$__rate_interval]))"
                    f" or {_SERVICES}",
                    "{{service}} {{step}}",
                )
            ],
            unit="cps",
            width=12,
        ),
        lines(
            Words("Not known to be taken up", "尚未确认被接收"),
            [
                Query(
                    "max by (service, reader) (sluice_ledger_open_events)",
                    "{{service}} → {{reader}}",
                )
            ],
        ),
        lines(
            Words("Missing, and lost", "缺失与丢失"),
            [
                Query(
                    "max by (service, reader) (sluice_ledger_missing_events)",
                    "{{service}} → {{reader}} missing",
                ),
                Query(
                    "max by (service, reader) (sluice_ledger_lost_events)",
                    "{{service}} → {{reader}} lost",
                ),
            ],
        ),
        lines(
            Words("Emitted again", "补发", "In an hour.", "每小时。"),
            [
                Query(
                    "sum by (service, reader) (increase(sluice_ledger_reemitted_total[1h]))"
                    " or 0 * max by (service, reader) (sluice_ledger_open_events)",
                    "{{service}} → {{reader}}",
                )
            ],
        ),
    ),
)


DELIVERY = Section(
    Words("Delivery", "投递"),
    (
        lines(
            Words("Oldest event not published", "最老的未发布事件"),
            [Query("max by (service) (sluice_outbox_lag_seconds)", "{{service}}")],
            unit="s",
            limit=OUTBOX_SECONDS_MAX,
        ),
        lines(
            Words("Events not published", "未发布的事件"),
            [Query("max by (service) (sluice_outbox_events)", "{{service}}")],
        ),
        lines(
            Words("Parked, and routed nowhere", "已搁置与无人接收"),
            [
                Query('max by (service) (sluice_backlog_events{lane="parked"})', "{{service}}"),
                Query(
                    'max by (queue) (rabbitmq_detailed_queue_messages{queue="sluice.unrouted"})',
                    "{{queue}}",
                ),
            ],
        ),
        lines(
            Words("What became of events", "事件的结果", "Events a second.", "每秒事件数。"),
            [
                Query(
                    "sum by (outcome) (rate(sluice_events_total[$__rate_interval]))", "{{outcome}}"
                )
            ],
            unit="cps",
            width=12,
        ),
        states(
            Words("Alarms of the broker", "消息中间件报警"),
            Query(
                f'label_replace(max({_ALARM}_memory_used_watermark), "alarm", "memory", "", "")'
                f" or label_replace(max({_ALARM}_free_disk_space_watermark), "
                '"alarm", "disk", "", "")',
                "{{alarm}}",
            ),
            {0: ("none 无", "green"), 1: ("alarm 报警", "red")},
        ),
    ),
)
