"""Fixtures every test may use; they live in tests/support."""

from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["support.infrastructure"]

# How long an example takes depends on the machine.
settings.register_profile("sluice", deadline=None)
settings.load_profile("sluice")

SYSTEM = Path(__file__).parent / "tests" / "system"
WATCHED = {"test_alerts.py", "test_dashboards.py", "test_scaling.py"}
"""Tests of a whole system that is watched; the others of a whole system have one of their own."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the tests, keep those together that share what is started.

    The whole systems are begun with: they take longest, and mostly wait.
    """
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item.path)))
    items.sort(key=lambda item: item.path.parent != SYSTEM)


def _group(path: Path) -> str:
    if path.parent != SYSTEM:
        return str(path)
    return "a watched system" if path.name in WATCHED else "a system"
