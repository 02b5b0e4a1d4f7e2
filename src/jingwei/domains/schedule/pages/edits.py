"""Changes of the plan from the picture: previewed, committed, taken back; baselines taken."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jingwei.domains.schedule import queries, services
from jingwei.domains.schedule.pages.opening import local_text, project_asked
from jingwei.domains.schedule.pages.wire import link_rows, task_rows
from jingwei.domains.work import queries as work
from jingwei.frame import scope
from jingwei.frame.models import Project
from jingwei.frame.web import Request


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
    project = project_asked(request, code, "change")
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
    effect["finish_before"], effect["finish_after"] = local_text(effect["finish_before"], zone), local_text(effect["finish_after"], zone)
    for each in effect["endangered"]:
        each["deadline"], each["finish"] = local_text(each["deadline"], zone), local_text(each["finish"], zone)
    tasks = task_rows(done["rows"], queries.baseline_dates(queries.current_baseline(project.pk)), zone)
    return JsonResponse({"tasks": tasks, "links": link_rows(project), "effect": effect, "undo": current.trace if commit else None})


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

    project = project_asked(request, code, "change")
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
            "tasks": task_rows(tasks, queries.baseline_dates(queries.current_baseline(project.pk)), ZoneInfo(project.zone)),
            "links": link_rows(project),
            "effect": {"moved": 0, "endangered": []},
            "undo": None,
        }
    )


@require_POST
def baseline(request: Request, code: str) -> HttpResponse:
    """Take a baseline of the plan as it is."""
    project = project_asked(request, code, "change")
    services.baseline_take(project=project, name=str(request.POST.get("name") or timezone.localtime().strftime("%Y-%m-%d %H:%M")))
    return redirect("gantt", code=code)
