"""A file's plan given to our own kernel: calendars of tasks and resources, lags, progress and constraints as the file states them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jingwei.kernels.plan.from_finish import schedule_from_finish
from jingwei.kernels.plan.input import PROJECT_CALENDAR, Activity, Dependency
from jingwei.kernels.plan.plan import PlanDates, schedule_plan
from jingwei.kernels.planfile.model import FileError, FileLink, FileTask, PlanFile
from jingwei.kernels.planfile.placing import Placing, Worker

ends_need_start = (
    "scheduled from the finish, every end lies at the finish already: there are no critical paths of their own to show",
    "从完成日期排程时各终点都已排到完成日期，没有各自的关键路径可显示",
)
_begin_at = ("SNET", "MSO", "MFO")
_dated = ("SNET", "MSO", "FNET", "MFO")


def aware(moment: datetime | None) -> datetime | None:
    """The file's clock is taken as UTC inside the kernel, and taken off again."""
    return None if moment is None else moment.replace(tzinfo=UTC)


@dataclass(frozen=True)
class _Setting:
    """What the tasks of a file refer to."""

    plan: PlanFile
    placing: Placing
    tasks: dict[str, FileTask]
    linked: frozenset[str]
    ended_by_links: frozenset[str]
    held_from_outside: frozenset[str]
    base: datetime  # the earliest moment anything may begin: a start date before the project start is kept

    @classmethod
    def of(cls, plan: PlanFile) -> _Setting:
        dated = [task.constraint_at for task in plan.tasks if task.constraint in _begin_at and task.constraint_at and not task.is_manual]
        placed = [at for task in plan.tasks if not task.is_summary and (at := task.actual_start or (task.manual_start if task.is_manual else None)) is not None]
        base = aware(min([plan.start, *dated, *placed]))
        assert base is not None
        return cls(
            plan,
            Placing(plan),
            {task.uid: task for task in plan.tasks},
            frozenset(link.successor for link in plan.links),
            frozenset(link.successor for link in plan.links if link.type in ("FF", "SF")),
            frozenset(link.successor for link in plan.external_links if link.type in ("FS", "SS")),
            base,
        )


def schedule_file(plan: PlanFile, *, uses_status_date: bool | None = None, every_end_critical: bool | None = None) -> PlanDates[str]:
    """Dates of every task by its uid; moments are the file's clock marked as UTC. Raises FileError, PlanError and its kinds.

    A plan that is scheduled from its finish is calculated from there. `every_end_critical`: None as the file says, of plans from their start.

    `uses_status_date` moves work that is not done behind the status date: Primavera always does, Microsoft Project on demand only.
    A task whose resources work at different times has a further entry "uid/assignment" for each of them.
    """
    activities, links, setting = network_of(plan)
    options = options_of(plan, uses_status_date=uses_status_date)
    calendars = setting.placing.calendars
    if not plan.from_start:
        if every_end_critical:
            raise FileError(*ends_need_start)
        return schedule_from_finish(activities, links, calendars, finish=finish_of(plan), **options)
    dates = schedule_plan(activities, links, calendars, start=setting.base, required_finish=aware(plan.must_finish), **options)
    return dates.with_every_end_critical() if (plan.has_critical_ends if every_end_critical is None else every_end_critical) else dates


def options_of(plan: PlanFile, *, uses_status_date: bool | None = None) -> dict[str, Any]:
    """The choices of a file as schedule_plan takes them."""
    return {
        "data_date": aware(plan.status_date) if (plan.moves_undone if uses_status_date is None else uses_status_date) else None, "logic": plan.logic,
        "zone": "UTC", "honours_constraints": plan.honours_constraints, "critical_float_minutes": plan.critical_slack_minutes,
        "late_dates": plan.late_dates,
    }  # fmt: skip


def finish_of(plan: PlanFile) -> datetime:
    """The finish a plan is scheduled from. Raises FileError when the file states none."""
    finish = aware(plan.must_finish or plan.finish)
    if finish is None:
        raise FileError("the project is scheduled from its finish but states no finish date (FinishDate)", "项目从完成日期排程，却没有完成日期（FinishDate）")
    return finish


def network_of(plan: PlanFile) -> tuple[list[Activity[str]], list[Dependency[str]], _Setting]:
    """The activities and dependencies a file stands for, and what they refer to."""
    setting = _Setting.of(plan)
    activities = [activity for task in plan.tasks for activity in _activities(task, setting)]
    return activities, [_dependency(link, setting) for link in plan.links], setting


def _activities(task: FileTask, setting: _Setting) -> list[Activity[str]]:
    if task.is_summary and task.is_manual:
        # Nothing below a summary that somebody dated by hand begins before that date.
        held = task.manual_start or task.stated.get("start")
        return [Activity(task.uid, 0, constraint="SNET" if held else None, constraint_at=aware(held), deadline=aware(task.deadline), parent=task.parent)]
    calendar = setting.placing.calendar_of(task)
    if calendar is not None or task.is_manual or task.actual_finish or task.uid in setting.ended_by_links:
        return [_activity(task, calendar or PROJECT_CALENDAR, setting)]
    workers = [worker for worker in setting.placing.workers(task) if worker.duration_minutes]
    if not workers:
        return [_activity(task, PROJECT_CALENDAR, setting)]
    whole = Activity(task.uid, 0, parent=task.parent, not_before=_not_before(task, setting), is_shared=True)
    return [whole, *(_share(task, worker, setting) for worker in workers)]


def _share(task: FileTask, worker: Worker, setting: _Setting) -> Activity[str]:
    """What one resource does of a task whose resources work at different times."""
    given = worker.assignment
    has_begun = given.actual_start is not None
    return Activity(
        f"{task.uid}/{given.uid}",
        worker.duration_minutes,
        calendar=worker.calendar,
        constraint=task.constraint,
        constraint_at=aware(task.constraint_at),
        deadline=aware(task.deadline),
        actual_start=aware(given.actual_start),
        actual_finish=aware(given.actual_finish) if has_begun else None,
        remaining_minutes=worker.remaining_minutes if has_begun and not given.actual_finish else None,
        not_before=aware(given.resume) if has_begun and given.resume and not given.actual_finish else None,
        parent=task.uid,
        is_inactive=task.is_inactive,
    )


def _activity(task: FileTask, calendar: str, setting: _Setting) -> Activity[str]:
    pause, still = (0, 0) if task.is_summary else setting.placing.pauses(task, calendar)
    remaining = task.remaining_minutes if (task.percent or task.actual_start) and not task.actual_finish else None
    return Activity(
        task.uid,
        task.duration_minutes + pause,
        calendar=calendar,
        constraint=task.constraint,
        constraint_at=aware(task.constraint_at),
        deadline=aware(task.deadline),
        percent=task.percent,
        actual_start=aware(task.actual_start),
        actual_finish=aware(task.actual_finish),
        remaining_minutes=None if remaining is None else remaining + still,
        not_before=_not_before(task, setting),
        manual_start=aware(task.manual_start or task.stated.get("start")) if task.is_manual else None,
        parent=task.parent,
        is_milestone=task.is_milestone,
        is_inactive=task.is_inactive,
    )


def _not_before(task: FileTask, setting: _Setting) -> datetime | None:
    """Where what is not done continues; where a link from another file left it; a task that nothing else places waits for the project."""
    if task.is_summary:
        return aware(task.stated.get("early_start")) if task.uid in setting.held_from_outside else None
    if task.resume and task.percent and not task.actual_finish:
        return aware(task.resume)
    if task.uid in setting.held_from_outside:
        return aware(task.stated.get("early_start"))
    start = aware(setting.plan.start)
    if start is None or not setting.plan.from_start:
        return None  # from the finish, the start is what comes out
    is_placed = task.uid in setting.linked or task.constraint in _dated or task.is_manual or task.actual_start
    return None if is_placed or setting.base >= start else start


def _dependency(link: FileLink, setting: _Setting) -> Dependency[str]:
    lag = link.lag_minutes
    if link.lag_percent is not None:
        lag = round(setting.tasks[link.predecessor].duration_minutes * link.lag_percent / 100)
    return Dependency(link.predecessor, link.successor, link.type, lag, link.lag_calendar)
