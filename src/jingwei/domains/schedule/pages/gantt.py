"""The Gantt page and the plan it fetches."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from jingwei.domains.schedule import queries
from jingwei.domains.schedule.pages.opening import local_text, project_asked
from jingwei.domains.schedule.pages.wire import link_rows, task_rows
from jingwei.domains.schedule.words import gantt_words
from jingwei.domains.work import queries as work
from jingwei.frame.models import Project
from jingwei.frame.web import Request


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
    project = project_asked(request, code)
    may_edit = request.access.allows("work.task.change", project.pk)
    return render(request, "schedule/gantt.html", {"project": project, "projects": Project.objects.all(), "may_edit": may_edit, "words": gantt_words()})


@require_GET
def data(request: Request, code: str) -> HttpResponse:
    """The whole plan for the picture."""
    project = project_asked(request, code)
    zone = ZoneInfo(project.zone)
    tasks = list(work.tasks_of(project.pk).select_related("assignee", "interface"))
    known = [m for t in tasks for m in (t.start, t.finish) if m]
    begin, end = min(known, default=timezone.now()), max(known, default=timezone.now())
    baseline = queries.current_baseline(project.pk)
    calendar = queries.calendar_picture(project, begin, end)
    answer = {
        "project": {
            "id": project.pk, "code": project.code, "name": project.name, "start": local_text(begin, zone), "finish": local_text(end, zone),
            "data_date": local_text(project.data_date or timezone.now(), zone), "today": local_text(timezone.now(), zone),
            "baseline": {"id": baseline.pk, "name": baseline.name} if baseline else None, "provisional_years": calendar.pop("provisional_years"),
        },
        "calendar": calendar,
        "tasks": task_rows(tasks, queries.baseline_dates(baseline), zone),
        "links": link_rows(project),
    }  # fmt: skip
    return JsonResponse(answer)
