"""Changes of the plan from the picture: previewed, committed, taken back; baselines taken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jingwei.domains.schedule import services
from jingwei.domains.schedule.pages.opening import local_text, project_asked
from jingwei.domains.schedule.pages.wire import link_sheet, task_sheet
from jingwei.domains.schedule.services import Edits
from jingwei.domains.work import queries as work
from jingwei.frame import scope
from jingwei.frame.models import Project
from jingwei.frame.records import commands
from jingwei.frame.web import Request
from jingwei.kernels import bounds

# what the picture sends under names of the task's fields, taken as it is; whether it holds is asked where everything that is typed is
plain_fields = ("duration_minutes", "percent", "name", "is_milestone", "assignee", "calendar", "parent")
dated = ("SNET", "SNLT", "FNET", "FNLT", "MSO", "MFO")  # constraints that need a date


def _asked(request: Request, project: Project) -> Edits:
    """The posted changes in the words of the work: a moved start becomes a no-earlier-than date (no-later-than, planned from the finish)."""
    zone = ZoneInfo(project.zone)
    try:
        body = json.loads(request.body)
        tasks, links = dict(body.get("tasks") or {}), dict(body.get("links") or {})
        return Edits(
            changes=[_change(project, dict(each), zone) for each in body.get("changes", [])],
            new_links=[dict(each) for each in links.get("add", ())],
            gone_links=[int(each) for each in links.get("remove", ())],
            new_tasks=[_new_task(dict(each)) for each in tasks.get("add", ())],
            gone_tasks=[int(each) for each in tasks.get("remove", ())],
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as problem:
        raise ValidationError({"changes": _("The request cannot be read: %(problem)s") % {"problem": problem}}) from problem


def _new_task(given: dict[str, Any]) -> dict[str, Any]:
    return {"name": str(given.get("name") or "").strip()[:300] or _("New task"), "after": int(given["after"]) if given.get("after") else None}


def _moment(text: str, zone: ZoneInfo) -> datetime:
    found = parse_datetime(text if "T" in text else f"{text}T00:00")
    if found is None:
        raise ValueError(text)
    moment = found.replace(tzinfo=zone)
    if not bounds.first_moment <= moment <= bounds.last_moment:
        raise ValueError(
            _("%(text)s is outside the years %(first)s to %(last)s") % {"text": text, "first": bounds.first_day.year, "last": bounds.last_day.year}
        )
    return moment


def _change(project: Project, given: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """One task's new values by field, with the version in which it was seen."""
    out: dict[str, Any] = {"task": int(given["task"])}
    if given.get("version") is not None:
        out["version"] = int(given["version"])
    if given.get("start"):
        out["constraint"], out["constraint_at"] = "SNLT" if project.is_from_finish else "SNET", _moment(given["start"], zone)
        task = work.task(out["task"])
        if task is not None and task.actual_start is not None:
            out["actual_start"] = out["constraint_at"]
    out |= {name: given[name] for name in plain_fields if name in given}
    if "deadline" in given:
        out["deadline"] = _moment(given["deadline"], zone) if given["deadline"] else None
    if "constraint" in given:
        out |= _constraint(str(given["constraint"]), given.get("constraint_at"), zone)
    return out


def _constraint(kind: str, at: Any, zone: ZoneInfo) -> dict[str, Any]:
    """A constraint and its date: six kinds need one, the others have none."""
    if kind in dated and not at:
        raise ValidationError({"constraint_at": _("This constraint needs a date.")})
    return {"constraint": kind, "constraint_at": _moment(str(at), zone) if kind in dated else None}


def _refused(problem: ValidationError) -> HttpResponse:
    texts = problem.message_dict if hasattr(problem, "error_dict") else {"": problem.messages}
    return JsonResponse({"errors": [{"field": name, "message": text} for name, many in texts.items() for text in many]}, status=422)


def _effect(effect: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """The effect with its moments in local words."""
    late = [{**each, "deadline": local_text(each["deadline"], zone), "finish": local_text(each["finish"], zone)} for each in effect["endangered"]]
    return {**effect, "finish_before": local_text(effect["finish_before"], zone), "finish_after": local_text(effect["finish_after"], zone), "endangered": late}


def _outcome(done: services.Outcome, project: Project, undo: str | None) -> HttpResponse:
    """What changed, and only that."""
    body = {
        "tasks": done.tasks, "removed": done.gone_tasks, "made": done.new_tasks, "links": done.links, "links_removed": done.gone_links,
        "effect": _effect(done.effect, ZoneInfo(project.zone)), "undo": undo,
    }  # fmt: skip
    return JsonResponse(body, json_dumps_params={"separators": (",", ":")})


def _require_all(request: Request, project: Project, edits: Edits) -> None:
    """Each kind of change needs its own right in the project."""
    wanted = {
        "work.task.add": edits.new_tasks, "work.task.delete": edits.gone_tasks, "work.dependency.add": edits.new_links,
        "work.dependency.delete": edits.gone_links,
    }  # fmt: skip
    for permission, given in wanted.items():
        if given:
            request.access.require(permission, project.pk)


def _answer(request: Request, code: str, *, commit: bool) -> HttpResponse:
    project = project_asked(request, code, "change")
    try:
        edits = _asked(request, project)
        _require_all(request, project, edits)
        with scope.because(reason=_("Gantt")) as current:
            run = services.plan_commit if commit else services.plan_preview
            done = run(
                project=project,
                edits=edits,
                access=request.access,
                read=lambda tasks, links: (task_sheet(project, request.access, tasks), link_sheet(project, links)),
            )
    except commands.Stale:
        return JsonResponse({"errors": [{"field": "version", "message": _("Somebody changed this in the meantime.")}]}, status=409)
    except ValidationError as problem:
        return _refused(problem)
    return _outcome(done, project, current.trace if commit else None)


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
    from jingwei.frame.records import undo as undoing

    project = project_asked(request, code, "change")
    try:
        token = str(json.loads(request.body).get("undo", ""))
    except (ValueError, AttributeError, RecursionError):
        raise Http404 from None
    try:
        done = services.plan_take_back(
            project=project,
            undo=lambda: undoing.undo(token, request.access),
            read=lambda tasks, links: (task_sheet(project, request.access, tasks), link_sheet(project, links)),
        )
    except services.NotTakenBack as problem:
        return JsonResponse({"errors": [{"field": "undo", "message": text} for text in problem.left]}, status=409)
    return _outcome(done, project, None)


@require_POST
def baseline(request: Request, code: str) -> HttpResponse:
    """Take a baseline of the plan as it is."""
    project = project_asked(request, code, "change")
    try:
        services.baseline_take(project=project, name=str(request.POST.get("name") or timezone.localtime().strftime("%Y-%m-%d %H:%M")))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect("gantt", code=code)
