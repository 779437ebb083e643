"""The desks as they are served, and the agreement of their files with each other and the API."""

import inspect
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import fields

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from common.http import problems
from common.http.assets import PARTS
from common.money import EXPONENTS, exponent
from ingest.api import (
    imports,
    intake,
    mapping_trials,
    mappings,
    orders,
    quarantine,
    refunds,
    replaying,
)
from ingest.domain import draft, validation
from ingest.domain.receipt import Status
from ingest.pages import desks
from ingest.pages.desks import FOLDER

STATIC = {file.name: file.read_text() for place in (PARTS, FOLDER) for file in place.iterdir()}
SCRIPTS = {name: text for name, text in STATIC.items() if name.endswith(".js")}
CODE = "\n".join(text for name, text in SCRIPTS.items() if not name.startswith("strings."))
PLACE = re.compile(r"\{(\w+)\}")
PAGES = {
    "/mappings": desks.MAPPINGS,
    "/quarantine-desk": desks.QUARANTINE,
    "/new-order": desks.ORDER,
}


def strings(language: str) -> dict[str, str]:
    text = SCRIPTS[f"strings.{language}.js"].split("export default", 1)[1]
    found: dict[str, str] = json.loads(text.strip().removesuffix(";"))
    return found


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(desks.router)
    problems.install(app)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_and_its_files_are_served_with_strict_headers(
    browser: httpx.AsyncClient, path: str
) -> None:
    for address in (path, *(f"{path}/{name}" for name in STATIC)):
        answer = await browser.get(address)
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert not re.search(r"unsafe|data:|https?:|\*", policy)
    page = STATIC[PAGES[path]]
    named = re.findall(rf'(?:src|href)="{path[1:]}/([\w.]+)"', page)
    assert named
    assert set(named) <= set(STATIC)
    assert not re.search(r"<script[^>]*>[^<]|\son\w+\s*=|<style", page)


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fdesks.py", "%2e%2e"])
async def test_nothing_else_is_served(browser: httpx.AsyncClient, name: str) -> None:
    assert (await browser.get(f"/mappings/{name}")).status_code == 404


def test_nothing_becomes_markup_and_the_key_stays_in_the_tab() -> None:
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "document.cookie"):
        assert forbidden not in CODE
    assert set(re.findall(r"localStorage\.\w+\((\w+)", CODE)) == {"CHOICE"}
    for text in SCRIPTS.values():
        assert set(re.findall(r'from "\./([\w.]+)"', text)) <= set(STATIC)


def test_both_languages_say_everything_alike() -> None:
    en, zh = strings("en"), strings("zh")
    assert en.keys() == zh.keys()
    for key, sentence in en.items():
        assert sentence.strip()
        assert zh[key].strip()
        assert set(PLACE.findall(sentence)) == set(PLACE.findall(zh[key])), key


def test_every_key_that_is_said_is_in_the_tables() -> None:
    said = set(re.findall(r'\bt\("([\w.]+)"', CODE))
    assert said - strings("en").keys() == set()


def routes() -> Iterator[str]:
    for module in (
        imports,
        intake,
        mapping_trials,
        mappings,
        orders,
        quarantine,
        refunds,
        replaying,
    ):
        for route in module.router.routes:
            assert isinstance(route, APIRoute)
            yield re.sub(r"\{\w+\}", "X", route.path)


def test_every_path_the_scripts_ask_is_a_route_of_the_api() -> None:
    asked = {
        re.sub(r"\$\{[^}]*\}", "X", path) for path in re.findall(r'["`](/v1/[^"`]*)["`]', CODE)
    }
    verbs = ("assign", "release", "discard", "merge")
    there = set(routes())
    asked = asked - {"/v1/quarantine/X/X"} | {f"/v1/quarantine/X/{verb}" for verb in verbs}
    assert asked <= there


def test_every_field_that_can_be_corrected_has_a_name() -> None:
    keys = strings("en")
    for name in re.findall(r'"((?:customer|address)\.\w+|currency|placed_at)"', CODE):
        assert f"field.{name}" in keys


def listed(name: str) -> list[str]:
    """Return a list of texts that the form's document is made from."""
    found = re.search(rf"export const {name} = (\[[^\]]*\])", SCRIPTS["order_document.js"])
    assert found
    fields: list[str] = json.loads(found[1])
    return fields


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("CUSTOMER", draft.DraftCustomer),
        ("ADDRESS", draft.DraftAddress),
        ("LINE", draft.DraftLine),
        ("PAYMENT", draft.DraftPayment),
    ],
)
def test_the_form_has_every_field_of_an_order_and_a_name_for_it(name: str, part: type) -> None:
    assert listed(name) == [field.name for field in fields(part)]
    keys = strings("en")
    for field in listed(name):
        group = {"CUSTOMER": "field.customer", "ADDRESS": "field.address"}.get(name, "order")
        assert f"{group}.{'line_title' if field == 'title' else field}" in keys


def test_the_form_has_every_amount_that_cannot_be_reckoned() -> None:
    amounts = {field.name for field in fields(draft.DraftAmounts)}
    assert {*listed("AMOUNTS"), "goods_minor"} == amounts
    identity = {"channel", "shop", "channel_order_no", "placed_at", "currency"}
    assert set(listed("IDENTITY")) == identity
    assert listed("DELIVERY") == [draft.SHIPMENT, draft.IN_STORE]


def test_every_outcome_and_every_reason_has_its_words() -> None:
    keys = strings("en")
    for status in Status:
        assert f"order.{status}" in keys
    codes = re.findall(r'Reason\(\s*"(\w+)"', inspect.getsource(validation))
    assert len(codes) > 20
    for code in (*codes, "missing", "no_amount", "bad_quantity"):
        assert f"code.{code}" in keys


def test_the_form_reckons_with_the_decimals_of_the_services_and_without_floats() -> None:
    amount, currencies = SCRIPTS["amount.js"], SCRIPTS["currency.js"]
    assert 'import { decimalsOf } from "./currency.js";' in amount
    found = re.search(r"DECIMALS = (\{[^}]*\})", currencies)
    assert found
    decimals: dict[str, int] = json.loads(found[1])
    for currency in (*EXPONENTS, *decimals, "CNY", "USD", "EUR", "HUF"):
        assert decimals.get(currency, 2) == exponent(currency)
    for script in (amount, currencies):
        assert not re.search(r"Number\(|parseFloat|parseInt|Math\.|toFixed", script)
