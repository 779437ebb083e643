"""Processor time by process: what each part of the system takes for an order."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

from stack import Stack


@dataclass(slots=True)
class Usage:
    """Processor seconds used between two moments, by process; children count with their parent."""

    by_process: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def total(self) -> float:
        return sum(self.by_process.values())


@contextmanager
def measured(stack: Stack) -> Iterator[Usage]:
    """Fill the usage when the block ends; the load generator is this process."""
    usage = Usage()
    before, started = _used(stack), time.monotonic()
    yield usage
    after, usage.seconds = _used(stack), time.monotonic() - started
    usage.by_process = {name: _since(before.get(name), now) for name, now in after.items()}


def _since(before: tuple[int, float] | None, now: tuple[int, float]) -> float:
    """Return what was used meanwhile; a process that was started anew begins at nothing."""
    same = before is not None and before[0] == now[0]
    return now[1] - before[1] if before is not None and same else now[1]


def _used(stack: Stack) -> dict[str, tuple[int, float]]:
    """Return the id and the processor seconds of each process."""
    pids = {name: process.pid for name, process in stack.processes().items() if process.pid}
    pids["load generator"] = psutil.Process().pid
    return {name: (pid, _with_children(pid)) for name, pid in pids.items()}


def _with_children(pid: int) -> float:
    process = psutil.Process(pid)
    return sum(_seconds(p) for p in (process, *process.children(recursive=True)))


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
