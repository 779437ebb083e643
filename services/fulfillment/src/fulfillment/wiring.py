"""The only place where fulfillment's concrete things meet."""

from fastapi import FastAPI

from common.service import Runtime, Service
from fulfillment import api
from fulfillment.settings import Settings
from fulfillment.store import tables
from fulfillment.subscriptions import subscriptions
from fulfillment.use_cases.measures import keep_orders_measured
from fulfillment.use_cases.restocking import serve_backorders
from fulfillment.use_cases.seeding import seed_demo


def service() -> Service:
    return Service(
        name="fulfillment",
        about="Gets approved orders allocated, packed and handed over.",
        settings=Settings(),
        tables=tables.carried,
        mount=_mount,
        subscriptions=subscriptions(),
        worker_chores=(serve_backorders, keep_orders_measured),
        commands={"seed-demo": seed_demo},
    )


def _mount(app: FastAPI, _: Runtime) -> None:
    for router in api.ROUTERS:
        app.include_router(router)
