"""Checks as the system of the incident asked them: without any of what protects orders from them.

Only for replaying it (`make incident`): with SAFEGUARDS=off a slow check stops the workers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from risk.domain.breaker import BreakerPolicy
from risk.domain.features import Vector
from risk.domain.ruleset import RuleSet
from risk.use_cases.panel import Inquiry, Panel

EVENTS_AT_ONCE = 1
"""One order after the other, each in a transaction of its own."""
_NOBODY_MAKES_SO_MANY = 1_000_000_000
NEVER_OPENS = BreakerPolicy(
    calls_min=_NOBODY_MAKES_SO_MANY, busy_calls_min=_NOBODY_MAKES_SO_MANY, hint_factor=1.0
)


@dataclass
class UnguardedPanel(Panel):
    policy: BreakerPolicy = field(default_factory=lambda: NEVER_OPENS)

    async def inquire(self, ruleset: RuleSet, vectors: Sequence[Vector]) -> list[Inquiry]:
        """Ask one check of one order after the other, and wait for each as long as it takes."""
        inquiries: list[Inquiry] = []
        for vector in vectors:
            inquiry = Inquiry()
            for check in ruleset.slow:
                one = Inquiry()
                await self.within(None, self.desk(check), vector, one)
                inquiry.results |= one.results
                inquiry.seconds += one.seconds
            inquiries.append(inquiry)
        return inquiries
