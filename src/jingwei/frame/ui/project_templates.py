"""Project templates on pages: choose one for a new project (or for one that is there), say what it asks, land in the plan; and write a project to a file."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from jingwei.frame.models import ImportFile, LongWork, Project
from jingwei.frame.models.values import whole
from jingwei.frame.project_templates import declared, file, kept, ready, taking
from jingwei.frame.project_templates.bringing import Wanted
from jingwei.frame.ui.menu import ProjectPage, plan_address, register_project_page
from jingwei.frame.ui.undoing import offer_undo
from jingwei.frame.walls import heavy
from jingwei.frame.web import Request, project_named, stands_in
from jingwei.frame.work import imports, longwork

register_project_page(ProjectPage(gettext_lazy("Template"), "project-template", "download", "frame.project.view", 95, "settings"))
people_at_most = 500
branches_at_most = 200
told_at_most = 20
kinds = {"json": "application/json", "zip": "application/zip"}


def _into(request: Request, code: str) -> Project | None:
    """The project it is brought into; None for a new one. The right comes before the file."""
    project = project_named(request, code, "frame.project.view") if code else None
    kept.require(request.access, project, is_written=request.method == "POST")
    if project is None:
        stands_in(request, None, reverse("records", args=["frame.project"]))
    return project


@require_http_methods(["GET", "POST"])
def choose(request: Request) -> HttpResponse:
    """Begin empty, with a template of the product, or with a file."""
    project = _into(request, (request.POST if request.method == "POST" else request.GET).get("into", ""))
    errors: list[str] = []
    if request.method == "POST":
        try:
            with heavy.turn(request):
                content, name = _brought(request)
                found = kept.keep(request.access, request.user, content, name)
            imports.choose(found, into=project.code if project is not None else "")
            return redirect("template-bring", pk=found.pk)
        except ValidationError as problem:
            errors = problem.messages
    context = {"project": project, "ready": list(ready.templates()), "errors": errors, "most": file.bytes_at_most // 1_000_000}
    return render(request, "frame/project_templates/choose.html", context, status=422 if errors else 200)


def _brought(request: Request) -> tuple[bytes, str]:
    if key := request.POST.get("ready", ""):
        content = ready.content_of(key)
        return content, str(ready.registry[key].title)
    upload = request.FILES.get("file")
    if upload is None or upload.size is None or upload.size > file.bytes_at_most:
        raise ValidationError(_("Choose a template of at most %(most)s MB.") % {"most": file.bytes_at_most // 1_000_000})
    return upload.read(), upload.name or ""


def _found(request: Request, pk: int) -> ImportFile:
    found = kept.found(request.access, pk)
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
def bring(request: Request, pk: int) -> HttpResponse:
    """What the template asks, and the word to bring it in; then the plan of the project."""
    found = _found(request, pk)
    project = _into(request, str(found.chosen.get("into", "")))
    if found.outcome.get("applied"):
        return _landed(request, found)
    work = longwork.found(request.access, found.work_id) if found.work_id else None
    if work is not None and work.status in (LongWork.Status.WAITING, LongWork.Status.RUNNING):
        return render(request, "frame/project_templates/bring.html", {"kept": found, "project": project, "work": work})
    errors: dict[str, list[str]] = (
        {NON_FIELD_ERRORS: [work.message]} if work is not None and work.status == LongWork.Status.FAILED and request.method == "GET" else {}
    )
    with heavy.turn(request):
        data, _files = file.unpacked(imports.content_of(found))
        if request.method == "POST":
            try:
                return _carry_out(request, found, data, project)
            except ValidationError as problem:
                errors = problem.message_dict if hasattr(problem, "error_dict") else {NON_FIELD_ERRORS: problem.messages}
    return render(request, "frame/project_templates/bring.html", _asked(request, found, data, project, errors), status=422 if errors else 200)


def _carry_out(request: Request, found: ImportFile, data: dict[str, Any], project: Project | None) -> HttpResponse:
    people = {each["id"]: whole(request.POST.get(f"person-{each['id']}", "")) for each in data.get("people", ())}
    wanted = Wanted(request.POST.get("name", "").strip(), request.POST.get("code", "").strip(), _day(request), project, people)
    if kept.is_large(data):
        address = reverse("template-bring", args=[found.pk])
        kept.begin_work(request.access, request.user, b"", wanted, found, address)
        return redirect(address)
    kept.carry_out(found, wanted, request.access)
    return redirect("template-bring", pk=found.pk)


def _day(request: Request) -> date | None:
    try:
        return date.fromisoformat(text) if (text := request.POST.get("start_on", "").strip()) else None
    except ValueError:
        raise ValidationError({"start_on": _("Write the date as 2026-11-02.")}) from None


def _landed(request: Request, found: ImportFile) -> HttpResponse:
    """In the plan, with what there is to say and the offer to take it back."""
    outcome = found.outcome
    project = Project.objects.filter(pk=outcome["project"]).first()
    if project is None or not request.access.allows("frame.project.view", project.pk):
        raise Http404
    if not found.chosen.get("told"):
        imports.choose(found, told=True)
        offer_undo(request, _("%(count)s rows were made from the template.") % {"count": sum(outcome["counts"].values())}, outcome["trace"])
        for text in outcome["missing"]:
            messages.warning(request, text)
        if outcome["roles"]:
            messages.info(request, _("Roles to assign in the project: %(roles)s.") % {"roles": ", ".join(outcome["roles"])})
    return redirect(plan_address(project, request.access))


def _asked(request: Request, found: ImportFile, data: dict[str, Any], project: Project | None, errors: dict[str, list[str]]) -> dict[str, Any]:
    """The form as it stands: what was typed stays when something is wrong."""
    typed = request.POST if request.method == "POST" else {"name": str(data["project"].get("name", "")), "start_on": timezone.localdate().isoformat()}
    target = next((t for each in declared.templated() for _name, t in declared.references(each) if t.is_placeholder), None)
    staff = (
        list(target.seen(request.access).order_by(*target.order)[:people_at_most])
        if target is not None and request.access.anywhere(target.permission("view"))
        else []
    )
    people = [
        {"id": each["id"], "label": each["label"] or _("Person %(number)s") % {"number": each["id"]}, "chosen": whole(str(typed.get(f"person-{each['id']}", "")))}
        for each in data.get("people", ())
    ]  # fmt: skip
    known = {each.key: each for each in declared.templated()}
    counts = [(known[key].title_plural, len(rows)) for key, rows in data["rows"].items()]
    fields = [
        {"name": name, "label": declared.project().label(name), "value": typed.get(name, ""), "errors": errors.get(name, []), "kind": "date" if name == "start_on" else "text"}
        for name in ("name", "code", "start_on")
    ]  # fmt: skip
    others = [text for name, texts in errors.items() if name not in ("name", "code", "start_on") for text in texts]
    return {
        "kept": found,
        "project": project,
        "fields": [] if project is not None else fields,
        "people": people,
        "staff": staff,
        "counts": counts,
        "errors": others,
        "files": len(data.get("files", ())),
        "left_out": data.get("left_out", ()),
    }


@require_GET
def of_project(request: Request, code: str) -> HttpResponse:
    """What of a project goes into a template, and which part of it."""
    project = project_named(request, code, "frame.project.view")
    tree = next((each for each in declared.templated() if declared.own_tree(each)), None)
    branches: list[Any] = []
    if tree is not None and request.access.allows(tree.permission("view"), project.pk):
        branches = list(
            tree.seen(request.access).filter(**{tree.place_path: project.pk, declared.own_tree(tree): None}).order_by(*tree.order)[:branches_at_most]
        )
    parts = [(each, request.access.allows(each.permission("view"), project.pk)) for each in declared.templated()]
    may_bring = any(request.access.allows(each.permission("add"), project.pk) for each in declared.templated())
    return render(request, "frame/project_templates/of_project.html", {"project": project, "branches": branches, "parts": parts, "may_bring": may_bring})


@require_GET
@heavy.rendering
def download(request: Request, code: str) -> HttpResponse:
    """The file."""
    project = project_named(request, code, "frame.project.view")
    numbers = [number for each in request.GET.getlist("task") if (number := whole(each)) is not None]
    try:
        taken = taking.take(project, request.access, tasks=numbers or None, with_files=bool(request.GET.get("files")))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect("project-template", code=code)
    for text in taken.left_out[:told_at_most]:  # on the next page: this one is a file
        messages.warning(request, text)
    content, ending = file.packed(taken.data, taken.files)
    response = HttpResponse(content, content_type=kinds[ending])
    response["Content-Disposition"] = f'attachment; filename="{project.code}-template.{ending}"'
    return response
