"""The board of a project: its old address leads to the board beside the list of tasks."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from jingwei.frame.models import Project
from jingwei.frame.ui.menu import MenuItem, register
from jingwei.frame.web import Request

register(MenuItem("plan", _("Board"), "/w/work.task/?view=board", "kanban", "work.task.view", 61, "plan"))


@require_GET
def board(request: Request) -> HttpResponse:
    """To the board of the chosen project, or of the first one that may be seen."""
    request.access.require_anywhere("work.task.view")
    allowed = request.access.projects("work.task.view")
    seen = Project.objects.all() if allowed is None else Project.objects.filter(pk__in=allowed)
    project = seen.filter(pk=request.session.get("project_id") or 0).first() or seen.first()
    return redirect(f"{reverse('records', args=['work.task'])}?{urlencode({'view': 'board'} | ({'project': project.pk} if project else {}))}")


urlpatterns = [path("board/", board, name="board")]
