"""What can be wrong with a row of a file, as codes with their words in two languages.

A message never has the value: the report goes to whoever asks for it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "zh"]
FILES: Mapping[Language, tuple[str, str]] = {
    "en": ("file", "items"),
    "zh": ("订单文件", "明细文件"),
}
HEADER: Mapping[Language, tuple[str, ...]] = {
    "en": ("file", "row", "column", "code", "message"),
    "zh": ("文件", "行号", "列", "代码", "说明"),
}
MESSAGES: Mapping[str, tuple[str, str]] = {
    "mangled_id": (
        "A spreadsheet has destroyed this number. Export the file again and upload it unopened.",
        "该编号已被表格软件破坏（科学计数法或末位变 0）。请重新导出，不要打开，直接上传。",
    ),
    "formula": ("The cell has a formula; formulas are not run.", "单元格是公式，系统不执行公式。"),
    "error_value": ("The cell shows an error of the spreadsheet.", "单元格是表格的错误值。"),
    "cell_too_long": ("The cell is too long.", "单元格内容过长。"),
    "broken_quotes": (
        "The quotes of the row are not closed, or stand within a text.",
        "该行的引号不成对，或出现在文本中间。",
    ),
    "too_many_cells": ("The row has more cells than the header.", "该行的单元格比表头多。"),
    "missing_order_no": ("The row does not say which order it is of.", "该行没有订单编号。"),
    "bad_order_no": (
        "The order number is too long or has a control character.",
        "订单编号过长或含有控制字符。",
    ),
    "contradiction": (
        "Another row of this order says something else here; the order was not taken in.",
        "同一订单的其他行在此列内容不同，该订单未导入。",
    ),
    "row_of_refused_order": (
        "Another row of this order is wrong; the order was not taken in.",
        "同一订单的其他行有错误，该订单未导入。",
    ),
    "too_many_rows": ("The order has too many rows.", "该订单的行数过多。"),
    "unknown_order": (
        "The first file has no order of this number that can be read.",
        "订单文件中没有可读取的该订单编号。",
    ),
    "not_storable": ("The order cannot be stored.", "该订单无法保存。"),
}


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong with one row; the column is the format's name for it, or empty."""

    part: int
    """0: the first file, 1: the items."""
    row: int
    """As the spreadsheet counts: the header is row 1."""
    column: str
    code: str


def lines_of_report(faults: Iterable[Fault], language: Language) -> Iterator[tuple[str, ...]]:
    """Say each fault as a line of the report, safe to be opened in a spreadsheet."""
    for fault in faults:
        english, chinese = MESSAGES[fault.code]
        message = chinese if language == "zh" else english
        file = FILES[language][fault.part]
        yield tuple(map(guarded, (file, str(fault.row), fault.column, fault.code, message)))


def guarded(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else text
