"""The Gantt page and the plan it fetches."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Max, Min
from django.db.models.functions import Greatest, Least
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from jingwei.domains.directory import queries as directory
from jingwei.domains.schedule import queries
from jingwei.domains.schedule.pages.opening import local_text, project_asked
from jingwei.domains.schedule.pages.wire import baseline_sheet, link_sheet, task_sheet
from jingwei.domains.schedule.words import gantt_words
from jingwei.domains.work import queries as work
from jingwei.domains.worktime import queries as worktime
from jingwei.frame.models import Project
from jingwei.frame.web import Request
from jingwei.frame.work import longwork
from jingwei.kernels.calendar.stated import day_number, wall_minute

load_days = 731  # of a plan, from its start: how far the strip tells of other projects


@require_GET
def first(request: Request) -> HttpResponse:
    """The Gantt of the chosen project, or of the first one."""
    request.access.require_anywhere("work.task.view")
    allowed = request.access.projects("work.task.view")
    seen = Project.objects.all() if allowed is None else Project.objects.filter(pk__in=allowed)
    project = seen.filter(pk=request.session.get("project_id") or 0).first() or seen.first()
    if project is None:
        return render(request, "schedule/none.html")
    return redirect("gantt", code=project.code)


@require_GET
def gantt(request: Request, code: str) -> HttpResponse:
    """The page; the picture fetches its data."""
    project = project_asked(request, code)
    may = {verb: request.access.allows(f"work.task.{verb}", project.pk) for verb in ("change", "add", "delete")}
    return render(
        request,
        "schedule/gantt.html",
        {
            "project": project,
            "may": may,
            "words": gantt_words(),
            "baseline_name": timezone.localtime().strftime("%Y-%m-%d %H:%M"),
            "trouble": queries.problem_of(project.pk),
        },
    )


def span_of(project: Project) -> tuple[datetime, datetime]:
    """First and last moment of the plan; now when it is empty."""
    found = work.tasks_of(project.pk).order_by().aggregate(first=Min(Least("start", "finish")), last=Max(Greatest("start", "finish")))
    return found["first"] or timezone.now(), found["last"] or timezone.now()


@require_GET
def data(request: Request, code: str) -> HttpResponse:
    """The whole plan for the picture."""
    project = project_asked(request, code)
    zone = ZoneInfo(project.zone)
    begin, end = span_of(project)
    current = queries.current_baseline(project.pk)
    calendar = queries.calendar_picture(project, begin, end)
    answer = {
        "project": {
            "id": project.pk, "code": project.code, "name": project.name, "start": local_text(begin, zone), "finish": local_text(end, zone),
            "data_date": local_text(project.data_date or timezone.now(), zone), "today": local_text(timezone.now(), zone),
            "baseline": {"id": current.pk, "name": current.name} if current else None,
            "baselines": [{"id": each.pk, "name": each.name} for each in queries.baselines_of(project.pk)] + _previews(request, project),
            "from_finish": project.is_from_finish,
            "provisional_years": calendar.pop("provisional_years"),
        },
        "calendar": calendar,
        "calendars": queries.task_calendar_names(),
        "people": directory.people_to_assign() if request.access.allows("work.task.change", project.pk) else [],
        "tasks": task_sheet(project, request.access),
        "links": link_sheet(project),
        "baseline_rows": baseline_sheet(project, current),
    }  # fmt: skip
    return JsonResponse(answer, json_dumps_params={"separators": (",", ":")})


def _previews(request: Request, project: Project) -> list[dict[str, Any]]:
    """The person's newest levelling preview as one more state to compare with; its id is below zero."""
    found = next(longwork.seen_by(request.access, queries.levelling_previews(request.user.pk, project.pk)), None)
    return [{"id": -found.pk, "name": _("Levelling preview")}] if found else []


@require_GET
def levelled_rows(request: Request, code: str, work_id: int) -> HttpResponse:
    """Where a levelling preview would have each task, as ghost bars beside the plan."""
    project = project_asked(request, code)
    found = next(longwork.seen_by(request.access, queries.levelling_previews(request.user.pk, project.pk).filter(pk=work_id)), None)
    if found is None:
        raise Http404
    moved = {move["task"]: (move["new_start"], move["new_finish"]) for move in found.outcome["moves"]}
    rows = []
    for pk, start, finish, duration in work.tasks_of(project.pk).filter(start__isnull=False).values_list("pk", "start", "finish", "duration_minutes"):
        first, last = (datetime.fromisoformat(each) for each in moved[pk]) if pk in moved else (start, finish)
        if first is not None and last is not None:
            rows.append([pk, wall_minute(first, project.zone), wall_minute(last, project.zone), duration])
    return JsonResponse({"id": -work_id, "name": _("Levelling preview"), "rows": rows}, json_dumps_params={"separators": (",", ":")})


@require_GET
def baseline_rows(request: Request, code: str, baseline_id: int) -> HttpResponse:
    """One baseline's dates, to compare with."""
    project = project_asked(request, code)
    found = queries.baselines_of(project.pk).filter(pk=baseline_id).first()
    if found is None:
        raise Http404
    return JsonResponse({"id": found.pk, "name": found.name, "rows": baseline_sheet(project, found)}, json_dumps_params={"separators": (",", ":")})


@require_GET
def load(request: Request, code: str) -> HttpResponse:
    """What other projects plan for the people of this one, as far as the reader may look into them: minutes by day (counted from 1970), and the working time
    of whoever has a calendar of his own on the days on which it is not the project's."""
    project = project_asked(request, code)
    zone = ZoneInfo(project.zone)
    begin, end = (each.astimezone(zone).date() for each in span_of(project))
    window = queries.Window(begin, min(end, begin + timedelta(days=load_days)), "day", project.zone)
    usual = worktime.minutes_by_day(project, window.first, window.last)
    first = day_number(window.first)
    people = {
        str(each.pk): {
            "url": f"{reverse('load')}?{urlencode({'person': each.number})}",
            "others": _days(first, each.elsewhere),
            "room": _days(first, each.room, usual),
        }
        for each in queries.beside(project, list(work.projects_seen(request.access)), window)
    }
    return JsonResponse({"people": people}, json_dumps_params={"separators": (",", ":")})


def _days(first: int, minutes: Any, usual: Any = 0) -> dict[int, float]:
    """The days that differ from what is usual."""
    return {first + n: round(float(minutes[n]), 1) for n in np.flatnonzero(np.abs(minutes - usual) > 0.05).tolist()}
