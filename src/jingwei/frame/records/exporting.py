"""Lists out: CSV and Excel for any resource, the template to fill in, and the rows an import refused."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import timezone

from jingwei.frame.models import User
from jingwei.frame.records import extra, extra_taken
from jingwei.frame.records.resource import Resource, resource_of
from jingwei.frame.rights.access import Access

formula_starts = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def fields_of(resource: Resource) -> list[str]:
    """The columns that a sheet may have: every writable field that fits into a cell, and every declared one within reach."""
    return [*_own_of(resource), *(each.name for each in extra.everywhere(resource))]


def _own_of(resource: Resource) -> list[str]:
    return [n for n in resource.fields if (f := resource.model_field(n)) is not None and not isinstance(f, models.FileField)]


def fields_told(resource: Resource, access: Access, place: int | None = None) -> list[str]:
    """Those that an export tells, of declared ones those of the organisation and of the project that it is of: a column of names that may not be known wherever one may export is left out, so a sheet brought back clears none."""

    def is_told(name: str) -> bool:
        target, exported = resource.target(name), access.projects(resource.permission("export"))
        known = access.projects(target.permission("view")) if target is not None and name in resource.veiled else None
        return known is None or (exported is not None and exported <= known)

    declared = [each.name for each in extra.fields_of(resource, place, archived=False)]
    return [*(name for name in _own_of(resource) if is_told(name)), *declared]


def heading(resource: Resource, name: str) -> str:
    """What a column is called; a declared field with its key where its name means others within reach as well, so that it comes back as the same."""
    label = str(resource.label(name))
    is_plain = not extra.is_name(name) or extra.told_apart(resource).get(label.lower()) == name
    return label if is_plain else f"{label} ({name.removeprefix(extra.prefix)})"


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return "'" + text if text.startswith(formula_starts) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def unguarded(text: str) -> str:
    """The other way round."""
    return text[1:] if text.startswith("'") and text[1:].startswith(formula_starts) else text


def written(resource: Resource, row: Any, name: str) -> str:
    """A field as a sheet holds it: references by natural key, moments in the organisation's zone."""
    value = extra.value(resource, row, name)
    if value is None:
        return ""
    if extra.is_name(name) and (told := extra_taken.sheet_text(resource, row, name)) is not None:
        return told
    if isinstance(value, models.Model):
        target = resource_of(type(value))
        return target.name_of(value) if target else value.get_username() if isinstance(value, User) else str(value.pk)
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def export_csv(resource: Resource, rows: models.QuerySet[Any], names: Sequence[str]) -> Iterator[bytes]:
    """These fields of rows as CSV with a byte-order mark, streamed."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield b"\xef\xbb\xbf"
    writer.writerow([heading(resource, n) for n in names])
    for row in extra.primed(resource, rows.iterator(chunk_size=1000), names):
        writer.writerow([guarded(written(resource, row, n)) for n in names])
        if buffer.tell() > 64_000:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def export_xlsx(resource: Resource, rows: models.QuerySet[Any], names: Sequence[str]) -> bytes:
    """These fields of rows as an Excel workbook, written row by row."""
    lines = ([guarded(written(resource, row, n)) for n in names] for row in extra.primed(resource, rows.iterator(chunk_size=1000), names))
    return workbook(str(resource.title_plural), [heading(resource, n) for n in names], lines)


def template(resource: Resource) -> bytes:
    """An empty workbook with one example row."""
    names = [*_own_of(resource), *(each.name for each in extra.fields_of(resource, None, archived=False))]
    example = resource.example() if resource.example else {}
    return workbook(str(resource.title_plural), [heading(resource, n) for n in names], [[guarded(str(example.get(n, ""))) for n in names]])


_no_xml = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML cannot hold: controls, halves of characters, no characters


def _writable(cell: Any) -> Any:
    """What a workbook can hold, with a mark where a character was that it cannot."""
    return _no_xml.sub("\ufffd", cell) if isinstance(cell, str) else cell


def csv_sheet(headers: Sequence[str], lines: Iterable[Sequence[Any]]) -> bytes:
    """Headings and lines of cells as CSV with a byte-order mark."""
    out = io.StringIO()
    csv.writer(out).writerows((headers, *lines))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def workbook(title: str, headers: Sequence[str], lines: Iterable[Sequence[Any]]) -> bytes:
    """A workbook of one sheet: headings, and lines of cells."""
    import openpyxl  # takes a quarter of a second to load, and most processes write no workbook

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\\*?:/\[\]]", " ", title)[:31])
    for line in (headers, *lines):
        sheet.append([_writable(cell) for cell in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
