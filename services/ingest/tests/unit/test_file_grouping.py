"""Which rows make one order, and that an order goes in whole or not at all."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_material.files import (
    SHOPIFY,
    SHOPIFY_SECOND,
    TAOBAO,
    TAOBAO_ITEMS,
    own_line,
    second_line,
)
from ingest_material.reading import apply

from ingest.domain.draft import Draft, DraftLine, DraftPayment
from ingest.domain.files.cells import Cell, read_cell
from ingest.domain.files.faults import Fault
from ingest.domain.files.grouping import Part, payload_of
from ingest.domain.incoming import Incoming
from ingest.domain.validation import checked
from ingest.mappings.file_formats import FORMATS, file_format


def part(cells: Any, number: int = 2, file: int = 0, *, wrong: bool = False) -> Part:
    read = {name: read_cell(Cell(text)).text for name, text in cells.items()}
    return Part(file, number, {name: text for name, text in read.items() if text}, wrong)


def payload(name: str, *parts: Part) -> Any:
    fmt = file_format(name)
    assert fmt is not None
    return payload_of(fmt, parts)


def read(name: str, *parts: Part) -> Incoming:
    fmt = file_format(name)
    assert fmt is not None
    found = payload_of(fmt, parts)
    assert isinstance(found, dict)
    (one,) = apply(fmt.mapping, found, channel="mall", shop="s", topic=f"import:{name}")
    return one


def reasons(incoming: Incoming) -> set[str]:
    from common.clock import utc_now

    _, found = checked(incoming.draft, utc_now())
    return {reason.code for reason in (*incoming.problems, *found)}


def test_a_wrong_row_keeps_the_whole_order_out() -> None:
    rows = (part(own_line()), part(second_line(), 3), part({}, 4, wrong=True))
    assert payload("canonical", *rows) == (
        Fault(0, 2, "", "row_of_refused_order"),
        Fault(0, 3, "", "row_of_refused_order"),
    )


def test_rows_that_say_different_things_of_the_order_keep_it_out() -> None:
    rows = (part(own_line()), part(own_line(phone="13600136000"), 3))
    assert payload("canonical", *rows) == (
        Fault(0, 2, "", "row_of_refused_order"),
        Fault(0, 3, "phone", "contradiction"),
    )


def test_what_only_a_later_row_says_of_the_order_counts() -> None:
    rows = (part(own_line(memo="")), part(second_line(memo="ring twice"), 3))
    assert read("canonical", *rows).draft.memo == "ring twice"


@given(st.permutations(range(5)))
def test_the_rows_of_an_order_need_not_be_together_or_in_order(places: list[int]) -> None:
    rows = [part(own_line(sku=f"SKU-{n}"), n) for n in range(5)]
    assert payload("canonical", *(rows[n] for n in places)) == payload("canonical", *rows)


def test_our_own_columns_are_an_order() -> None:
    incoming = read("canonical", part(own_line(line_discount="1.00", payable="27.00")))
    assert reasons(incoming) == set()
    assert incoming.draft.lines == (
        DraftLine(sku="SKU-1", title=None, quantity=2, unit_price_minor=1250, discount_minor=100),
    )
    assert incoming.draft.amounts.payable_minor == 2700
    assert str(incoming.draft.placed_at) == "2025-03-04 09:30:00+08:00"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2025/3/4 9:30", "2025-03-04 09:30:00+08:00"),
        ("2025-03-04T09:30:00Z", "2025-03-04 09:30:00+00:00"),
        ("2025/12/24", "2025-12-24 00:00:00+08:00"),
    ],
)
def test_a_time_may_be_as_a_spreadsheet_writes_it(written: str, meant: str) -> None:
    assert str(read("canonical", part(own_line(placed_at=written))).draft.placed_at) == meant


def test_a_shopify_order_is_all_its_rows() -> None:
    incoming = read("shopify", part(SHOPIFY), part(SHOPIFY_SECOND, 3))
    assert reasons(incoming) == set()
    draft = incoming.draft
    assert draft.channel_order_no == "7001"
    assert [(line.sku, line.quantity) for line in draft.lines] == [("BECHER", 2), ("TELLER", 1)]
    amounts = draft.amounts
    found = (amounts.goods_minor, amounts.discount_minor, amounts.freight_minor, amounts.tax_minor)
    assert found == (2700, 200, 490, 0)
    assert draft.payments[0].reference == "#2001"
    assert draft.address.postcode == "10115"


def test_a_shopify_order_without_one_of_its_rows_is_not_let_in() -> None:
    assert "bad_amount" in reasons(read("shopify", part(SHOPIFY)))


@pytest.mark.parametrize("status", ["fulfilled", "partial"])
def test_what_was_shipped_is_not_shipped_again(status: str) -> None:
    shipped = part({**SHOPIFY, "Fulfillment Status": status})
    assert "already_shipped" in reasons(read("shopify", shipped, part(SHOPIFY_SECOND, 3)))


def test_duties_of_a_shopify_order_come_to_its_total() -> None:
    abroad = part({**SHOPIFY, "Duties": "3.00", "Total": "32.90"})
    incoming = read("shopify", abroad, part(SHOPIFY_SECOND, 3))
    assert reasons(incoming) == set()
    assert (incoming.draft.amounts.tax_minor, incoming.draft.amounts.payable_minor) == (300, 3290)


def test_what_a_till_sold_is_not_shipped_and_what_was_given_back_is_not_either() -> None:
    nobody = {name: "" for name in SHOPIFY if name.startswith("Shipping ")}
    till = {"Source": "pos", "Fulfillment Status": "fulfilled"}
    sold = read("shopify", part({**SHOPIFY, **nobody, **till}), part(SHOPIFY_SECOND, 3))
    assert (sold.draft.delivery, reasons(sold)) == ("in_store", set())
    back = read("shopify", part({**SHOPIFY, "Financial Status": "refunded"}))
    assert back.cancelled == "cancelled on the channel"


def taobao(*items: Any, **changes: str) -> Incoming:
    order = part({**TAOBAO, **changes})
    return read("taobao", order, *(part(i, n, 1) for n, i in enumerate(items, start=2)))


def test_a_taobao_order_is_joined_from_two_files() -> None:
    incoming = taobao(*TAOBAO_ITEMS)
    assert reasons(incoming) == set()
    draft: Draft = incoming.draft
    assert draft.channel_order_no == "3312345678901234567"
    assert [line.sku for line in draft.lines] == ["CUP-1", "TRAY-1"]
    assert (draft.amounts.discount_minor, draft.amounts.payable_minor) == (500, 6000)
    address = draft.address
    assert (address.province, address.city, address.district) == ("浙江省", "宁波市", "海曙区")
    assert (address.detail, address.postcode) == ("药行街 20 号", "315000")
    (payment,) = draft.payments
    assert isinstance(payment, DraftPayment)
    assert payment.amount_minor == 6000


def test_a_taobao_order_with_a_line_missing_is_not_let_in() -> None:
    assert "lines_missing" in reasons(taobao(TAOBAO_ITEMS[0]))
    assert "no_lines" in reasons(taobao())


def test_an_unpaid_and_a_closed_taobao_order() -> None:
    unpaid = taobao(*TAOBAO_ITEMS, 订单付款时间="0000-00-00 00:00:00")
    assert unpaid.draft.payments == ()
    assert taobao(*TAOBAO_ITEMS, 订单状态="交易关闭").cancelled


def test_a_deposit_is_not_the_payment_of_a_trade() -> None:
    assert taobao(*TAOBAO_ITEMS).draft.payments
    assert taobao(*TAOBAO_ITEMS, 订单状态="等待买家付款").draft.payments == ()


def test_a_trade_with_a_refunded_line_is_kept_out() -> None:
    cup, tray = TAOBAO_ITEMS
    gone = {**tray, "订单状态": "交易关闭"}
    assert "line_refunded" in reasons(taobao(cup, gone))
    assert "line_refunded" not in reasons(taobao(cup, gone, 订单状态="交易关闭"))
    paid = {**tray, "订单状态": "买家已付款,等待卖家发货"}
    assert "line_refunded" not in reasons(taobao(cup, paid))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_its_columns_once(name: str) -> None:
    fmt = file_format(name)
    assert fmt is not None
    for table in fmt.tables:
        assert table.columns[table.order_no].exact
        known = [n for column in table.columns.values() for n in (column.name, *column.also)]
        assert len(known) == len(table.names)
