"""One payment is one, whatever way and under whatever name it comes; two real ones stay two."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_material import orders
from ingest_material.files import SHOPIFY, SHOPIFY_SECOND, TAOBAO, TAOBAO_ITEMS
from ingest_material.reading import apply
from ingest_material.shopify import shopify_order
from ingest_material.woocommerce import woocommerce_order

from ingest.domain.draft import Draft, DraftAmounts, DraftPayment
from ingest.domain.incoming import Incoming
from ingest.domain.payments import Paid, Told, all_payments, judge
from ingest.mappings import built_in
from ingest.mappings.file_formats import file_format

OWED = 10_000
NO_NUMBER = "ORDER-1"
NUMBERS = ("PAY-1", "PAY-2")


def a_payment(reference: str, amount_minor: int) -> DraftPayment:
    paid_at = datetime(2025, 11, 22, tzinfo=UTC)
    return DraftPayment(
        reference=reference, method="alipay", amount_minor=amount_minor, paid_at=paid_at
    )


def counted(told: Sequence[DraftPayment]) -> dict[str | None, int]:
    """Return what is announced of payments that are told one after another."""
    amounts: dict[str | None, int] = {}
    numbers: set[str] = set()
    for payment in told:
        paid = Paid(amounts=amounts, payable_minor=OWED, numbers=frozenset(numbers))
        meaning = judge(payment, NO_NUMBER, paid)
        if meaning is Told.NEW:
            amounts[payment.reference] = payment.amount_minor or 0
        elif meaning is Told.NUMBER:
            numbers.add(payment.reference or "")
    return amounts


NAMES = st.sampled_from((NO_NUMBER, *NUMBERS))
WHOLE = st.builds(a_payment, NAMES, st.integers(OWED, OWED + 500))


@given(st.lists(WHOLE, min_size=1, max_size=8))
def test_there_are_as_many_payments_as_numbers_whatever_came_first(
    told: Sequence[DraftPayment],
) -> None:
    numbers = {payment.reference for payment in told} - {NO_NUMBER}
    assert len(counted(told)) == max(1, len(numbers))


@given(st.permutations((NO_NUMBER, *NUMBERS)), st.integers(1, OWED), st.integers(0, 5))
def test_the_same_amount_under_another_name_is_the_same_payment(
    names: Sequence[str], amount_minor: int, repeats: int
) -> None:
    told = [a_payment(name, amount_minor) for name in names]
    assert len(counted(told + told[:repeats])) == len(NUMBERS)


@given(st.integers(1, OWED - 1).filter(lambda part: part * 2 != OWED), st.booleans())
def test_two_parts_that_the_order_needs_are_two_payments(part: int, turned: bool) -> None:  # noqa: FBT001 - drawn
    told = [a_payment(NO_NUMBER, part), a_payment(NUMBERS[0], OWED - part)]
    assert sum(counted(told[::-1] if turned else told).values()) == OWED


@pytest.mark.parametrize(
    ("before", "now", "kept"),
    [
        (NO_NUMBER, NUMBERS[0], [NUMBERS[0]]),
        (NUMBERS[0], NO_NUMBER, [NUMBERS[0]]),
        (NUMBERS[0], NUMBERS[1], [*NUMBERS]),
        (NO_NUMBER, NO_NUMBER, [NO_NUMBER]),
    ],
)
def test_of_an_order_in_quarantine_the_number_stays(before: str, now: str, kept: list[str]) -> None:
    amounts = DraftAmounts(payable_minor=OWED)
    drafts = [Draft(amounts=amounts, payments=(a_payment(one, OWED),)) for one in (before, now)]
    told = all_payments(drafts[0], drafts[1], NO_NUMBER)
    assert [payment.reference for payment in told] == kept


# -- what the mappings say


TOPICS = {"shopify": "orders/create", "woocommerce": "order.created"}


def read(channel: str, payload: Any) -> Incoming:
    mapping = built_in(channel)
    assert mapping is not None
    exact = json.loads(json.dumps(payload), parse_float=Decimal)
    (incoming,) = apply(
        mapping, exact, channel=channel, shop="s", topic=TOPICS.get(channel, "order")
    )
    return incoming


def of_file(name: str, *rows: Any, items: Any = ()) -> Incoming:
    fmt = file_format(name)
    assert fmt is not None
    columns = {column: rows[0].get(column, "").strip("=\"'") for column in fmt.file.columns}
    payload = {"row": columns, "rows": list(rows), "items": list(items)}
    (incoming,) = apply(fmt.mapping, payload, channel=name, shop="s", topic="import")
    return incoming


def reference(incoming: Incoming) -> str | None:
    (payment,) = incoming.draft.payments
    return payment.reference


def wechat_shop_unnumbered() -> Any:
    payload = orders.wechat_shop_order()
    del payload["order"]["order_detail"]["pay_info"]["transaction_id"]
    return payload


def wechat_miniprogram_unnumbered() -> Any:
    payload = orders.wechat_miniprogram_order()
    del payload["trade"]["pay_info"]["pay_id"]
    return payload


@pytest.mark.parametrize(
    ("channel", "numbered", "without"),
    [
        ("taobao", orders.taobao_order(), orders.taobao_order(alipay_no="")),
        ("pdd", orders.pdd_order(), orders.pdd_order(pay_no="", inner_transaction_id="I1")),
        ("douyin", orders.douyin_order(), orders.douyin_order(channel_payment_no="")),
        ("wechat_shop", orders.wechat_shop_order(), wechat_shop_unnumbered()),
        (
            "wechat_miniprogram",
            orders.wechat_miniprogram_order(),
            wechat_miniprogram_unnumbered(),
        ),
        ("woocommerce", woocommerce_order(), woocommerce_order(transaction_id="")),
    ],
)
def test_a_payment_that_is_told_without_its_number_has_the_name_the_mapping_says(
    channel: str, numbered: Any, without: Any
) -> None:
    with_number, nameless = read(channel, numbered), read(channel, without)
    assert reference(nameless) == nameless.unnumbered == with_number.unnumbered
    assert reference(with_number) != with_number.unnumbered


def test_a_file_of_taobao_names_the_payment_as_a_push_without_number_does() -> None:
    number = TAOBAO["订单编号"].strip('="')
    pushed = orders.taobao_order(tid=int(number), tid_str=number)
    filed = of_file("taobao", TAOBAO, items=TAOBAO_ITEMS)
    assert reference(filed) == filed.unnumbered == read("taobao", pushed).unnumbered


def test_a_file_of_shopify_names_the_payment_as_a_webhook_does() -> None:
    assert reference(of_file("shopify", SHOPIFY, SHOPIFY_SECOND)) == reference(
        read("shopify", shopify_order(name=SHOPIFY["Name"]))
    )
