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
    usage.by_process = {name: after[name] - before.get(name, 0.0) for name in after}


def _used(stack: Stack) -> dict[str, float]:
    pids = {name: process.pid for name, process in stack.processes().items() if process.pid}
    used = {name: _with_children(pid) for name, pid in pids.items()}
    return used | {"load generator": _with_children(psutil.Process().pid)}


def _with_children(pid: int) -> float:
    process = psutil.Process(pid)
    return sum(_seconds(p) for p in (process, *process.children(recursive=True)))


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
