"""HTTP in: what reconciliation answers, one module per resource."""

from fastapi import FastAPI

from reconciliation.api import accounts, differences, matches, orders, statements, totals


def mount_routes(app: FastAPI) -> None:
    for resource in (statements, differences, matches, orders, totals, accounts):
        app.include_router(resource.router)
