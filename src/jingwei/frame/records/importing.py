"""Lists in: every line of a sheet becomes a new row or a change of one. It is tried whole first, and one bad line never stops the others."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import DataError, IntegrityError, models, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.models import numbers
from jingwei.frame.models.month import MonthField
from jingwei.frame.records import commands, doubles, extra, extra_taken, forms, keyed, turns
from jingwei.frame.records.columns import Plan, plan_of
from jingwei.frame.records.exporting import written
from jingwei.frame.records.reading import Sheet
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access
from jingwei.frame.walls import troubles

rows_in_request = 300  # more than that are tried and imported as long work
runs_at_most = 4
Progress = Callable[[int, int], None]
_number = re.compile(r"\d{1,6}(\.\d+)?")
_iso_day = re.compile(r"\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2})?", re.ASCII)
_day = re.compile(r"(\d{4})[年/.\-](\d{1,2})[月/.\-](\d{1,2})日?(?P<rest>[ T]\d{1,2}:\d{2}.*)?")
_unclear_day = re.compile(r"\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2,4}\b")
_rounded = re.compile(r"-?\d(\.\d+)?[eE]\+(1[1-9]|[2-9]\d)")  # what Excel writes for a long number into a text file


@dataclass(slots=True)
class RowReport:
    """What a row would do: create, update, unchanged or error, with the changes or the errors by column."""

    number: int
    action: str
    name: str = ""
    changes: dict[str, tuple[str, str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)  # what stands in the file where the errors are


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
    def writes(self) -> bool:
        """Something is new or changed."""
        return any(row.action in ("create", "update") for row in self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """Rows by action."""
        return {name: sum(row.action == name for row in self.rows) for name in ("create", "update", "unchanged", "error")}


def told_of(report: Report) -> dict[str, Any]:
    """A report as JSON."""
    return {"unknown": list(report.unknown), "rows": [[row.number, row.action, row.name, row.changes, row.errors, row.given] for row in report.rows]}


def report_of(told: Mapping[str, Any]) -> Report:
    """The report that was told."""
    rows = [RowReport(number, action, name, {n: (c[0], c[1]) for n, c in changes.items()}, *more) for number, action, name, changes, *more in told["rows"]]
    return Report(rows, tuple(told["unknown"]))


class _Undo(Exception):
    pass


@turns.in_turn
def dry_run(resource: Resource, sheet: Sheet, access: Access, on_progress: Progress | None = None, *, plan: Plan | None = None) -> Report:
    """Carry the import out and take it back: every error by row and column, and what each row would change."""
    report = Report([], ())
    try:
        with transaction.atomic(), numbers.dry_run():
            report = _run(resource, sheet, access, plan, on_progress)
            raise _Undo
    except _Undo:
        return report


@turns.in_turn
def apply(
    resource: Resource, sheet: Sheet, access: Access, on_progress: Progress | None = None, *, plan: Plan | None = None, good_only: bool = False
) -> Report:
    """Import all rows under one trace, or none: a report with errors means nothing was written. With `good_only`, those rows that are refused are left
    out and the others written."""
    report = Report([], ())
    try:
        with transaction.atomic(), scope.because(origin="import", reason=_("import")):
            report = _run(resource, sheet, access, plan, on_progress)
            if report.unknown or not (good_only or report.is_clean):
                raise _Undo
    except _Undo:
        pass
    return report


def _run(resource: Resource, sheet: Sheet, access: Access, plan: Plan | None, on_progress: Progress | None) -> Report:
    """Every line, carried out. Which lines name the same row is known only when it is found; then all is begun again without them."""
    plan = plan or plan_of(resource, sheet.headers)
    lines = [_Line(sheet, place, line, plan) for place, line in enumerate(sheet.rows)]
    twice = _twice(resource, lines)
    _hold(resource, lines, access)
    for _turn in range(runs_at_most):
        seen: dict[int, list[int]] = {}
        try:
            with transaction.atomic():
                rows = _rows(resource, lines, access, twice, seen, on_progress)
                if not (more := {place: places for places in seen.values() if len(places) > 1 for place in places}):
                    return Report(rows, plan.unknown)
                raise _Undo
        except _Undo:
            twice |= more
    return Report([_refused(resource, lines[place], _said_twice(lines, place, places)) for place, places in twice.items()], plan.unknown)


class _Line:
    """A line of the sheet: its number in the file, and the text for each field."""

    def __init__(self, sheet: Sheet, place: int, line: Mapping[str, str], plan: Plan) -> None:
        self.place, self.number, self.is_1904 = place, sheet.number(place), sheet.is_1904
        self.values = {**plan.fixed, **{plan.columns[h]: v for h, v in line.items() if h in plan.columns}}
        self.problems = {plan.columns[h]: what for h in line if h in plan.columns and (what := sheet.problems.get((place, h)))} if sheet.problems else {}


def _hold(resource: Resource, lines: Iterable[_Line], access: Access) -> None:
    """Hold every project whose rows the lines name or will become, before any of these rows: line by line, two imports would wait for one another. Where one
    may import nothing, nobody is kept waiting."""
    if not resource.place_path:
        return
    place, key = forms.place_name(resource), tuple(dict.fromkeys(path.split("__")[0] for path in resource.natural_key))
    names = (place,) if place in key else (*key, place)  # what the key says of the place, it need not be asked for
    found, clean = set[Any](), forms.Checker(resource, access).clean
    for given in {tuple((name, line.values[name]) for name in names if name in line.values): line for line in lines}.values():
        with suppress(DataError, OverflowError), transaction.atomic():
            read = {name: _value(resource, name, given.values[name], given.is_1904) for name in names if name in given.values}
            row = None if place in key else keyed.existing(resource, read, access)
            found |= {forms.place_meant(resource, read, row, clean), *(resource.places_of(row) if row is not None else ())}
    held = access.projects(resource.permission("import"))
    turns.take(each for each in found if isinstance(each, int) and (held is None or each in held))


def _twice(resource: Resource, lines: Iterable[_Line]) -> dict[int, list[int]]:
    """The places of lines that name the same row in the same words, for each of them."""
    names, found = tuple(dict.fromkeys(path.split("__")[0] for path in resource.natural_key)), dict[tuple[str, ...], list[int]]()
    is_typed = doubles.typed_key(resource) is not None  # then names that only differ in case are one
    for line in lines:
        key = tuple(unicodedata.normalize("NFC", line.values.get(name, "").strip()) for name in names)
        key = tuple(text.lower() for text in key) if is_typed else key
        if all(key):
            found.setdefault(key, []).append(line.place)
    return {place: places for places in found.values() if len(places) > 1 for place in places}


def _said_twice(lines: list[_Line], place: int, places: list[int]) -> str:
    others = ", ".join(str(lines[each].number) for each in places if each != place)
    return _("Row %(others)s of the file names the same record. Keep one of them.") % {"others": others}


def _refused(resource: Resource, line: _Line, text: str) -> RowReport:
    return RowReport(line.number, "error", _name_in(resource, line.values), {}, {"": text})


def _refused_with_all(resource: Resource, line: _Line, access: Access, text: str) -> RowReport:
    """Refused for what `text` says, with all else that is wrong with the line: it is tried, and taken back."""
    tried = RowReport(line.number, "error")
    with suppress(_Undo), transaction.atomic():
        tried, _pk = _row(resource, line, access)
        raise _Undo
    refused = _refused(resource, line, text)
    refused.errors = {**tried.errors, "": " ".join(filter(None, (text, tried.errors.get(""))))}
    refused.given = tried.given
    return refused


def _rows(
    resource: Resource, lines: list[_Line], access: Access, twice: Mapping[int, list[int]], seen: dict[int, list[int]], on_progress: Progress | None
) -> list[RowReport]:
    out = []
    for line in lines:
        if line.place in twice:
            out.append(_refused_with_all(resource, line, access, _said_twice(lines, line.place, twice[line.place])))
        else:
            done, pk = _row(resource, line, access)
            out.append(done)
            if pk is not None:
                seen.setdefault(pk, []).append(line.place)
        if on_progress is not None and line.place % 10 == 9:
            on_progress(line.place + 1, len(lines))
    return out


def _row(resource: Resource, line: _Line, access: Access) -> tuple[RowReport, int | None]:
    """What became of a line, and the id of its row when there is one."""
    named, values = RowReport(line.number, "error"), line.values
    existing = None
    try:
        with transaction.atomic():
            read = {n: _value(resource, n, v, line.is_1904) for n, v in values.items()}
            existing = keyed.existing(resource, read, access)
            named.name = resource.name_of(existing) if existing else _name_in(resource, values)
            _require_believable(resource, line, existing, access)
            given = {n: v for n, v in read.items() if values[n] or not _is_never_empty(resource, n)}
            if existing is None:
                keyed.require_exact(resource, line.values, read, access)
                made = commands.create(resource, {n: v for n, v in given.items() if v not in ("", None)}, access, via="import")
                named.action = "create"
                return named, made.pk
            named.changes = _change(resource, existing, given, values, access)
            named.action = "update" if named.changes else "unchanged"
    except ValidationError as problem:
        texts = problem.message_dict if hasattr(problem, "error_dict") else {NON_FIELD_ERRORS: problem.messages}
        named.errors = {("" if n == NON_FIELD_ERRORS else n): " ".join(t) for n, t in texts.items()}
    except IntegrityError as problem:  # somebody took the place in this very moment
        if (refusal := troubles.said_of(problem)) is None:
            raise
        named.errors = {"": refusal.text}
    except (DataError, OverflowError):
        named.errors = {"": str(_("A value is too large for its field or of the wrong kind."))}
    except (commands.Stale, PermissionDenied) as problem:
        named.errors = {"": str(problem)}
    if named.errors:
        named.action, named.changes, named.given = "error", {}, {n: values[n] for n in named.errors if values.get(n)}
    return named, existing.pk if existing is not None else None


def _is_never_empty(resource: Resource, name: str) -> bool:
    """A state, and what is yes or no: an empty cell says nothing of it."""
    is_state = resource.life is not None and name == resource.life.field
    return is_state or (isinstance(resource.model_field(name), models.BooleanField) and not extra.is_name(name))


def _name_in(resource: Resource, values: Mapping[str, str]) -> str:
    """How the line itself calls its row."""
    return "/".join(filter(None, (values.get(name, "") for name in dict.fromkeys(path.split("__")[0] for path in resource.natural_key))))


def _change(resource: Resource, row: Any, given: Mapping[str, Any], values: Mapping[str, str], access: Access) -> dict[str, tuple[str, str]]:
    """Change what differs; before and after by field. Names that one may not know are not told."""
    try:
        changed = _changed(resource, row, given, access)
    except ValidationError:
        commands.authorise(access, resource, "change", row, via="import")  # who may not change it learns nothing of how values are taken
        raise
    if not changed:
        return {}
    commands.change(resource, row, changed, access, via="import")
    hidden = resource.veils(access, row)
    return {n: ("…" if n in hidden else written(resource, row, n), values[n]) for n in changed}


def _require_believable(resource: Resource, line: _Line, row: Any | None, access: Access) -> None:
    """What Excel has damaged or never computed is told at its cell; who may write no such row learns nothing of it."""
    found = {}
    for name, text in line.values.items():
        what, is_text = line.problems.get(name), isinstance(resource.model_field(name), models.CharField | models.TextField | models.ForeignKey)
        if is_text and _rounded.fullmatch(text):
            what = "digits"
        if isinstance(resource.model_field(name), models.DateField) and _unclear_day.match(text):
            what = "date"
        if what and (what != "digits" or is_text):
            found[name] = _why(what)
    if found:
        commands.require_before(access, resource, "add" if row is None else "change", line.values, row, via="import")
        raise ValidationError(found)


def _why(what: str) -> str:
    if what == "digits":
        return _("Excel has already lost its last digits: format the column as text and type the number again.")
    if what == "formula":
        return _("The formula has no result in the file: open it in Excel, save it, and bring it again.")
    if what == "date":
        return _("It is not clear which is the day and which the month: write it as 2026-03-09.")
    if what == "dde":
        return _("This would have Excel start another program, and is not taken in.")
    return _("Excel could not calculate this cell.")


def _value(resource: Resource, name: str, text: str, is_1904: bool | None = None) -> Any:
    field_ = resource.model_field(name)
    if extra.is_name(name):
        return _date(text, is_1904, has_time=False) if isinstance(field_, models.DateField) else text
    if field_ is not None and field_.flatchoices and text:
        return _chosen(field_, text)
    if isinstance(field_, models.JSONField):
        return text or None
    if isinstance(field_, models.DateField):
        return _date(text, is_1904, has_time=isinstance(field_, models.DateTimeField))
    if isinstance(field_, MonthField):  # a workbook makes a day of a month that is typed
        return text[:7] if _iso_day.fullmatch(text) else text
    return text


def _chosen(field_: models.Field[Any, Any], text: str) -> Any:
    """The value of a choice by itself or by its words in either language."""
    for value, _label in field_.flatchoices or ():
        if text == str(value):
            return value
    for language in ("zh-hans", "en"):
        with translation.override(language):
            for value, label in field_.flatchoices or ():
                if text.lower() == str(label).lower():
                    return value
    return text


def _date(text: str, is_1904: bool | None, *, has_time: bool) -> str:
    """A date as people and workbooks write it: 2026/3/9, 2026年3月9日, or the bare number of a day counted as the workbook does."""
    if is_1904 is not None and _number.fullmatch(text):
        begin = dt.datetime(1904, 1, 1) if is_1904 else dt.datetime(1899, 12, 30)
        try:
            moment = begin + dt.timedelta(seconds=round(float(text) * 86_400))
        except OverflowError:
            return text
        return moment.strftime("%Y-%m-%d %H:%M") if has_time else moment.date().isoformat()
    if (found := _day.fullmatch(text)) is None:
        return text
    day = f"{found[1]}-{int(found[2]):02d}-{int(found[3]):02d}"
    return day + (found["rest"] or "") if has_time else day


def _changed(resource: Resource, row: Any, given: Mapping[str, Any], access: Access) -> dict[str, Any]:
    """Only what differs, compared as checked values."""
    cleaned = forms.checked(resource, given, row, access=access)
    more = cleaned.pop(extra.column, None)
    changed = {n: given[n] for n, v in cleaned.items() if _plain(v) != _plain(getattr(row, n))}
    if more is not None:
        changed |= {n: v for n, v in given.items() if extra.is_name(n) and extra_taken.differ(extra.raw(row, n), more.get(n.removeprefix(extra.prefix)))}
    return changed


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).replace(second=0, microsecond=0)
    return "" if value is None else value
