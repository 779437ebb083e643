"""The charts of the report, each with what it shows and what its numbered moments are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loadtest.incident.chart import Chart, Curve, Limit
from loadtest.incident.series import Points
from loadtest.incident.words import Words, of

WIDE, NARROW = (960, 300), (400, 270)


@dataclass(frozen=True, slots=True)
class Plot:
    title: Words
    legend: Sequence[tuple[str, Words]]
    """Colour and name of each curve."""
    chart: Chart
    marks: Sequence[Words] = ()
    """What the numbers in the chart stand for."""

    def drawn(self) -> dict[str, str]:
        """Return the chart for a desk and for a phone."""
        return {"wide": self.chart.svg(*WIDE), "narrow": self.chart.svg(*NARROW)}


def plots(material: Mapping[str, Any]) -> dict[str, Plot]:
    first, drains, last = material["unguarded"], material["drains"], material["guarded"]
    figures = material["figures"]
    return {
        "queue": _queue(first, figures),
        "intake": _intake(first, figures),
        "drain": _drained(drains),
        "order": _order(drains, figures),
        "fresh": _fresh(drains),
        "again": _again(last, figures),
        "delay": _delay(last),
    }


def _queue(first: Mapping[str, Any], figures: Mapping[str, Any]) -> Plot:
    marks: list[tuple[float, Words]] = [
        (0.0, of("有问题的规则绕过性能门发布", "the bad rule goes out, past the gate"))
    ]
    early = next((a for a in figures["alerts"] if a["alert"] != "BacklogHigh"), None)
    if early is not None:
        name, after = early["alert"], early["after_seconds"]
        told = of(f"最早的告警 {name}：+{after:.0f} 秒", f"the first alert, {name}: +{after:.0f} s")
        marks.append((after, told))
    if first["crossed"] is not None:
        at = first["crossed"]
        marks.append(
            (at, of(f"积压超过 1 万：+{at:.0f} 秒", f"more than 10,000 wait: +{at:.0f} s"))
        )
    if first["fired"] is not None:
        at, after = first["fired"], figures["alert_fired_after_seconds"]
        zh = f"文档的告警触发：+{at:.0f} 秒，即超过 1 万后 {after:.0f} 秒"
        en = f"the document's alert fires: +{at:.0f} s, {after:.0f} s after the crossing"
        marks.append((at, of(zh, en)))
    marks.sort(key=lambda mark: mark[0])
    return Plot(
        title=of("等待风控结论的订单", "Orders that wait for a decision"),
        legend=[
            ("c1", of("实际等待", "really waiting")),
            ("c3", of("指标所示（告警所见）", "as measured (what the alert sees)")),
        ],
        chart=Chart(
            [Curve(_from(first["waiting"]), "c1", "area"), Curve(_from(first["depth"]), "c3")],
            [at for at, _ in marks],
            [Limit(10_000, "10k")],
        ),
        marks=[told for _, told in marks],
    )


def _intake(first: Mapping[str, Any], figures: Mapping[str, Any]) -> Plot:
    rate = figures["scale"]["rate"]
    document = figures["document"]["submissions_accepted_ratio"] * rate
    return Plot(
        title=of("每秒接收与每秒定论的订单", "Orders accepted and decided, a second"),
        legend=[
            ("c2", of("接收", "accepted")),
            ("c4", of("风控定论", "decided by risk")),
            ("limit-told", of("文档中被接收的比例", "the share accepted in the document")),
        ],
        chart=Chart(
            [Curve(first["accepted"], "c2", "area"), Curve(first["decided"], "c4")],
            limits=[Limit(document, "41 %")],
            most=rate,
        ),
    )


def _drained(drains: Mapping[str, Any]) -> Plot:
    return Plot(
        title=of("处理积压：仍在等待的订单", "The drain: orders still waiting"),
        legend=_by_workers(drains),
        chart=Chart(
            [
                Curve(drain["waiting"], colour)
                for (colour, _), drain in zip(_by_workers(drains), drains.values(), strict=True)
            ]
        ),
    )


def _order(drains: Mapping[str, Any], figures: Mapping[str, Any]) -> Plot:
    many = str(figures["scale"]["workers_after"])
    return Plot(
        title=of(
            f"新单优先（{many} 个消费者）：每点一单，横轴何时定论，纵轴何时到达（秒）",
            f"Newest first ({many} workers): a dot an order, decided when, and come when (s)",
        ),
        legend=[("c1", of("积压订单", "orders that had waited"))],
        chart=Chart([Curve(drains[many]["order"], "c1", "dots")]),
    )


def _fresh(drains: Mapping[str, Any]) -> Plot:
    return Plot(
        title=of(
            "处理积压期间新订单从到达到定论（95 分位，秒）",
            "New orders meanwhile: from webhook to decision (p95, s)",
        ),
        legend=_by_workers(drains),
        chart=Chart(
            [
                Curve(drain["fresh_p95"], colour)
                for (colour, _), drain in zip(_by_workers(drains), drains.values(), strict=True)
            ],
            most=1.0,
        ),
    )


def _again(last: Mapping[str, Any], figures: Mapping[str, Any]) -> Plot:
    marks: list[tuple[float, Words]] = [(0.0, of("同一规则再次发布", "the same rule goes out"))]
    opened, aborted = figures["breaker_open_seconds"], figures["abort_seconds"]
    if opened is not None:
        marks.append((opened, of(f"熔断打开：+{opened:g} 秒", f"the breaker opens: +{opened:g} s")))
    if aborted is not None:
        marks.append((aborted, of(f"自动撤回：+{aborted:g} 秒", f"taken back: +{aborted:g} s")))
    return Plot(
        title=of("每秒定论的订单", "Orders decided a second"),
        legend=[
            ("c1", of("定论", "decided")),
            ("c4", of("其中跳过新检查、稍后补检", "of those without the new check, made up later")),
        ],
        chart=Chart(
            [Curve(last["decided"], "c1", "area"), Curve(last["skipped"], "c4")],
            [at for at, _ in marks],
        ),
        marks=[told for _, told in marks],
    )


def _delay(last: Mapping[str, Any]) -> Plot:
    return Plot(
        title=of("从到达到定论（秒）", "From webhook to decision (s)"),
        legend=[
            ("c2", of("中位数", "p50")),
            ("c3", of("95 分位", "p95")),
        ],
        chart=Chart([Curve(last["p50"], "c2"), Curve(last["p95"], "c3")], most=1.0),
    )


def _by_workers(drains: Mapping[str, Any]) -> list[tuple[str, Words]]:
    colours = ("c3", "c2")
    return [
        (colour, of(f"{workers} 个消费者", f"{workers} workers"))
        for colour, workers in zip(colours, drains, strict=True)
    ]


def _from(points: Points) -> Points:
    """Leave out what was before the beginning."""
    return [(at, value) for at, value in points if at >= 0]
