"""The dashboards in deploy/grafana are what their code says, and Grafana finds them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from render_dashboards import DASHBOARDS
from rendering.dashboards import business, files

from common import money

PROVISIONING = DASHBOARDS.parent / "provisioning"
COMPOSE = DASHBOARDS.parents[2] / "docker-compose.yml"
NAMES = sorted(files())
WIDTH = 24
BOTH_LANGUAGES = re.compile(r".*[A-Za-z].* · .*[\u4e00-\u9fff].*")


def panels(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(files()[name])["panels"]
    return found


def test_what_is_committed_is_what_the_code_says() -> None:
    committed = {path.name: path.read_text("utf-8") for path in DASHBOARDS.glob("*.json")}
    assert committed == dict(files()), "run `make docs`"


@pytest.mark.parametrize("name", NAMES)
def test_every_title_is_in_both_languages(name: str) -> None:
    titles = [json.loads(files()[name])["title"], *(panel["title"] for panel in panels(name))]
    assert [title for title in titles if not BOTH_LANGUAGES.fullmatch(title)] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_two_panels_lie_on_each_other(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels(name):
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place.get("x", 0), place.get("x", 0) + place["w"])
            for y in range(place.get("y", 0), place.get("y", 0) + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < WIDTH
        taken |= cells


@pytest.mark.parametrize("name", NAMES)
def test_every_query_has_a_letter_and_the_chosen_source(name: str) -> None:
    for panel in panels(name):
        letters = [target["refId"] for target in panel.get("targets", ())]
        assert len(set(letters)) == len(letters)
        assert (panel["type"] == "row") == (not letters)
        for target in panel.get("targets", ()):
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            known = {"$__rate_interval", "$service", "$channel"}
            assert set(re.findall(r"\$\w+", target["expr"])) <= known


def test_what_is_provisioned_is_where_the_container_has_it() -> None:
    (source,) = yaml.safe_load((PROVISIONING / "datasources/prometheus.yml").read_text("utf-8"))[
        "datasources"
    ]
    assert source["type"] == "prometheus"
    grafana = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]["grafana"]
    mounted = {text.split(":")[1]: text.split(":")[0] for text in grafana["volumes"]}
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards/sluice.yml").read_text("utf-8"))[
        "providers"
    ]
    held = Path(mounted[provider["options"]["path"]])
    assert (COMPOSE.parent / held).resolve() == DASHBOARDS
    assert (COMPOSE.parent / mounted["/etc/grafana/provisioning"]).resolve() == PROVISIONING


def test_money_is_shown_in_whole_units_of_every_currency() -> None:
    query = business.in_units("sum(x{})")
    assert query.count("sum(x{") == 4
    assert f'(sum(x{{currency!~"{"|".join(money.EXPONENTS)}"}}) / 100)' in query
    for currency, decimals in money.EXPONENTS.items():
        assert re.search(rf'=~"[A-Z|]*\b{currency}\b[A-Z|]*"}}\) / {10**decimals}\)', query)
