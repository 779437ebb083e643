"""HTTP in: one module per resource."""

from fulfillment.api import accounts, orders, scans, shipments, stock, tasks, warehouses

ROUTERS = (
    warehouses.router,
    stock.router,
    orders.router,
    tasks.router,
    scans.router,
    shipments.router,
    accounts.router,
)
