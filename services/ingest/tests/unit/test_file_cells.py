"""One cell of a file: any text, what spreadsheets wrap numbers in, and what they destroy."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.files.cells import Cell, Kind, is_mangled, read_cell
from ingest.domain.files.faults import MESSAGES, Fault, guarded, lines_of_report
from ingest.domain.files.sheet import Layout, Row
from ingest.mappings.file_formats import FORMATS, file_format

NUMBER = Kind.NUMBER


def mangled(text: str, kind: Kind = Kind.TEXT, *, whole_column: bool = True) -> bool:
    return is_mangled(read_cell(Cell(text, kind)), whole_column=whole_column)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('="3312345678901234567"', "3312345678901234567"),
        ("'13900139000", "13900139000"),
        ("\t3312345678901234567\t", "3312345678901234567"),
        ("  F-1 ", "F-1"),
        ("'", ""),
        ('=""', ""),
    ],
)
def test_what_protects_a_text_is_taken_off(text: str, said: str) -> None:
    assert read_cell(Cell(text)).text == said


@pytest.mark.parametrize(
    "text",
    [
        "1.23457E+18",
        "1,23457E+18",
        "3.31235e+018",
        "5E+15",
        "3312345678901230000",
        "331234567890123000",
        "1234567890123450",
        '="1.23457E+18"',
    ],
)
def test_a_destroyed_number_is_seen(text: str) -> None:
    assert mangled(text)


@pytest.mark.parametrize(
    "text",
    [
        "3312345678901234567",
        "1001",
        "100000000000000",
        "M-1000000000000000000",
        "2E10",
        "1E5-RED",
        '="3312345678901230000"',
        "'3312345678901230000",
        "3312345678901230000\t",
        "",
    ],
)
def test_a_number_as_it_was_written_is_none(text: str) -> None:
    assert not mangled(text)


def test_a_single_zero_counts_only_where_every_long_number_of_the_column_has_one() -> None:
    assert mangled("1234567890123450", whole_column=True)
    assert not mangled("1234567890123450", whole_column=False)
    assert mangled("12345678901234500", whole_column=False)


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("123456789012345", False),
        ("1234567890123456", True),
        (str(2**53 + 1), True),
        ("0.30", False),
        ("-12.5", False),
    ],
)
def test_a_cell_kept_as_a_number_has_fifteen_digits(text: str, is_so: bool) -> None:  # noqa: FBT001
    assert mangled(text, NUMBER) is is_so


@given(st.integers(10**15, 10**19 - 1))
def test_what_a_spreadsheet_makes_of_a_long_number_never_passes_for_the_number(n: int) -> None:
    shown, saved = f"{n:.5E}", str(n)[:15] + "0" * (len(str(n)) - 15)
    assert mangled(shown)
    assert mangled(saved)


@given(st.text())
def test_any_text_is_a_cell(text: str) -> None:
    reading = read_cell(Cell(text))
    assert reading.text == reading.text.strip()
    assert is_mangled(reading, whole_column=True) in (True, False)


@given(st.lists(st.text(max_size=40), max_size=40), st.sampled_from(FORMATS))
def test_any_row_is_read_or_reported_and_no_fault_has_its_text(texts: list[str], name: str) -> None:
    fmt = file_format(name)
    assert fmt is not None
    header = Row(1, tuple(Cell(column) for column in fmt.file.columns))
    layout = Layout.of(header, fmt.file, 0)
    read = layout.check(Row(2, tuple(map(Cell, texts))))
    assert set(read.cells) <= set(fmt.file.columns)
    assert not (read.cells and read.faults)
    assert {fault.column for fault in read.faults} <= {"", *fmt.file.columns}
    assert {fault.code for fault in read.faults} <= MESSAGES.keys()


@given(st.text())
def test_no_cell_of_the_report_is_a_formula(text: str) -> None:
    safe = guarded(text)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert safe.removeprefix("'") == text.removeprefix("'")


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_every_fault_is_told_in_both_languages(code: str) -> None:
    fault = Fault(1, 7, "订单编号", code)
    ((_, row, column, told, message),) = lines_of_report([fault], "zh")
    assert (row, column, told) == ("7", "订单编号", code)
    assert message != next(lines_of_report([fault], "en"))[-1]
    written = io.StringIO()
    csv.writer(written).writerow((row, column, told, message))
