"""What is wrong with a mapping is told when it is published, with the rule named."""

from copy import deepcopy
from typing import Any

import pytest

from ingest.domain.mapping.compiling import compiled
from ingest.domain.mapping.document import read_document
from ingest.domain.mapping.problems import MappingError

SMALL: dict[str, Any] = {
    "format": 1,
    "name": "a small mapping",
    "currency": {"value": "CNY"},
    "tables": {"states": {"1": "open"}},
    "places": {"ship_to": {"from": "address"}},
    "values": {"freight": {"from": "freight", "then": [{"money": "minor"}], "default": 0}},
    "fields": {
        "channel_order_no": {"from": "id", "required": True},
        "customer.name": {"from": "@ship_to.name"},
        "amounts.payable_minor": {"formula": "lines.goods_minor + freight"},
    },
    "lines": {
        "each": "items",
        "values": {"count": {"from": "count", "then": ["whole"]}},
        "fields": {"sku": {"from": "sku"}, "quantity": {"formula": "count"}},
    },
}


def changed(place: str, value: Any) -> dict[str, Any]:
    document = deepcopy(SMALL)
    *way, last = place.split("/")
    node: Any = document
    for step in way:
        node = node.setdefault(step, {})
    node[last] = value
    return document


def problem(document: Any) -> tuple[str, str]:
    with pytest.raises(MappingError) as caught:
        compiled(read_document(document))
    return caught.value.place, caught.value.problem


def test_a_right_mapping_has_no_problem() -> None:
    compiled(read_document(SMALL))


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "an unknown part": (changed("colour", 1), "colour", "Extra inputs"),
    "another format": (changed("format", 2), "format", "should be 1"),
    "two origins": (
        changed("fields/memo", {"from": "a", "formula": "b"}),
        "fields.memo",
        "one of from, all, formula and value",
    ),
    "steps after a formula": (
        changed("fields/memo", {"formula": "topic", "then": ["upper"]}),
        "fields.memo",
        "only what comes from the payload",
    ),
    "an unknown field": (
        changed("fields/customer.shoe_size", {"from": "a"}),
        "fields.customer.shoe_size",
        "no such field",
    ),
    "a wrong path": (changed("fields/memo", {"from": "a..b"}), "fields.memo", "no name"),
    "an unknown step": (
        changed("fields/memo", {"from": "a", "then": ["shout"]}),
        "fields.memo.then.0",
        "there is no step",
    ),
    "a step for another kind": (
        changed("lines/fields/title", {"from": "a", "then": [{"money": "major"}, "upper"]}),
        "lines.fields.title.then.1",
        "upper takes a text, this is a whole number",
    ),
    "another kind than the field's": (
        changed("lines/fields/title", {"from": "a", "then": ["whole"]}),
        "lines.fields.title",
        "gives a whole number, not a text",
    ),
    "many where one is wanted": (
        changed("fields/memo", {"from": "a[].b"}),
        "fields.memo",
        "gives values as they came, not a text; item, join or sum make one of many",
    ),
    "a formula of another type": (
        changed("fields/memo", {"formula": "freight"}),
        "fields.memo.formula",
        "takes string, this is int",
    ),
    "a formula with an unknown name": (
        changed("fields/amounts.payable_minor", {"formula": "fright"}),
        "fields.amounts.payable_minor.formula",
        "fright is no name of a feature or constant; freight is one",
    ),
    "a formula for a time": (
        changed("fields/placed_at", {"formula": "topic"}),
        "fields.placed_at",
        "no formula gives a time",
    ),
    "a formula among the values": (
        changed("values/x", {"formula": "freight"}),
        "values.x",
        "comes from the payload",
    ),
    "a time among the values": (
        changed("values/x", {"from": "a", "then": [{"time": {}}]}),
        "values.x",
        "no formula can use",
    ),
    "a default of another kind": (
        changed("values/freight", {"from": "f", "then": ["whole"], "default": "none"}),
        "values.freight.default",
        "is a text, not a whole number",
    ),
    "a place that is not there": (
        changed("fields/memo", {"from": "@receiver.memo"}),
        "fields.memo",
        "begins at a place that is not there",
    ),
    "a place in many places": (changed("places/x", {"from": "a[]"}), "places.x", "one object"),
    "a table that is not there": (
        changed("fields/memo", {"from": "a", "then": [{"lookup": "nothing"}]}),
        "fields.memo.then.0",
        "not there",
    ),
    "a name for one payment of several": (
        changed("payments", [{"each": "payments"}]) | {"unnumbered_payment": {"from": "id"}},
        "unnumbered_payment",
        "one section of payments, without each",
    ),
    "a name for no payment": (
        changed("unnumbered_payment", {"from": "id"}),
        "unnumbered_payment",
        "one section of payments",
    ),
    "a name that begins nowhere": (
        changed("payments", [{}]) | {"unnumbered_payment": {"from": "@shop.id"}},
        "unnumbered_payment",
        "begins at a place that is not there",
    ),
    "a condition that is none": (
        changed("held", {"when": "freight"}),
        "held.when",
        "takes bool, this is int",
    ),
    "a check that is none": (
        changed("checks", [{"code": "a", "field": "b", "when": "1", "message": "c"}]),
        "checks.0.when",
        "takes bool",
    ),
    "the order before there is one": (changed("at", "$.a"), "at", "no order yet"),
    "steps of no rows": (changed("lines", {"then": ["json"]}), "lines.then", "only what each"),
    "too many steps": (
        changed("fields/memo", {"from": "a", "then": ["upper"] * 13}),
        "fields.memo.then",
        "at most 12",
    ),
    "no object": ([], "mapping", "valid dictionary"),  # type: ignore[dict-item]
}


@pytest.mark.parametrize(("document", "place", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_mapping_is_refused_with_the_rule_named(
    document: dict[str, Any], place: str, message: str
) -> None:
    where, what = problem(document)
    assert where == place
    assert message in what
