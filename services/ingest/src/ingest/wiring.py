"""Composition root: the only place where ingest's concrete things meet."""

from fastapi import FastAPI

import ingest
from common.database.group_commit import GroupCommit
from common.service import Runtime, Service
from ingest.api import accounts, intake, orders, quarantine
from ingest.settings import Settings
from ingest.store import tables
from ingest.use_cases.accept_orders import accept_orders
from ingest.use_cases.measures import Measures, keep_quarantine_measured


def service() -> Service:
    settings = Settings()

    def mount(app: FastAPI, runtime: Runtime) -> None:
        app.state.settings = settings
        app.state.measures = Measures(runtime.metrics.registry)
        group: intake.Intake = GroupCommit(runtime.works, accept_orders, runtime.relay.offer)
        app.state.intake = runtime.admission.queue = group
        runtime.background.append(group.run)
        runtime.hot_routes.extend(intake.HOT)
        app.include_router(intake.router)
        app.include_router(orders.router)
        app.include_router(quarantine.router)
        app.include_router(accounts.router)

    return Service(
        name="ingest",
        about=(ingest.__doc__ or "").strip(),
        settings=settings,
        tables=tables.carried,
        mount=mount,
        worker_chores=(keep_quarantine_measured,),
    )
