"""Which process a recorded pid means, so that a reused pid is never signalled."""

import signal
import time
from collections.abc import Collection
from contextlib import suppress

import psutil

# The kernel derives the time from the boot time, which moves a little when the clock is set.
CREATE_TIME_TOLERANCE_SECONDS = 2.0
POLL_SECONDS = 0.02


def create_time(pid: int) -> float | None:
    with suppress(psutil.Error):
        return float(psutil.Process(pid).create_time())
    return None


def find(pid: int | None, created: float | None) -> psutil.Process | None:
    """The process that was recorded, if it still lives."""
    if pid is None or created is None:
        return None
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        same = abs(process.create_time() - created) <= CREATE_TIME_TOLERANCE_SECONDS
        if same and lives(process):
            return process
    return None


def lives(process: psutil.Process) -> bool:
    """Whether it still runs; a zombie does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def send(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def await_end(processes: Collection[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until all have ended; returns those that have not."""
    deadline = time.monotonic() + seconds
    remaining = [process for process in processes if lives(process)]
    while remaining and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        remaining = [process for process in remaining if lives(process)]
    return remaining


def end(processes: Collection[psutil.Process], number: signal.Signals, seconds: float) -> None:
    """Ask them to end, wait, and kill those that did not."""
    for process in processes:
        send(process, number)
    for process in await_end(processes, seconds):
        send(process, signal.SIGKILL)
    await_end(processes, 5)
