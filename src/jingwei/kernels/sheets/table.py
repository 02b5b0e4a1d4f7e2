"""What is asked of a sheet, what it holds, and why one is refused."""

from __future__ import annotations

from dataclasses import dataclass, field

most_rows = 50_000
most_columns = 500
longest_cell = 32_767  # what Excel itself allows

Place = tuple[int, int]  # row and column, from 0


class SheetError(ValueError):
    """A file that is no sheet we read; the text says why and what to do, `zh` the same in Chinese."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.zh = zh


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person said of the file; empty is found out. `header` is the number of the row of headings (from 1), `header_rows` how many there are,
    `sheet` the place of the sheet among the workbook's (from 0). `known` are headings one expects, in small letters: they tell where the headings are."""

    encoding: str = ""
    delimiter: str = ""
    sheet: int | None = None
    header: int = 0
    header_rows: int = 0
    known: frozenset[str] = frozenset()


@dataclass(slots=True)
class Grid:
    """The cells of a sheet as text, as they stand: places that hold what cannot be believed (`problems`: "digits", "error", "formula" or "dde"), merged
    ranges (first and last row, first and last column), and rows that hold nothing but formulas."""

    cells: list[list[str]]
    problems: dict[Place, str] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    computed: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    """A sheet that was read: headings, and rows with the number each has in the file.

    `encoding` and `delimiter` are of text files, `sheets` and `is_1904` of workbooks. `is_sure` False: the encoding is only a guess and must be confirmed.
    `problems` are by row (from 0, of `rows`) and column. `top` are the first rows as they stand, for who looks for the headings.
    """

    headers: tuple[str, ...]
    rows: list[list[str]]
    numbers: list[int]
    header: int
    header_rows: int
    problems: dict[Place, str] = field(default_factory=dict)
    encoding: str = ""
    is_sure: bool = True
    delimiter: str = ""
    sheets: tuple[str, ...] = ()
    sheet: int = 0
    is_1904: bool = False
    top: tuple[tuple[str, ...], ...] = ()


def too_many_rows() -> SheetError:
    """More rows than a sheet may have."""
    return SheetError(f"The file has more than {most_rows} rows. Split it.", f"文件超过 {most_rows} 行，请拆分。")


def too_many_columns() -> SheetError:
    """More columns than a sheet may have."""
    return SheetError(f"The sheet has more than {most_columns} columns. Delete the empty ones.", f"工作表超过 {most_columns} 列，请删除多余的空列。")
