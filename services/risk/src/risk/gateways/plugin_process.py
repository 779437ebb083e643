"""Asks a Python function, installed as a plug-in, in a process that can be ended.

A plug-in is an entry point of the group sluice.risk_checks: a function of the features sent and
the parameters that returns a dict. Nothing else can put a time limit on code that only computes.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import entry_points
from multiprocessing import get_context
from typing import Any

from pebble import ProcessPool

from risk.domain.ruleset import Source
from risk.gateways.answering import Question, Unreachable

GROUP = "sluice.risk_checks"


@dataclass
class PluginProcesses:
    processes: int

    @cached_property
    def _pool(self) -> ProcessPool:
        # Not forked: the parent has threads, connections and an event loop.
        return ProcessPool(max_workers=self.processes, context=get_context("spawn"))

    def prepare(self) -> None:
        """Look up what is installed; processes start with the first call."""
        installed()

    @cached_property
    def _free(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(self.processes)

    async def ask(self, source: Source, question: Question) -> Mapping[str, object]:
        if source.target not in installed():
            raise Unreachable("plugin_not_installed")
        await self._free.acquire()
        # Who stops waiting does not end the process, which would cost more than the call; the
        # place is free again once the process is.
        running = asyncio.wrap_future(self._scheduled(source, question))
        running.add_done_callback(self._ended)
        try:
            answer = await asyncio.shield(running)
        except TimeoutError:
            raise Unreachable("plugin_ended_at_its_time_limit") from None
        except Exception as error:  # noqa: BLE001 - whatever a plug-in does wrong
            raise Unreachable(f"plugin_failed_{type(error).__name__}") from None
        if not isinstance(answer, dict):
            raise Unreachable("answer_is_no_object")
        return answer

    def _scheduled(self, source: Source, question: Question) -> Future[Any]:
        arguments = (source.target, dict(question), dict(source.parameters))
        call: Future[Any] = self._pool.schedule(
            _call, args=arguments, timeout=source.timeout_seconds
        )
        return call

    def _ended(self, call: "asyncio.Future[Any]") -> None:
        self._free.release()
        if not call.cancelled():
            call.exception()  # nobody may be waiting to see it any more

    async def close(self) -> None:
        if "_pool" in self.__dict__:
            self._pool.stop()  # type: ignore[no-untyped-call]  # the library is half typed
            await asyncio.to_thread(self._pool.join, 5)


@cache
def installed() -> frozenset[str]:
    return frozenset(point.name for point in entry_points(group=GROUP))


@cache
def _plugin(name: str) -> Any:
    (point,) = entry_points(group=GROUP, name=name)
    return point.load()


def _call(name: str, features: dict[str, object], parameters: dict[str, object]) -> Any:
    """Run in the process of the pool."""
    return _plugin(name)(features, parameters)
