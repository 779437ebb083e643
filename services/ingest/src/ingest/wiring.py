"""Composition root: the only place where ingest's concrete things meet."""

import asyncio

from fastapi import FastAPI

import ingest
from common.database.group_commit import GroupCommit
from common.service import Runtime, Service
from ingest.api import (
    accounts,
    challenges,
    completeness,
    imports,
    intake,
    mapping_trials,
    mappings,
    orders,
    quarantine,
    refunds,
    replaying,
)
from ingest.channels.registry import with_configured
from ingest.pages import completeness as completeness_page
from ingest.pages import desks
from ingest.pages import imports as imports_page
from ingest.settings import Settings
from ingest.store import tables
from ingest.use_cases.accept_orders import accept_orders
from ingest.use_cases.active_mappings import ActiveMappings
from ingest.use_cases.measures import Measures, keep_quarantine_measured
from ingest.use_cases.poll_by_hand import poll_command
from ingest.use_cases.pull_plan import poll_period, pulling_plan
from ingest.use_cases.pulling import keep_pulling
from ingest.use_cases.reminding import keep_reminding
from ingest.use_cases.running_imports import keep_importing
from ingest.use_cases.sending_reminders import keep_sending

ROUTES = (
    intake,
    challenges,
    orders,
    quarantine,
    refunds,
    mapping_trials,
    replaying,
    mappings,
    desks,
    imports,
    imports_page,
    completeness,
    completeness_page,
    accounts,
)
"""In this order: a path with a variable comes behind what it would hide."""


def service() -> Service:
    settings = Settings()

    def mount(app: FastAPI, runtime: Runtime) -> None:
        app.state.settings = settings
        configured = (one.channel(name) for name, one in settings.channels.items())
        app.state.channels = with_configured(configured)
        app.state.measures = Measures(runtime.metrics.registry)
        app.state.mappings = ActiveMappings(runtime.engine)
        app.state.trying = asyncio.Semaphore(1)
        runtime.background.append(app.state.mappings.follow)
        group: intake.Intake = GroupCommit(runtime.works, accept_orders, runtime.relay.offer)
        app.state.intake = runtime.admission.queue = group
        runtime.background.append(group.run)
        runtime.hot_routes.extend(intake.HOT)
        for routes in ROUTES:
            app.include_router(routes.router)

    return Service(
        name="ingest",
        about=(ingest.__doc__ or "").strip(),
        settings=settings,
        tables=tables.carried,
        mount=mount,
        commands={"poll": poll_command(settings.channel_apis, poll_period(settings))},
        streamed_bodies={imports.PATH: imports.BODY_BYTES_MAX},
        worker_chores=(
            lambda runtime: keep_quarantine_measured(runtime, settings.quarantine_time),
            lambda runtime: keep_reminding(runtime, settings.quarantine_time),
            lambda runtime: keep_sending(
                runtime, tuple(settings.reminders.ways()), settings.desk_url
            ),
            lambda runtime: keep_pulling(runtime, pulling_plan(settings)),
            lambda runtime: keep_importing(runtime, settings.import_lease),
        ),
    )
