"""Bytes become rows: encodings, delimiters, quotes, workbooks, and what is refused."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_material.files import csv_bytes, own_line, own_names, xlsx_bytes
from openpyxl import load_workbook

from ingest.domain.files.cells import Cell, Kind
from ingest.domain.files.sheet import CheckedRow, Row
from ingest.files import template, xlsx_file
from ingest.files.opening import look_at, opened, rows_of
from ingest.files.problems import UnreadableFile
from ingest.mappings.file_formats import file_format

CANONICAL = file_format("canonical")


def all_rows(content: bytes) -> list[Row]:
    file = io.BytesIO(content)
    return list(rows_of(file, look_at(file)))


def checked(content: bytes) -> list[CheckedRow]:
    assert CANONICAL is not None
    file = io.BytesIO(content)
    found = opened(file, look_at(file), CANONICAL.file, 0)
    return [found.layout.check(row) for row in found.rows if not row.is_empty]


def refusal(content: bytes) -> str:
    with pytest.raises(UnreadableFile) as caught:
        checked(content)
    return caught.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters_are_found_out(encoding: str, delimiter: str) -> None:
    content = csv_bytes([own_line(), own_line(2)], encoding=encoding, delimiter=delimiter)
    rows = checked(content)
    assert [row.faults for row in rows] == [(), ()]
    assert rows[0].cells["name"] == "李雷"
    assert rows[0].cells["detail"] == "中山路 8 号"


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_utf_16_of_either_order(order: str) -> None:
    content = "\ufeff".encode(order) + csv_bytes([own_line()], encoding=order)
    assert checked(content)[0].cells["name"] == "李雷"


def test_a_header_may_be_in_chinese_and_have_more_columns() -> None:
    content = csv_bytes([own_line()])
    assert CANONICAL is not None
    for column in CANONICAL.file.columns.values():
        if column.also:
            head, _, rest = content.partition(b"\n")
            names = [
                column.also[0].encode() if name == column.name.encode() else name
                for name in head.strip().split(b",")
            ]
            content = b",".join(names) + b"\r\n" + rest
    (row,) = checked(content.replace(b"\r\n", b",x\r\n"))
    assert row.order_no == "F-1"
    assert row.cells == checked(csv_bytes([own_line()]))[0].cells


def test_rows_have_the_number_that_a_spreadsheet_shows() -> None:
    content = (
        csv_bytes([own_line(detail="a\nb")]) + b"\r\n" + csv_bytes([own_line(2)]).split(b"\n", 1)[1]
    )
    assert [row.number for row in checked(content)] == [2, 4]


def test_a_row_with_broken_quotes_is_reported_and_the_next_is_read() -> None:
    head, line = csv_bytes([own_line()]).split(b"\r\n", 1)
    bad = line.replace("李雷".encode(), '"李"雷'.encode())
    rows = checked(head + b"\r\n" + bad + line)
    assert [[fault.code for fault in row.faults] for row in rows] == [["broken_quotes"], []]


def test_a_quote_that_is_never_closed_takes_nothing_in() -> None:
    head, line = csv_bytes([own_line()]).split(b"\r\n", 1)
    rows = checked(head + b"\r\n" + line.replace("李雷".encode(), '"李雷'.encode()) + line)
    assert [row.cells for row in rows] == [{}]
    assert rows[0].faults[0].code == "broken_quotes"


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n")), min_size=1
    )
)
def test_any_text_survives_its_way_through_a_csv(texts: list[str]) -> None:
    names = [f"c{number}" for number in range(len(texts))]
    rows = all_rows(csv_bytes([dict(zip(names, texts, strict=True))], encoding="utf-8-sig"))
    if any(texts):
        assert [cell.text for cell in rows[1].cells] == texts


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_refused(content: bytes) -> None:
    file = io.BytesIO(content)
    try:
        for row in rows_of(file, look_at(file)):
            assert isinstance(row, Row)
    except UnreadableFile:
        pass


@given(st.binary(max_size=300), st.integers(0, 4000))
def test_a_damaged_workbook_is_rows_or_refused(noise: bytes, place: int) -> None:
    whole = bytearray(xlsx_bytes([own_line()]))
    place %= len(whole)
    whole[place : place + len(noise)] = noise
    whole[:4] = b"PK\x03\x04"
    file = io.BytesIO(bytes(whole))
    try:
        for row in rows_of(file, look_at(file)):
            assert isinstance(row, Row)
    except UnreadableFile:
        pass


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\r\n\r\n", "empty"),
        (b"\xff\xfe\x00", "bad_encoding"),
        (b"\x81\xff\x81\xff,a\n", "bad_encoding"),
        (b"a\x00b,c\n1,2\n", "bad_encoding"),
        (b"\xd0\xcf\x11\xe0 old", "old_excel"),
        (b"PK\x03\x04 not really", "no_workbook"),
        (b"channel_order_no,placed_at\nF-1,x\n", "missing_column"),
        (csv_bytes([], header=own_names()), "no_rows"),
        (csv_bytes([], header=[*own_names(), "phone"]), "repeated_column"),
        (csv_bytes([], header=[*own_names(), "手机"]), "repeated_column"),
    ],
    ids=repr,
)
def test_a_bad_file_is_refused_as_a_whole(content: bytes, code: str) -> None:
    assert refusal(content) == code


# -- workbooks


def test_a_workbook_has_the_same_rows_as_a_csv() -> None:
    rows = [own_line(), own_line(2)]
    assert [r.cells for r in checked(xlsx_bytes(rows))] == [
        r.cells for r in checked(csv_bytes(rows))
    ]


@pytest.mark.parametrize(
    ("value", "column", "code"),
    [
        (3312345678901234567, "channel_order_no", "mangled_id"),
        (3.3123456789012345e18, "channel_order_no", "mangled_id"),
        (2**53 + 1, "sku", "mangled_id"),
        ("3.31235E+18", "channel_order_no", "mangled_id"),
        (123456789012345, "channel_order_no", None),
        (13900139000, "phone", None),
        ('="3312345678901234567"', "channel_order_no", None),
        ("=1+1", "quantity", "formula"),
        ('=HYPERLINK("http://x")', "detail", "formula"),
        ("#N/A", "sku", "error_value"),
    ],
)
def test_cells_of_a_workbook(value: Any, column: str, code: str | None) -> None:
    (row,) = checked(xlsx_bytes([own_line() | {column: value}]))
    assert [fault.code for fault in row.faults] == ([code] if code else [])
    assert all(fault.column == column for fault in row.faults)


def test_a_number_is_written_as_a_spreadsheet_shows_it() -> None:
    (row,) = checked(xlsx_bytes([own_line() | {"unit_price": 0.1 + 0.2, "payable": 28.0}]))
    assert (row.cells["unit_price"], row.cells["payable"]) == ("0.3", "28")


def test_the_text_of_a_formula_is_never_kept() -> None:
    rows = all_rows(xlsx_bytes([{"a": "=cmd|' /C calc'!A0"}]))
    assert rows[1].cells == (Cell("=", Kind.FORMULA),)


def packed(**parts: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return written.getvalue()


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_file, "UNPACKED_BYTES_MAX", 10_000_000)
    assert refusal(packed(x=b"\0" * 10_000_001)) == "too_large_unpacked"
    monkeypatch.setattr(xlsx_file, "TEXTS_BYTES_MAX", 10)
    assert refusal(packed(**{"xl/sharedStrings.xml": b"\0" * 11})) == "too_large_unpacked"


def test_a_bomb_that_lies_about_its_size_is_not_unpacked() -> None:
    content = bytearray(packed(x=b"\0" * 5_000_000))
    size = (5_000_000).to_bytes(4, "little")
    small = (10).to_bytes(4, "little")
    assert refusal(bytes(content).replace(size, small)) == "no_workbook"


def test_what_cannot_be_unpacked_piece_by_piece_is_refused() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("xl/workbook.xml", b"x" * 1000)
    assert refusal(written.getvalue()) == "no_workbook"


def rewritten(change: Callable[[str, bytes], bytes]) -> bytes:
    read = zipfile.ZipFile(io.BytesIO(xlsx_bytes([own_line()])))
    return packed(**{name: change(name, read.read(name)) for name in read.namelist()})


def test_entities_of_a_workbook_are_refused() -> None:
    def with_entity(name: str, content: bytes) -> bytes:
        if name != "xl/worksheets/sheet1.xml":
            return content
        return b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + content.replace(b"F-1", b"&a;")

    assert refusal(rewritten(with_entity)) == "no_workbook"


def test_a_row_number_beyond_all_sheets_ends_the_reading() -> None:
    def far(_: str, content: bytes) -> bytes:
        return content.replace(b'<row r="2"', b'<row r="999999999"')

    assert refusal(rewritten(far)) == "no_rows"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_templates_can_be_handed_in_as_they_are(language: Any) -> None:
    assert CANONICAL is not None
    for content in (template.as_csv(CANONICAL, language), template.as_xlsx(CANONICAL, language)):
        (row,) = checked(content)
        assert row.faults == ()
        assert row.order_no == "M-1001"


def test_the_template_keeps_every_digit() -> None:
    assert CANONICAL is not None
    book = load_workbook(io.BytesIO(template.as_xlsx(CANONICAL, "en")))
    sheet = book.active
    assert sheet is not None
    assert sheet.cell(3, 1).number_format == "@"
