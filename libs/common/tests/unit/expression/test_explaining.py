"""What a reviewer is told: the clause that decided, with values, and nothing personal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.expression import Constant, Field, Schema, Type, compile_expression

FIELDS = (
    Field("order.payable_minor", Type.INT),
    Field("order.freight_minor", Type.INT),
    Field("order.currency", Type.STRING),
    Field("order.skus", Type.STRINGS),
    Field("order.has_memo", Type.BOOL),
    Field("phone.sha256", Type.STRING, personal=True),
    Field("address.text", Type.STRING, personal=True),
)
SCHEMA = Schema(
    FIELDS,
    {
        "limits.hold": Constant(Type.INT_MAP, {"CNY": 500_000}),
        "limits.free": Constant(Type.INT, 9),
        "limits.home": Constant(Type.STRING, "ab12"),
        "lists.shops": Constant(Type.STRING_SET, frozenset({"CNY"})),
        "lists.phones": Constant(Type.STRING_SET, ("ff00", "ab12")),
        "lists.roads": Constant(Type.TEXTS, ("road", "lane", "secret")),
    },
)
ORDER = (600_000, None, "CNY", ("A", "B"), True, "ab12", "secret lane 7")


def explained(text: str, values: tuple[object, ...] = ORDER) -> str:
    return compile_expression(text, SCHEMA).explain(values)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "order.payable_minor > limits.hold[order.currency]",
            'order.payable_minor (600000) > limits.hold["CNY"] (500000)',
        ),
        (
            "order.payable_minor > 1000000 || order.payable_minor > 10 || order.has_memo",
            "order.payable_minor (600000) > 10",
        ),
        (
            "order.freight_minor > 5 || order.has_memo",
            "order.has_memo (true)",
        ),
        (
            "order.has_memo && 'A' in order.skus",
            'order.has_memo (true) && "A" in order.skus (["A", "B"])',
        ),
        ("order.has_memo && order.payable_minor > 700000", "order.payable_minor (600000) > 700000"),
        ("!has(order.freight_minor)", "!has(order.freight_minor)"),
        ("!(order.currency == 'USD')", '!(order.currency ("CNY") == "USD")'),
        (
            "order.currency in lists.shops ? order.has_memo : false",
            'order.currency ("CNY") in lists.shops && order.has_memo (true)',
        ),
        (
            "order.currency == 'USD' ? false : order.has_memo",
            '!(order.currency ("CNY") == "USD") && order.has_memo (true)',
        ),
        ("order.payable_minor > limits.free", "order.payable_minor (600000) > limits.free (9)"),
        (
            "(order.payable_minor - 100) % 7 != -limits.free",
            "((order.payable_minor (600000) - 100) % 7) != (-limits.free (9))",
        ),
        (
            "(has(order.freight_minor) ? order.freight_minor : 0) < 5",
            "(has(order.freight_minor) ? order.freight_minor (no value) : 0) < 5",
        ),
        (
            "(order.has_memo && !order.has_memo || 1 > 2) == false",
            "((order.has_memo (true) && (!order.has_memo (true))) || (1 > 2)) == false",
        ),
        ("size(order.skus) > 1", "size(order.skus) (2) > 1"),
        ("order.currency.startsWith('C')", 'order.currency ("CNY").startsWith("C")'),
        ("order.currency in ['CNY', 'USD']", 'order.currency ("CNY") in ["CNY", "USD"]'),
        ("order.currency in limits.hold", 'order.currency ("CNY") in limits.hold'),
        ("order.freight_minor > 5", "missing:order.freight_minor"),
    ],
)
def test_the_clause_that_decided_is_shown_with_its_values(text: str, told: str) -> None:
    assert explained(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("phone.sha256 in lists.phones", "phone.sha256 in lists.phones.1"),
        ("address.text.containsAny(lists.roads)", "address.text.containsAny(lists.roads.1)"),
        ("phone.sha256 == 'ab12'", 'phone.sha256 == "…"'),
        ("phone.sha256 == limits.home", "phone.sha256 == limits.home"),
        ("phone.sha256 in ['ab12', 'ff00']", "phone.sha256 in […]"),
        ("address.text.contains('lane')", 'address.text.contains("…")'),
        ("size(address.text) > 5", "size(address.text) > 5"),
        ("phone.sha256 != order.currency", "phone.sha256 != order.currency"),
        ("!(phone.sha256 in limits.hold)", "!(phone.sha256 in limits.hold)"),
    ],
)
def test_no_value_is_shown_that_tells_what_is_in_a_personal_field(text: str, told: str) -> None:
    assert explained(text) == told


def test_a_key_made_of_a_personal_field_is_not_shown() -> None:
    schema = Schema(FIELDS, {"limits.hold": Constant(Type.INT_MAP, {"ab12": 5})})
    told = compile_expression("limits.hold[phone.sha256] > 4", schema).explain(ORDER)
    assert told == 'limits.hold["…"] > 4'


def test_long_and_unprintable_values_are_cut_and_escaped() -> None:
    values = (1, 2, "x\n\u202e" + "y" * 100, ("A" * 60, "B"), True, None, None)
    assert explained("order.currency != ''", values) == (
        'order.currency ("x\\u000a\\u202e' + "y" * 26 + '…") != ""'
    )
    assert len(explained("'B' in order.skus", values)) < 70
    assert len(explained(" && ".join(["order.payable_minor < 99999"] * 60), values)) == 300


@given(st.text(max_size=400), st.lists(st.text(), max_size=9), st.booleans())
def test_whatever_the_values_are_it_is_one_printable_line(
    text: str,
    skus: list[str],
    memo: bool,  # noqa: FBT001 - drawn
) -> None:
    rule = "order.currency != 'q' && ('q' in order.skus) == ('q' in order.skus) && order.has_memo"
    told = explained(rule, (1, None, text, tuple(skus), memo, None, None))
    assert 0 < len(told) <= 300
    assert told.isprintable()
