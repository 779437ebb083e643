"""Composition root: the only place where concrete things meet."""

from dataclasses import dataclass, field
from typing import Self

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from structlog import get_logger

from common.messaging.settling import BATCH_EVENTS_MAX
from common.service import Runtime, Service
from risk.api import accounts, assessments, breakers, releases, reviews, rulesets
from risk.gateways.parties import Parties
from risk.handlers.order_received import AssessOrders
from risk.pages import desk
from risk.settings import Settings
from risk.store import tables
from risk.store.keeping import KINDS
from risk.store.lately import Lately
from risk.subscriptions import subscriptions
from risk.use_cases import demo, featuring
from risk.use_cases.active_rules import ActiveRules
from risk.use_cases.measures import Measures
from risk.use_cases.panel import Panel
from risk.use_cases.rechecking import Rechecking
from risk.use_cases.reporting import Reporting
from risk.use_cases.rolling_back import rollback
from risk.use_cases.shadowing import Shadowing
from risk.use_cases.unguarded import EVENTS_AT_ONCE, UnguardedPanel
from risk.use_cases.warming import Warming
from risk.use_cases.watching import Watching

log = get_logger()


@dataclass(frozen=True)
class Parts:
    """What the handlers and chores of one process share."""

    rules: ActiveRules
    panel: Panel
    parties: Parties
    measures: Measures = field(default_factory=lambda: Measures(CollectorRegistry()))
    lately: Lately = field(default_factory=lambda: Lately(0))
    safeguards: bool = True

    @classmethod
    def of(cls, settings: Settings) -> Self:
        parties = Parties.of(settings)
        return cls(
            rules=ActiveRules(settings.ruleset_refresh_seconds),
            panel=Panel(parties) if settings.safeguards else UnguardedPanel(parties),
            parties=parties,
            lately=Lately(settings.figures_refresh_seconds),
            safeguards=settings.safeguards,
        )

    def assess(self) -> AssessOrders:
        return AssessOrders(self.rules, self.panel, Warming(self.panel), self.measures)

    async def report(self, runtime: Runtime) -> None:
        runtime.metrics.registry.register(self.measures.registry)
        self.measures.safeguards(on=self.safeguards)
        if not self.safeguards:
            log.error("safeguards.off", told="A slow check stops the orders. For replays only.")
        await Reporting(self.rules, self.panel, self.measures).keep_on(runtime)

    async def recheck(self, runtime: Runtime) -> None:
        try:
            await Rechecking(self.rules, self.panel).keep_on(runtime)
        finally:
            await self.parties.close()

    async def count(self, runtime: Runtime) -> None:
        await featuring.keep_counters(runtime.works)

    async def watch(self, runtime: Runtime) -> None:
        if self.safeguards:
            await Watching(self.rules).keep_on(runtime)


def service() -> Service:
    settings = Settings()
    parts = Parts.of(settings)
    return Service(
        name="risk",
        about="Decides whether an order may proceed, by rule sets that are released like software.",
        settings=settings,
        tables=tables.carried,
        mount=lambda app, runtime: mount(app, runtime, parts),
        subscriptions=subscriptions(parts.assess()),
        worker_chores=(
            parts.report,
            parts.recheck,
            parts.count,
            parts.watch,
            Shadowing(parts.rules, parts.panel).keep_on,
        ),
        batch_events_max=BATCH_EVENTS_MAX if settings.safeguards else EVENTS_AT_ONCE,
        kinds=KINDS,
        commands={"seed-demo": seed_demo, "rollback": rollback},
    )


def mount(app: FastAPI, _: Runtime, parts: Parts) -> None:
    app.state.rules, app.state.parties = parts.rules, parts.parties
    app.state.lately = parts.lately
    for module in (assessments, releases, rulesets, reviews, breakers, accounts, desk):
        app.include_router(module.router)


async def seed_demo(runtime: Runtime) -> None:
    """put a rule set for demonstrations in force, unless somebody has chosen one"""  # noqa: D403, D415 - shown by --help
    async with runtime.works.begin() as work:
        await demo.seed(work)
