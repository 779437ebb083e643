"""What is done once at a start, before the services: migrations, demo data, the API key."""

import asyncio
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping

from stack.failure import StackError
from stack.files import last_lines, open_log
from stack.home import Home
from stack.services import Service
from stack.state import Step

TIMEOUT_SECONDS = 240.0


class Preparation:
    """Runs the commands; `steps` tells how far it has come."""

    def __init__(
        self,
        home: Home,
        environment: Callable[[str], Mapping[str, str]],
        api_key: str,
        changed: Callable[[], None],
    ) -> None:
        self.steps: dict[str, Step] = {}
        self._home = home
        self._environment = environment
        self._api_key = api_key
        self._changed = changed

    async def run(self, services: Iterable[Service]) -> None:
        """Services are prepared side by side; each knows only its own schema."""
        results = await asyncio.gather(
            *(self._prepare(service) for service in services), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _prepare(self, service: Service) -> None:
        if not service.prepare:
            return
        name = f"{service.name} preparation"
        began = time.monotonic()
        self._note(Step(name=name))
        path = self._home.log(f"{service.name}-prepare")
        with open_log(path) as output:
            process = await asyncio.create_subprocess_exec(
                *service.prepare,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=self._home.path,
                env=self._environment(f"{service.name}-prepare"),
            )
        try:
            key = f"{self._api_key}\n".encode()
            await asyncio.wait_for(process.communicate(key), TIMEOUT_SECONDS)
        except TimeoutError as error:
            raise StackError(
                f"{name} did not end in {TIMEOUT_SECONDS:.0f} s; log: {path}"
            ) from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            del self.steps[name]
            raise StackError(f"{name} failed; log: {path}\n{last_lines(path, 8)}")
        self._note(Step(name=name, seconds=round(time.monotonic() - began, 1)))

    def _note(self, step: Step) -> None:
        self.steps[step.name] = step
        self._changed()
