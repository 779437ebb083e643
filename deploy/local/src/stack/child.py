"""One program, kept running: started, watched, and started again when it dies."""

import asyncio
import logging
import os
import signal
import time
from asyncio.subprocess import Process as Subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from stack import identity
from stack.failure import StackError
from stack.files import open_log
from stack.home import Home
from stack.leftovers import HOME_MARK, NAME_MARK
from stack.program import Launch, Program, run_as
from stack.state import Condition, Process

log = logging.getLogger(__name__)

PAUSE_SECONDS_MIN = 0.2
PAUSE_SECONDS_MAX = 5.0
# Whoever lived as long as this did not die of how it was started.
STABLE_SECONDS = 10.0
STARTING_CHECK_SECONDS = 0.1
READY_CHECK_SECONDS = 0.5


class Child:
    def __init__(self, program: Program, home: Home, changed: Callable[[], None]) -> None:
        self.program = program
        self.record = Process(name=program.name, state=Condition.STARTING)
        self.became_ready = asyncio.Event()
        self._home = home
        self._changed = changed
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._process: Subprocess | None = None

    async def run(self) -> None:
        """Keep the program running until `stop`; whatever fails is tried again."""
        pause = PAUSE_SECONDS_MIN / 2
        while not self._stopping.is_set():
            began = time.monotonic()
            problem = await self._live()
            if self._stopping.is_set():
                break
            stable = time.monotonic() - began >= STABLE_SECONDS
            pause = PAUSE_SECONDS_MIN if stable else min(2 * pause, PAUSE_SECONDS_MAX)
            log.warning("%s %s; starting it again in %.1f s", self.program.name, problem, pause)
            restarts = self.record.restarts + 1
            self._mark(Condition.RESTARTING, pid=None, problem=problem, restarts=restarts)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
        self._mark(Condition.STOPPED, pid=None, problem="")
        self._ended.set()

    async def stop(self) -> None:
        """End the program: politely, then by force."""
        self._stopping.set()
        self._signal(self.program.stop_signal)
        try:
            await asyncio.wait_for(self._ended.wait(), self.program.stop_seconds)
        except TimeoutError:
            log.warning("%s did not end in time and is killed", self.program.name)
            self._signal(signal.SIGKILL)
            await self._ended.wait()

    async def _live(self) -> str:
        """One life of the program; returns how it ended."""
        try:
            launch = await self._launch()
            if launch is None:
                return ""
            self._process = await self._start(launch)
        except (OSError, StackError) as error:
            return f"could not be started: {error}"
        except Exception as error:  # the edge: nothing may end the supervision
            log.exception("%s could not be started", self.program.name)
            return f"could not be started: {error!r}"
        self._mark(
            Condition.STARTING,
            pid=self._process.pid,
            create_time=identity.create_time(self._process.pid),
            port=launch.port,
            started_at=datetime.now(UTC).isoformat(),
        )
        if self._stopping.is_set():
            self._signal(self.program.stop_signal)
        await self._watch(self._process)
        return f"ended with {self._process.returncode}"

    async def _launch(self) -> Launch | None:
        """Return how to start, or None if it is to stop before that is known."""
        launching = asyncio.ensure_future(self.program.launch())
        stop = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait((launching, stop), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not self._stopping.is_set():
            return await launching
        launching.cancel()
        await asyncio.wait((launching,))
        return None

    async def _start(self, launch: Launch) -> Subprocess:
        marks = {HOME_MARK: str(self._home.path), NAME_MARK: self.program.name}
        with open_log(self._home.log(self.program.name)) as output:
            return await asyncio.create_subprocess_exec(
                *launch.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=launch.directory,
                env={**launch.environment, **marks},
                start_new_session=True,
                **run_as(launch.user),
            )

    async def _watch(self, process: Subprocess) -> None:
        end = asyncio.ensure_future(process.wait())
        while not end.done():
            ready = await self.program.is_ready()
            if not end.done() and ready != self.record.is_ready:
                self._mark(Condition.READY if ready else Condition.STARTING, problem="")
            if ready:
                pause = None if self.program.ready_once else READY_CHECK_SECONDS
            else:
                pause = STARTING_CHECK_SECONDS
            await asyncio.wait((end,), timeout=pause)

    def _signal(self, number: signal.Signals) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            if number is signal.SIGKILL:
                # The process leads a group of its own; nothing of it shall remain.
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)

    def _mark(self, condition: Condition, **changes: Any) -> None:
        if condition is not self.record.state:
            log.info("%s is %s", self.program.name, condition)
        self.record = replace(self.record, state=condition, **changes)
        if condition is Condition.READY:
            self.became_ready.set()
        else:
            self.became_ready.clear()
        self._changed()
