"""The checks of documents and deployment files notice what they are for."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from check_deployment import (
    COMPOSE,
    compose_faults,
    example_faults,
    prometheus_faults,
    recipe_faults,
)
from check_repository import FORBIDDEN, outline
from quote_figures import BEGIN, END, READMES, quoted


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return loaded


def test_the_deployment_files_fit_the_code(compose: dict[str, Any]) -> None:
    found = [*compose_faults(compose), *prometheus_faults(compose)]
    assert [*found, *example_faults(), *recipe_faults()] == []


def unhealthy(services: dict[str, Any]) -> None:
    del services["risk-worker"]["healthcheck"]


def wordy(services: dict[str, Any]) -> None:
    environment = dict(services["risk-worker"]["environment"])
    services["risk-worker"]["environment"] = environment | {"WEBHOOK_SECRETS": None}


def open_to_all(services: dict[str, Any]) -> None:
    services["risk-api"]["ports"] = ["8102:8000"]


def mistaken(services: dict[str, Any]) -> None:
    services["risk-api"]["build"] = {**services["risk-api"]["build"], "args": {"SERVICE": "ingest"}}


def missing(services: dict[str, Any]) -> None:
    del services["risk-worker"]


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (unhealthy, "risk-worker has no healthcheck"),
        (wordy, "risk-worker sets WEBHOOK_SECRETS, which risk does not read"),
        (open_to_all, "risk-api is published beyond this machine"),
        (mistaken, "risk-api is built as another service"),
        (missing, "there is no risk-worker"),
    ],
)
def test_a_fault_of_the_compose_file_is_named(
    compose: dict[str, Any], fault: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    broken = copy.deepcopy(compose)
    fault(broken["services"])
    assert list(compose_faults(broken)) == [f"docker-compose.yml: {sentence}"]


def test_a_service_nobody_scrapes_is_named(compose: dict[str, Any]) -> None:
    fewer = {
        **compose,
        "services": {k: v for k, v in compose["services"].items() if "risk" not in k},
    }
    assert list(prometheus_faults(fewer)) == [
        "prometheus.yml: risk-api is no service of docker-compose.yml",
        "prometheus.yml: risk-worker is no service of docker-compose.yml",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "index = https://pypi" + ".org/simple",
        "open('/home/" + "somebody/file')",
        "# TO" + "DO: later",
    ],
)
def test_a_leak_is_found(line: str) -> None:
    assert [fault for fault, pattern in FORBIDDEN.items() if pattern.search(line)] != []


def test_two_languages_are_compared_by_what_they_share() -> None:
    english = "# Title\n\nWords.\n\n```\ncode\n# no heading\n```\n\n| a | b |\n"
    assert outline(english) == ["#", "```", "```", "|"]
    assert outline(english) == outline(english.replace("Words", "文字"))
    assert outline(english) != outline(english.replace("# Title", "## Title"))


def test_figures_are_quoted_as_they_were_measured() -> None:
    result = {
        "pipeline_orders_per_second": 1234.5,
        "bare_orders_per_second": 1000.0,
        "packed_orders_per_second": 5000.0,
        "ratio": 1.2345,
        "webhook_to_task_ms": {"p50": 10.4, "p95": 20.0, "p99": 30.6},
        "machine": {"cores": 2, "memory_gib": 8, "python": "3.11.7"},
        "commit": "abc1234",
    }
    readme = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    for words in READMES.values():
        text = quoted(readme, result, words)
        assert text.startswith(f"before\n{BEGIN}\n| ")
        assert text.endswith(f" |\n{END}\nafter\n")
        for value in ("1,234", "1.23", "10 / 20 / 31 ms", "abc1234"):
            assert value in text
        assert quoted(text, result, words) == text
