"""How many decimals a currency has: the pages reckon as the services do, from one table."""

import json
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from common.http.assets import PARTS
from common.money import EXPONENTS, decimal_from_minor, exponent
from demo.inventing import _TERMS

ROOT = Path(__file__).parents[2]
SCRIPT = "currency.js"
# The command and the local stack import nothing of the services: theirs are copies.
SCRIPTS = {
    "libs/common/src/common/http/page_parts/currency.js",
    "deploy/local/src/stack/board/static/currency.js",
}
MODULES = {"libs/common/src/common/money.py", "libs/sluice/src/sluice/domain/money.py"}
SOURCES = ("libs/*/src", "services/*/src", "deploy/*/src", "demo/src", "loadtest/src", "tools")
ENTRY = re.compile(r"\b(?:JPY|KRW|KWD|XOF|CLF)\b[\"']?\s*:\s*\d")
AMOUNTS = (0, 1, -1, 99, -100, 12345, 2**53 - 1)
NODE = shutil.which("node")
RUN = """
import { readFileSync } from "node:fs";
import { decimalsOf, majorOf } from "./currency.js";
const { codes, amounts } = JSON.parse(readFileSync(0, "utf8"));
const both = (minor, code) => [majorOf(minor, code), majorOf(BigInt(minor), code)];
console.log(JSON.stringify(codes.map((code) =>
  [decimalsOf(code), amounts.map((minor) => both(minor, code))])));
"""


def test_the_pages_know_the_decimals_the_services_count_by() -> None:
    found = re.search(r"const DECIMALS = (\{[^}]*\});", PARTS.joinpath(SCRIPT).read_text())
    assert found
    assert json.loads(found[1]) == EXPONENTS


def test_the_board_reckons_by_the_same_script() -> None:
    board = files("stack.board").joinpath("static", SCRIPT)
    assert board.read_text() == PARTS.joinpath(SCRIPT).read_text()


def test_there_is_no_other_table() -> None:
    for ending, known in ((".js", SCRIPTS), (".py", MODULES)):
        found = {
            str(path.relative_to(ROOT))
            for pattern in SOURCES
            for folder in ROOT.glob(pattern)
            for path in folder.rglob(f"*{ending}")
            if ENTRY.search(path.read_text())
        }
        assert found == known


def test_what_the_demo_sells_in_has_the_two_decimals_it_writes() -> None:
    assert {exponent(currency) for currency, _ in _TERMS.values()} == {2}


@pytest.mark.skipif(NODE is None, reason="there is no JavaScript engine")
def test_the_script_writes_amounts_as_the_services_do(tmp_path: Path) -> None:
    (tmp_path / SCRIPT).write_text(PARTS.joinpath(SCRIPT).read_text())
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "run.js").write_text(RUN)
    codes = [*EXPONENTS, "CNY", "QQQ", "constructor"]
    answer = subprocess.run(  # noqa: S603 - the engine, and a script of this test
        [str(NODE), "run.js"],
        cwd=tmp_path,
        input=json.dumps({"codes": codes, "amounts": AMOUNTS}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(answer.stdout) == [
        [exponent(code), [[decimal_from_minor(minor, code)] * 2 for minor in AMOUNTS]]
        for code in codes
    ]
