"""A project's plan as the kernels take it, and what came out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from jingwei.domains.work import queries as work
from jingwei.domains.worktime import queries as worktime
from jingwei.frame.models import Project
from jingwei.hub import queries as hub
from jingwei.hub.queries import Outage
from jingwei.kernels.calendar import WorkCalendar, moment_of, wall_minute
from jingwei.kernels.plan import Activity, Dependency, PlanDates, schedule_plan
from jingwei.kernels.worktime import compile_calendar

task_fields = (
    "pk", "parent_id", "duration_minutes", "percent", "is_milestone", "is_summary", "constraint", "constraint_at", "deadline", "actual_start", "actual_finish",
    "interface_id", "status", "start", "finish", "late_start", "late_finish", "total_float_minutes", "free_float_minutes", "is_critical", "name", "levelled_until", "version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything one calculation needs: rows by id, activities, links, calendar, outages."""

    project: Project
    rows: dict[int, dict[str, Any]]
    activities: dict[int, Activity[int]]
    links: list[Dependency[int]]
    calendar: WorkCalendar
    outages: dict[int, Outage]
    now: datetime


def load(project: Project, *, keeps_levelling: bool = True) -> Loaded:
    """Read a project's plan in a fixed number of queries; without what an earlier levelling holds back, if asked."""
    now = timezone.now().replace(second=0, microsecond=0)
    outages = hub.interfaces_down(project.pk)
    calendar = worktime.calendar_of(project)
    held = {pk: _restored(calendar, now, outage) for pk, outage in outages.items()}
    rows = {row["pk"]: row for row in work.tasks_of(project.pk).values(*task_fields)}
    levelled = {pk: row["levelled_until"] for pk, row in rows.items() if keeps_levelling and row["levelled_until"]}
    activities = {pk: _activity(row, *(each for each in (held.get(row["interface_id"]), levelled.get(pk)) if each)) for pk, row in rows.items()}
    links = [Dependency(a, b, kind, lag) for a, b, kind, lag in work.links_of(project.pk).values_list("predecessor_id", "successor_id", "type", "lag_minutes")]
    return Loaded(project, rows, activities, links, calendar, outages, now)


def _restored(calendar: WorkCalendar, now: datetime, outage: Outage) -> datetime:
    """When work that needs the interface can go on: the expected working time to restore it, from now."""
    compiled = compile_calendar(calendar, (now - timedelta(days=30)).date(), (now + timedelta(days=400)).date())
    here = wall_minute(now, calendar.zone)
    return moment_of(int(compiled.wall_start(int(compiled.work_at(here)) + outage.restore_minutes)), calendar.zone)


def _activity(row: Mapping[str, Any], *held_until: datetime) -> Activity[int]:
    done = row["percent"] >= 100 or row["status"] in ("done", "cancelled")
    return Activity(
        key=row["pk"],
        duration_minutes=0 if row["is_milestone"] else row["duration_minutes"],
        constraint=row["constraint"] if row["constraint"] != "ASAP" and (row["constraint_at"] or row["constraint"] == "ALAP") else None,
        constraint_at=row["constraint_at"],
        deadline=row["deadline"],
        percent=100 if done else row["percent"],
        actual_start=row["actual_start"],
        actual_finish=row["actual_finish"] if done else None,
        not_before=None if done else max(held_until, default=None),
        parent=row["parent_id"],
        is_milestone=row["is_milestone"],
        is_inactive=row["status"] == "cancelled",
    )


def calculate(loaded: Loaded, changes: Mapping[int, Mapping[str, Any]] | None = None, links: list[Dependency[int]] | None = None) -> PlanDates[int]:
    """Dates of the plan, with some activities changed for a preview."""
    activities = [replace(a, **changes[pk]) if changes and pk in changes else a for pk, a in loaded.activities.items()]
    return schedule_plan(
        activities, loaded.links if links is None else links, {"project": loaded.calendar}, start=start_of(loaded),
        data_date=loaded.project.data_date or loaded.now, zone=loaded.calendar.zone,
    )  # fmt: skip


def start_of(loaded: Loaded) -> datetime:
    """Nine o'clock on the project's first day."""
    return datetime.combine(loaded.project.start_on, time(9), ZoneInfo(loaded.calendar.zone))


def minutes_per_day(calendar: WorkCalendar) -> int:
    """A full working day of a calendar, to speak of days."""
    return max((sum(end - start for start, end in shifts) for shifts in calendar.week), default=0) or 480
