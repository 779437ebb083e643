"""What a mapping makes of a payload, and what it says where a rule cannot read it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_material.reading import apply

from ingest.domain.draft import Draft, DraftLine
from ingest.domain.incoming import Incoming
from ingest.domain.mapping.compiling import compiled
from ingest.domain.mapping.document import read_document
from ingest.domain.mapping.problems import Unreadable

DOCUMENT: dict[str, Any] = {
    "format": 1,
    "name": "a shop",
    "at": ["data.orders", "data.order", "$"],
    "country": "CN",
    "currency": {"from": "currency", "default": "CNY"},
    "tables": {"gone": {"open": False, "closed": True}},
    "places": {"ship_to": {"from": ["shipping", "billing"], "having": "street"}},
    "values": {
        "gone": {"from": "state", "then": [{"lookup": "gone"}], "default": False},
        "freight": {"all": "freight[].price", "then": [{"money": "major"}, "sum"], "default": 0},
        "paid": {"from": "paid", "then": ["flag"], "default": False},
        "frozen": {"from": "frozen", "then": ["flag"], "default": False},
    },
    "fields": {
        "channel_order_no": {"from": ["no", "id"], "required": True},
        "placed_at": {"from": "at", "then": [{"time": {"zone": "Asia/Shanghai"}}]},
        "customer.name": {"from": "@ship_to.name"},
        "address.detail": {"all": ["@ship_to.city", "@ship_to.street"], "then": [{"join": ""}]},
        "amounts.goods_minor": {"formula": "lines.goods_minor"},
        "amounts.freight_minor": {"formula": "freight"},
        "amounts.payable_minor": {"from": "total", "then": [{"money": "major"}]},
        "memo": {"formula": 'topic == "memo" ? "m" : "n"'},
    },
    "lines": {
        "each": ["items", "gifts"],
        "when": "!gone",
        "values": {
            "gone": {"from": "gone", "then": ["flag"], "default": False},
            "count": {"from": "count", "then": ["whole"]},
            "total": {"from": "total", "then": [{"money": "major"}]},
        },
        "fields": {
            "sku": {"from": "sku"},
            "quantity": {"formula": "count"},
            "unit_price_minor": {"formula": "total / count"},
            "discount_minor": {"formula": "order.freight > 0 ? 1 : 0"},
        },
    },
    "payments": [
        {
            "when": "order.paid",
            "fields": {
                "reference": {"from": "no"},
                "amount_minor": {"from": "total", "then": [{"money": "major"}]},
            },
        }
    ],
    "checks": [
        {"code": "dear", "field": "freight", "when": "freight > 5000", "message": "Too dear."}
    ],
    "skipped": {"when": 'topic == "ping"'},
    "cancelled": {"when": "gone", "reason": {"from": "why"}},
    "held": {"when": "frozen"},
}
MAPPING = compiled(read_document(DOCUMENT))
ORDER: dict[str, Any] = {
    "no": "M-1",
    "at": "2026-11-22 09:30:00",
    "shipping": {"name": "张三", "city": "杭州市", "street": "文三路 1 号"},
    "billing": {"name": "李四", "street": "B"},
    "freight": [{"price": "6.00"}, {"price": Decimal("1.5")}],
    "total": "46.00",
    "paid": 1,
    "items": [{"sku": "A", "count": "2", "total": "38.50"}],
}


def mapped(payload: Any, topic: str = "order") -> list[Incoming]:
    return apply(MAPPING, payload, channel="mall", shop="demo", topic=topic)


def one(topic: str = "order", /, **changes: Any) -> Incoming:
    (found,) = mapped(ORDER | changes, topic)
    return found


def problems(**changes: Any) -> list[tuple[str, str, str]]:
    return [(p.code, p.field, p.message) for p in one(**changes).problems]


def test_an_order_is_read_whole() -> None:
    found = one()
    draft = found.draft
    assert (found.problems, found.cancelled, found.held) == ((), None, None)
    assert (draft.channel, draft.shop, draft.channel_order_no) == ("mall", "demo", "M-1")
    assert draft.placed_at == datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
    assert (draft.customer.name, draft.address.detail) == ("张三", "杭州市文三路 1 号")
    assert draft.lines == (DraftLine(sku="A", quantity=2, unit_price_minor=1925, discount_minor=1),)
    amounts = draft.amounts
    assert (amounts.goods_minor, amounts.freight_minor, amounts.payable_minor) == (3849, 750, 4600)
    (payment,) = draft.payments
    assert (payment.reference, payment.amount_minor) == ("M-1", 4600)


def test_the_first_place_where_orders_are_counts() -> None:
    orders = [ORDER, ORDER | {"no": "M-2"}]
    for payload, numbers in (
        ({"data": {"orders": orders}}, ["M-1", "M-2"]),
        ({"data": {"orders": []}}, []),
        ({"data": {"order": orders[1]}}, ["M-2"]),
    ):
        assert [found.draft.channel_order_no for found in mapped(payload)] == numbers


def test_a_single_object_is_a_list_of_one() -> None:
    assert one(items=ORDER["items"][0]).draft.lines == one().draft.lines


def test_rows_of_several_lists_are_lines_and_those_that_do_not_count_are_left_out() -> None:
    gifts = [{"sku": "G", "count": 1, "total": "0"}, {"gone": True, "count": "no number"}]
    found = one(gifts=gifts)
    assert [line.sku for line in found.draft.lines] == ["A", "G"]
    assert found.problems == ()


def test_what_is_wrong_is_told_of_the_row_as_the_order_has_it() -> None:
    gifts = [{"gone": True, "count": "x"}, {"sku": "G", "count": "x", "total": "0"}]
    found = one(gifts=gifts)
    assert [line.sku for line in found.draft.lines] == ["A", "G"]
    assert [(p.code, p.field) for p in found.problems] == [
        ("unreadable_field", "lines.1.values.count"),
        ("unreadable_field", "lines.1.quantity"),
        ("unreadable_field", "lines.1.unit_price_minor"),
    ]


def test_a_row_of_which_nobody_knows_whether_it_counts_is_told() -> None:
    rules = {"values": {"gone": {"from": "gone", "then": ["flag"]}}, "when": "!gone"}
    mapping = compiled(read_document(DOCUMENT | {"lines": {"each": "items"} | rules}))
    items = [{}, {"gone": True}, {"gone": "perhaps"}, {"gone": False}]
    (found,) = apply(mapping, ORDER | {"items": items}, channel="mall", shop="demo", topic="order")
    assert len(found.draft.lines) == 1
    assert [(p.code, p.field) for p in found.problems] == [
        ("unclear_rule", "lines.0.when"),
        ("unreadable_field", "lines.0.values.gone"),
        ("unclear_rule", "lines.0.when"),
    ]


def test_the_second_place_is_taken_where_the_first_is_not_enough() -> None:
    for shipping in (None, {}, {"name": "nobody"}, {"name": "nobody", "street": ""}):
        assert one(shipping=shipping).draft.customer.name == "李四"


def test_conditions_and_topics() -> None:
    assert mapped(ORDER, "ping") == []
    assert one("memo").draft.memo == "m"
    assert one(state="closed", why="sold out").cancelled == "sold out"
    assert one(state="closed").cancelled == "as the channel says"
    assert one(frozen=True).held == "as the channel says"
    assert one(paid=False).draft.payments == ()


def test_what_a_rule_cannot_read_is_told_and_the_rest_is_read() -> None:
    found = one(total="12.345", at="yesterday", items=[{"sku": "A", "count": "x", "total": "1"}])
    assert [(p.code, p.field) for p in found.problems] == [
        ("unreadable_field", "lines.0.values.count"),
        ("unreadable_field", "lines.0.quantity"),
        ("unreadable_field", "lines.0.unit_price_minor"),
        ("unreadable_field", "payments.0.amount_minor"),
        ("unreadable_field", "placed_at"),
        ("unreadable_field", "amounts.payable_minor"),
    ]
    assert "12.345" not in str(found.problems)
    assert (found.draft.channel_order_no, found.draft.lines[0].sku) == ("M-1", "A")


@pytest.mark.parametrize(
    ("changes", "problem"),
    {
        "a required number": ({"no": None}, ("missing_value", "channel_order_no")),
        "a state nobody knows": ({"state": "odd"}, ("unreadable_field", "values.gone")),
        "no object": ({"shipping": "Hangzhou"}, ("unreadable_field", "places.ship_to")),
        "lines that are none": ({"items": "A"}, ("unreadable_field", "lines")),
        "rows that are none": ({"items": ["A"]}, ("unreadable_field", "lines")),
        "a reason that is no text": (
            {"state": "closed", "why": {}},
            ("unreadable_field", "cancelled.reason"),
        ),
        "a rule of the shop": ({"freight": [{"price": "60"}]}, ("dear", "freight")),
    }.values(),
)
def test_what_is_wrong_is_told(changes: dict[str, Any], problem: tuple[str, str]) -> None:
    assert problem in [(code, field) for code, field, _ in problems(**changes)]


@pytest.mark.parametrize("payload", [None, 1, "x", [], [1], {"data": {"orders": ["x"]}}])
def test_what_is_no_order_at_all_is_unreadable(payload: Any) -> None:
    with pytest.raises(Unreadable):
        mapped(payload)


_NAMES = st.sampled_from([*sorted(ORDER), "sku", "count", "price"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=6),
)


@given(
    st.dictionaries(st.sampled_from(sorted({*ORDER, "state", "gifts", "frozen", "data"})), _JSON)
)
def test_whatever_comes_is_read_or_said_to_be_unreadable(changes: dict[str, Any]) -> None:
    try:
        found = mapped(ORDER | changes)
    except Unreadable:
        return
    assert all(isinstance(each.draft, Draft) for each in found)


def test_what_several_values_are_read_from_is_told_of_once() -> None:
    sums = {name: {"all": f"parts[].{name}", "then": ["sum"]} for name in ("one", "two")}
    fields = DOCUMENT["fields"] | {"amounts.tax_minor": {"formula": "two + one"}}
    values = DOCUMENT["values"] | sums
    mapping = compiled(read_document(DOCUMENT | {"values": values, "fields": fields}))
    (found,) = apply(mapping, ORDER | {"parts": 7}, channel="mall", shop="demo", topic="order")
    assert [(p.code, p.field) for p in found.problems] == [
        ("unreadable_field", "values.one"),
        ("unclear_rule", "amounts.tax_minor"),
    ]


def test_a_formula_that_gives_an_empty_text_gives_none() -> None:
    fields = DOCUMENT["fields"] | {"memo": {"formula": 'topic == "memo" ? "m" : ""'}}
    mapping = compiled(read_document(DOCUMENT | {"fields": fields}))
    (found,) = apply(mapping, ORDER, channel="mall", shop="demo", topic="order")
    assert found.draft.memo is None
    assert found.problems == ()
