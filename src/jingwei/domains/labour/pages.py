"""Day-labour sheets on the phone: the crew leader writes and submits, the other side confirms or disputes."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from jingwei.domains.directory import queries as directory
from jingwei.domains.labour import queries
from jingwei.domains.labour.models import Sheet
from jingwei.domains.labour.services import sheet_name_by_phone
from jingwei.domains.work import queries as work
from jingwei.frame import scope
from jingwei.frame.models import Project
from jingwei.frame.models.values import whole
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.ui.menu import MenuItem, register
from jingwei.frame.ui.typed import as_typed
from jingwei.frame.walls import heavy
from jingwei.frame.web import Request

register(MenuItem("business", gettext_lazy("Sheets on the phone"), "/labour/phone/", "clipboard-list", "labour.sheet.view", 10))
plain_fields = ("work_date", "team", "task", "place", "description")
line_fields = ("worker", "trade", "hours", "rate")


def _allowed(request: Request, verb: str) -> list[int] | None:
    """Projects in which the person may do that to sheets; None = all."""
    found = request.access.projects(f"labour.sheet.{verb}")
    return None if found is None else sorted(found)


def _projects(request: Request) -> list[Project]:
    """Open projects for which the person may write sheets."""
    ids = _allowed(request, "add")
    rows = Project.objects.exclude(status="closed")
    return list(rows if ids is None else rows.filter(pk__in=ids))


def _sees_lines(request: Request, project: Project) -> bool:
    """Who worked for how much is a right of its own."""
    return request.access.allows("labour.sheetline.view", project.pk)


def _sheet(request: Request, pk: int) -> Sheet:
    found: Sheet | None = resource("labour.sheet").rows(request.access).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_GET
def desk(request: Request) -> HttpResponse:
    """What waits for me, what I have not sent, what went out lately."""
    request.access.require_anywhere("labour.sheet.view")
    may_write, may_confirm = request.access.anywhere("labour.sheet.add"), request.access.anywhere("labour.sheet.confirm")
    context = {
        "may_write": may_write,
        "to_confirm": queries.to_confirm(_allowed(request, "confirm"), request.user.pk)[:30] if may_confirm else [],
        "to_write": queries.to_write(_allowed(request, "change"))[:30] if may_write else [],
        "recent": queries.sheets_in(_allowed(request, "view")).exclude(status__in=Sheet.written_in)[:12],
    }
    return render(request, "labour/phone_desk.html", context)


@require_GET
def new(request: Request) -> HttpResponse:
    """A fresh sheet: first the project (when there is a choice), then the form; `repeat` fills it from the crew's last one."""
    request.access.require_anywhere("labour.sheet.add")
    projects = _projects(request)
    wanted = request.GET.get("project", "")
    project = next((p for p in projects if str(p.pk) == wanted), projects[0] if len(projects) == 1 else None)
    if project is None:
        return render(request, "labour/phone_projects.html", {"projects": projects})
    mine = directory.person_of(request.user.pk)
    last = queries.last_sheet(project.pk, mine.team_id if mine else None)
    values = {"key": uuid.uuid4().hex, "work_date": _today(project).isoformat(), "team": mine.team_id if mine else None}
    lines: list[dict[str, Any]] = [{}]
    if last is not None and request.GET.get("repeat"):
        values |= {"team": last.team_id, "task": last.task_id, "place": last.place, "description": last.description}
        if _sees_lines(request, project):
            lines = [{name: getattr(line, name) for name in line_fields} for line in last.lines.all()]
    return render(request, "labour/phone_form.html", _form(request, project, values, lines) | {"last": last, "can_change_project": len(projects) > 1})


def _today(project: Project) -> date:
    return timezone.localtime(timezone.now(), ZoneInfo(project.zone)).date()


def _day_of(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _form(request: Request, project: Project, values: dict[str, Any], lines: list[dict[str, Any]], sheet: Sheet | None = None) -> dict[str, Any]:
    known = queries.workers_of(project.pk) if _sees_lines(request, project) else {}
    day, team = _day_of(values.get("work_date")), whole(str(values.get("team") or "").lstrip("#"))
    names = [str(line.get("worker", "")).strip() for line in lines] if known else []
    return {
        "already": queries.hours_already(day, team, names, sheet.pk if sheet is not None else None) if day and team and names else [],
        "project": project, "values": values, "lines": lines or [{}], "sheet": sheet, "today": _today(project).isoformat(), "crews": directory.crews(),
        "tasks": work.open_work(project.pk)[:80], "workers": known, "trades": sorted({each["trade"] for each in known.values()}),
    }  # fmt: skip


@require_GET
def sheet(request: Request, pk: int) -> HttpResponse:
    """One sheet: the form while it is the crew's to write, else what was written and what can be done now."""
    found = _sheet(request, pk)
    if found.status in Sheet.written_in and request.access.allows("labour.sheet.change", found.project_id) and _sees_lines(request, found.project):
        values = {name: getattr(found, name) for name in ("place", "description", "dispute")}
        values |= {"team": found.team_id, "task": found.task_id, "work_date": found.work_date.isoformat(), "key": found.client_key or f"sheet-{found.pk}"}
        lines = [{"id": line.pk, **{name: getattr(line, name) for name in line_fields}} for line in found.lines.all()]
        return render(request, "labour/phone_form.html", _form(request, found.project, values, lines, found))
    return render(request, "labour/phone_sheet.html", _shown(request, found))


def _shown(request: Request, found: Sheet) -> dict[str, Any]:
    is_mine = found.submitted_by_id is not None and found.submitted_by_id == request.user.pk
    may_confirm = request.access.allows("labour.sheet.confirm", found.project_id) and found.status == Sheet.Status.SUBMITTED
    may_dispute = request.access.allows("labour.sheet.dispute", found.project_id) and found.status in (Sheet.Status.SUBMITTED, Sheet.Status.CONFIRMED)
    return {
        "sheet": found, "lines": found.lines.all() if _sees_lines(request, found.project) else None, "is_mine": is_mine, "may_confirm": may_confirm and not is_mine, "may_dispute": may_dispute and not is_mine,
        "zone": ZoneInfo(found.project.zone),
    }  # fmt: skip


@require_POST
def save(request: Request) -> HttpResponse:
    """Write a sheet and, when asked, submit it; the same draft sent twice is written once."""
    project = next((p for p in Project.objects.all() if str(p.pk) == request.POST.get("project")), None)
    if project is None:
        raise Http404
    request.access.require("labour.sheet.view", project.pk)
    given, lines = _given(request)
    found = _known(request, project)
    try:
        with heavy.for_files(request):
            kept = found if found is not None and found.status not in Sheet.written_in else _write(request, project, found, given, lines)
    except ValidationError as problem:
        errors = _errors(problem)
        if request.headers.get("X-Draft"):
            return JsonResponse({"errors": errors}, status=422)
        context = _form(request, project, given | {"key": request.POST.get("key", "")}, lines, found)
        return render(request, "labour/phone_form.html", context | {"errors": errors}, status=422)
    target = reverse("phone-sheets") + f"?done={kept.pk}"
    return JsonResponse({"url": target, "number": kept.number, "status": kept.status}) if request.headers.get("X-Draft") else redirect(target)


def _given(request: Request) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The posted fields, and the lines in which anything was written."""
    given = {name: request.POST.get(name, "") for name in plain_fields if name in request.POST}
    given |= {name: f"#{given[name]}" for name in ("team", "task") if whole(given.get(name, "")) is not None}  # chosen from our own lists
    columns = [request.POST.getlist(f"line-{name}") for name in line_fields]
    ids = request.POST.getlist("line-id")
    lines: list[dict[str, Any]] = []
    for number, cells in enumerate(zip(*columns, strict=False)):
        line = {name: cell.strip() for name, cell in zip(line_fields, cells, strict=True)}
        if line["worker"] or line["trade"]:
            known = ids[number] if number < len(ids) else ""
            lines.append(line | ({"id": known} if known else {}))
    return given, lines


def _known(request: Request, project: Project) -> Sheet | None:
    """The sheet that this draft is already: by its id, or by what the phone calls it."""
    rows = resource("labour.sheet").rows(request.access).filter(project=project)
    pk, key = request.POST.get("sheet", ""), request.POST.get("key", "")
    found: Sheet | None = rows.filter(pk=number).first() if (number := whole(pk)) is not None else None
    return found or (rows.filter(client_key=key[:40]).first() if key else None)


@transaction.atomic
def _write(request: Request, project: Project, found: Sheet | None, given: dict[str, Any], lines: list[dict[str, Any]]) -> Sheet:
    sheets = resource("labour.sheet")
    files = {"photo": request.FILES["photo"]} if request.FILES.get("photo") else None
    with scope.because(reason=_("Sheets on the phone")):
        if found is None:
            typed = {name: as_typed(value) for name, value in given.items()}
            found = commands.create(sheets, {**typed, "project": project.pk, "lines": lines}, request.access, files=files)
            if key := request.POST.get("key", ""):
                found = sheet_name_by_phone(instance=found, client_key=key)
        else:
            typed = {name: as_typed(value, getattr(found, name)) for name, value in given.items()}
            found = commands.change(sheets, found, {**typed, "lines": lines}, request.access, files=files)
        if request.POST.get("then") == "submit":
            found = commands.act(sheets, "submit", found, {}, request.access)
    return found


def _errors(problem: ValidationError) -> list[dict[str, str]]:
    """Messages with the field they belong to and its name."""
    sheets = resource("labour.sheet")
    by_field = problem.message_dict if hasattr(problem, "error_dict") else {NON_FIELD_ERRORS: problem.messages}
    label = {name: str(sheets.label(name)) for name in sheets.fields}
    return [{"field": name, "label": label.get(name, ""), "message": text} for name, texts in by_field.items() for text in texts]


@require_POST
def decide(request: Request, pk: int) -> HttpResponse:
    """The other side confirms, or sends it back with the reason."""
    found = _sheet(request, pk)
    verb = "dispute" if request.POST.get("verb") == "dispute" else "confirm"
    values = {"dispute": request.POST.get("dispute", "")} if verb == "dispute" else {}
    try:
        commands.act(resource("labour.sheet"), verb, found, values, request.access)
    except ValidationError as problem:
        return render(request, "labour/phone_sheet.html", _shown(request, found) | {"errors": _errors(problem)}, status=422)
    return redirect(reverse("phone-sheets") + f"?done={pk}")


@require_GET
def photo(request: Request, pk: int) -> HttpResponse | FileResponse:
    """The photo, to those who may see the sheet."""
    found = _sheet(request, pk)
    if not found.photo:
        raise Http404
    try:
        return FileResponse(found.photo.open("rb"))
    except FileNotFoundError:
        raise Http404 from None


urlpatterns = [
    path("phone/", desk, name="phone-sheets"),
    path("phone/new/", new, name="phone-sheet-new"),
    path("phone/save/", save, name="phone-sheet-save"),
    path("phone/<int:pk>/", sheet, name="phone-sheet"),
    path("phone/<int:pk>/decide/", decide, name="phone-sheet-decide"),
    path("phone/<int:pk>/photo/", photo, name="phone-sheet-photo"),
]
