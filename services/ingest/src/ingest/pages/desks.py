"""The desks of mappings, the quarantine, orders by hand: one folder, without a build step."""

from importlib.resources import files

from fastapi import APIRouter

from common.http.assets import page_routes

FOLDER = files("ingest.pages").joinpath("desks_page")
MAPPINGS, QUARANTINE, ORDER = "mappings.html", "quarantine.html", "order.html"

router = APIRouter()
router.include_router(page_routes("/mappings", FOLDER, MAPPINGS))
router.include_router(page_routes("/quarantine-desk", FOLDER, QUARANTINE))
router.include_router(page_routes("/new-order", FOLDER, ORDER))
