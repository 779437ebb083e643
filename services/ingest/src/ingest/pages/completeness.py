"""The page that shows of every shop and hour whether all that was sold is here."""

from importlib.resources import files

from common.http.assets import page_routes

router = page_routes(
    "/completeness", files("ingest.pages").joinpath("completeness_page"), "page.html"
)
