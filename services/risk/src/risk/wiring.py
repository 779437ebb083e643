"""Composition root: the only place where concrete things meet."""

from fastapi import FastAPI

from common.service import Runtime, Service
from risk.api import assessments, reviews, rulesets
from risk.settings import Settings
from risk.store import tables
from risk.subscriptions import subscriptions
from risk.use_cases import demo


def service() -> Service:
    settings = Settings()
    return Service(
        name="risk",
        about="Decides whether an order may proceed, by rule sets that are released like software.",
        settings=settings,
        tables=tables.carried,
        mount=mount,
        subscriptions=subscriptions(settings),
        commands={"seed-demo": seed_demo},
    )


def mount(app: FastAPI, _: Runtime) -> None:
    for module in (assessments, rulesets, reviews):
        app.include_router(module.router)


async def seed_demo(runtime: Runtime) -> None:
    """put a rule set for demonstrations in force, unless somebody has chosen one"""  # noqa: D403, D415 - shown by --help
    async with runtime.works.begin() as work:
        await demo.seed(work)
