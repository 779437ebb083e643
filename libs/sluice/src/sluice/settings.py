"""Where the services are and with which key: from the environment, or a file of its form."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sluice.failure import Misused

SERVICES = ("ingest", "risk", "fulfillment", "reconciliation")
KEY = "SLUICE_API_KEY"
LOCAL_STACK = Path(".local") / "env"
"""Where the local stack of a checkout writes it."""


@dataclass(frozen=True, slots=True)
class Settings:
    urls: Mapping[str, str]
    """Service -> address of its API."""
    key: str = field(repr=False)


def settings(file: Path | None) -> Settings:
    """Return what the file says, or else the environment, or else the local stack's file.

    Raises:
        Misused: something is missing, or the file cannot be read.
    """
    if file is None and "INGEST_URL" not in os.environ and LOCAL_STACK.is_file():
        file = LOCAL_STACK
    found = os.environ if file is None else _read(file)
    names = {name: f"{name.upper()}_URL" for name in SERVICES}
    missing = [name for name in (*names.values(), KEY) if not found.get(name)]
    if missing:
        where = f"{file} does not say" if file else "the environment does not say"
        raise Misused(f"{where} {', '.join(missing)}; name a file that does: --env FILE")
    return Settings({s: found[name].rstrip("/") for s, name in names.items()}, found[KEY])


def _read(file: Path) -> dict[str, str]:
    try:
        lines = file.read_text("utf-8").splitlines()
    except OSError as error:
        raise Misused(f"{file} cannot be read: {error.strerror}") from None
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, value in pairs}
