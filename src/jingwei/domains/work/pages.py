"""The board: tasks by status, moved by hand or by menu."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from jingwei.domains.work import queries
from jingwei.domains.work.models import Task
from jingwei.frame import commands, scope
from jingwei.frame.models import Project
from jingwei.frame.resource import resource
from jingwei.frame.ui.menu import MenuItem, register
from jingwei.frame.values import whole
from jingwei.frame.web import Request

register(MenuItem("plan", _("Board"), "/work/board/", "columns", "work.task.view", 20))
cards_at_most = 60
shown_states = (Task.Status.TODO, Task.Status.DOING, Task.Status.BLOCKED, Task.Status.DONE)


def _columns(request: Request) -> dict[str, Any]:
    request.access.require_anywhere("work.task.view")
    allowed = request.access.projects("work.task.view")
    seen = Project.objects.all() if allowed is None else Project.objects.filter(pk__in=allowed)
    project = seen.filter(pk=request.session.get("project_id") or 0).first() or seen.first()
    rows = queries.board_of(project.pk) if project else Task.objects.none()
    by_status: dict[str, list[Task]] = {status: [] for status in shown_states}
    for task in rows:
        if task.status in by_status:
            by_status[task.status].append(task)
    columns = [{"status": s, "label": s.label, "count": len(by_status[s]), "tasks": by_status[s][:cards_at_most]} for s in shown_states]
    may_edit = project is not None and request.access.allows("work.task.change", project.pk)
    return {"project": project, "columns": columns, "may_edit": may_edit, "states": shown_states}


@require_GET
def board(request: Request) -> HttpResponse:
    """The board of the chosen project; htmx asks for the columns only."""
    return render(request, "work/_board.html" if request.headers.get("HX-Request") else "work/board.html", _columns(request))


@require_POST
def move(request: Request) -> HttpResponse:
    """Put a card into another column."""
    task = resource("work.task").rows(request.access).filter(pk=whole(request.POST.get("task", "")) or 0).first()
    problem = ""
    if task is not None and request.POST.get("status") in shown_states:
        try:
            with scope.because(reason=str(_("Board"))):
                version = request.POST.get("version", "")
                commands.change(resource("work.task"), task, {"status": request.POST["status"]}, request.access, version=whole(version, 2**31 - 1))
        except (ValidationError, commands.Stale) as refused:
            problem = "; ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)
    return render(request, "work/_board.html", {**_columns(request), "problem": problem})


urlpatterns = [path("board/", board, name="board"), path("board/move/", move, name="board-move")]
