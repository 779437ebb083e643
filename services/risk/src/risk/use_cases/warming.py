"""What a worker has to know before it decides its first order."""

from dataclasses import dataclass

from common.database.work import Work
from risk.store import look_ups
from risk.use_cases.looking_up import KNOWN_MAX
from risk.use_cases.panel import Panel


@dataclass(slots=True)
class Warming:
    panel: Panel
    _done: bool = False

    async def before_the_first(self, work: Work) -> None:
        """Fill what is remembered of slow checks: a restart must not ask everything anew."""
        if self._done:
            return
        self.panel.answering.prepare()
        known = await look_ups.known(work.connection, work.now, KNOWN_MAX)
        self.panel.look_ups.warm(known, work.now)
        self._done = True
