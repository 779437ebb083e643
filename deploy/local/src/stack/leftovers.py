"""Processes that a killed supervisor left running: found by certain marks, and ended."""

import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from stack import identity, state
from stack.home import Home

# In the environment of everything that a stack starts.
HOME_MARK = "SLUICE_STACK_HOME"
NAME_MARK = "SLUICE_STACK_PROCESS"
INFRASTRUCTURE = ("postgres", "rabbitmq", "epmd")


def end_all(home: Home) -> bool:
    """End what an earlier supervisor of this home started, if anything; hold its lock for this."""
    found = _find(home)
    services = [p for p, name in found.items() if name not in INFRASTRUCTURE]
    identity.end(services, signal.SIGTERM, 15)
    identity.end([p for p, name in found.items() if name == "rabbitmq"], signal.SIGTERM, 20)
    identity.end([p for p, name in found.items() if name == "epmd"], signal.SIGTERM, 2)
    identity.end([p for p, name in found.items() if name == "postgres"], signal.SIGINT, 20)
    for data in (home.postgres, home.postgres_elsewhere):
        end_postgres(data)
    return bool(found)


def end_postgres(data: Path) -> None:
    """End the servers that work in this cluster; backends of a dead one mostly end themselves."""
    strays = [process for process in psutil.process_iter() if _works_in(process, data)]
    if identity.await_end(strays, 2):
        identity.end(strays, signal.SIGQUIT, 5)


def _find(home: Home) -> dict[psutil.Process, str]:
    found = dict(_marked(home))
    for entry in state.read(home).processes.values():
        if process := identity.find(entry.pid, entry.create_time):
            found[process] = entry.name
    return found


def _marked(home: Home) -> Iterator[tuple[psutil.Process, str]]:
    """Also finds those that the supervisor had no time to record."""
    # Somebody may run this from within the stack: those processes are not left over.
    own = {psutil.Process().pid, *(parent.pid for parent in psutil.Process().parents())}
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            marks = process.environ()
            if marks.get(HOME_MARK) == str(home.path) and process.pid not in own:
                yield process, marks.get(NAME_MARK, "")


def _works_in(process: psutil.Process, data: Path) -> bool:
    with suppress(psutil.Error, OSError):
        return process.name() in ("postgres", "postmaster") and process.cwd() == str(data)
    return False
