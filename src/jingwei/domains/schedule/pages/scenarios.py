"""What-ifs as pages: made, changed task by task, both plans side by side, carried out with undo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from jingwei.domains.directory import queries as directory
from jingwei.domains.schedule import queries, services
from jingwei.domains.schedule.models import Scenario
from jingwei.domains.schedule.pages.opening import project_asked
from jingwei.domains.work import queries as work
from jingwei.domains.worktime import queries as worktime
from jingwei.frame.models import Project
from jingwei.frame.models.values import whole
from jingwei.frame.records import forms
from jingwei.frame.records.resource import resource
from jingwei.frame.ui import once
from jingwei.frame.ui.undoing import offer_undo
from jingwei.frame.web import Request, version_asked
from jingwei.kernels import bounds, durations

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
    return get_object_or_404(queries.scenarios(project.pk), pk=pk)


@require_GET
def page(request: Request, code: str, pk: int) -> HttpResponse:
    """Both plans side by side, and the tasks that differ."""
    project = project_asked(request, code)
    kept = _kept(project, pk)
    context: dict[str, Any] = {
        "project": project, "scenario": kept, "form_id": once.id_of(request), "may_apply": request.access.allows(decides, project.pk), "may_edit": request.access.allows("work.task.change", project.pk) and kept.applied_at is None,
        "typed": {name: request.GET.get(name, "") for name in ("task", "days", "not_before", "name", "length")}, "owner": _owner_form(request), "choices": work.tasks_of(project.pk).filter(is_summary=False, percent__lt=100).order_by("-is_critical", "position")[:400],
    }  # fmt: skip
    context["changes"] = _changes(project, kept)
    try:
        found = queries.compared(project, kept)
    except ValidationError as problem:  # what it says stays there to be mended
        context |= {"problems": problem.messages, "added": _added(project, queries.added(kept.changes))}
        return render(request, "schedule/scenario.html", context, status=422)
    context |= {
        "found": found,
        "later": worktime.minutes_between(project, found.now.finish, found.then.finish),
        "added": _added(project, found.added),
        "moved": _moved(project, found),
    }
    return render(request, "schedule/scenario.html", context)


def _changes(project: Project, kept: Scenario) -> list[dict[str, Any]]:
    """What the what-if says of each task, beside what holds now; of one that is gone, by the name it had (`gone`)."""
    wanted = queries.of_tasks(kept.changes)
    rows, gone = {task.pk: task for task in work.tasks_of(project.pk).filter(pk__in=wanted)}, work.gone_from(project.pk, wanted)
    return [
        {
            "pk": pk, "name": gone.get(pk) or rows[pk].name, "is_gone": pk in gone, "minutes_now": None if pk in gone else rows[pk].duration_minutes,
            "minutes": values.get("duration_minutes", None if pk in gone else rows[pk].duration_minutes), "not_before": queries.not_before(values),
        }
        for pk, values in wanted.items()
    ]  # fmt: skip


def _added(project: Project, added: Sequence[queries.Added]) -> list[dict[str, Any]]:
    """The tasks that it would add, with the names of those they stand between and of whoever would do them."""
    people = {each["pk"]: each["name"] for each in directory.people_told([new.assignee_id for new in added if new.assignee_id])}
    ends = {pk for new in added for pk in (*new.after, *new.before)}
    known = dict(work.tasks_of(project.pk).filter(pk__in=ends).values_list("pk", "name"))

    def names(ids: Iterable[int]) -> list[str]:
        return [known[pk] for pk in ids if pk in known]

    lost = _("not known here any more")
    return [
        {"task": new, "after": names(new.after), "before": names(new.before), "assignee": people.get(new.assignee_id, lost) if new.assignee_id else ""}
        for new in added
    ]  # fmt: skip


def _moved(project: Project, found: queries.Comparison) -> list[dict[str, Any]]:
    """The tasks that move most, with how far in working time."""
    out = []
    worked = worktime.counter_of(project, *_ends(found))
    for pk in found.moved[:moved_at_most]:
        before, after = found.now.dates[pk], found.then.dates[pk]
        later = worked(before.finish, after.finish) if before.finish and after.finish else 0
        out.append({"row": found.rows[pk], "before": before, "after": after, "later": later})
    return out


def _ends(found: queries.Comparison) -> tuple[datetime, datetime]:
    """The first and the last finish of both plans."""
    known = [side.dates[pk].finish for pk in found.moved for side in (found.now, found.then)]
    finishes = [each for each in known if each is not None] or [found.now.finish]
    return min(finishes), max(finishes)


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
    minutes = _minutes(days) if days else None
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


def _minutes(text: str) -> int:
    try:
        minutes = durations.parse(text, bare="d")
        if not 0 <= minutes <= bounds.most_minutes:
            raise ValueError(text)
    except (ValueError, OverflowError):
        raise ValidationError({"days": _("“%(value)s” is no duration. Write 3d, 2w, 4h or 90m; a bare number counts days.") % {"value": text[:40]}}) from None
    return minutes


def _owner_form(request: Request) -> forms.RowForm:
    """Who would do the new task, picked as in every form."""
    return forms.confine(forms.form_class(resource("work.task"), ["assignee"])(request.POST or None), request.access)


@require_POST
def add(request: Request, code: str, pk: int) -> HttpResponse:
    """One more task, which is not there yet."""
    project = project_asked(request, code, "change")
    kept, typed = _kept(project, pk), {name: request.POST.get(name, "").strip()[:300] for name in ("name", "length")}
    try:
        owner = _owner_form(request)
        if not owner.is_valid():
            raise ValidationError([str(text) for text in owner.errors.get("assignee", ())])
        person = owner.cleaned_data.get("assignee")
        if not typed["length"]:
            raise ValidationError({"length": _("Say how long the new task takes.")})
        joined = {end: [found for text in request.POST.getlist(end) if (found := whole(text)) is not None] for end in ("after", "before")}
        values = {"name": typed["name"], "duration_minutes": _minutes(typed["length"]), "assignee": person.pk if person else None, **joined}
        once.change(request, kept, lambda: services.scenario_add(instance=kept, **values))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect(f"{reverse('scenario', args=[code, pk])}?{urlencode(typed)}")  # what was typed stays
    return redirect("scenario", code=code, pk=pk)


@require_POST
def leave_out(request: Request, code: str, pk: int) -> HttpResponse:
    """Without a task that it would add."""
    project = project_asked(request, code, "change")
    try:
        services.scenario_leave_out(instance=_kept(project, pk), key=request.POST.get("key", ""), name=request.POST.get("name", ""))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect("scenario", code=code, pk=pk)


@require_POST
def apply(request: Request, code: str, pk: int) -> HttpResponse:
    """Carry it out at once: for those who may decide changes."""
    project = project_asked(request, code, "change")
    request.access.require(decides, project.pk)
    try:
        outcome = services.scenario_apply(instance=_kept(project, pk), access=request.access, version=version_asked(request))
        offer_undo(request, _("Carried out. Tasks moved: %(count)s.") % {"count": outcome.effect.get("moved", 0)})
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect("scenario", code=code, pk=pk)


@require_POST
def remove(request: Request, code: str, pk: int) -> HttpResponse:
    """Throw it away."""
    project = project_asked(request, code, "change")
    try:
        services.scenario_remove(instance=_kept(project, pk), version=version_asked(request))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect("scenario", code=code, pk=pk)
    return redirect("scenarios", code=code)
