"""What our panels have in common: both languages, one data source, the same look."""

from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import NamedTuple, TypeVar

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    prometheus,
    stat,
    statetimeline,
    timeseries,
)
from grafana_foundation_sdk.builders import dashboard as dashboards
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
    VariableOption,
    VariableRefresh,
)

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
WIDTH = 24
TALL, FLAT = 8, 4
OF_ALL = ".*"

AnyPanel = timeseries.Panel | stat.Panel | bargauge.Panel | statetimeline.Panel
P = TypeVar("P", timeseries.Panel, stat.Panel, bargauge.Panel, statetimeline.Panel)


class Query(NamedTuple):
    """What is asked, and how each series in the answer is called."""

    expression: str
    name: str


class Words(NamedTuple):
    """What a panel is called and what it means, in both languages."""

    en: str
    zh: str
    about_en: str = ""
    about_zh: str = ""

    @property
    def title(self) -> str:
        return f"{self.en} · {self.zh}"

    @property
    def description(self) -> str:
        return "\n\n".join(about for about in (self.about_en, self.about_zh) if about)


def lines(
    words: Words, queries: Sequence[Query], *, unit: str = "short", width: int = 8, limit: float = 0
) -> timeseries.Panel:
    """Return a chart over time; above the limit its ground is red."""
    panel = (
        _panel(timeseries.Panel(), words, queries, unit, (width, TALL))
        .line_width(2)
        .fill_opacity(8)
        .show_points(looks.VisibilityMode.NEVER)
        .axis_soft_min(0)
        .tooltip(common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI))
        .legend(
            common.VizLegendOptions()
            .display_mode(looks.LegendDisplayMode.TABLE)
            .placement(looks.LegendPlacement.BOTTOM)
            .calcs(["lastNotNull", "max"])
            .show_legend(True)  # noqa: FBT003 - the library's way
        )
    )
    if limit:
        style = common.GraphThresholdsStyleConfig().mode(looks.GraphTresholdsStyleMode.AREA)
        panel.thresholds(_steps((None, "transparent"), (limit, "red"))).thresholds_style(style)
    return panel


def number(
    words: Words,
    query: Query,
    *,
    unit: str = "short",
    limits: Sequence[tuple[float, str]] = (),
    width: int = 4,
) -> stat.Panel:
    """Return one figure for each series; from a limit on it has the limit's colour."""
    return (
        _panel(stat.Panel(), words, [query], unit, (width, FLAT))
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .color_mode(looks.BigValueColorMode.VALUE)
        .graph_mode(looks.BigValueGraphMode.AREA)
        .thresholds(_steps((None, "text"), *limits))
    )


def bars(words: Words, query: Query, *, unit: str = "short", width: int = 8) -> bargauge.Panel:
    """Return the latest value of each series as a bar."""
    return (
        _panel(bargauge.Panel(), words, [query], unit, (width, TALL))
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .orientation(looks.VizOrientation.HORIZONTAL)
        .display_mode(looks.BarGaugeDisplayMode.BASIC)
        .min(0)
        .thresholds(_steps((None, "blue")))
    )


def states(
    words: Words, query: Query, meanings: Mapping[float, tuple[str, str]], *, width: int = 12
) -> statetimeline.Panel:
    """Return which state each series was in over time; a meaning is a text and a colour."""
    results = {
        f"{value:g}": ValueMappingResult(text=text, color=colour, index=place)
        for place, (value, (text, colour)) in enumerate(meanings.items())
    }
    return (
        _panel(statetimeline.Panel(), words, [query], "short", (width, TALL))
        .mappings([ValueMap(options=results)])
        .show_value(looks.VisibilityMode.AUTO)
        .row_height(0.8)
        .thresholds(_steps((None, "green")))
    )


def dashboard(uid: str, words: Words) -> dashboards.Dashboard:
    """Return an empty dashboard that knows its data source and its neighbours."""
    neighbours = (
        dashboards.DashboardLink("Sluice")
        .type(DashboardLinkType.DASHBOARDS)
        .tags(["sluice"])
        .as_dropdown(False)  # noqa: FBT003 - the library's way
        .keep_time(True)  # noqa: FBT003 - the library's way
    )
    source = dashboards.DatasourceVariable("datasource").label("Data source").type("prometheus")
    return (
        dashboards.Dashboard(words.title)
        .uid(uid)
        .description(words.description)
        .tags(["sluice"])
        .link(neighbours)
        .timezone("browser")
        .time("now-1h", "now")
        .refresh("10s")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(source)
    )


def variable(name: str, words: Words, values: str, *, usual: str = "") -> dashboards.QueryVariable:
    """Return a choice among a label's values; without a usual one, of any number of them or all."""
    made = (
        dashboards.QueryVariable(name)
        .label(words.title)
        .datasource(SOURCE)
        .query(values)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    )
    if usual:
        return made.current(VariableOption(selected=True, text=usual, value=usual))
    every = VariableOption(selected=True, text=["All"], value=["$__all"])
    return made.multi(True).include_all(True).all_value(OF_ALL).current(every)  # noqa: FBT003 - the library's way


class Section(NamedTuple):
    """Panels under one heading."""

    words: Words
    panels: Sequence[AnyPanel]


def with_sections(made: dashboards.Dashboard, *sections: Section) -> dashboards.Dashboard:
    for section in sections:
        made.with_row(dashboards.Row(section.words.title))
        for panel in section.panels:
            made.with_panel(panel)
    return made


def _panel(panel: P, words: Words, queries: Sequence[Query], unit: str, size: tuple[int, int]) -> P:
    panel.title(words.title).datasource(SOURCE).unit(unit).span(size[0]).height(size[1])
    if words.description:
        panel.description(words.description)
    for letter, query in zip(ascii_uppercase, queries, strict=False):
        panel.with_target(
            prometheus.Dataquery()
            .expr(" ".join(query.expression.split()))
            .legend_format(query.name)
            .datasource(SOURCE)
            .ref_id(letter)
        )
    return panel


def _steps(*steps: tuple[float | None, str]) -> dashboards.ThresholdsConfig:
    made = [Threshold(value=value, color=colour) for value, colour in steps]
    return dashboards.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(made)
