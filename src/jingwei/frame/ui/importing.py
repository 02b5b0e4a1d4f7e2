"""The wizard of imports, for any resource: the file and how it is read, its columns, a trial, and the word to carry it out. Each step can be left and come back to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jingwei.frame.models import ImportFile, LongWork
from jingwei.frame.models.values import unreadable, whole
from jingwei.frame.records import columns, exporting, importing, undo
from jingwei.frame.records.resource import Resource, resource
from jingwei.frame.ui.exchange import excel
from jingwei.frame.ui.importing_shown import entries_of, fixed_form, previewed, shown_rows
from jingwei.frame.ui.records import found, project_asked
from jingwei.frame.ui.records import place as stand
from jingwei.frame.walls import confined, heavy
from jingwei.frame.web import Request
from jingwei.frame.work import errands, imports, longwork
from jingwei.kernels.sheets.table import Reading
from jingwei.kernels.sheets.text import delimiters, encodings


def _kept(request: Request, key: str, pk: int) -> tuple[Resource, ImportFile]:
    resource = found(request, key, "import")
    kept = imports.found(request.access, pk, resource)
    if kept is None:
        raise Http404
    stand(request, resource, project_asked({"project": kept.chosen.get("project", "")}))
    return resource, kept


def _page(
    request: Request, name: str, resource: Resource, kept: ImportFile | None, context: Mapping[str, Any], errors: list[str] | None = None
) -> HttpResponse:
    told = {"resource": resource, "kept": kept, "errors": errors, **context}
    return render(request, f"frame/imports/{name}.html", told, status=422 if errors else 200)


@require_http_methods(["GET", "POST"])
def load(request: Request, key: str) -> HttpResponse:
    """Choose a file, or one that is remembered. `work` and `apply` are addresses of old: long work of this resource, and the word to import a file."""
    resource = found(request, key, "import")
    stand(request, resource, _project_of(request, resource))
    if request.method == "POST":
        try:
            with heavy.turn(request):
                return _applied(request, resource) if "apply" in request.POST else _brought(request, resource)
        except ValidationError as problem:
            return _page(request, "file", resource, None, _about(request, resource), problem.messages)
    if "work" in request.GET:
        return _of_work(request, resource)
    confined.warm()
    return _page(request, "file", resource, None, _about(request, resource))


def _projects() -> Resource:
    return resource("frame.project")


def _project_of(request: Request, resource: Resource) -> int | None:
    """The project from whose list one comes."""
    return project_asked(request.GET) if "project" in resource.plain_fields else None


def _about(request: Request, resource: Resource) -> dict[str, Any]:
    labels = [(exporting.heading(resource, name), name in columns.needed(resource)) for name in exporting.fields_of(resource)]
    return {"step": 1, "columns": labels, "remembered": imports.remembered(request.access, resource)}


def _brought(request: Request, resource: Resource) -> HttpResponse:
    file = request.FILES.get("file")
    if file is None or file.size is None or file.size > imports.bytes_at_most:
        raise ValidationError(_("Choose a file of at most 20 MB."))
    kept = imports.begin(request.access, request.user, resource, file.name or "", file.read())
    if (project := _projects().rows(request.access).filter(pk=_project_of(request, resource)).first()) is not None:
        imports.choose(kept, project=project.code)
    return redirect("import-sheet", key=resource.key, pk=kept.pk)


def _applied(request: Request, resource: Resource) -> HttpResponse:
    kept = imports.found(request.access, whole(request.POST["apply"]), resource)
    if kept is None:
        raise imports.gone()
    return _carry_out(request, resource, kept, "all")


def _of_work(request: Request, resource: Resource) -> HttpResponse:
    work = longwork.found(request.access, whole(request.GET["work"]), payload__resource=resource.key)
    kept = imports.found(request.access, work.payload.get("file"), resource) if work is not None else None
    if kept is None:
        raise Http404
    return redirect("import-trial", key=resource.key, pk=kept.pk)


@require_http_methods(["GET", "POST"])
def sheet(request: Request, key: str, pk: int) -> HttpResponse:
    """How the file is read: encoding, delimiter, sheet, headings, with its first rows."""
    resource, kept = _kept(request, key, pk)
    errors: list[str] = []
    with heavy.turn(request):
        try:
            if request.method == "POST":
                imports.choose(kept, **_choice_in(request.POST))
            seen: Reading | None = imports.read(kept, resource)
            if request.POST.get("next") and seen is not None and not seen.is_sure:
                errors = [_("Choose the encoding with which the rows below can be read.")]
        except ValidationError as problem:
            seen, errors = None, problem.messages
    if request.POST.get("next") and not errors:
        return redirect("import-columns", key=key, pk=pk)
    context = {"step": 1, "seen": seen, "preview": previewed(seen) if seen else None, "choices": kept.chosen, "encodings": encodings, "delimiters": delimiters}
    if _is_part(request):
        return render(request, "frame/imports/_sheet.html", {"resource": resource, "kept": kept, "errors": errors, **context})
    return _page(request, "sheet", resource, kept, context, errors)


def _is_part(request: Request) -> bool:
    return request.headers.get("HX-Request") == "true"


def _choice_in(given: Mapping[str, str]) -> dict[str, Any]:
    """What the page said of the file; what is nonsense is not said."""
    chosen: dict[str, Any] = {"encoding": given.get("encoding", ""), "delimiter": {"tab": "\t"}.get(given.get("delimiter", ""), given.get("delimiter", ""))}
    if (place := whole(given.get("sheet", ""))) is not None:
        chosen["sheet"] = place
    chosen["header"] = min(whole(given.get("header", "")) or 0, 1_000_000)
    chosen["header_rows"] = min(whole(given.get("header_rows", "")) or 0, 2)
    return {
        name: value
        for name, value in chosen.items()
        if not (name == "encoding" and value not in ("", *encodings)) and not (name == "delimiter" and value not in ("", *delimiters))
    }


@require_http_methods(["GET", "POST"])
def fields(request: Request, key: str, pk: int) -> HttpResponse:
    """Which column is which field, and what is the same in every row."""
    resource, kept = _kept(request, key, pk)
    try:
        with heavy.turn(request):
            seen = imports.read(kept, resource)
            errors: list[str] = []
            if request.method == "POST":
                errors = _take(request, resource, kept, seen)
                if "back" in request.POST:
                    return redirect("import-sheet", key=key, pk=pk)
                if "try" in request.POST and not errors:
                    return _tried(request, resource, kept, seen)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect("import-sheet", key=key, pk=pk)
    plan = imports.plan_of(kept, resource, seen.headers)
    missing = [resource.label(name) for name in columns.needed(resource) if name not in plan.columns.values() and name not in plan.fixed]
    context = {"step": 2, "entries": entries_of(resource, seen, plan), "fixed": fixed_form(resource, plan, request.access), "missing": missing, "seen": seen}
    if _is_part(request):
        return render(request, "frame/imports/_columns.html", {"resource": resource, "kept": kept, "errors": errors, **context})
    return _page(request, "columns", resource, kept, context, errors)


def _take(request: Request, resource: Resource, kept: ImportFile, seen: Reading) -> list[str]:
    """Keep which column was chosen for which field; says what cannot be."""
    known, errors = exporting.fields_of(resource), []
    taken: dict[str, str] = {}
    for place, header in enumerate(seen.headers):
        name = request.POST.get(f"column-{place}", "")
        if not header or name not in known:
            continue
        if name in taken.values():
            errors.append(_("“%(field)s” is chosen for two columns. Leave one of them out.") % {"field": resource.label(name)})
            continue
        taken[header] = name
    said = {name: request.POST.get(f"fixed-{name}", "").strip()[:2000] for name in known if name not in taken.values()}
    fixed = {name: text for name, text in said.items() if text and not unreadable(text)}
    imports.choose(kept, columns=taken, fixed=fixed)
    return errors if taken else [*errors, _("Choose a field for at least one column.")]


def _tried(request: Request, resource: Resource, kept: ImportFile, seen: Reading) -> HttpResponse:
    imports.remember(kept, resource, seen.headers, imports.plan_of(kept, resource, seen.headers))
    return _run(request, resource, kept, len(seen.rows), imports.try_out, apply=False)


def _run(request: Request, resource: Resource, kept: ImportFile, rows: int, now: Callable[..., Any], *, apply: bool) -> HttpResponse:
    """At once, or as long work when there are many rows."""
    if rows > importing.rows_in_request:
        errands.begin_import(request.access, resource, kept, apply=apply)
    else:
        ImportFile.objects.filter(pk=kept.pk).update(work_id=None)
        now(kept, resource, request.access)
    return redirect("import-trial", key=resource.key, pk=kept.pk)


@require_http_methods(["GET", "POST"])
def trial(request: Request, key: str, pk: int) -> HttpResponse:
    """What it would do, row by row, and the word to do it; then what it did."""
    resource, kept = _kept(request, key, pk)
    errors: list[str] = []
    if request.method == "POST":
        try:
            with heavy.turn(request):
                return _carry_out(request, resource, kept, request.POST.get("mode", "all"))
        except ValidationError as problem:
            errors = problem.messages
    work = longwork.found(request.access, kept.work_id) if kept.work_id else None
    if work is not None and work.status in (LongWork.Status.WAITING, LongWork.Status.RUNNING):
        return _page(request, "trial", resource, kept, {"step": 3, "work": work})
    report = imports.report_of(kept)
    if report is None:
        said = (
            work.message if work is not None and work.status == LongWork.Status.FAILED else _("The import was cancelled. Nothing was written.") if work else ""
        )
        if said:
            messages.error(request, said)
        return redirect("import-columns", key=key, pk=pk)
    plan = imports.plan_of(kept, resource, tuple(kept.chosen.get("columns", {})))
    context = {"step": 3, "report": report, "counts": report.counts, "outcome": kept.outcome, **shown_rows(request, resource, plan, report)}
    return _page(request, "trial", resource, kept, context, errors)


def _carry_out(request: Request, resource: Resource, kept: ImportFile, mode: str) -> HttpResponse:
    if kept.outcome.get("applied"):
        return redirect("import-trial", key=resource.key, pk=kept.pk)
    work = longwork.found(request.access, kept.work_id) if kept.work_id else None
    if work is not None and work.status in (LongWork.Status.WAITING, LongWork.Status.RUNNING):
        raise ValidationError(_("This file is being tried or imported at this moment. Wait until that ends, or cancel it."))
    imports.choose(kept, mode="good" if mode == "good" else "all")
    return _run(request, resource, kept, len(imports.read(kept, resource).rows), imports.carry_out, apply=True)


@require_GET
@heavy.rendering
def refused(request: Request, key: str, pk: int) -> HttpResponse:
    """The rows that were refused, with the reason, to mend and bring again."""
    resource, kept = _kept(request, key, pk)
    report = imports.report_of(kept)
    if report is None:
        raise Http404
    response = HttpResponse(imports.refused_rows(kept, resource, report), content_type=excel)
    response["Content-Disposition"] = f'attachment; filename="{key}-refused.xlsx"'
    return response


@require_POST
@heavy.rendering
def take_back(request: Request, key: str, pk: int) -> HttpResponse:
    """Undo all that the import wrote."""
    _resource, kept = _kept(request, key, pk)
    left = undo.undo(kept.outcome.get("trace", ""), request.access)
    if left:
        messages.error(request, " ".join(left[:20]))
    else:
        imports.forget_trial(kept)
        messages.success(request, " ".join([_("Undone."), *left.told[:20]]))
    return redirect("import-columns", key=key, pk=pk)


@require_POST
def forget(request: Request, key: str, pk: int) -> HttpResponse:
    """Remember the file no more."""
    _resource, kept = _kept(request, key, pk)
    kept.delete()
    messages.success(request, _("The file is forgotten."))
    return redirect("import", key=key)
