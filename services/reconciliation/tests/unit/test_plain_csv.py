"""The plain statement: what it says, and that nothing in it can break its reader."""

import csv
import io
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import decimal_from_minor
from reconciliation.statements import plain_csv
from reconciliation.statements.reading import FAULTS_MAX, Fault, StatementLine, UnreadableStatement

HEADER = "transaction_id,occurred_at,amount,currency,reference,payer"
GOOD = "T1,2026-11-22T12:00:00+08:00,-40.80,CNY,R1,张三"


def faults(content: str | bytes) -> list[tuple[int, str]]:
    body = content.encode() if isinstance(content, str) else content
    with pytest.raises(UnreadableStatement) as caught:
        plain_csv.read(body)
    return [(fault.line_no, fault.field) for fault in caught.value.faults]


def test_a_line_is_read_exactly() -> None:
    at = datetime(2026, 11, 22, 4, tzinfo=UTC)
    expected = StatementLine(2, "T1", at, -4_080, "CNY", "R1", "张***")
    assert plain_csv.read(f"{HEADER}\n{GOOD}\n".encode()) == [expected]


def test_columns_are_found_by_name_and_byte_order_mark_blank_lines_and_crlf_are_fine() -> None:
    body = (
        "\ufeffPayer,currency, amount,occurred_at,reference,transaction_id\r\n"
        '\r\n"",JPY,+12,2026-11-22t04:00:00.5z,,"T,1"\r\n'
    )
    (line,) = plain_csv.read(body.encode())
    assert (line.line_no, line.transaction_id, line.amount_minor) == (3, "T,1", 12)
    assert (line.reference, line.payer_masked) == (None, None)


def test_a_file_without_lines_is_an_empty_statement() -> None:
    assert plain_csv.read(HEADER.encode()) == []


@pytest.mark.parametrize("header", ["x", "a,b", HEADER + ",fee", HEADER + ",payer", HEADER[:-6]])
def test_another_header_is_refused(header: str) -> None:
    assert faults(f"{header}\n{GOOD}") == [(1, "header")]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (GOOD.replace("T1", ""), "transaction_id"),
        (GOOD.replace("T1", "T" * 201), "transaction_id"),
        (GOOD.replace("R1", "R\x00"), "reference"),
        (GOOD.replace("R1", '"R\n1"'), "reference"),
        (GOOD.replace("CNY", "cny"), "currency"),
        (GOOD.replace("CNY", "ＣＮＹ"), "currency"),
        (GOOD.replace("+08:00", ""), "occurred_at"),
        (GOOD.replace("2026-11-22", "2026-13-22"), "occurred_at"),
        (GOOD.replace("2026-11-22T12:00:00+08:00", "0001-01-01T00:00:00+08:00"), "occurred_at"),
        *(
            (GOOD.replace("-40.80", amount), "amount")
            for amount in ("", "1.001", "1e3", "NaN", "１", "1_0", "0x1", "1,0", "9" * 16, "--1")
            if "," not in amount
        ),
        (GOOD + ",more", "line"),
        ("T1", "line"),
    ],
)
def test_a_bad_field_is_named_with_its_line(line: str, field: str) -> None:
    last_line = 3 + line.count("\n")
    assert faults(f"{HEADER}\n{GOOD}\n{line}\n") == [(last_line, field)]


def test_no_more_than_fifty_faults_are_told() -> None:
    assert len(faults(HEADER + "\nbad" * 60)) == FAULTS_MAX


def test_what_is_no_text_or_no_csv_is_refused() -> None:
    assert faults(f"{HEADER}\n{GOOD}\n".encode() + "张".encode("gb18030")) == [(3, "line")]
    assert faults(f'{HEADER}\n"T1"x,1') == [(2, "line")]


def test_too_many_lines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_csv, "LINES_MAX", 2)
    body = "\n".join([HEADER, *(GOOD.replace("T1", f"T{n}") for n in range(3))])
    assert faults(body) == [(4, "line")]


def readable(body: bytes) -> list[StatementLine] | tuple[Fault, ...]:
    try:
        return plain_csv.read(body)
    except UnreadableStatement as unreadable:
        return unreadable.faults


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    assert readable(body)


cells = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["T1", "2026-11-22T12:00:00Z", "CNY", "KWD", "1.5", "-0", "1e999999", '"', ""]),
)


@given(st.lists(st.lists(cells, min_size=5, max_size=7), min_size=1, max_size=5))
def test_no_cells_break_the_reader_and_every_fault_has_a_place(table: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([HEADER.split(","), *table])
    result = readable(out.getvalue().encode("utf-8", "ignore"))
    last_line = out.getvalue().count("\n") + out.getvalue().count("\r") + 1
    for told in result:
        assert 1 < told.line_no <= last_line


offsets = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=offsets)  # noqa: DTZ001


@given(moments, st.integers(-(10**12), 10**12), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_what_is_written_is_read_back(at: datetime, amount_minor: int, currency: str) -> None:
    amount = decimal_from_minor(amount_minor, currency)
    body = f"{HEADER}\nT1,{at.isoformat()},{amount},{currency},R,P"
    (line,) = plain_csv.read(body.encode())
    assert (line.occurred_at, line.amount_minor, line.currency) == (at, amount_minor, currency)
