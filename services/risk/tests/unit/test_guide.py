"""The guide to writing rules: what it shows can be published."""

import json
import re
from pathlib import Path

from risk.domain.golden import failures
from risk.store.compiled import compiled, read
from risk.store.golden_tests import golden_tests

GUIDE = Path(__file__).parents[4] / "docs" / "rules.md"


def test_the_rule_set_in_the_guide_compiles_and_passes_its_own_tests() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    document = read(json.loads(example))
    rules = compiled(document)
    tests = golden_tests(document, rules)
    assert tests
    assert not failures(rules, tests)


def test_a_golden_test_of_the_guide_that_expects_otherwise_fails() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    wrong = json.loads(example)
    wrong["tests"][0]["expect"] = "approved"
    document = read(wrong)
    rules = compiled(document)
    assert [f.position for f in failures(rules, golden_tests(document, rules))] == [0]
