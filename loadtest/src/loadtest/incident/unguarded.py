"""First act: nothing protects the orders from a rule, and nobody does anything about it."""

import asyncio
import time
from dataclasses import dataclass

from loadtest.incident import rulesets
from loadtest.incident.prometheus import Fired, Series
from loadtest.incident.staging import Progress, Stage
from loadtest.scene.account import Decision
from loadtest.scene.risk_api import Gate
from loadtest.scene.stream import Journal, Load, sending

THRESHOLD = 10_000
LITERAL = "BacklogHigh"
"""The alert that says what the document says: more than 10,000 for 5 minutes."""
GROWING_SECONDS_MAX = 900.0
SCRAPED_SECONDS = 12.0
"""After so long Prometheus has seen what was so before."""

# The series the alert looks at.
_DEPTH = (
    "max by (service) (sum by (service, job, instance)"
    ' (sluice_backlog_events{service="risk",lane=~"main|backlog"}))'
)
_MESSAGES = 'max(rabbitmq_detailed_queue_messages{queue="risk.events"})'
_OLDEST = 'max(sluice_oldest_age_seconds{service="risk"})'
_FIRING = f'ALERTS{{alertname="{LITERAL}",service="risk",alertstate="firing"}}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Unguarded:
    """What was seen while the safeguards were off."""

    gate: Gate
    usual: Journal
    usual_until: float
    journal: Journal
    released_at: float
    ended_at: float
    depth: Series
    """Events waiting, as a worker measures them and as the alert sees it."""
    messages: Series
    """The broker's own count: packs of events."""
    oldest: Series
    fired: list[Fired]
    decisions: list[Decision]

    @property
    def waiting(self) -> list[str]:
        """The orders that nobody has decided."""
        decided = {decision.order_id for decision in self.decisions}
        return [order for order in self.due if order not in decided]

    @property
    def due(self) -> dict[str, float]:
        """When each order was due that came in this act."""
        return {**self.usual.due, **self.journal.due}


async def play(stage: Stage) -> Unguarded:
    scale, tell = stage.scale, stage.screen.tell
    await stage.api.activate(await stage.api.publish(rulesets.good()), force=True)
    tell(f"1. all is well: {scale.baseline_rate:g} orders/s for {scale.baseline_seconds:g} s")
    with sending(stage.env, scale.baseline_rate) as usual:
        await stage.let_pass("all is well", scale.baseline_seconds)
    usual_until = time.time()
    bad = await stage.api.publish(rulesets.bad())
    gate = await stage.api.try_gate(bad)
    tell(f"   the gate {'refuses' if gate.refused else 'PASSES'} the new release: {gate.told}")
    tell(f"2. it goes out past the gate, safeguards off, {scale.rate:g} orders/s from now on")
    with sending(stage.env, scale.rate) as load:
        released_at = await stage.api.activate(bad, force=True)
        await _grow(stage, load)
    ended_at = time.time()
    await asyncio.sleep(SCRAPED_SECONDS)
    ids = [*usual.journal.due, *load.journal.due]
    decisions = await stage.account.decisions(ids)
    seen = stage.prometheus
    since, until = released_at - 10, time.time()
    act = Unguarded(
        gate=gate,
        usual=usual.journal,
        usual_until=usual_until,
        journal=load.journal,
        released_at=released_at,
        ended_at=ended_at,
        depth=await seen.history(_DEPTH, since, until),
        messages=await seen.history(_MESSAGES, since, until),
        oldest=await seen.history(_OLDEST, since, until),
        fired=await seen.fired(released_at, until),
        decisions=decisions,
    )
    tell(
        f"   {len(act.journal.due):,} of {len(act.journal.due) + act.journal.refused:,} orders"
        f" were accepted; {len(act.waiting):,} wait for a decision"
    )
    return act


async def _grow(stage: Stage, load: Load) -> None:
    """Let orders come until enough of them wait and the alert has fired."""
    scale = stage.scale
    before = await stage.account.decided()

    async def over(progress: Progress) -> bool:
        decided = await stage.account.decided() - before
        progress.waiting = load.accepted - decided
        seen, firing = await stage.prometheus.now(_DEPTH), await stage.prometheus.now(_FIRING)
        progress.facts |= {
            "accepted": f"{load.accepted:,}",
            "decided": f"{decided:,}",
            "waiting": f"{progress.waiting:,.0f}, the worker says {seen or 0:,.0f}",
            LITERAL: "fires" if firing else "is silent",
        }
        return progress.waiting >= scale.queued and bool(firing)

    expected = max(scale.queued, THRESHOLD + scale.alert_seconds * scale.rate) / scale.rate
    progress = Progress("the queue grows", expected)
    if not await stage.pass_by(progress, over, GROWING_SECONDS_MAX):
        stage.screen.tell(f"   NOT as expected: {progress.facts}")
