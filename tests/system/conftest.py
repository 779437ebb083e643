"""The whole system, running for real, private to these tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack import Stack

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def system() -> Iterator[Stack]:
    """All four services with their own database and broker; two workers where work piles up."""
    stack = Stack(Path(os.environ.get("SYSTEM_HOME", ROOT / ".local" / "system")))
    stack.up(workers={"risk": 2, "fulfillment": 2})
    yield stack
    stack.down()
