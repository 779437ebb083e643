"""Where intake is, as it is now: a local stack may come up after the simulator, and move."""

from dataclasses import dataclass
from pathlib import Path

SHOP = "demo"


class NoTarget(Exception):  # noqa: N818 - says what there is
    """Nobody said where intake is."""


@dataclass(frozen=True, slots=True)
class Target:
    ingest_url: str
    """Empty: `env_file` says it."""
    env_file: str

    def url(self, channel: str) -> str:
        """Return the address that a channel calls.

        Raises:
            NoTarget: neither the setting nor the file says where intake is.
        """
        return f"{self._base().rstrip('/')}/v1/webhooks/{channel}/{SHOP}"

    def _base(self) -> str:
        if self.ingest_url:
            return self.ingest_url
        file = Path(self.env_file)
        if self.env_file and file.exists():
            for line in file.read_text().splitlines():
                name, _, value = line.partition("=")
                if name == "INGEST_URL":
                    return value
        raise NoTarget("INGEST_URL is not known yet.")
