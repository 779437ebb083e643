"""The id of a rule set follows from what it says alone."""

import hashlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from risk.domain.identity import canonical_json, ruleset_id
from risk.use_cases.demo import document

leaves = st.none() | st.booleans() | st.integers() | st.text()
documents = st.dictionaries(
    st.text(),
    st.recursive(
        leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
    ),
)


def turned_round(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: turned_round(value[key]) for key in reversed(value)}
    return [turned_round(v) for v in value] if isinstance(value, list) else value


@given(documents)
def test_the_order_of_keys_does_not_matter(written: dict[str, Any]) -> None:
    assert canonical_json(turned_round(written)) == canonical_json(written)


@given(documents)
def test_canonical_json_says_what_the_document_says(written: dict[str, Any]) -> None:
    assert json.loads(canonical_json(written)) == written


def test_another_limit_is_another_rule_set() -> None:
    content = document().content()
    assert ruleset_id(json.loads(json.dumps(content))) == ruleset_id(content)
    changed = json.loads(json.dumps(content))
    changed["limits"]["hold"]["CNY"] += 1
    assert ruleset_id(changed) != ruleset_id(content)


def test_the_id_of_a_rule_set_never_changes() -> None:
    written = {"rules": [], "name": "路"}
    assert canonical_json(written) == '{"name":"路","rules":[]}'
    assert ruleset_id(written) == hashlib.sha256(canonical_json(written).encode()).hexdigest()
