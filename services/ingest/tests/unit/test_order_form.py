"""What the form of an order makes of typed text: run where there is a JavaScript engine."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from common.http.assets import PARTS
from common.money import EXPONENTS, MINOR_MAX, decimal_from_minor, minor_from_decimal
from ingest.domain.draft import Draft
from ingest.pages.desks import FOLDER
from ingest.store.documents import read_draft

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="there is no JavaScript engine")
MODULES = {"amount.js": FOLDER, "order_document.js": FOLDER, "currency.js": PARTS}
CURRENCIES = ("CNY", *EXPONENTS, "QQQ")
RUN = """
import { readFileSync } from "node:fs";
import * as amount from "./amount.js";
import * as currencies from "./currency.js";
import * as form from "./order_document.js";
function plain(_, value) {
  if (typeof value === "bigint") return String(value);
  return value instanceof Map ? Object.fromEntries(value) : value;
}
const asked = JSON.parse(readFileSync(0, "utf8"));
const calls = {
  minor: ([text, currency]) => amount.minorOf(text, currency),
  major: ([minor, currency]) => currencies.majorOf(BigInt(minor), currency),
  without: ([typed, list, place]) => form.withoutRow(typed, list, place),
  drafted: ([typed, rows]) => {
    const made = form.drafted(typed, rows);
    return { wrong: made.wrong, sums: made.sums, body: form.written(made.document) };
  },
};
console.log(JSON.stringify(asked.map(([name, ...given]) => calls[name](given)), plain));
"""
TYPED = {
    "channel": "manual",
    "shop": "phone",
    "channel_order_no": " M-1 ",
    "placed_at": "2025-11-22T09:30",
    "currency": "cny",
    "customer.name": "张三",
    "customer.phone": "13800138000",
    "address.city": "杭州市",
    "address.detail": "文三路 1 号",
    "amounts.discount_minor": "0.50",
    "lines.0.sku": "A",
    "lines.0.quantity": "3",
    "lines.0.unit_price_minor": "0.10",
    "lines.1.sku": "B",
    "lines.1.quantity": "1",
    "lines.1.unit_price_minor": "２０．０５",
    "lines.1.discount_minor": "0.05",
    "amounts.freight_minor": "6",
    "payments.0.reference": "P-1",
    "payments.0.amount_minor": "25.80",
    "payments.0.paid_at": "2025-11-22T09:31",
}
ROWS = {"lines": 2, "payments": 1}
Ask = Callable[..., list[Any]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    for name, folder in MODULES.items():
        (tmp_path / name).write_text(folder.joinpath(name).read_text())
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "run.js").write_text(RUN)

    def run(*calls: Any) -> list[Any]:
        answer = subprocess.run(  # noqa: S603 - the engine, and a script of this test
            [str(NODE), "run.js"],
            cwd=tmp_path,
            input=json.dumps(calls),
            capture_output=True,
            text=True,
            check=True,
        )
        found: list[Any] = json.loads(answer.stdout)
        return found

    return run


def test_amounts_are_read_and_written_as_the_services_do(ask: Ask) -> None:
    texts = ["0", "0.1", "1.005", "19.90", "8.20", "1.10", "1.2300", "007.50", "0.29", "4.35"]
    texts += ["999999999999.99", "90071992547409.91", "90071992547409.92", "9007199254740991"]
    cases = [(text, currency) for text in texts for currency in CURRENCIES]
    found = ask(*(("minor", *case) for case in cases))
    for (text, currency), minor in zip(cases, found, strict=True):
        try:
            expected: str | None = str(minor_from_decimal(text, currency))
        except ValueError:
            expected = None
        assert minor == expected, (text, currency)
    sums = [0, 1, 9, 10, 99, 100, 1005, 123456789, MINOR_MAX - 1, -5, -12345]
    again = [(str(minor), currency) for minor in sums for currency in CURRENCIES]
    said = ask(*(("major", *case) for case in again))
    assert said == [decimal_from_minor(int(minor), currency) for minor, currency in again]


@pytest.mark.parametrize(
    "text", ["1,234.50", "1,5", "-1", "+1", "1e3", "", ".5", "1.001", "0x10", "1 000", "NaN", "¥5"]
)
def test_what_is_not_clearly_an_amount_is_none(ask: Ask, text: str) -> None:
    assert ask(("minor", text, "CNY")) == [None]


def test_what_was_typed_becomes_a_document_that_intake_reads(ask: Ask) -> None:
    (made,) = ask(("drafted", TYPED, ROWS))
    assert made["wrong"] == {}
    assert {field.name for field in fields(Draft)} - set(json.loads(made["body"])) == {"device"}
    order = read_draft(made["body"])
    assert order.currency == "CNY"
    assert order.channel_order_no == "M-1"
    assert [line.unit_price_minor for line in order.lines] == [10, 2005]
    assert order.amounts.goods_minor == 30 + 2005 - 5
    assert order.amounts.payable_minor == 30 + 2005 - 5 + 600 - 50
    assert order.amounts.discount_minor == 50
    assert order.payments[0].amount_minor == 2580
    assert order.placed_at is not None
    assert order.placed_at.tzinfo is not None


def test_what_is_missing_or_unreadable_is_told_by_its_field(ask: Ask) -> None:
    changes = {"lines.1.unit_price_minor": "1,5", "lines.0.quantity": "1.5", "address.city": " "}
    (made, differs, sealed, in_store, bare) = ask(
        ("drafted", {**TYPED, **changes}, ROWS),
        ("drafted", {**TYPED, "amounts.payable_minor": "25.81"}, ROWS),
        ("drafted", {**TYPED, **changes, "customer.receiver_token": "oaid"}, ROWS),
        ("drafted", {**TYPED, **changes, "delivery": "in_store"}, ROWS),
        ("drafted", {}, {"lines": 1, "payments": 0}),
    )
    assert made["wrong"] == {
        "lines.1.unit_price_minor": "no_amount",
        "lines.0.quantity": "bad_quantity",
        "address.city": "missing",
    }
    assert made["sums"]["goods"] is None
    assert differs["wrong"] == {}
    assert differs["sums"]["adds_up"] is False
    for one in (sealed, in_store):
        assert "address.city" not in one["wrong"]
    assert {"channel", "currency", "lines.0.sku"} <= bare["wrong"].keys()


def test_a_removed_row_takes_its_own_words_along(ask: Ask) -> None:
    typed = {"lines.0.sku": "A", "lines.1.sku": "B", "lines.2.sku": "C", "payments.1.method": "x"}
    assert ask(("without", typed, "lines", 1)) == [
        {"lines.0.sku": "A", "lines.1.sku": "C", "payments.1.method": "x"}
    ]
