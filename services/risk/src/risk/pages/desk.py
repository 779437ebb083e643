"""The risk desk: reviews, decisions, releases and breakers on one page, without a build step."""

from importlib.resources import files

from common.http.assets import page_routes

PAGE = "desk.html"

router = page_routes("/desk", files("risk.pages").joinpath("static"), PAGE)
