"""Day-labour sheets on the phone: the crew leader writes and submits, the other side confirms or disputes."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from jingwei.domains.directory import queries as directory
from jingwei.domains.labour import queries
from jingwei.domains.labour.models import Sheet
from jingwei.domains.work import queries as work
from jingwei.frame.models import Project
from jingwei.frame.models.values import whole
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.ui.refusals import by_field
from jingwei.frame.web import Request

line_fields = ("worker", "trade", "hours", "rate")
versions = 2**31 - 1


def _allowed(request: Request, verb: str) -> list[int] | None:
    """Projects in which the person may do that to sheets; None = all."""
    found = request.access.projects(f"labour.sheet.{verb}")
    return None if found is None else sorted(found)


def _projects(request: Request) -> list[Project]:
    """Open projects for which the person may write sheets."""
    ids = _allowed(request, "add")
    rows = Project.objects.exclude(status="closed")
    return list(rows if ids is None else rows.filter(pk__in=ids))


def sees_lines(request: Request, project: Project) -> bool:
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
    done = whole(request.GET.get("done", ""))
    context = {
        "done": resource("labour.sheet").rows(request.access).filter(pk=done).first() if done is not None else None,
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
    may_look = request.access.allows("labour.sheet.view", project.pk)
    last = queries.last_sheet(project.pk, mine.team_id if mine else None) if may_look else None
    values = {"key": uuid.uuid4().hex, "work_date": _today(project).isoformat(), "team": mine.team_id if mine else None}
    lines: list[dict[str, Any]] = [{}]
    if last is not None and request.GET.get("repeat"):
        values |= {"team": last.team_id, "task": last.task_id, "place": last.place, "description": last.description}
        if sees_lines(request, project):
            lines = [{name: getattr(line, name) for name in line_fields} for line in last.lines.all()]
    return render(request, "labour/phone_form.html", form(request, project, values, lines) | {"last": last, "can_change_project": len(projects) > 1})


def _today(project: Project) -> date:
    return timezone.localtime(timezone.now(), ZoneInfo(project.zone)).date()


def _day_of(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def form(request: Request, project: Project, values: dict[str, Any], lines: list[dict[str, Any]], sheet: Sheet | None = None) -> dict[str, Any]:
    """What the form shows: of crews and tasks those that may be seen, and the crew that is named already."""
    known = queries.workers_of(project.pk) if sees_lines(request, project) else {}
    day, team = _day_of(values.get("work_date")), whole(str(values.get("team") or "").lstrip("#"))
    names = [str(line.get("worker", "")).strip() for line in lines] if known else []
    return {
        "already": queries.hours_already(request.access, day, team, names, sheet.pk if sheet is not None else None) if day and team and names else [],
        "project": project, "values": values, "lines": lines or [{}], "sheet": sheet, "today": _today(project).isoformat(), "crews": _crews(request, sheet),
        "tasks": _tasks(request, project, sheet), "workers": known, "trades": sorted({each["trade"] for each in known.values()}),
    }  # fmt: skip


def _crews(request: Request, sheet: Sheet | None) -> list[Any]:
    rows = list(directory.crews()) if request.access.anywhere("directory.team.view") else []
    return rows if sheet is None or sheet.team in rows else [sheet.team, *rows]


def _tasks(request: Request, project: Project, sheet: Sheet | None) -> list[Any] | None:
    """Open work to choose from, with what the sheet names; None for who may see no tasks: then the form has no field for one, and what is named stays."""
    if not request.access.allows("work.task.view", project.pk):
        return None
    rows = list(work.open_work(project.pk)[:80])
    named = [sheet.task] if sheet is not None and sheet.task is not None and sheet.task not in rows else []
    return named + rows


@require_GET
def sheet(request: Request, pk: int) -> HttpResponse:
    """One sheet: the form while it is the crew's to write, else what was written and what can be done now. A draft that a phone keeps of one that
    is gone is opened as a new one."""
    if request.GET.get("draft") and not resource("labour.sheet").rows(request.access).filter(pk=pk).exists():
        return redirect(f"{reverse('phone-sheet-new')}?{request.GET.urlencode()}")
    found = _sheet(request, pk)
    if found.status in Sheet.written_in and request.access.allows("labour.sheet.change", found.project_id) and sees_lines(request, found.project):
        values = {name: getattr(found, name) for name in ("place", "description", "dispute")}
        values |= {
            "team": found.team_id,
            "task": found.task_id,
            "work_date": found.work_date.isoformat(),
            "key": found.client_key or f"sheet-{found.pk}",
            "version": found.version,
        }
        lines = [{"id": line.pk, **{name: getattr(line, name) for name in line_fields}} for line in found.lines.all()]
        return render(request, "labour/phone_form.html", form(request, found.project, values, lines, found))
    return render(request, "labour/phone_sheet.html", shown(request, found))


def shown(request: Request, found: Sheet) -> dict[str, Any]:
    is_mine = found.submitted_by_id is not None and found.submitted_by_id == request.user.pk
    may_confirm = request.access.allows("labour.sheet.confirm", found.project_id) and found.status == Sheet.Status.SUBMITTED
    may_dispute = request.access.allows("labour.sheet.dispute", found.project_id) and found.status in (Sheet.Status.SUBMITTED, Sheet.Status.CONFIRMED)
    return {
        "sheet": found, "version": found.version, "lines": found.lines.all() if sees_lines(request, found.project) else None, "is_mine": is_mine, "may_confirm": may_confirm and not is_mine, "may_dispute": may_dispute and not is_mine,
        "zone": ZoneInfo(found.project.zone),
    }  # fmt: skip


@require_POST
def decide(request: Request, pk: int) -> HttpResponse:
    """The other side confirms, or sends it back with the reason: the sheet as it was shown, and no other."""
    found = _sheet(request, pk)
    verb = "dispute" if request.POST.get("verb") == "dispute" else "confirm"
    values = {"dispute": request.POST.get("dispute", "")} if verb == "dispute" else {}
    seen = whole(request.POST.get("version", ""), versions)
    try:
        commands.act(resource("labour.sheet"), verb, found, values, request.access, version=seen)
    except ValidationError as problem:
        context = shown(request, found) | {"errors": told(problem), "version": seen or found.version}
        return render(request, "labour/phone_sheet.html", context | values, status=422)
    except commands.Stale as problem:
        context = shown(request, problem.row) | {"errors": [{"message": str(problem)}], "is_stale": True}
        return render(request, "labour/phone_sheet.html", context | values, status=409)
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


def told(problem: ValidationError) -> list[dict[str, str]]:
    """Messages with the field they belong to and its name."""
    sheets = resource("labour.sheet")
    label = {name: str(sheets.label(name)) for name in sheets.fields}
    return [{"field": name, "label": label.get(name, ""), "message": text} for name, texts in by_field(problem).items() for text in texts]
