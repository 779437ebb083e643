"""The services as values: what to run for each of them, and in what environment."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

Command = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service. Its commands get everything they need to know from their environment."""

    name: str
    api_port: int
    api: Command
    worker: Command
    prepare: Command = ()
    """Run before the first start, with the API key on its standard input."""

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> Self:
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in fields.items()
        }
        return cls(**values)

    @property
    def api_name(self) -> str:
        return f"{self.name}-api"

    def worker_name(self, number: int) -> str:
        return f"{self.name}-worker-{number}"


def _service(name: str, api_port: int, *, has_demo_data: bool = False) -> Service:
    program = (sys.executable, "-m", name)
    return Service(
        name=name,
        api_port=api_port,
        api=(*program, "api"),
        worker=(*program, "worker"),
        # One process for all that comes before the first start: most of its time is imports.
        prepare=(
            *(*program, "prepare", "local", "--scopes", "*", "--key-stdin"),
            *(("--also", "seed-demo") if has_demo_data else ()),
        ),
    )


SERVICES = (
    _service("ingest", 8101),
    _service("risk", 8102, has_demo_data=True),
    _service("fulfillment", 8103, has_demo_data=True),
    _service("reconciliation", 8104),
)
