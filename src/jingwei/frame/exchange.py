"""Lists in and out: CSV and Excel for any resource. An import is tried whole first, and applied whole or not at all."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import DataError, models, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from jingwei.frame import commands, confined, forms, scope
from jingwei.frame.access import Access
from jingwei.frame.models import User
from jingwei.frame.resource import Resource

rows_in_request = 300  # more than that are tried and imported as long work
formula_starts = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A read sheet: headers, and rows of text (dates as ISO)."""

    headers: tuple[str, ...]
    rows: list[dict[str, str]]


@dataclass(slots=True)
class RowReport:
    """What a row would do: create, update, unchanged or error, with the changes or the errors by column."""

    number: int
    action: str
    name: str = ""
    changes: dict[str, tuple[str, str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Report:
    """A whole import, tried."""

    rows: list[RowReport]
    unknown: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Nothing stands in the way."""
        return not self.unknown and all(row.action != "error" for row in self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """Rows by action."""
        return {name: sum(row.action == name for row in self.rows) for name in ("create", "update", "unchanged", "error")}


def told_of(report: Report) -> dict[str, Any]:
    """A report as JSON."""
    return {"unknown": list(report.unknown), "rows": [[row.number, row.action, row.name, row.changes, row.errors] for row in report.rows]}


def report_of(told: Mapping[str, Any]) -> Report:
    """The report that was told."""
    rows = [RowReport(number, action, name, {n: (c[0], c[1]) for n, c in changes.items()}, errors) for number, action, name, changes, errors in told["rows"]]
    return Report(rows, tuple(told["unknown"]))


def fields_of(resource: Resource) -> list[str]:
    """The columns of a sheet: every writable field that fits into a cell."""
    return [n for n in resource.fields if (f := resource.model_field(n)) is not None and not isinstance(f, models.FileField)]


def fields_told(resource: Resource, access: Access) -> list[str]:
    """Those that an export tells: a column of names that may not be known wherever one may export is left out, so a sheet brought back clears none."""

    def is_told(name: str) -> bool:
        target, exported = resource.target(name), access.projects(resource.permission("export"))
        known = access.projects(target.permission("view")) if target is not None and name in resource.veiled else None
        return known is None or (exported is not None and exported <= known)

    return [name for name in fields_of(resource) if is_told(name)]


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
    value = getattr(row, name)
    if value is None:
        return ""
    if isinstance(value, models.Model):
        from jingwei.frame.resource import resource_of

        target = resource_of(type(value))
        return target.name_of(value) if target else value.get_username() if isinstance(value, User) else str(value.pk)
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list | dict):
        import json

        return json.dumps(value, ensure_ascii=False)
    return str(value)


def export_csv(resource: Resource, rows: models.QuerySet[Any], names: Sequence[str]) -> Iterator[bytes]:
    """These fields of rows as CSV with a byte-order mark, streamed."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield b"\xef\xbb\xbf"
    writer.writerow([str(resource.label(n)) for n in names])
    for row in rows.iterator(chunk_size=1000):
        writer.writerow([guarded(written(resource, row, n)) for n in names])
        if buffer.tell() > 64_000:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def export_xlsx(resource: Resource, rows: models.QuerySet[Any], names: Sequence[str]) -> bytes:
    """These fields of rows as an Excel workbook, written row by row."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    lines = ([ILLEGAL_CHARACTERS_RE.sub("�", guarded(written(resource, row, n))) for n in names] for row in rows.iterator(chunk_size=1000))
    return _workbook(resource, names, lines)


def template(resource: Resource) -> bytes:
    """An empty workbook with one example row."""
    names = fields_of(resource)
    example = resource.example() if resource.example else {}
    return _workbook(resource, names, [[guarded(str(example.get(n, ""))) for n in names]])


def _workbook(resource: Resource, names: Sequence[str], lines: Iterable[list[str]]) -> bytes:
    import openpyxl  # takes a quarter of a second to load, and most processes write no workbook

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(str(resource.title_plural)[:31])
    sheet.append([str(resource.label(n)) for n in names])
    for line in lines:
        sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read_sheet(content: bytes, name: str) -> Sheet:
    """Read a CSV (UTF-8 or GB18030) or an .xlsx, in a process with limits; ValidationError for anything else or anything hostile."""
    table: list[list[str]] = confined.run("jingwei.kernels.sheets:read", content, name)
    headers = tuple(h.strip() for h in table[0])
    rows = [dict(zip(headers, (unguarded(v.strip()) for v in line), strict=False)) for line in table[1:] if any(v.strip() for v in line)]
    return Sheet(headers, rows)


def columns_of(resource: Resource, headers: tuple[str, ...]) -> tuple[dict[str, str], tuple[str, ...]]:
    """header → field (by name, or by label in either language), and headers that mean nothing here."""
    known: dict[str, str] = {}
    for name in fields_of(resource):
        known[name.lower()] = name
        for language in ("zh-hans", "en"):
            with translation.override(language):
                known[str(resource.label(name)).lower()] = name
    found = {h: known[h.lower()] for h in headers if h.lower() in known}
    return found, tuple(h for h in headers if h and h.lower() not in known)


class _Undo(Exception):
    pass


def dry_run(resource: Resource, sheet: Sheet, access: Access, on_progress: Callable[[int, int], None] | None = None) -> Report:
    """Carry the import out and take it back: every error by row and column, and what each row would change."""
    report = Report([], ())
    try:
        with transaction.atomic():
            report = _run(resource, sheet, access, on_progress)
            raise _Undo
    except _Undo:
        return report


def apply(resource: Resource, sheet: Sheet, access: Access, on_progress: Callable[[int, int], None] | None = None) -> Report:
    """Import all rows under one trace, or none: a report with errors means nothing was written."""
    report = Report([], ())
    try:
        with transaction.atomic(), scope.because(origin="import", reason=_("import")):
            report = _run(resource, sheet, access, on_progress)
            if not report.is_clean:
                raise _Undo
    except _Undo:
        pass
    return report


def _run(resource: Resource, sheet: Sheet, access: Access, on_progress: Callable[[int, int], None] | None) -> Report:
    columns, unknown = columns_of(resource, sheet.headers)
    report = Report([], unknown)
    for number, line in enumerate(sheet.rows, 2):
        values = {columns[h]: v for h, v in line.items() if h in columns}
        report.rows.append(_row(resource, number, values, access))
        if on_progress is not None and number % 10 == 0:
            on_progress(number - 1, len(sheet.rows))
    return report


def _row(resource: Resource, number: int, values: dict[str, str], access: Access) -> RowReport:
    named = RowReport(number, "error")
    try:
        with transaction.atomic():
            existing = _existing(resource, values, access)
            named.name = (
                resource.name_of(existing)
                if existing
                else "/".join(values.get(p.split("__")[-1], "") or values.get(p.split("__")[0], "") for p in resource.natural_key)
            )
            given = {n: _value(resource, n, v) for n, v in values.items()}
            if existing is None:
                commands.create(resource, {n: v for n, v in given.items() if v not in ("", None)}, access, via="import")
                named.action = "create"
                return named
            changed = _changed(resource, existing, given)
            if changed:
                commands.change(resource, existing, changed, access, via="import")
                named.changes = {n: (written(resource, existing, n), values[n]) for n in changed}
            named.action = "update" if changed else "unchanged"
    except ValidationError as problem:
        texts = problem.message_dict if hasattr(problem, "error_dict") else {NON_FIELD_ERRORS: problem.messages}
        named.errors = {("" if n == NON_FIELD_ERRORS else n): " ".join(t) for n, t in texts.items()}
        named.action = "error"
    except (DataError, OverflowError):
        named.errors, named.action = {"": str(_("A value is too large for its field or of the wrong kind."))}, "error"
    except (commands.Stale, PermissionDenied) as problem:
        named.errors, named.action = {"": str(problem)}, "error"
    return named


def _value(resource: Resource, name: str, text: str) -> Any:
    field_ = resource.model_field(name)
    if field_ is not None and field_.flatchoices and text:
        for value, _label in field_.flatchoices:
            if text == str(value):
                return value
        for language in ("zh-hans", "en"):
            with translation.override(language):
                for value, label in field_.flatchoices:
                    if text.lower() == str(label).lower():
                        return value
    if isinstance(field_, models.BooleanField):
        return text.lower() in ("1", "true", "yes", "是", "y", "√")
    if isinstance(field_, models.JSONField):
        return text or None
    return text


def _existing(resource: Resource, values: Mapping[str, str], access: Access) -> Any | None:
    """The row that a line names by its natural key; references in the key are given by their own natural keys."""
    parts = []
    for path in resource.natural_key:
        steps = path.split("__")
        given = values.get(steps[0], "")
        if not given:
            return None
        parts.append(given.rpartition("/")[2] if len(steps) > 1 else given)
    if len({p.split("__")[0] for p in resource.natural_key}) < len(resource.natural_key):
        first = resource.natural_key[0].split("__")[0]
        pieces = values[first].split("/")
        parts = [*pieces, *parts[len(pieces) :]] if len(pieces) <= len(parts) else parts
    return resource.rows(access).filter(**dict(zip(resource.natural_key, parts, strict=True))).first()


def _changed(resource: Resource, row: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Only what differs, compared as checked values."""
    cleaned = forms.checked(resource, given, row)
    return {n: given[n] for n, v in cleaned.items() if _plain(v) != _plain(getattr(row, n))}


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).replace(second=0, microsecond=0)
    return "" if value is None else value
