"""The page where files of orders are handed in and watched."""

from importlib.resources import files

from common.http.assets import page_routes

router = page_routes("/imports", files("ingest.pages").joinpath("imports_page"), "page.html")
