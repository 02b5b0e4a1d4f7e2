"""Changes of the plan from the picture: previewed, committed, taken back; baselines taken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jingwei.domains.schedule import services
from jingwei.domains.schedule.pages.asked import edits_asked
from jingwei.domains.schedule.pages.opening import local_text, project_asked
from jingwei.domains.schedule.pages.wire import link_sheet, task_sheet
from jingwei.domains.schedule.services import Edits
from jingwei.frame import scope
from jingwei.frame.models import Project
from jingwei.frame.models.values import unreadable
from jingwei.frame.records import commands
from jingwei.frame.web import Request


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
        edits = edits_asked(request.body, project)
        _require_all(request, project, edits)
        with scope.because(reason=_("edited in the Gantt")) as current:
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
    if unreadable(token):
        raise Http404
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
    """Take a baseline of the plan as it is; the picture, which stays, is answered with what was kept."""
    project, is_picture = project_asked(request, code, "change"), request.content_type == "application/json"
    try:
        kept = services.baseline_take(project=project, name=_name_in(request.body) if is_picture else str(request.POST.get("name", "")))
    except ValidationError as problem:
        if is_picture:
            return _refused(problem)
        messages.error(request, " ".join(problem.messages))
        return redirect("gantt", code=code)
    if is_picture:
        return JsonResponse({"id": kept.pk, "name": kept.name})
    messages.success(request, _("Baseline “%(name)s” is kept; the plan is compared with it from now on.") % {"name": kept.name})
    return redirect("gantt", code=code)


def _name_in(body: bytes) -> str:
    try:
        return str(json.loads(body).get("name", ""))
    except (ValueError, AttributeError, RecursionError):
        raise Http404 from None
