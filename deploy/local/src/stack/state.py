"""What is running: written by the supervisor at every change, read by everybody else."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from stack.files import write_atomically
from stack.home import Home


class Condition(StrEnum):
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One supervised process; `pid` and `create_time` together say which one."""

    name: str
    pid: int | None = None
    create_time: float | None = None
    port: int | None = None
    state: Condition = Condition.STOPPED
    restarts: int = 0
    started_at: str | None = None
    problem: str = ""

    @property
    def is_ready(self) -> bool:
        return self.state is Condition.READY

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> Self:
        return cls(**{**fields, "state": Condition(fields["state"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing done once at a start, such as a migration; `seconds` is set when it is over."""

    name: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """What was last decided about a service that is scaled by itself."""

    workers: int
    wish: int
    cause: str
    why: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    supervisor_pid: int | None = None
    supervisor_create_time: float | None = None
    # The newest plan that has been carried out, or given up with a problem.
    generation: int = 0
    problem: str = ""
    postgres_directory: str = ""
    steps: tuple[Step, ...] = ()
    processes: dict[str, Process] = field(default_factory=dict)
    scaling: dict[str, Scaling] = field(default_factory=dict)


def read(home: Home) -> State:
    if not home.state.exists():
        return State()
    fields = json.loads(home.state.read_text())
    processes = {name: Process.read(entry) for name, entry in fields.pop("processes").items()}
    steps = tuple(Step(**step) for step in fields.pop("steps"))
    scaling = {name: Scaling(**entry) for name, entry in fields.pop("scaling", {}).items()}
    return State(processes=processes, steps=steps, scaling=scaling, **fields)


def write(home: Home, state: State) -> None:
    write_atomically(home.state, json.dumps(asdict(state), indent=1))


def all_stopped(last: State) -> State:
    processes = {
        name: replace(entry, pid=None, create_time=None, state=Condition.STOPPED)
        for name, entry in last.processes.items()
    }
    return State(
        generation=last.generation,
        postgres_directory=last.postgres_directory,
        processes=processes,
    )
