"""All pages of intake as they are served: one head, strict headers, both languages."""

import json
import posixpath
import re
from collections.abc import AsyncIterator
from importlib.resources import files

import httpx
import pytest
from fastapi import FastAPI

from common.http import problems
from common.http.operations import operations_page
from ingest.pages import completeness, desks, imports

PAGES = ("/new-order", "/quarantine-desk", "/imports", "/completeness", "/mappings")
OWN_WORDS = ("imports_page", "completeness_page")
NAMED = re.compile(r"""(?:src|href)="([\w./-]+)"|(?:from|import) "([\w./-]+)";""")
ENTRY = re.compile(r'"([\w.]+)": ("(?:[^"\\]|\\.)*")')
PLACE = re.compile(r"\{(\w+)\}")


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    for router in (desks.router, imports.router, completeness.router, operations_page()):
        app.include_router(router)
    problems.install(app)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_and_all_that_it_loads_are_served_with_strict_headers(
    browser: httpx.AsyncClient, path: str
) -> None:
    seen: set[str] = set()
    waiting = [path]
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        answer = await browser.get(address)
        assert answer.status_code == 200, address
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert not re.search(r"unsafe|data:|https?:|\*", policy)
        assert answer.headers["x-content-type-options"] == "nosniff"
        if not address.endswith((".css", ".svg")):
            named = (one or other for one, other in NAMED.findall(answer.text))
            base = posixpath.dirname(address)
            waiting += [posixpath.normpath(posixpath.join(base, name)) for name in named]
    for shared in ("icon.svg", "top.css", "top.js"):
        assert any(posixpath.basename(name) == shared for name in seen)


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_has_no_script_or_style_of_its_own(
    browser: httpx.AsyncClient, path: str
) -> None:
    page = (await browser.get(path)).text
    assert not re.search(r"<script[^>]*>[^<]|\son\w+\s*=|<style|style\s*=|javascript:", page)


async def test_every_link_of_the_head_leads_to_a_page(browser: httpx.AsyncClient) -> None:
    top = (await browser.get("/mappings/top.js")).text
    pages = dict(re.findall(r'(\w+): "([\w-]+)"', top.split("PAGES", 1)[1].split("}", 1)[0]))
    assert {f"/{path}" for path in pages.values()} == {*PAGES, "/operations"}
    for path in pages.values():
        assert (await browser.get(f"/{path}")).status_code == 200
    strings = (await browser.get("/mappings/strings.en.js")).text
    for name in pages:
        assert f'"nav.{name}"' in strings


def words(folder: str) -> dict[str, dict[str, str]]:
    text = files("ingest.pages").joinpath(folder, "words.js").read_text()
    _, en, zh = re.split(r"\n  (?:en|zh): ", text)
    return {
        language: {key: json.loads(sentence) for key, sentence in ENTRY.findall(table)}
        for language, table in (("en", en), ("zh", zh))
    }


@pytest.mark.parametrize("folder", OWN_WORDS)
def test_both_languages_say_everything_alike(folder: str) -> None:
    said = words(folder)
    en, zh = said["en"], said["zh"]
    assert len(en) > 20
    assert en.keys() == zh.keys()
    for key, sentence in en.items():
        assert sentence.strip()
        assert zh[key].strip()
        assert set(PLACE.findall(sentence)) == set(PLACE.findall(zh[key])), key
    code = files("ingest.pages").joinpath(folder, "page.js").read_text()
    assert set(re.findall(r'\bt\("([\w.]+)"', code)) <= en.keys()
    for forbidden in ("innerHTML", "insertAdjacentHTML", "eval(", "document.cookie"):
        assert forbidden not in code
