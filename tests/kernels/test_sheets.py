"""Sheets as people keep them: encodings, delimiters, headings, merged cells, number formats, dates; and what is refused."""

from __future__ import annotations

import codecs
import io
import zipfile
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from jingwei.kernels import sheets
from jingwei.kernels.sheets import Choice, formats
from tests.kernels.test_strangers_files import workbook as packed

simplified = "项目,名称\nP1,这是一个用于验证的任务说明\n"
traditional = "專案,名稱\nP1,這是一個用於驗證的任務說明\n"


def book(rows: list[list[Any]], *, merged: tuple[str, ...] = (), formatted: dict[str, str] | None = None, is_1904: bool = False) -> bytes:
    """A workbook with these rows."""
    made = openpyxl.Workbook()
    if is_1904:
        made.epoch = CALENDAR_MAC_1904
    for row in rows:
        made.active.append(row)
    for each in merged:
        made.active.merge_cells(each)
    for cell, pattern in (formatted or {}).items():
        made.active[cell].number_format = pattern
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "encoding", "is_sure"),
    [
        (simplified.encode(), "utf-8", True), (codecs.BOM_UTF8 + simplified.encode(), "utf-8", True), (b"a,b\n1,2\n", "utf-8", True),
        (codecs.BOM_UTF16_LE + simplified.encode("utf-16-le"), "utf-16-le", True), (codecs.BOM_UTF16_BE + simplified.encode("utf-16-be"), "utf-16-be", True),
        (simplified.encode("utf-16-le"), "utf-16-le", False), (simplified.encode("utf-16-be"), "utf-16-be", False),
        (simplified.encode("gb18030"), "gb18030", True), (traditional.encode("cp950"), "big5", True), ("a,b\n王,李\n".encode("gb18030"), "gb18030", False),
        ("Straße,Größe\nMüller,1\n".encode("cp1252"), "gb18030", False),
    ],
)  # fmt: skip
def test_an_encoding_is_found_and_how_sure_that_is(content: bytes, encoding: str, is_sure: bool) -> None:
    found = sheets.look(content, "x.csv")
    assert (found.encoding, found.is_sure) == (encoding, is_sure)
    if not is_sure:
        with pytest.raises(sheets.SheetError):
            sheets.read(content, "x.csv")


def test_what_was_chosen_or_is_known_makes_it_sure() -> None:
    short = "编号,b\n王,李\n".encode("gb18030")
    assert sheets.look(short, "x.csv", Choice(known=frozenset({"编号"}))).is_sure
    german = "Straße,Größe\nMüller,1\n".encode("cp1252")
    assert sheets.look(german, "x.csv", Choice(encoding="cp1252")).headers == ("Straße", "Größe")
    with pytest.raises(sheets.SheetError):
        sheets.look(german, "x.csv", Choice(encoding="utf-8"))
    with pytest.raises(sheets.SheetError):
        sheets.look(german, "x.csv", Choice(encoding="idna"))


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [("a,b\n1,2", ","), ('a;b\n"1,5;x";2,5\n3,5;4,5', ";"), ("a\tb\n1,2\t3,4", "\t"), ("sep=;\na;b\n1;2", ";"), ('a,b\n"x;y;z",2', ","), ("only\none", ",")],
)
def test_a_delimiter_is_found(content: str, delimiter: str) -> None:
    assert sheets.look(content.encode(), "x.csv").delimiter == delimiter


def test_a_cell_may_hold_lines_quotes_and_rare_letters() -> None:
    text = '名称\t备注\r\n王𠮷\t"第一行\n第二行,含""引号"""\r\n'
    found = sheets.look(codecs.BOM_UTF16_LE + text.encode("utf-16-le"), "x.txt")
    assert found.rows == [["王𠮷", '第一行\n第二行,含"引号"']] and found.numbers == [2]


@pytest.mark.parametrize(
    ("value", "pattern", "text"),
    [
        (123, "00000", "00123"), (1.1, "0.00", "1.10"), (7, "General", "7"), (1234.5, "#,##0.00", "1234.50"), (0.1 + 0.2, "General", "0.3"),
        (7, '"P-"000', "P-007"), (1.239, "0.00", "1.239"), (-5, "00000", "-5"), (0.5, "0%", "0.5"), (1.5, "0", "1.5"), (12.0, "General", "12"),
        (True, "General", "TRUE"), (datetime(2026, 3, 9), "", "2026-03-09"), (datetime(2026, 3, 9, 18, 5), "", "2026-03-09 18:05"), (None, "0", ""),
        (1e20, "General", "100000000000000000000"), (1.5e-7, "General", "0.00000015"), (float("nan"), "0", "nan"), (3, "[Red]000;-000", "003"), (3, "@", "3"),
    ],
)  # fmt: skip
def test_a_number_format_adds_what_it_shows_and_rounds_nothing_away(value: Any, pattern: str, text: str) -> None:
    assert formats.shown(value, pattern) == text


def test_long_numbers_errors_and_formulas_without_result_are_told() -> None:
    content = book([["id", "a", "b"], [110105194912310021, "#N/A", "=1+1"], [123456789012345, "x", "y"]])
    assert sheets.look(content, "x.xlsx").problems == {(0, 0): "digits", (0, 1): "error", (0, 2): "formula"}


@pytest.mark.parametrize("is_1904", [False, True])
def test_a_workbook_says_how_it_counts_its_days(is_1904: bool) -> None:
    found = sheets.look(book([["day"], [datetime(2026, 3, 9)], [46090]], is_1904=is_1904), "x.xlsx")
    assert (found.is_1904, found.rows) == (is_1904, [["2026-03-09"], ["46090"]])


def test_headings_of_two_rows_under_a_title_are_joined_and_merged_cells_filled_down() -> None:
    rows = [
        ["计划"],
        [],
        ["阶段", "任务", "计划"],
        [None, None, "开始", "完成"],
        ["实施", "布线", "a", "b"],
        [None, "割接", "c", "d"],
        [],
        [None, "=COUNTA(B5:B6)"],
    ]
    content = book(rows, merged=("A3:A4", "B3:B4", "C3:D3", "A5:A6"))
    found = sheets.look(content, "x.xlsx")
    assert (found.headers, found.header, found.header_rows) == (("阶段", "任务", "计划 开始", "计划 完成"), 3, 2)
    assert found.rows == [["实施", "布线", "a", "b"], ["实施", "割接", "c", "d"]] and found.numbers == [5, 6], "the row that holds only a formula is none"
    chosen = sheets.look(content, "x.xlsx", Choice(header=4, header_rows=1))
    assert chosen.headers == ("(A)", "(B)", "开始", "完成")


def test_headings_are_where_the_known_words_are_and_each_is_one() -> None:
    content = book([["2026", "x", "y"], ["code", "Name", "Name"], ["1", "2", "3"]])
    assert sheets.look(content, "x.xlsx", Choice(known=frozenset({"code", "name"}))).headers == ("code", "Name", "Name (2)")


def test_a_sheet_is_chosen_and_hidden_ones_are_not_the_first() -> None:
    made = openpyxl.Workbook()
    made.active.title, made.active.sheet_state = "hidden", "hidden"
    for name in ("one", "two"):
        made.create_sheet(name).append([name])
        made[name].append(["x"])
    out = io.BytesIO()
    made.save(out)
    found = sheets.look(out.getvalue(), "x.xlsx")
    assert (found.sheets, found.headers) == (("hidden", "one", "two"), ("one",))
    assert sheets.look(out.getvalue(), "x.xlsx", Choice(sheet=2)).headers == ("two",)
    with pytest.raises(sheets.SheetError):
        sheets.look(out.getvalue(), "x.xlsx", Choice(sheet=3))


hostile = {
    "links to another workbook": packed(more={"xl/externalLinks/externalLink1.xml": b"<externalLink/>"}),
    "macros": packed(more={"xl/vbaProject.bin": b"x"}),
    "an object inside": packed(more={"xl/embeddings/oleObject1.bin": b"x"}),
    "a connection": packed(more={"xl/connections.xml": b"<connections/>"}),
    "a program started by a formula": book([["a"], ["=cmd|'/c calc'!A0"]]),
    "merged beyond reason": packed({"xl/worksheets/sheet1.xml": (b"</sheetData>", b"</sheetData><mergeCells>" + b'<mergeCell ref="A1:B2"/>' * 20_001 + b"</mergeCells>")}),
}  # fmt: skip


@pytest.mark.parametrize("content", hostile.values(), ids=hostile)
def test_what_reaches_out_of_the_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(sheets.SheetError) as refused:
        sheets.look(content, "x.xlsx")
    assert refused.value.zh


def test_a_merged_range_of_the_whole_sheet_costs_nothing_and_text_that_starts_a_program_is_told() -> None:
    content = packed({"xl/worksheets/sheet1.xml": (b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A2:XFD1048576"/></mergeCells>')})
    assert zipfile.is_zipfile(io.BytesIO(content)) and sheets.look(content, "x.xlsx").rows == [["x", ""]]
    assert sheets.look(b"a,b\n=cmd|' /C calc'!A0,=1+1\n", "x.csv").problems == {(0, 0): "dde"}
