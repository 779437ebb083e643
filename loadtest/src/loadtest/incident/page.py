"""The report: one file that shows itself without anything else, in both languages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from loadtest.incident.figures import missed
from loadtest.incident.plots import plots
from loadtest.incident.unguarded import LITERAL
from loadtest.incident.words import notes, tiles

HERE = Path(__file__).parent


def page(material: Mapping[str, Any], machine: Mapping[str, Any], commit: str) -> str:
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    template = environment.from_string((HERE / "page.html.j2").read_text())
    figures = material["figures"]
    alerts, shown = figures["alerts"], plots(material)
    return template.render(
        style=(HERE / "page.css").read_text(),
        figures=figures,
        first=material["unguarded"],
        tiles=tiles(figures),
        notes=notes(figures, machine["cores"]),
        plots=shown,
        drawn={name: plot.drawn() for name, plot in shown.items()},
        missed=missed(figures),
        literal=LITERAL,
        latest=max((alert["after_seconds"] for alert in alerts), default=1.0),
        machine=machine,
        commit=commit,
    )
