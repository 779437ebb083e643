"""The risk desk as it is served, and the agreement of its files with each other and the API."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from importlib.resources import files
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from common.http import problems
from common.http.assets import PARTS
from common.money import EXPONENTS, exponent
from risk.api import assessments, breakers, releases, reviews, rulesets
from risk.domain.breaker import State
from risk.domain.decision import Outcome
from risk.domain.deferral import UNVERIFIED, Result
from risk.domain.release import Stage
from risk.domain.ruleset import AUTOMATIC_CODES
from risk.pages import desk
from risk.store.changes import Kind

FOLDER = files("risk.pages").joinpath("static")
STATIC = {file.name: file.read_text() for place in (PARTS, FOLDER) for file in place.iterdir()}
SCRIPTS = {name: text for name, text in STATIC.items() if name.endswith(".js")}
CODE = "\n".join(text for name, text in SCRIPTS.items() if not name.startswith("strings."))
SPOKEN = ("en", "zh")
PLACE = re.compile(r"\{(\w+)\}")
AA = 4.5


def exported(name: str) -> Any:
    """Read a module that exports nothing but data."""
    body = SCRIPTS[name].split("export default", 1)[1]
    return json.loads(body.strip().removesuffix(";"))


STRINGS: dict[str, dict[str, str]] = {each: exported(f"strings.{each}.js") for each in SPOKEN}


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(desk.router)
    problems.install(app)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://risk") as client:
        yield client


@pytest.mark.parametrize("path", ["/desk", *(f"/desk/{name}" for name in sorted(STATIC))])
async def test_every_file_is_served_with_strict_headers(
    browser: httpx.AsyncClient, path: str
) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 200
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-cache"
    assert headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in headers
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy)
    assert not re.search(r"unsafe|data:|https?:|\*", headers["content-security-policy"])


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/desk", "text/html; charset=utf-8"),
        ("/desk/app.js", "text/javascript; charset=utf-8"),
        ("/desk/desk.css", "text/css; charset=utf-8"),
        ("/desk/icon.svg", "image/svg+xml"),
    ],
)
async def test_a_file_is_served_as_what_it_is(
    browser: httpx.AsyncClient, path: str, media_type: str
) -> None:
    assert (await browser.get(path)).headers["content-type"] == media_type


async def test_a_file_the_browser_has_is_not_sent_again(browser: httpx.AsyncClient) -> None:
    tag = (await browser.get("/desk/app.js")).headers["etag"]
    again = await browser.get("/desk/app.js", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    other = await browser.get("/desk/app.js", headers={"If-None-Match": '"another"'})
    assert other.status_code == 200


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fdesk.py", "%2e%2e", "desk.html/x"])
async def test_nothing_else_is_served(browser: httpx.AsyncClient, name: str) -> None:
    assert (await browser.get(f"/desk/{name}")).status_code == 404


def test_the_page_has_no_script_or_style_of_its_own_and_loads_nothing_from_elsewhere() -> None:
    page = STATIC[desk.PAGE]
    assert not re.search(r"\son\w+\s*=|style\s*=|<style|javascript:", page)
    assert all(re.search(r"<script[^>]* src=", each) for each in re.findall(r"<script[^>]*>", page))
    assert not re.search(r"<script[^>]*>[^<]", page)
    for text in (page, STATIC["desk.css"], CODE):
        addresses = re.findall(r"(?:https?:)?//[\w.]+\.\w+[^\s\"']*", text)
        assert [a for a in addresses if a != "http://www.w3.org/2000/svg"] == []


@pytest.mark.parametrize(
    "forbidden",
    ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"],
)
def test_nothing_becomes_markup_or_code(forbidden: str) -> None:
    assert forbidden not in CODE


def test_no_cookie_is_used_and_the_key_stays_in_the_tab() -> None:
    assert "document.cookie" not in CODE
    kept = re.findall(r"localStorage\.\w+\((\w+)", CODE)
    assert set(kept) == {"CHOICE"}  # the language
    assert [name for name, text in SCRIPTS.items() if "fetch(" in text] == ["asking.js"]
    assert 'credentials: "omit"' in SCRIPTS["asking.js"]


def test_what_a_script_or_the_page_names_is_there() -> None:
    for text in SCRIPTS.values():
        for imported in re.findall(r'from "\./([\w.]+)"', text):
            assert imported in STATIC
    named = re.findall(r'(?:src|href)[=:] ?"desk/([\w.]+)"', STATIC[desk.PAGE] + CODE)
    assert named
    assert set(named) <= set(STATIC)


def routes() -> Iterator[tuple[str, str]]:
    for module in (assessments, breakers, releases, reviews, rulesets):
        for route in module.router.routes:
            assert isinstance(route, APIRoute)
            for method in route.methods:
                yield method, route.path


def test_every_path_the_script_asks_is_a_route_of_the_api() -> None:
    paths: dict[str, list[str]] = exported("paths.js")
    there = set(routes())
    assert [name for name, path in paths.items() if tuple(path) not in there] == []
    assert set(re.findall(r'\b(?:get|post)\("(\w+)"', CODE)) == set(paths)
    assert "/v1/" not in CODE.replace(SCRIPTS["paths.js"], "")


def test_both_languages_say_everything() -> None:
    assert STRINGS["en"].keys() == STRINGS["zh"].keys()
    for key, sentence in STRINGS["en"].items():
        other = STRINGS["zh"][key]
        assert sentence.strip()
        assert other.strip()
        assert set(PLACE.findall(other)) == set(PLACE.findall(sentence)), key


def test_every_key_the_script_says_is_in_the_tables() -> None:
    keys = set(STRINGS["en"])
    said = set(re.findall(r'\bt\("([\w.]+)"', CODE))
    assert said - keys == set()
    counted = {
        f"{key}.{form}" for key in re.findall(r'\bcount\("([\w.]+)"', CODE) for form in FORMS
    }
    assert counted - keys == set()
    badges = {f"{group}.{code}" for group, code in re.findall(r'badge\("(\w+)", "(\w+)"', CODE)}
    assert badges - keys == set()


FORMS = ("one", "other")


def test_every_key_of_the_tables_is_said() -> None:
    words = set(re.findall(r'(?:word|badge|isKnown)\("(\w+)"', CODE))
    built = {prefix for prefix in re.findall(r"`([a-z_]+\.(?:[a-z]+_)?)\$\{", CODE)}  # noqa: C416
    for key in STRINGS["en"]:
        group = key.split(".")[0]
        whole = f'"{key}"' in CODE or f'"{key.rsplit(".", 1)[0]}"' in CODE
        assert whole or group in words or any(map(key.startswith, built)) or group == "said", key


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("outcome", Outcome),
        ("breaker", State),
        ("stage", Stage),
        ("kind", Kind),
        ("result", Result),
        ("code", (*AUTOMATIC_CODES, UNVERIFIED)),
    ],
)
def test_every_code_of_the_service_has_a_word(group: str, codes: Any) -> None:
    assert {f"{group}.{code}" for code in codes} <= set(STRINGS["en"])


def test_amounts_have_the_decimals_that_the_services_reckon_with() -> None:
    assert 'import { decimalsOf, majorOf } from "./currency.js";' in SCRIPTS["words.js"]
    found = re.search(r"const DECIMALS = (\{.*?\});", SCRIPTS["currency.js"], re.DOTALL)
    assert found
    decimals: dict[str, int] = json.loads(found[1])
    for currency in (*EXPONENTS, *decimals, "CNY", "USD", "EUR", "HUF"):
        assert decimals.get(currency, 2) == exponent(currency)


def colours(scheme: str) -> dict[str, str]:
    light, dark = STATIC["desk.css"].split("@media (prefers-color-scheme: dark)", 1)
    text = dark.split("}", 1)[0] if scheme == "dark" else light
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", text))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *(("text", g) for g in ("ground", "surface", "sunken", "raised", "warn-soft", "bad-soft")),
        *(("quiet", ground) for ground in ("ground", "surface", "sunken")),
        *((tone, "surface") for tone in ("accent", "good", "warn", "bad")),
        *((tone, f"{tone}-soft") for tone in ("accent", "good", "warn", "bad")),
        *((f"on-{tone}", tone) for tone in ("accent", "good", "bad")),
    ],
)
def test_every_text_can_be_read_on_its_ground(scheme: str, text: str, ground: str) -> None:
    palette = colours(scheme)
    lighter, darker = sorted((luminance(palette[text]), luminance(palette[ground])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= AA
