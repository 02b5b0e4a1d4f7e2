"""A sheet as an import takes it: read in a process with limits, its headings, its lines of text, and the cells that cannot be believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _

from jingwei.frame.records.exporting import fields_of, formula_starts
from jingwei.frame.records.resource import Resource
from jingwei.frame.walls import confined
from jingwei.kernels.sheets.table import Choice, Reading


@dataclass(frozen=True, slots=True)
class Sheet:
    """A read sheet: headers, and rows of text (dates as ISO). `numbers` are those of the lines in the file, `problems` what is wrong with a cell, by line
    (from 0) and header; `is_1904` says how a workbook counts its days, None when the file is text."""

    headers: tuple[str, ...]
    rows: list[dict[str, str]]
    numbers: tuple[int, ...] = ()
    problems: dict[tuple[int, str], str] = field(default_factory=dict)
    is_1904: bool | None = None

    def number(self, place: int) -> int:
        """The number that the line has in the file."""
        return self.numbers[place] if self.numbers else place + 2


def unguarded(text: str) -> str:
    """Text as it was before an export made sure that no spreadsheet takes it for a formula."""
    return text[1:] if text.startswith("'") and text[1:].startswith(formula_starts) else text


def words_known(resource: Resource) -> frozenset[str]:
    """The headings that one expects: names and labels of the fields, in both languages."""
    known = {name.lower() for name in fields_of(resource)}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            known |= {str(resource.label(name)).lower() for name in fields_of(resource)}
    return frozenset(known)


def look(content: bytes, name: str, choice: Choice) -> Reading:
    """What the file holds as far as the choice and the file itself say; ValidationError for what is no sheet, or a hostile one."""
    found: Reading = confined.run("jingwei.kernels.sheets:look", content, name, choice)
    return found


def sheet_of(reading: Reading) -> Sheet:
    """A reading as an import takes it; ValidationError while its encoding is only a guess."""
    if not reading.is_sure:
        raise ValidationError(_("The encoding of the file cannot be told for sure. Choose it, or save the file as UTF-8 or .xlsx."), code="encoding")
    rows = [{h: unguarded(v.strip()) for h, v in zip(reading.headers, line, strict=False) if h} for line in reading.rows]
    problems = {(row, reading.headers[column]): what for (row, column), what in reading.problems.items()}
    return Sheet(reading.headers, rows, tuple(reading.numbers), problems, reading.is_1904 if reading.sheets else None)


def read_sheet(content: bytes, name: str, resource: Resource | None = None, **chosen: Any) -> Sheet:
    """Read a CSV or text file or an .xlsx, in a process with limits; ValidationError for anything else, anything hostile, and what nobody can be sure of."""
    return sheet_of(look(content, name, Choice(known=words_known(resource) if resource else frozenset(), **chosen)))
