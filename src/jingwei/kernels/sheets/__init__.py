"""Sheets of strangers (CSV, Excel) into rows of text; refuses what is none, is hostile, or unpacks to an unreasonable size."""

from __future__ import annotations

from jingwei.kernels.sheets import headings, text
from jingwei.kernels.sheets.archive import check_archive
from jingwei.kernels.sheets.book import Book
from jingwei.kernels.sheets.table import Choice, Grid, Reading, SheetError, most_columns, most_rows

__all__ = ["Choice", "Reading", "SheetError", "check_archive", "look", "most_columns", "most_rows", "read"]
shown_at_top = 20


def look(content: bytes, name: str, choice: Choice | None = None) -> Reading:
    """Read a CSV or text file, or a sheet of an .xlsx, as the choice says; what it does not say is found out. SheetError says what to do."""
    asked = choice or Choice()
    if name.lower().endswith(".xlsx"):
        return _of_book(Book(content), asked)
    if name.lower().endswith((".csv", ".txt", ".tsv")):
        return _of_text(content, asked)
    raise SheetError("Choose a .csv or .xlsx file.", "请选择 .csv 或 .xlsx 文件。")


def read(content: bytes, name: str) -> list[list[str]]:
    """The rows alone, the headings first. An encoding that is only a guess is refused."""
    found = look(content, name)
    if not found.is_sure:
        raise unsure()
    return [list(found.headers), *found.rows]


def unsure() -> SheetError:
    """Nobody may guess silently."""
    return SheetError(
        "The encoding of the file cannot be told for sure. Say which it is, or save the file as UTF-8 or .xlsx.",
        "无法确定文件的编码。请指明编码，或另存为 UTF-8 或 .xlsx。",
    )


def _of_book(book: Book, asked: Choice) -> Reading:
    place = book.usual() if asked.sheet is None else asked.sheet
    return _reading(book.grid(place), asked, sheets=book.names, sheet=place, is_1904=book.is_1904)


def _of_text(content: bytes, asked: Choice) -> Reading:
    words, encoding, is_sure = text.decoded(content, asked.encoding, asked.known)
    grid, delimiter = text.grid(words, asked.delimiter)
    return _reading(grid, asked, encoding=encoding, is_sure=is_sure, delimiter=delimiter)


def _reading(grid: Grid, asked: Choice, **about: object) -> Reading:
    if not any(cell.strip() for line in grid.cells for cell in line):
        raise SheetError("The file is empty: the first row must hold the column names.", "文件是空的：第一行必须是列名。")
    top = tuple(tuple(line) for line in grid.cells[:shown_at_top])
    header = min(asked.header, len(grid.cells)) - 1 if asked.header > 0 else headings.found(grid, asked.known)
    count = min(max(1, asked.header_rows), 2, len(grid.cells) - header) if asked.header_rows > 0 else headings.rows_of(grid, header)
    titles = headings.joined(grid, header, count)
    headings.fill_down(grid, header + count)
    kept = [row for row in range(header + count, len(grid.cells)) if row not in grid.computed and any(cell.strip() for cell in grid.cells[row])]
    used = [any(grid.cells[row][column].strip() for row in kept) for column in range(len(titles))]
    places = {row: place for place, row in enumerate(kept)}
    problems = {(places[row], column): what for (row, column), what in grid.problems.items() if row in places}
    return Reading(
        headings.named(titles, used), [grid.cells[row] for row in kept], [row + 1 for row in kept], header + 1, count, problems, top=top, **about,  # type: ignore[arg-type]
    )  # fmt: skip
