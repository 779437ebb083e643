"""What the report says, in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Words:
    zh: str
    en: str


def of(zh: str, en: str) -> Words:
    return Words(zh, en)


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure, beside what it was in the document."""

    name: Words
    value: str
    document: Words
    good: bool


def tiles(figures: Mapping[str, Any]) -> list[Tile]:
    return [*_without(figures), *_with(figures)]


def _without(figures: Mapping[str, Any]) -> list[Tile]:
    """What must hold without the safeguards too."""
    ratio, fired = figures["submissions_accepted_ratio"], figures["alert_fired_after_seconds"]
    lost, repeated = figures["lost"], figures["repeated"]
    due = figures["scale"]["alert_seconds"]
    return [
        Tile(
            of("提交被接收", "submissions accepted"),
            f"{ratio * 100:.4g} %",
            of("文档：41 %", "document: 41 %"),
            ratio == 1.0,
        ),
        Tile(
            of("丢失 / 重复", "lost / done twice"),
            f"{lost} / {repeated}",
            of("文档：3,000 单延误", "document: 3,000 late"),
            not lost and not repeated,
        ),
        Tile(
            of("超过 1 万后告警触发", "alert after 10,000"),
            _seconds(fired),
            of(f"应为 {due} 秒", f"due after {due} s"),
            fired is not None,
        ),
    ]


def _with(figures: Mapping[str, Any]) -> list[Tile]:
    """What the safeguards do, and how soon."""
    high, queued = figures["new_orders_p95_seconds_during_drain"], figures["queued"]
    return [
        Tile(
            of("熔断打开 / 自动撤回", "breaker / taken back"),
            f"{_seconds(figures['breaker_open_seconds'])} / {_seconds(figures['abort_seconds'])}",
            of("文档：没有，人工回滚", "document: none; by hand"),
            figures["abort_seconds"] is not None,
        ),
        *(
            Tile(
                of(f"{workers} 个消费者处理积压", f"drained by {workers} workers"),
                _minutes(seconds),
                of(f"{queued:,} 条等待", f"{queued:,} waiting"),
                good=True,
            )
            for workers, seconds in figures["drain_seconds"].items()
        ),
        Tile(
            of("期间新订单，95 分位", "new orders meanwhile, p95"),
            _seconds(high),
            of("从到达到定论", "webhook to decision"),
            high < 5,
        ),
        Tile(
            of("跳过 / 已补检", "skipped / made up for"),
            f"{figures['skipped']} / {figures['reverified']}",
            of("全部在期限内", "all before the deadline"),
            figures["skipped"] == figures["reverified"],
        ),
    ]


def notes(figures: Mapping[str, Any], cores: int) -> list[Words]:
    """Return how it was measured, and what the figures do not say."""
    scale, drained = figures["scale"], figures["drain_seconds"]
    few, many = drained.values()
    before, after = figures["event_seconds"]["before"], figures["event_seconds"]["after"]
    return [
        of(
            f"速度：每秒 {scale['rate']:g} 单，是文档峰值日（12 万单/天）平均的"
            f" {scale['times_a_peak_day']} 倍，因此几分钟就积压到 {figures['queued']:,} 条。",
            f"Pace: {scale['rate']:g} orders a second, {scale['times_a_peak_day']} times the"
            " average of the document's peak day (120,000):"
            f" {figures['queued']:,} pile up in minutes.",
        ),
        of(
            f"单条耗时（中位数）：之前 {before * 1000:.2g} 毫秒，之后 {after:.3g} 秒；"
            f"文档为 8 毫秒与 1.2 秒。保护关闭时每秒定论"
            f" {figures['decided_per_second_unguarded']:.2f} 单。",
            f"One event (p50): {before * 1000:.2g} ms before, {after:.3g} s after; in the document"
            f" 8 ms and 1.2 s. Without safeguards {figures['decided_per_second_unguarded']:.2f}"
            " orders a second were decided.",
        ),
        of(
            "两次处理的是同一积压：在停机时逐字节复制数据库与消息代理，处理完一次后放回再处理一次。"
            "计时从启动消费者的命令开始，到最后一条积压订单的结论提交为止。",
            "Both drains work off the same queue: database and broker were copied byte for byte"
            " while everything was down, and put back. Time runs from the command that starts the"
            " workers to the commit of the last decision.",
        ),
        _speedup(few, many, cores),
        of(
            "等待的是事件；代理中一条消息装 1 至 50 个事件，告警同时看两者。",
            "What waits are events; a message of the broker holds 1 to 50 of them. Alerts watch"
            " both.",
        ),
        *_how_short(scale),
    ]


def _how_short(scale: Mapping[str, Any]) -> list[Words]:
    if scale["name"] == "full":
        return []
    return [
        of(
            f"这是缩小版：告警只等 {scale['alert_seconds']} 秒，积压 {scale['queued']:,} 条。",
            f"This is the short version: the alert waits {scale['alert_seconds']} s only,"
            f" and {scale['queued']:,} events are enough.",
        )
    ]


def _speedup(few: float, many: float, cores: int) -> Words:
    times = few / many
    if times >= 1.5:
        return of(
            f"更多消费者快了 {times:.1f} 倍。", f"More workers were {times:.1f} times as fast."
        )
    return of(
        f"更多消费者为 {times:.2f} 倍：这台机器的 {cores} 个核心由数据库、消息代理和全部服务共用。",
        f"More workers were {times:.2f} times as fast: {cores} cores are shared by the database,"
        " the broker and all services.",
    )


def _seconds(value: float | None) -> str:
    return "—" if value is None else f"{value:.3g} s"


def _minutes(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"
