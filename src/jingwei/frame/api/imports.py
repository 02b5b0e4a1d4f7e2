"""REST for sheets: POST /api/v1/imports/{resource}/trial says what a file would do, POST /api/v1/imports/{resource} does it. Every row obeys the rights it would obey one by one."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema

from jingwei.frame import scope
from jingwei.frame.models.values import whole
from jingwei.frame.records import columns, exporting, importing, reading
from jingwei.frame.records.resource import Resource, registry
from jingwei.frame.walls import heavy
from jingwei.frame.work import imports
from jingwei.kernels.sheets.table import Choice

rows_at_most = 1000  # more are imported on the page, as long work

_asked: dict[str, Any] = {
    "file": {"type": "string", "format": "binary"},
    "encoding": {"type": "string", "description": "utf-8, utf-16-le, utf-16-be, gb18030, big5 or cp1252; needed when it cannot be told for sure"},
    "delimiter": {"type": "string", "description": "comma, semicolon or tab; found out when empty"},
    "sheet": {"type": "integer", "description": "place of the sheet in the workbook, from 0"},
    "header": {"type": "integer", "description": "number of the row of headings, from 1; found out when empty"},
    "header_rows": {"type": "integer", "enum": [1, 2]},
    "columns": {"type": "string", "description": "JSON: field by heading; null leaves a column out. Headings that are not named are guessed by label or name"},
    "fixed": {"type": "string", "description": "JSON: the same text for every row, by field"},
    "good_only": {"type": "boolean", "description": "write the good rows although others are refused; otherwise all or nothing"},
}
_described = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": {"type": "object", "properties": _asked, "required": ["file"]}}}}}


class RowTold(Schema):
    """What becomes of a row: create, update, unchanged or error; changes as [before, after] by field, errors by field ("" for the row)."""

    number: int
    action: str
    name: str
    changes: dict[str, list[str]]
    errors: dict[str, str]


class ReportTold(Schema):
    """What a file would do, or did: `applied` says whether it was written, `trace` is that of its history. `unknown` headings stand in the way until they are
    given a field or left out."""

    applied: bool
    trace: str
    counts: dict[str, int]
    unknown: list[str]
    columns: dict[str, str]
    rows: list[RowTold]


def router_of() -> Router:
    """The two operations, for every resource."""
    router = Router(tags=["imports"])

    def trial(request: HttpRequest, resource: str) -> Any:
        return _answer(request, resource, is_trial=True)

    def load(request: HttpRequest, resource: str) -> Any:
        return _answer(request, resource, is_trial=False)

    answers = {200: ReportTold}
    router.post("/{resource}/trial", response=answers, operation_id="import_trial", openapi_extra=_described)(trial)
    router.post("/{resource}", response=answers, operation_id="import", openapi_extra=_described)(load)
    return router


def _answer(request: HttpRequest, key: str, *, is_trial: bool) -> dict[str, Any]:
    access = request.access  # type: ignore[attr-defined]
    resource = registry.get(key)
    if resource is None:
        raise Http404
    access.require_anywhere(resource.permission("import"))
    with heavy.turn(request):
        sheet = _sheet(request, resource)
        plan = _plan(request, resource, sheet.headers)
        if is_trial:
            report = importing.dry_run(resource, sheet, access, plan=plan)
        else:
            report = importing.apply(resource, sheet, access, plan=plan, good_only=_is_true(request.POST.get("good_only", "")))
    is_applied = not is_trial and not report.unknown and (report.is_clean or _is_true(request.POST.get("good_only", "")))
    rows = [
        {"number": r.number, "action": r.action, "name": r.name, "changes": {n: list(c) for n, c in r.changes.items()}, "errors": r.errors} for r in report.rows
    ]
    trace = scope.current().trace if is_applied else ""
    return {"applied": is_applied, "trace": trace, "counts": report.counts, "unknown": list(report.unknown), "columns": dict(plan.columns), "rows": rows}


def _is_true(text: str) -> bool:
    return text.lower() in ("1", "true", "yes", "on")


def _sheet(request: HttpRequest, resource: Resource) -> reading.Sheet:
    file = request.FILES.get("file")
    if file is None or isinstance(file, list) or file.size is None or file.size > imports.bytes_at_most:
        raise ValidationError({"file": _("Choose a file of at most 20 MB.")})
    chosen: dict[str, Any] = {"encoding": request.POST.get("encoding", "")}
    delimiter = request.POST.get("delimiter", "")
    chosen["delimiter"] = {"comma": ",", "semicolon": ";", "tab": "\t"}.get(delimiter, delimiter)
    for name in ("sheet", "header", "header_rows"):
        if (said := request.POST.get(name, "")) != "":
            if (number := whole(said)) is None or number > 1_000_000:
                raise ValidationError({name: _("A whole number is expected.")})
            chosen[name] = number
    seen = reading.look(file.read(), file.name or "", Choice(known=reading.words_known(resource), **chosen))
    if len(seen.rows) > rows_at_most:
        raise ValidationError(
            {"file": _("A program brings at most %(most)s rows at a time. Split the file, or import it on the page.") % {"most": rows_at_most}}
        )
    return reading.sheet_of(seen)


def _plan(request: HttpRequest, resource: Resource, headers: tuple[str, ...]) -> columns.Plan:
    """As guessed, and where something is said of a heading, as said."""
    guessed, known = columns.guessed(resource, headers), exporting.fields_of(resource)
    said, fixed = _object(request, "columns"), {name: str(text) for name, text in _object(request, "fixed").items()}
    if wrong := [name for name in (*said.values(), *fixed) if name is not None and name not in known]:
        raise ValidationError({"columns": _("Unknown fields: %(names)s.") % {"names": ", ".join(map(repr, wrong))}})
    if wrong := [header for header in said if header not in headers]:
        raise ValidationError({"columns": _("The file has no such columns: %(names)s.") % {"names": ", ".join(wrong)}})
    taken = {header: name for header, name in guessed.items() if header not in said and name not in said.values()} | {h: n for h, n in said.items() if n}
    if len(set(taken.values())) < len(taken):
        raise ValidationError({"columns": _("A field is chosen for two columns. Leave one of them out.")})
    left = columns.plan_of(resource, headers).unknown
    unknown = tuple(header for header in left if header not in taken and header not in said)
    return columns.Plan(taken, {name: text for name, text in fixed.items() if name not in taken.values()}, unknown)


def _object(request: HttpRequest, name: str) -> dict[str, Any]:
    try:
        made = json.loads(request.POST.get(name) or "{}")
    except (ValueError, RecursionError):
        made = None
    if not isinstance(made, dict) or any(not isinstance(value, str | None) for value in made.values()):
        raise ValidationError({name: _("A JSON object with texts is expected.")})
    return made
