"""What a slow check asks, whoever answers."""

from collections.abc import Mapping
from typing import Protocol

from risk.domain.ruleset import Source

Question = Mapping[str, object]
"""Features by name, and no more than the check declares to send."""


class Unreachable(Exception):  # noqa: N818 - names what the party is
    """No usable answer came; the message holds no personal data."""


class Answering(Protocol):
    async def ask(self, source: Source, question: Question) -> Mapping[str, object]:
        """Return what the party answers; the caller limits the time and may cancel.

        Raises:
            Unreachable: it did not answer, or nothing that can be used.
        """

    def prepare(self) -> None:
        """Do what takes long once, before the first question."""

    async def close(self) -> None:
        """Give back connections and processes."""
