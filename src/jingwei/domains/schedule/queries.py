"""What others ask of the schedule."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import JSONField, Max, OuterRef, QuerySet, Subquery

from jingwei.domains.schedule import files
from jingwei.domains.schedule.additions import Added, Changes, added, not_before, of_tasks
from jingwei.domains.schedule.causes import told as cause_told
from jingwei.domains.schedule.load import Beside, Load, Window, beside, load_of
from jingwei.domains.schedule.models import Baseline, BaselineTask, PlanImport, Recalculation, Scenario
from jingwei.domains.schedule.quality import Quality, quality_against
from jingwei.domains.schedule.reasons import Reasons, reasons_of
from jingwei.domains.schedule.scenario import Comparison, compare
from jingwei.domains.schedule.troubles import Trouble
from jingwei.domains.schedule.troubles import told as trouble_of
from jingwei.domains.schedule.uncertainty import UncertainPlan, uncertain_plan
from jingwei.domains.work import queries as work
from jingwei.domains.worktime import queries as worktime
from jingwei.frame.models import LongWork, Project
from jingwei.frame.telling.wording import worded
from jingwei.kernels.calendar.stated import WorkCalendar, provisional_years

__all__ = [
    "Added", "Beside", "Changes", "Comparison", "Load", "Quality", "Reasons", "UncertainPlan", "Window", "added", "baseline_dates", "baseline_finish_by_project", "beside", "cause_told", "calendar_picture", "compare", "compared", "current_baseline", "endangered_by_project", "files_of", "levelling_previews", "load_of", "longer_of", "not_before", "of_tasks", "problem_of", "problem_told", "problems_by_project", "project_file", "quality_of", "reasons_of", "recalculations",
    "scenarios", "trouble_of", "uncertain_plan", "was_carried_out",
]  # fmt: skip

levelling = "schedule.level"  # the kind of long work that levels


def recalculations(project_id: int, since: datetime | None = None) -> QuerySet[Recalculation]:
    """What moved and why, newest first."""
    rows = Recalculation.objects.filter(project_id=project_id).order_by("-id")
    return rows if since is None else rows.filter(at__gte=since)


def problem_of(project_id: int) -> Trouble | None:
    """What keeps the plan from being calculated; None when the last calculation came to its end."""
    return problems_by_project([project_id]).get(project_id)


def problems_by_project(project_ids: Collection[int]) -> dict[int, Trouble]:
    """The same of those of several projects whose plan cannot be calculated: one query."""
    newest = Recalculation.objects.filter(project=OuterRef("pk")).order_by("-id").values("effects")[:1]
    stuck = Project.objects.filter(pk__in=project_ids).annotate(last=Subquery(newest, output_field=JSONField())).filter(last__has_key="problem")
    return {pk: Trouble(problem_told(last), last.get("task")) for pk, last in stuck.values_list("pk", "last")}


def problem_told(effects: Mapping[str, Any]) -> str:
    """Why a calculation failed, in the language of now; nothing when it did not."""
    return worded(effects.get("said") or effects.get("problem"))


def baselines_of(project_id: int) -> QuerySet[Baseline]:
    """A project's baselines, the newest first."""
    return Baseline.objects.filter(project_id=project_id).order_by("-taken_at", "-pk")


def current_baseline(project_id: int) -> Baseline | None:
    """The baseline the plan is compared with."""
    return Baseline.objects.filter(project_id=project_id, is_current=True).first()


def baseline_dates(baseline: Baseline | None) -> dict[int, tuple[datetime | None, datetime | None]]:
    """Start and finish by task."""
    if baseline is None:
        return {}
    return {pk: (start, finish) for pk, start, finish in BaselineTask.objects.filter(baseline=baseline).values_list("task_id", "start", "finish")}


def minutes_per_day(project: Project) -> int:
    """Working minutes of the fullest day of the week: what a day of duration means."""
    week = worktime.calendar_of(project).week
    return max((sum(end - start for start, end in shifts) for shifts in week), default=480) or 480


def task_calendar_names() -> list[list[Any]]:
    """Calendars a task may name: [id, name]."""
    return [list(row) for row in worktime.calendars_for_tasks().values_list("pk", "name")]


def calendar_picture(project: Project, first: datetime, last: datetime) -> dict[str, Any]:
    """The calendar as the Gantt draws it: the week's shifts, and every date on which it does not hold."""
    calendar: WorkCalendar = worktime.calendar_of(project)
    week = calendar.week
    exceptions = {}
    day, end = first.date() - timedelta(days=30), min(last.date() + timedelta(days=180), first.date() + timedelta(days=3650))
    while day <= end:
        shifts = calendar.shifts_on(day)
        if shifts != week[day.weekday()]:
            exceptions[day.isoformat()] = [list(s) for s in shifts]
        day += timedelta(days=1)
    minutes = max((sum(end - start for start, end in shifts) for shifts in week), default=480)
    return {
        "minutes_per_day": minutes, "shifts": {str(n): [list(s) for s in shifts] for n, shifts in enumerate(week)}, "exceptions": exceptions,
        "provisional_years": list(provisional_years(calendar, first.date(), last.date())),
    }  # fmt: skip


def endangered_by_project(project_ids: list[int]) -> dict[int, list[Any]]:
    """Endangered milestones of several projects: one query."""
    out: dict[int, list[Any]] = {pk: [] for pk in project_ids}
    for task in work.endangered(work.tasks_in(project_ids).filter(is_milestone=True)).order_by("deadline"):
        out[task.project_id].append(task)
    return out


def baseline_finish_by_project(project_ids: list[int]) -> dict[int, datetime]:
    """The finish that the current baselines promise: one query."""
    rows = BaselineTask.objects.filter(baseline__project_id__in=project_ids, baseline__is_current=True)
    return {pk: finish for pk, finish in rows.values_list("baseline__project_id").annotate(finish=Max("finish")).order_by() if finish}


def quality_of(project: Project) -> Quality:
    """The fourteen checks against the current baseline. Raises ValidationError when the plan cannot be calculated."""
    return quality_against(project, baseline_dates(current_baseline(project.pk)))


def files_of(project_id: int) -> QuerySet[PlanImport]:
    """Schedule files that came for a project, the newest first, without their contents."""
    return PlanImport.objects.filter(project_id=project_id).defer("content").select_related("came_by").order_by("-id")


def project_file(project: Project) -> bytes:
    """The project as Microsoft Project XML, with its current baseline. Raises ValidationError when it is empty."""
    return files.project_file(project, baseline_dates(current_baseline(project.pk)))


def scenarios(project_id: int) -> QuerySet[Scenario]:
    """What-ifs, the newest first."""
    return Scenario.objects.filter(project_id=project_id).select_related("made_by").order_by("-id")


def was_carried_out(project_id: int, name: str, changes: Changes, costs: Sequence[Mapping[str, Any]], *, since: datetime) -> bool:
    """Whether a what-if of that name which says the same was carried out since."""
    done = Scenario.objects.filter(project_id=project_id, name=name, applied_at__gte=since, changes=changes)
    said = [[{name: value for name, value in cost.items() if name != "currency"} for cost in each.costs] for each in done if each.changes or each.costs]
    return list(costs) in said


def compared(project: Project, scenario: Scenario) -> Comparison:
    """The plan beside the what-if. Raises ValidationError when one cannot be calculated."""
    return compare(project, scenario.changes)


def longer_of(changes: Changes) -> dict[int, int]:
    """New durations by task."""
    return {pk: values["duration_minutes"] for pk, values in of_tasks(changes).items() if values.get("duration_minutes") is not None}


def levelling_previews(user_id: int | None, project_id: int) -> QuerySet[LongWork]:
    """A person's levelling previews that include a project, the newest first."""
    rows = LongWork.objects.filter(user_id=user_id, status=LongWork.Status.DONE, payload__kind=levelling, payload__projects__contains=project_id)
    return rows.order_by("-id")
