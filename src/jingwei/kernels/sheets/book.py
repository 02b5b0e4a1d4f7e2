"""Workbooks into cells: values as they are shown, merged ranges, and what Excel has damaged or never computed."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("OPENPYXL_LXML", "False")  # lxml would accept entity declarations

import openpyxl
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from jingwei.kernels.sheets.archive import check_archive, check_reach, reaching
from jingwei.kernels.sheets.formats import has_lost_digits, shown
from jingwei.kernels.sheets.table import Grid, Place, SheetError, most_columns, most_rows, too_many_columns, too_many_rows

most_merged = 20_000
_merged = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*?\bref="(\$?[A-Z]{1,3}\$?\d{1,7}:\$?[A-Z]{1,3}\$?\d{1,7})"')
_formula = re.compile(rb"<(?:\w+:)?f[\s>/]")
_acting = re.compile(r"\|.*!", re.DOTALL)
_errors = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"}


class Book:
    """An opened workbook: the names of its sheets, whether its days count from 1904."""

    def __init__(self, content: bytes) -> None:
        """Raises SheetError for what is none or is hostile."""
        check_archive(content)
        check_reach(content)
        self.content = content
        self._values = self._opened(data_only=True)
        self.names = tuple(sheet.title for sheet in self._values.worksheets)
        self.is_1904 = self._values.epoch == CALENDAR_MAC_1904

    def _opened(self, *, data_only: bool) -> Any:
        try:
            return openpyxl.load_workbook(io.BytesIO(self.content), read_only=True, data_only=data_only)
        except MemoryError:
            raise
        except Exception as problem:  # a damaged workbook fails in a hundred ways
            raise damaged() from problem

    def usual(self) -> int:
        """The sheet one means who names none: the first that is shown."""
        shown_ones = [place for place, sheet in enumerate(self._values.worksheets) if sheet.sheet_state == "visible"]
        return shown_ones[0] if shown_ones else 0

    def grid(self, place: int) -> Grid:
        """The cells of the sheet at a place."""
        if not 0 <= place < len(self.names):
            raise SheetError("The workbook has no such sheet.", "工作簿中没有这个工作表。")
        try:
            has_formulas, merged = self._told(self._values.worksheets[place]._worksheet_path)
            cells, problems = self._cells(place)
            formulas = self._formulas(place) if has_formulas else set()
        except (SheetError, MemoryError):
            raise
        except Exception as problem:
            raise damaged() from problem
        problems |= {at: "formula" for at in formulas if not _at(cells, at)}
        only = {row for row, _column in formulas if row < len(cells) and all((row, c) in formulas for c, text in enumerate(cells[row]) if text.strip())}
        return Grid(cells, problems, merged, frozenset(only))

    def _cells(self, place: int) -> tuple[list[list[str]], dict[Place, str]]:
        out: list[list[str]] = []
        problems: dict[Place, str] = {}
        for row, line in enumerate(_lines(self._values.worksheets[place])):
            texts = []
            for column, cell in enumerate(line):
                value = cell.value
                texts.append(shown(value, cell.number_format if isinstance(value, int | float) else ""))
                if has_lost_digits(value):
                    problems[row, column] = "digits"
                elif cell.data_type == "e" or (cell.data_type != "s" and isinstance(value, str) and value in _errors):
                    problems[row, column] = "error"
            out.append(texts)
        while out and not any(out[-1]):
            out.pop()
        width = max((len(line) for line in out), default=0)
        return [line + [""] * (width - len(line)) for line in out], problems

    def _formulas(self, place: int) -> set[Place]:
        found = set()
        for row, line in enumerate(_lines(self._opened(data_only=False).worksheets[place])):
            for column, cell in enumerate(line):
                if cell.data_type == "f":
                    text = cell.value if isinstance(cell.value, str) else str(getattr(cell.value, "text", ""))
                    if _acting.search(text):
                        raise reaching()
                    found.add((row, column))
        return found

    def _told(self, path: str) -> tuple[bool, list[tuple[int, int, int, int]]]:
        """Whether the sheet has formulas, and its merged ranges, which a reader that goes row by row does not tell."""
        has_formulas, ranges, rest = False, [], b""
        with zipfile.ZipFile(io.BytesIO(self.content)).open(path.lstrip("/")) as part:
            while piece := part.read(1 << 20):
                text = rest + piece
                has_formulas = has_formulas or _formula.search(text) is not None
                last = 0
                for each in _merged.finditer(text):
                    ranges.append(each[1].decode())
                    last = each.end()
                    if len(ranges) > most_merged:
                        raise SheetError("The sheet has too many merged cells.", "工作表的合并单元格过多。")
                rest = text[max(last, len(text) - 300) :]
        boxes = [range_boundaries(each.replace("$", "")) for each in ranges]
        return has_formulas, [(r0 - 1, r1 - 1, c0 - 1, c1 - 1) for c0, r0, c1, r1 in boxes]


def _at(cells: list[list[str]], place: Place) -> str:
    row, column = place
    return cells[row][column] if row < len(cells) and column < len(cells[row]) else ""


def _lines(sheet: Any) -> Iterator[tuple[Any, ...]]:
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()  # what the sheet says of its size is not believed: every row would be filled up to it
    for number, line in enumerate(sheet.iter_rows(), 1):
        if number > most_rows:
            raise too_many_rows()
        if len(line) > most_columns and any(cell.value is not None for cell in line[most_columns:]):
            raise too_many_columns()
        yield line[:most_columns]


def damaged() -> SheetError:
    """What is no workbook, or half of one."""
    return SheetError("The file cannot be read as an Excel workbook.", "文件无法按 Excel 工作簿读取。")
