"""A file's plan given to our own kernel: calendars of tasks and resources, lags, progress and constraints as the file states them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime

from jingwei.kernels.calendar import WorkCalendar
from jingwei.kernels.plan import PlanDates, schedule_plan
from jingwei.kernels.plan_input import PROJECT_CALENDAR, Activity, Dependency
from jingwei.kernels.planfile.model import FileAssignment, FileLink, FileResource, FileTask, PlanFile

_clock = "elapsed time"
_begin_at = ("SNET", "MSO")
_dated = ("SNET", "MSO", "FNET", "MFO")


def aware(moment: datetime | None) -> datetime | None:
    """The file's clock is taken as UTC inside the kernel, and taken off again."""
    return None if moment is None else moment.replace(tzinfo=UTC)


@dataclass(frozen=True)
class _Setting:
    """What the tasks of a file refer to."""

    plan: PlanFile
    resources: dict[str, FileResource]
    assigned: dict[str, list[FileAssignment]]
    tasks: dict[str, FileTask]
    linked: frozenset[str]
    base: datetime  # the earliest moment anything may begin: a start or finish date before the project start is kept

    @classmethod
    def of(cls, plan: PlanFile) -> _Setting:
        assigned: dict[str, list[FileAssignment]] = defaultdict(list)
        for each in plan.assignments:
            assigned[each.task].append(each)
        dated = [task.constraint_at for task in plan.tasks if task.constraint in _begin_at and task.constraint_at and not task.is_manual]
        base = aware(min([plan.start, *dated]))
        assert base is not None
        linked = frozenset(link.successor for link in plan.links)
        return cls(plan, {r.uid: r for r in plan.resources}, assigned, {t.uid: t for t in plan.tasks}, linked, base)


def schedule_file(plan: PlanFile, *, uses_status_date: bool = False) -> PlanDates[str]:
    """Dates of every task by its uid; moments are the file's clock marked as UTC. Raises PlanError and its kinds.

    `uses_status_date` moves work that is not done behind the status date (retained logic); Microsoft Project does so on demand only.
    """
    setting = _Setting.of(plan)
    calendars: dict[str, WorkCalendar] = {
        **plan.calendars,
        PROJECT_CALENDAR: plan.calendars[plan.project_calendar],
        _clock: WorkCalendar.round_the_clock("UTC"),
    }
    return schedule_plan(
        [_activity(task, setting) for task in plan.tasks],
        [_dependency(link, setting) for link in plan.links],
        calendars,
        start=setting.base,
        data_date=aware(plan.status_date) if uses_status_date else None,
        zone="UTC",
        honours_constraints=plan.honours_constraints,
        critical_float_minutes=plan.critical_slack_minutes,
    )


def _calendar_of(task: FileTask, setting: _Setting) -> str:
    """Whose working time a task follows: the clock, its own calendar, the calendar of its only resource, the project's."""
    if task.duration_is_elapsed:
        return _clock
    if task.calendar is not None and task.calendar in setting.plan.calendars:
        return task.calendar
    followed = {
        resource.calendar for each in setting.assigned.get(task.uid, ())
        if each.resource and (resource := setting.resources.get(each.resource)) is not None and resource.kind == "work" and resource.calendar in setting.plan.calendars
    }  # fmt: skip
    if len(followed) == 1 and task.type != "fixed_duration":
        (calendar,) = followed
        assert calendar is not None
        return calendar
    return PROJECT_CALENDAR


def _activity(task: FileTask, setting: _Setting) -> Activity[str]:
    if task.is_summary and task.is_manual:
        # Nothing below a summary that somebody dated by hand begins before that date.
        held = task.manual_start or task.stated.get("start")
        return Activity(task.uid, 0, constraint="SNET" if held else None, constraint_at=aware(held), deadline=aware(task.deadline), parent=task.parent)
    return Activity(
        task.uid,
        task.duration_minutes,
        calendar=_calendar_of(task, setting),
        constraint=task.constraint,
        constraint_at=aware(task.constraint_at),
        deadline=aware(task.deadline),
        percent=task.percent,
        actual_start=aware(task.actual_start),
        actual_finish=aware(task.actual_finish),
        remaining_minutes=task.remaining_minutes if task.percent and not task.actual_finish else None,
        not_before=_not_before(task, setting),
        manual_start=aware(task.manual_start or task.stated.get("start")) if task.is_manual else None,
        parent=task.parent,
        is_milestone=task.is_milestone,
        is_inactive=task.is_inactive,
    )


def _not_before(task: FileTask, setting: _Setting) -> datetime | None:
    """Where what is not done continues; a task that nothing else places waits for the project start."""
    if task.resume and task.percent and not task.actual_finish:
        return aware(task.resume)
    start = aware(setting.plan.start)
    assert start is not None
    is_placed = task.uid in setting.linked or task.constraint in _dated or task.is_manual or task.actual_start or task.is_summary
    return None if is_placed or setting.base >= start else start


def _dependency(link: FileLink, setting: _Setting) -> Dependency[str]:
    lag = link.lag_minutes
    if link.lag_percent is not None:
        lag = round(setting.tasks[link.predecessor].duration_minutes * link.lag_percent / 100)
    return Dependency(link.predecessor, link.successor, link.type, lag, link.lag_calendar)
