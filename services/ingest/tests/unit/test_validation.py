"""What lets an order in, what keeps it out, and what is never told about it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_material.drafts import (
    AMOUNTS,
    NOW,
    PLACED_AT,
    a_draft,
    a_line,
    a_payment,
    any_drafts,
    valid_drafts,
)

from common.contracts.order import Order
from common.money import MINOR_MAX
from ingest.domain.draft import Draft, DraftAmounts
from ingest.domain.validation import LINES_MAX, PAYMENTS_MAX, QUANTITY_MAX, checked, masked
from ingest.store.documents import draft_json, read_draft, reasons_json

CHINA = timezone(timedelta(hours=8))


def found(draft: Draft) -> set[tuple[str, str]]:
    return {(reason.code, reason.field) for reason in checked(draft, NOW)[1]}


def test_an_order_with_everything_right_is_let_in_and_written_in_the_one_format() -> None:
    draft = a_draft(
        placed_at=PLACED_AT.astimezone(CHINA),
        currency=" cny ",
        customer__email=" Zhang.San@Example.COM ",
        address__country="cn",
        address__district=None,
        lines=(a_line(title=None),),
        payments=(a_payment(method=None, paid_at=PLACED_AT.astimezone(CHINA)),),
    )
    normal, reasons = checked(draft, NOW)
    assert reasons == []
    assert normal.currency == "CNY"
    assert normal.customer.phone == "+8613800138000"
    assert normal.customer.email == "zhang.san@example.com"
    assert (normal.address.country, normal.address.district) == ("CN", "")
    assert normal.lines[0].title == "SKU-0001"
    assert normal.payments[0].method == "unknown"
    assert [t.tzinfo for t in (normal.placed_at, normal.payments[0].paid_at) if t] == [UTC, UTC]


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"channel_order_no": None}, "missing_order_no", "channel_order_no"),
    ({"channel_order_no": ""}, "missing_order_no", "channel_order_no"),
    ({"channel_order_no": "  "}, "missing_order_no", "channel_order_no"),
    ({"placed_at": None}, "missing_placed_at", "placed_at"),
    ({"placed_at": PLACED_AT.replace(tzinfo=None)}, "no_time_zone", "placed_at"),
    ({"placed_at": NOW + timedelta(days=1, seconds=1)}, "placed_in_future", "placed_at"),
    ({"placed_at": datetime(1, 1, 1, tzinfo=CHINA)}, "placed_long_ago", "placed_at"),
    ({"placed_at": datetime(1970, 1, 1, tzinfo=UTC)}, "placed_long_ago", "placed_at"),
    (
        {"placed_at": datetime.fromisoformat("9999-12-31T23:59:59-08:00")},
        "placed_in_future",
        "placed_at",
    ),
    ({"currency": None}, "bad_currency", "currency"),
    ({"currency": "RMB "[:2]}, "bad_currency", "currency"),
    ({"currency": "元"}, "bad_currency", "currency"),
    ({"customer__phone": None}, "missing_phone", "customer.phone"),
    ({"customer__phone": " "}, "missing_phone", "customer.phone"),
    ({"customer__phone": "138****8000"}, "bad_phone", "customer.phone"),
    ({"customer__name": None}, "missing_name", "customer.name"),
    ({"customer__name": " "}, "missing_name", "customer.name"),
    ({"address__detail": ""}, "missing_address", "address.detail"),
    ({"address__city": None, "address__province": " "}, "missing_city", "address.city"),
    ({"lines": ()}, "no_lines", "lines"),
    ({"lines": (a_line(),) * (LINES_MAX + 1)}, "too_many_lines", "lines"),
    ({"lines": (a_line(sku=None),)}, "missing_sku", "lines.0.sku"),
    ({"lines": (a_line(), a_line(sku=" "))}, "missing_sku", "lines.1.sku"),
    ({"lines": (a_line(quantity=None),)}, "bad_quantity", "lines.0.quantity"),
    ({"lines": (a_line(quantity=0),)}, "bad_quantity", "lines.0.quantity"),
    ({"lines": (a_line(quantity=-1),)}, "bad_quantity", "lines.0.quantity"),
    ({"lines": (a_line(quantity=QUANTITY_MAX + 1),)}, "bad_quantity", "lines.0.quantity"),
    ({"lines": (a_line(unit_price_minor=None),)}, "bad_price", "lines.0.unit_price_minor"),
    ({"lines": (a_line(unit_price_minor=-1),)}, "bad_price", "lines.0.unit_price_minor"),
    ({"lines": (a_line(unit_price_minor=MINOR_MAX),)}, "bad_price", "lines.0.unit_price_minor"),
    ({"lines": (a_line(discount_minor=-1),)}, "bad_discount", "lines.0.discount_minor"),
    ({"lines": (a_line(discount_minor=3981),)}, "bad_discount", "lines.0.discount_minor"),
    (
        {"lines": (a_line(unit_price_minor=MINOR_MAX - 1, discount_minor=MINOR_MAX),)},
        "bad_discount",
        "lines.0.discount_minor",
    ),
    ({"amounts__goods_minor": None}, "bad_amount", "amounts.goods_minor"),
    ({"amounts__payable_minor": None}, "bad_amount", "amounts.payable_minor"),
    ({"amounts__freight_minor": -1}, "bad_amount", "amounts.freight_minor"),
    ({"amounts__tax_minor": MINOR_MAX}, "bad_amount", "amounts.tax_minor"),
    ({"amounts__discount_minor": -500}, "bad_amount", "amounts.discount_minor"),
    ({"lines": (a_line(quantity=3),)}, "goods_do_not_add_up", "amounts.goods_minor"),
    ({"amounts__freight_minor": 0}, "payable_does_not_add_up", "amounts.payable_minor"),
    ({"payments": (a_payment(reference=None),)}, "missing_reference", "payments.0.reference"),
    ({"payments": (a_payment(reference=" "),)}, "missing_reference", "payments.0.reference"),
    ({"payments": (a_payment(amount_minor=None),)}, "bad_payment", "payments.0.amount_minor"),
    ({"payments": (a_payment(amount_minor=0),)}, "bad_payment", "payments.0.amount_minor"),
    ({"payments": (a_payment(amount_minor=MINOR_MAX),)}, "bad_payment", "payments.0.amount_minor"),
    ({"payments": (a_payment(paid_at=None),)}, "bad_paid_at", "payments.0.paid_at"),
    (
        {"payments": (a_payment(paid_at=PLACED_AT.replace(tzinfo=None)),)},
        "bad_paid_at",
        "payments.0.paid_at",
    ),
    (
        {"payments": (a_payment(paid_at=datetime(1, 1, 1, tzinfo=CHINA)),)},
        "bad_paid_at",
        "payments.0.paid_at",
    ),
    (
        {"payments": (a_payment(paid_at=datetime.fromisoformat("9999-12-31T23:59:59-08:00")),)},
        "bad_paid_at",
        "payments.0.paid_at",
    ),
    ({"payments": (a_payment(), a_payment())}, "repeated_payment", "payments"),
    ({"payments": (a_payment(),) * (PAYMENTS_MAX + 1)}, "too_many_payments", "payments"),
    ({"customer__name": "张\x00三"}, "control_character", "customer.name"),
    ({"memo": "a\x1bb"}, "control_character", "memo"),
    ({"channel_order_no": "M\x00"}, "control_character", "channel_order_no"),
    ({"lines": (a_line(sku="S\x7f"),)}, "control_character", "lines.0.sku"),
    ({"payments": (a_payment(method="\x01"),)}, "control_character", "payments.0.method"),
    ({"memo": "x" * 2001}, "text_too_long", "memo"),
    ({"lines": (a_line(title="x" * 2001),)}, "text_too_long", "lines.0.title"),
    ({"channel_order_no": "9" * 201}, "text_too_long", "channel_order_no"),
    ({"lines": (a_line(sku="x" * 201),)}, "text_too_long", "lines.0.sku"),
    ({"payments": (a_payment(reference="x" * 201),)}, "text_too_long", "payments.0.reference"),
]


@pytest.mark.parametrize(("changes", "code", "field"), WRONG)
def test_what_is_wrong_is_said_by_code_and_field(
    changes: dict[str, Any], code: str, field: str
) -> None:
    assert (code, field) in found(a_draft(**changes))


def test_one_thing_wrong_is_one_reason() -> None:
    every = {
        "placed_at": PLACED_AT.replace(tzinfo=None),
        "currency": "12",
        "customer__phone": None,
        "customer__name": None,
        "address__detail": None,
        "amounts__payable_minor": 4081,
    }
    for name, value in every.items():
        assert len(found(a_draft(**{name: value}))) == 1, name
    assert len(found(a_draft(**every))) == len(every)


def test_line_breaks_and_tabs_in_a_memo_are_no_control_characters() -> None:
    assert found(a_draft(memo="放门口\r\n\t谢谢")) == set()


def test_a_province_stands_in_for_a_city() -> None:
    assert found(a_draft(address__city=None, address__province="上海市")) == set()


def test_an_order_may_come_a_little_ahead_of_our_clock() -> None:
    assert found(a_draft(placed_at=NOW + timedelta(hours=23))) == set()


def test_a_free_order_without_payments_is_let_in() -> None:
    free = DraftAmounts(goods_minor=3980, discount_minor=3980, payable_minor=0)
    assert found(a_draft(amounts=free, payments=())) == set()


def test_the_country_of_an_order_without_one_is_the_home_country() -> None:
    for country in (None, "", "  "):
        normal, reasons = checked(a_draft(address__country=country), NOW)
        assert (normal.address.country, reasons) == ("CN", [])


def test_what_is_not_valid_stays_as_it_came() -> None:
    normal, _ = checked(a_draft(customer__phone="138****8000", currency="Yuan"), NOW)
    assert normal.customer.phone == "138****8000"
    assert normal.currency == "YUAN"


@given(valid_drafts())
def test_a_valid_order_stays_valid_and_is_normalised_once_and_for_all(draft: Draft) -> None:
    normal, reasons = checked(draft, NOW)
    assert reasons == []
    assert checked(normal, NOW) == (normal, [])


@given(valid_drafts())
def test_a_valid_order_survives_its_document_and_is_an_order_for_every_reader(
    draft: Draft,
) -> None:
    normal, _ = checked(draft, NOW)
    document = draft_json(normal)
    assert read_draft(document) == normal
    order = Order.model_validate_json(document)
    assert order.model_dump() == Order.model_validate(normal, from_attributes=True).model_dump()


@given(valid_drafts(), st.sampled_from(AMOUNTS), st.integers(1, 10_000))
def test_any_change_of_one_amount_makes_the_sums_fail(draft: Draft, name: str, by: int) -> None:
    for change in (by, -by):
        value = getattr(draft.amounts, name) + change
        changed = replace(draft, amounts=replace(draft.amounts, **{name: value}))
        assert {code for code, _ in found(changed)} & {
            "goods_do_not_add_up",
            "payable_does_not_add_up",
            "bad_amount",
        }


@given(valid_drafts(), st.data())
def test_any_change_of_one_line_makes_the_sums_fail(draft: Draft, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(draft.lines) - 1))
    line = draft.lines[place]
    changed = replace(
        line, unit_price_minor=(line.unit_price_minor or 0) + data.draw(st.integers(1))
    )
    lines = (*draft.lines[:place], changed, *draft.lines[place + 1 :])
    assert {code for code, _ in found(replace(draft, lines=lines))} & {
        "goods_do_not_add_up",
        "bad_price",
    }


@given(any_drafts())
def test_no_order_is_beyond_judgement(draft: Draft) -> None:
    normal, reasons = checked(draft, NOW)
    assert checked(normal, NOW) == (normal, reasons)
    assert reasons_json(reasons)
    assert read_draft(draft_json(normal))


def test_numbers_of_thousands_of_digits_are_out_of_range_and_no_more() -> None:
    huge = 10**4000
    draft = a_draft(
        lines=(a_line(quantity=huge, unit_price_minor=huge, discount_minor=-huge),),
        amounts__tax_minor=huge,
        payments=(a_payment(amount_minor=-huge),),
    )
    _, reasons = checked(draft, NOW)
    assert {reason.code for reason in reasons} == {
        "bad_quantity",
        "bad_price",
        "bad_amount",
        "bad_payment",
    }
    assert len(reasons_json(reasons)) < 2_000


def test_a_flood_of_lines_and_payments_makes_no_flood_of_reasons() -> None:
    flood = a_draft(
        lines=(a_line(sku=None),) * 100_000, payments=(a_payment(reference=""),) * 100_000
    )
    _, reasons = checked(flood, NOW)
    assert len(reasons) < 3 * (LINES_MAX + PAYMENTS_MAX)


# -- what reasons tell

SECRETS = {
    "customer__name": "Marked Name\x00",
    "customer__phone": "139****4711",
    "customer__email": "marked@example.com\x00",
    "address__detail": "Marked Street 1\x00",
    "address__postcode": "MARKED-1\x00",
    "memo": "marked memo\x00",
}


def test_reasons_repeat_nothing_of_a_person() -> None:
    _, reasons = checked(a_draft(**SECRETS), NOW)
    assert {reason.field.partition(".")[2] or reason.field for reason in reasons} == {
        name.partition("__")[2] or name for name in SECRETS
    }
    told = reasons_json(reasons).casefold()
    for value in SECRETS.values():
        assert value.strip("\x00").casefold() not in told


@given(st.text(max_size=60))
def test_a_masked_value_shows_less_than_half(text: str) -> None:
    shown = masked(text)
    assert len(shown.replace("***", "", 1)) * 2 <= len(text)
    assert shown == "***" or len(shown) == len("138***00")


@pytest.mark.parametrize("text", ["", "1", "13800", "1380013", "5550123"])
def test_nothing_is_shown_of_a_short_value(text: str) -> None:
    assert masked(text) == "***"


def test_a_phone_number_is_recognised_by_its_ends() -> None:
    assert masked("13800138000") == "138***00"


def test_the_masked_value_holds_no_control_character() -> None:
    assert masked("13\x00800\x1b138000") == "138***00"


# -- sold over the counter

NOBODY: dict[str, Any] = {
    "customer__name": None,
    "customer__phone": None,
    "address__detail": None,
    "address__city": None,
    "address__province": None,
}


@pytest.mark.parametrize(
    "changes", [{"delivery": "in_store"}, {"customer__receiver_token": "oaid-1"}]
)
def test_an_order_that_needs_no_receiver_is_an_order_for_every_reader(changes: Any) -> None:
    normal, reasons = checked(a_draft(**NOBODY, **changes), NOW)
    assert reasons == []
    order = Order.model_validate_json(draft_json(normal))
    assert (order.customer.name, order.customer.phone, order.address.detail) == ("", None, "")


def test_an_order_that_is_shipped_needs_a_receiver() -> None:
    assert {code for code, _ in found(a_draft(**NOBODY, delivery="shipment"))} == {
        "missing_phone",
        "missing_name",
        "missing_address",
        "missing_city",
    }


@pytest.mark.parametrize("delivery", ["", "pigeon", "In_Store"])
def test_goods_reach_the_buyer_in_one_of_two_ways(delivery: str) -> None:
    assert found(a_draft(delivery=delivery)) == {("bad_delivery", "delivery")}


def test_a_document_from_before_says_nothing_of_the_delivery_and_was_shipped() -> None:
    document = draft_json(checked(a_draft(), NOW)[0]).replace(',"delivery":"shipment"', "")
    assert "delivery" not in document
    assert read_draft(document).delivery == "shipment"
