"""The composition root: the only place where concrete things meet."""

from fastapi import FastAPI

from common.service import Runtime, Service
from reconciliation.api import mount_routes
from reconciliation.api.statements import BODY_BYTES_MAX
from reconciliation.settings import Settings
from reconciliation.store.tables import carried
from reconciliation.subscriptions import subscriptions
from reconciliation.use_cases.measures import keep_differences_measured


def service(settings: Settings | None = None) -> Service:
    """Return the service as its settings make it; without any, as the environment does."""
    settings = settings or Settings()
    threshold = settings.threshold()

    def mount(app: FastAPI, _: Runtime) -> None:
        app.state.threshold = threshold
        mount_routes(app)

    return Service(
        name="reconciliation",
        about="Proves that what was ordered, shipped and paid agrees, and names what does not.",
        settings=settings,
        tables=carried,
        mount=mount,
        subscriptions=subscriptions(),
        worker_chores=(keep_differences_measured,),
        larger_bodies={"/v1/statements": BODY_BYTES_MAX},
    )
