"""The Gantt page and what it asks the server."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from jingwei.domains.schedule import queries, services
from jingwei.domains.schedule.words import gantt_words
from jingwei.domains.work import queries as work
from jingwei.frame import scope
from jingwei.frame.models import Project
from jingwei.frame.ui.menu import MenuItem, register
from jingwei.frame.web import Request

register(MenuItem("plan", gettext_lazy("Gantt"), "/schedule/", "chart", "work.task.view", 10))


def _project(request: Request, code: str, verb: str = "view") -> Project:
    project = Project.objects.filter(code=code).first()
    if project is None:
        raise Http404
    request.access.require(f"work.task.{verb}", project.pk)
    return project


@require_GET
def first(request: Request) -> HttpResponse:
    """The Gantt of the chosen project, or of the first one."""
    request.access.require("work.task.view")
    project = Project.objects.filter(pk=request.session.get("project_id") or 0).first() or Project.objects.first()
    if project is None:
        return render(request, "schedule/none.html")
    return redirect("gantt", code=project.code)


@require_GET
def gantt(request: Request, code: str) -> HttpResponse:
    """The page; the picture fetches its data."""
    project = _project(request, code)
    may_edit = request.access.allows("work.task.change", project.pk)
    return render(request, "schedule/gantt.html", {"project": project, "projects": Project.objects.all(), "may_edit": may_edit, "words": gantt_words()})


def _local(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if moment else None


@require_GET
def data(request: Request, code: str) -> HttpResponse:
    """The whole plan for the picture."""
    project = _project(request, code)
    zone = ZoneInfo(project.zone)
    tasks = list(work.tasks_of(project.pk).select_related("assignee", "interface"))
    known = [m for t in tasks for m in (t.start, t.finish) if m]
    begin, end = min(known, default=timezone.now()), max(known, default=timezone.now())
    baseline = queries.current_baseline(project.pk)
    calendar = queries.calendar_picture(project, begin, end)
    answer = {
        "project": {
            "id": project.pk, "code": project.code, "name": project.name, "start": _local(begin, zone), "finish": _local(end, zone),
            "data_date": _local(project.data_date or timezone.now(), zone), "today": _local(timezone.now(), zone),
            "baseline": {"id": baseline.pk, "name": baseline.name} if baseline else None, "provisional_years": calendar.pop("provisional_years"),
        },
        "calendar": calendar,
        "tasks": _tasks(tasks, queries.baseline_dates(baseline), zone),
        "links": _links(project),
    }  # fmt: skip
    return JsonResponse(answer)


def _tasks(tasks: Iterable[Any], baseline: dict[int, Any], zone: ZoneInfo) -> list[dict[str, Any]]:
    out = []
    for t in tasks:
        was = baseline.get(t.pk, (None, None))
        out.append({
            "id": t.pk, "wbs": t.wbs, "parent": t.parent_id, "name": t.name, "start": _local(t.start, zone), "finish": _local(t.finish, zone),
            "duration_minutes": t.duration_minutes, "percent": t.percent, "is_milestone": t.is_milestone, "is_summary": t.is_summary, "is_critical": t.is_critical,
            "total_float_minutes": t.total_float_minutes or 0, "baseline_start": _local(was[0], zone), "baseline_finish": _local(was[1], zone),
            "deadline": _local(t.deadline, zone), "is_endangered": t.is_endangered, "constraint": t.constraint, "status": t.status,
            "assignee": t.assignee.name if t.assignee else None,
            "interface": {"key": t.interface.key, "state": t.interface.state if t.interface.state in ("ok", "degraded", "down") else "ok"} if t.interface else None,
            "version": t.version,
        })  # fmt: skip
    return out


def _links(project: Project) -> list[dict[str, Any]]:
    return [
        {"id": pk, "from": a, "to": b, "type": kind, "lag_minutes": lag}
        for pk, a, b, kind, lag in work.links_of(project.pk).values_list("pk", "predecessor_id", "successor_id", "type", "lag_minutes")
    ]


class _Changed(Exception):
    pass


def _asked(request: Request, project: Project) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The posted changes in the words of the work: a moved start becomes a no-earlier-than date."""
    zone = ZoneInfo(project.zone)
    try:
        body = json.loads(request.body)
        changes = [_change(project, dict(each), zone) for each in body.get("changes", [])]
        return changes, dict(body.get("links") or {})
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        raise ValidationError({"changes": _("The request cannot be read: %(problem)s") % {"problem": problem}}) from problem


def _change(project: Project, given: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    out: dict[str, Any] = {"task": int(given["task"])}
    task = work.task(out["task"])
    if task is None:
        raise ValidationError({"task": _("There is no such task in this project.")})
    if given.get("version") is not None and int(given["version"]) != task.version:
        raise _Changed
    if given.get("start"):
        start = parse_datetime(given["start"])
        if start is None:
            raise ValueError(given["start"])
        out["constraint"], out["constraint_at"] = "SNET", start.replace(tzinfo=zone)
        if task.actual_start is not None:
            out["actual_start"] = start.replace(tzinfo=zone)
    for name in ("duration_minutes", "percent"):
        if given.get(name) is not None:
            out[name] = int(given[name])
    if given.get("name"):
        out["name"] = str(given["name"])[:300]
    if "parent" in given:
        out["parent"] = work.task(int(given["parent"])) if given["parent"] else None
    return out


def _answer(request: Request, code: str, *, commit: bool) -> HttpResponse:
    project = _project(request, code, "change")
    zone = ZoneInfo(project.zone)
    try:
        changes, links = _asked(request, project)
        with scope.because(reason=_("Gantt")) as current:
            done = (services.plan_commit if commit else services.plan_preview)(project=project, changes=changes, links=links)
    except _Changed:
        return JsonResponse({"errors": [{"field": "version", "message": _("Somebody changed this in the meantime.")}]}, status=409)
    except ValidationError as problem:
        texts = problem.message_dict if hasattr(problem, "error_dict") else {"": problem.messages}
        return JsonResponse({"errors": [{"field": name, "message": text} for name, many in texts.items() for text in many]}, status=422)
    effect = done["effect"]
    effect["finish_before"], effect["finish_after"] = _local(effect["finish_before"], zone), _local(effect["finish_after"], zone)
    for each in effect["endangered"]:
        each["deadline"], each["finish"] = _local(each["deadline"], zone), _local(each["finish"], zone)
    tasks = _tasks(done["rows"], queries.baseline_dates(queries.current_baseline(project.pk)), zone)
    return JsonResponse({"tasks": tasks, "links": _links(project), "effect": effect, "undo": current.trace if commit else None})


@require_POST
def preview(request: Request, code: str) -> HttpResponse:
    """What it would do."""
    return _answer(request, code, commit=False)


@require_POST
def commit(request: Request, code: str) -> HttpResponse:
    """Do it."""
    return _answer(request, code, commit=True)


@require_POST
def undo(request: Request, code: str) -> HttpResponse:
    """Take back one commit."""
    from jingwei.frame import undo as undoing

    project = _project(request, code, "change")
    try:
        token = str(json.loads(request.body).get("undo", ""))
    except ValueError:
        raise Http404 from None
    left = undoing.undo(token, request.access)
    if left:
        return JsonResponse({"errors": [{"field": "undo", "message": text} for text in left]}, status=409)
    services.project_recalculate(project_id=project.pk)
    tasks = work.tasks_of(project.pk).select_related("assignee", "interface")
    return JsonResponse(
        {
            "tasks": _tasks(tasks, queries.baseline_dates(queries.current_baseline(project.pk)), ZoneInfo(project.zone)),
            "links": _links(project),
            "effect": {"moved": 0, "endangered": []},
            "undo": None,
        }
    )


@require_POST
def baseline(request: Request, code: str) -> HttpResponse:
    """Take a baseline of the plan as it is."""
    project = _project(request, code, "change")
    services.baseline_take(project=project, name=str(request.POST.get("name") or timezone.localtime().strftime("%Y-%m-%d %H:%M")))
    return redirect("gantt", code=code)


urlpatterns = [
    path("", first, name="gantt-first"),
    path("gantt/<str:code>/", gantt, name="gantt"),
    path("gantt/<str:code>/data/", data, name="gantt-data"),
    path("gantt/<str:code>/preview/", preview, name="gantt-preview"),
    path("gantt/<str:code>/commit/", commit, name="gantt-commit"),
    path("gantt/<str:code>/undo/", undo, name="gantt-undo"),
    path("gantt/<str:code>/baseline/", baseline, name="gantt-baseline"),
]
