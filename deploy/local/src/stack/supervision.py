"""Starting and stopping the supervisor from outside, and what to say when it fails."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress

from stack import identity, state
from stack.failure import StackError
from stack.files import is_locked, last_lines, open_log
from stack.home import Home
from stack.state import Process

# Services may take 25 s, the broker and the database 30 s each.
STOP_SECONDS_MAX = 100.0


def is_running(home: Home) -> bool:
    return is_locked(home.supervisor)


def start(home: Home, environment: Mapping[str, str]) -> None:
    """Returns when the supervisor exists; if somebody else was faster, theirs.

    The services inherit its environment.
    """
    with open_log(home.log("supervisor")) as output:
        subprocess.run(
            [sys.executable, "-m", "stack.supervisor", str(home.path)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=home.path,
            env={**os.environ, **environment, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
            check=False,
        )
    if not is_running(home):
        log = home.log("supervisor")
        raise StackError(f"The supervisor did not start; log: {log}\n{last_lines(log, 8)}")


def stop(home: Home) -> None:
    recorded = state.read(home)
    process = identity.find(recorded.supervisor_pid, recorded.supervisor_create_time)
    if process is None:
        raise StackError("The supervisor is just starting. Try again in a moment.")
    identity.send(process, signal.SIGTERM)
    if identity.await_end([process], STOP_SECONDS_MAX):
        raise StackError(f"The stack does not stop; log: {home.log('supervisor')}")


def wipe(home: Home) -> None:
    """Delete what the stack made, and nothing else that may be in the directory."""
    watchers = (home.prometheus, home.alertmanager)
    servers = (home.postgres_elsewhere, home.postgres, home.rabbitmq)
    own = (*servers, *watchers, home.logs, home.bytecode)
    for directory in own:
        for path in (directory, directory.with_name(f"{directory.name}.new")):
            if path.exists():
                shutil.rmtree(path)
    files = (home.env, home.state, home.plan, home.secrets, home.ports)
    for file in (*files, home.plan_lock, home.supervisor):
        file.unlink(missing_ok=True)
    for directory in (home.path, home.postgres_elsewhere.parent):
        # It stays if it holds something else.
        with suppress(OSError):
            directory.rmdir()


def explain(home: Home, late: Iterable[str], processes: Mapping[str, Process]) -> str:
    """Why these processes are not ready, as far as their logs tell."""
    lines = []
    for name in late:
        entry = processes.get(name, Process(name=name))
        log = home.log(name)
        problem = f", {entry.problem}" if entry.problem else ""
        lines.append(f"{name} is not ready ({entry.state}{problem}); log: {log}")
        lines.append(last_lines(log, 5))
    return "\n".join(line for line in lines if line)
