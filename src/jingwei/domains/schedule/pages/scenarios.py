"""What-ifs as pages: made, changed task by task, both plans side by side, carried out with undo."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from jingwei.domains.schedule import queries, services
from jingwei.domains.schedule.models import Scenario
from jingwei.domains.schedule.pages.opening import project_asked
from jingwei.domains.work import queries as work
from jingwei.frame.models import Project
from jingwei.frame.models.values import whole
from jingwei.frame.ui.undoing import offer_undo
from jingwei.frame.web import Request
from jingwei.kernels import bounds, durations

minutes_per_day = 480
moved_at_most = 40
decides = "change.changerequest.approve"  # who may decide changes of the plan may also carry a what-if out at once; others propose it


@require_GET
def desk(request: Request, code: str) -> HttpResponse:
    """All what-ifs of a project, and one more."""
    project = project_asked(request, code)
    context = {"project": project, "scenarios": queries.scenarios(project.pk), "may_edit": request.access.allows("work.task.change", project.pk)}
    return render(request, "schedule/scenarios.html", context)


@require_POST
def make(request: Request, code: str) -> HttpResponse:
    """Begin one."""
    project = project_asked(request, code, "change")
    try:
        made = services.scenario_make(project=project, name=request.POST.get("name", ""))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect("scenarios", code=code)
    return redirect("scenario", code=code, pk=made.pk)


def _kept(project: Project, pk: int) -> Scenario:
    found = queries.scenarios(project.pk).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_GET
def page(request: Request, code: str, pk: int) -> HttpResponse:
    """Both plans side by side, and the tasks that differ."""
    project = project_asked(request, code)
    kept = _kept(project, pk)
    context: dict[str, Any] = {
        "project": project, "scenario": kept, "may_apply": request.access.allows(decides, project.pk), "may_edit": request.access.allows("work.task.change", project.pk) and kept.applied_at is None,
        "typed": {name: request.GET.get(name, "") for name in ("task", "days", "not_before")}, "choices": work.tasks_of(project.pk).filter(is_summary=False, percent__lt=100).order_by("-is_critical", "position")[:400],
    }  # fmt: skip
    try:
        found = queries.compared(project, kept)
    except ValidationError as problem:
        return render(request, "schedule/scenario.html", context | {"problems": problem.messages}, status=422)
    context |= {
        "found": found,
        "days": (found.then.finish - found.now.finish).total_seconds() / 86400,
        "changes": _changes(kept, found.rows),
        "moved": _moved(found),
    }
    return render(request, "schedule/scenario.html", context)


def _changes(kept: Scenario, rows: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """What the what-if says of each task, beside what holds now."""
    out = []
    for key, values in kept.changes.items():
        row = rows.get(int(key))
        if row is None:
            continue
        minutes = values.get("duration_minutes")
        until = datetime.fromisoformat(values["not_before"]) if values.get("not_before") else None
        out.append(
            {
                "task": row,
                "days_now": _days(row["duration_minutes"]),
                "days": _days(minutes if minutes is not None else row["duration_minutes"]),
                "not_before": until,
            }
        )
    return out


def _days(minutes: int) -> str:
    return f"{round(minutes / minutes_per_day, 3):g}"


def _moved(found: queries.Comparison) -> list[dict[str, Any]]:
    """The tasks that move most, with how far."""
    out = []
    for pk in found.moved[:moved_at_most]:
        before, after = found.now.dates[pk], found.then.dates[pk]
        days = (after.finish - before.finish).total_seconds() / 86400 if before.finish and after.finish else 0.0
        out.append({"row": found.rows[pk], "before": before, "after": after, "days": round(days, 1)})
    return out


@require_POST
def change(request: Request, code: str, pk: int) -> HttpResponse:
    """Say what would be different about one task."""
    project = project_asked(request, code, "change")
    kept = _kept(project, pk)
    try:
        services.scenario_change(instance=kept, **_asked(request, project))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        typed = {name: text for name in ("task", "days", "not_before") if (text := request.POST.get(name, "")[:40])}
        return redirect(f"{reverse('scenario', args=[code, pk])}?{urlencode(typed)}")  # what was typed stays
    return redirect("scenario", code=code, pk=pk)


def _asked(request: Request, project: Project) -> dict[str, Any]:
    task, days, day = (request.POST.get(name, "").strip() for name in ("task", "days", "not_before"))
    if (task_id := whole(task)) is None:
        raise ValidationError({"task": _("Choose a task.")})
    if request.POST.get("as_now"):
        return {"task_id": task_id}
    try:
        minutes = durations.parse(days, bare="d") if days else None
        if minutes is not None and not 0 <= minutes <= bounds.most_minutes:
            raise ValueError(days)
    except (ValueError, OverflowError):
        raise ValidationError({"days": _("“%(value)s” is no duration. Write 3d, 2w, 4h or 90m; a bare number counts days.") % {"value": days[:40]}}) from None
    try:
        date = parse_date(day) if day else None
    except ValueError:
        date = None
    if date is not None and not bounds.first_day <= date <= bounds.last_day:
        date = None
    if day and date is None:
        raise ValidationError({"not_before": _("Say the date as 2026-11-21.")})
    moment = datetime.combine(date, datetime.min.time().replace(hour=9), ZoneInfo(project.zone)) if date else None
    return {"task_id": task_id, "duration_minutes": minutes, "not_before": moment}


@require_POST
def apply(request: Request, code: str, pk: int) -> HttpResponse:
    """Carry it out at once: for those who may decide changes."""
    project = project_asked(request, code, "change")
    request.access.require(decides, project.pk)
    try:
        outcome = services.scenario_apply(instance=_kept(project, pk))
        offer_undo(request, _("Carried out. Tasks moved: %(count)s.") % {"count": outcome.effect.get("moved", 0)})
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect("scenario", code=code, pk=pk)


@require_POST
def remove(request: Request, code: str, pk: int) -> HttpResponse:
    """Throw it away."""
    project = project_asked(request, code, "change")
    services.scenario_remove(instance=_kept(project, pk))
    return redirect("scenarios", code=code)
