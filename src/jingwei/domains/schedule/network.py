"""A project's plan as the kernels take it, and what came out of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from jingwei.domains.schedule import troubles
from jingwei.domains.schedule.additions import Added
from jingwei.domains.work import queries as work
from jingwei.domains.worktime import queries as worktime
from jingwei.frame.models import Project
from jingwei.hub import queries as hub
from jingwei.hub.queries import Outage
from jingwei.kernels.calendar.compiled import HorizonError, compile_calendar
from jingwei.kernels.calendar.stated import WorkCalendar, moment_of, wall_minute
from jingwei.kernels.network.critical_path import RunRules
from jingwei.kernels.plan.from_finish import carried_out, schedule_from_finish
from jingwei.kernels.plan.incremental import HeldPlan
from jingwei.kernels.plan.plan import PROJECT_CALENDAR, Activity, ConstraintName, Dependency, PlanDates

task_fields = (
    "pk", "parent_id", "duration_minutes", "percent", "is_milestone", "is_summary", "constraint", "constraint_at", "deadline", "actual_start", "actual_finish",
    "interface_id", "status", "start", "finish", "late_start", "late_finish", "total_float_minutes", "free_float_minutes", "is_critical", "code", "name", "levelled_until", "version", "calendar_id",
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
    task_calendars: dict[int, WorkCalendar] = field(default_factory=dict)

    @property
    def calendars(self) -> dict[str, WorkCalendar]:
        """The calendars that activities name."""
        return {PROJECT_CALENDAR: self.calendar, **{str(pk): each for pk, each in self.task_calendars.items()}}

    @property
    def required_finish(self) -> datetime | None:
        """The end of work on the required day, of a project scheduled from its finish."""
        return finish_of(self.project, self.calendar) if self.project.is_from_finish else None

    @property
    def rules(self) -> RunRules:
        """Project start at nine o'clock of its first day; without a data date of its own, the data date is now."""
        zone = self.calendar.zone
        return RunRules(
            project_start=wall_minute(start_of(self.project, zone), zone),
            data_date=wall_minute(self.project.data_date or self.now, zone),
            logic="override" if self.project.progress_logic == Project.ProgressLogic.OVERRIDE else "retained",
        )


@dataclass(frozen=True, slots=True)
class _Kept:
    """What this process knows of a project's plan; prints tell which rows were written to since."""

    prints: dict[int, int]
    link_prints: dict[int, int]
    rows: dict[int, dict[str, Any]]
    activities: dict[int, Activity[int]]  # as they are while every interface works
    links: list[Dependency[int]]


most_kept = 8
_kept: dict[int, _Kept] = {}
_plans: dict[int, HeldPlan[int]] = {}


def _keep(cache: dict[int, Any], project_id: int, value: Any) -> None:
    """The newest last; the oldest goes."""
    cache.pop(project_id, None)
    cache[project_id] = value
    while len(cache) > most_kept:
        cache.pop(next(iter(cache)), None)


def load(project: Project, *, keeps_levelling: bool = True) -> Loaded:
    """Read a project's plan in a fixed number of queries; of what this process has read before, only rows written to since.

    Without what an earlier levelling holds back, if asked.
    """
    now = timezone.now().replace(second=0, microsecond=0)
    outages = hub.interfaces_down(project.pk)
    calendar = worktime.calendar_of(project)
    held = {pk: _restored(calendar, now, outage) for pk, outage in outages.items()}
    kept = _read(project.pk)
    _keep(_kept, project.pk, kept)
    activities = dict(kept.activities)
    if held:
        activities |= {pk: _activity(row, held[row["interface_id"]]) for pk, row in kept.rows.items() if row["interface_id"] in held}
    if not keeps_levelling:
        let_go = {pk: row | {"levelled_until": None} for pk, row in kept.rows.items() if row["levelled_until"]}
        activities |= {pk: _activity(row, held.get(row["interface_id"])) for pk, row in let_go.items()}
    named = {row["calendar_id"] for row in kept.rows.values() if row["calendar_id"]}
    return Loaded(project, kept.rows, activities, kept.links, calendar, outages, now, worktime.task_calendars(project, named) if named else {})


def _read(project_id: int) -> _Kept:
    old = _kept.get(project_id) or _Kept({}, {}, {}, {}, [])
    prints, link_prints = work.task_prints(project_id), work.link_prints(project_id)
    differing = [pk for pk, print_ in prints.items() if old.prints.get(pk) != print_]
    rows = work.tasks_of(project_id).order_by()
    if len(differing) < len(prints):
        rows = rows.filter(pk__in=differing)
    found = {row["pk"]: row for row in rows.values(*task_fields)} if differing else {}
    merged = {pk: found.get(pk) or old.rows[pk] for pk in prints if pk in found or pk in old.rows}
    activities = {pk: _activity(row, None) if pk in found else old.activities[pk] for pk, row in merged.items()}
    links = old.links
    if link_prints != old.link_prints:
        read: Iterable[tuple[int, int, Any, int]] = (
            work.links_of(project_id).order_by("pk").values_list("predecessor_id", "successor_id", "type", "lag_minutes")
        )
        links = [Dependency(a, b, kind, lag) for a, b, kind, lag in read]
    # a row that went between the two reads keeps no print, so the next reading sees it anew
    return _Kept({pk: prints[pk] for pk in merged}, link_prints, merged, activities, links)


def _restored(calendar: WorkCalendar, now: datetime, outage: Outage) -> datetime:
    """When work that needs the interface can go on: the expected working time to restore it, from now; where so much is not worked, as far as was looked."""
    until = now + timedelta(days=400)
    compiled = compile_calendar(calendar, (now - timedelta(days=30)).date(), until.date())
    try:
        return moment_of(int(compiled.wall_start(int(compiled.work_at(wall_minute(now, calendar.zone))) + outage.restore_minutes)), calendar.zone)
    except HorizonError:
        return until


def _activity(row: Mapping[str, Any], held_until: datetime | None) -> Activity[int]:
    done = row["percent"] >= 100 or row["status"] in ("done", "cancelled")
    return Activity(
        key=row["pk"],
        duration_minutes=0 if row["is_milestone"] else row["duration_minutes"],
        calendar=str(row["calendar_id"]) if row["calendar_id"] else PROJECT_CALENDAR,
        constraint=row["constraint"] if row["constraint_at"] or row["constraint"] in ("ASAP", "ALAP") else None,
        constraint_at=row["constraint_at"],
        deadline=row["deadline"],
        percent=100 if done else row["percent"],
        actual_start=row["actual_start"],
        actual_finish=row["actual_finish"] if done else None,
        not_before=None if done else max((each for each in (held_until, row["levelled_until"]) if each), default=None),
        parent=row["parent_id"],
        is_milestone=row["is_milestone"],
        is_inactive=row["status"] == "cancelled",
    )


def calculate(loaded: Loaded) -> PlanDates[int]:
    """Dates of the plan. The network compiled for the last calculation serves again, with the activities that differ put into it."""
    if loaded.project.is_from_finish:
        return calculate_with(loaded, loaded.activities)

    def again(activities: troubles.Activities, links: troubles.Links) -> PlanDates[int]:
        return _held_dates(loaded) if activities is loaded.activities else _dates(loaded, activities, links)

    return troubles.calculated(loaded.activities, loaded.links, again)


def _held_dates(loaded: Loaded) -> PlanDates[int]:
    project_id, rules, calendars = loaded.project.pk, loaded.rules, loaded.calendars
    held = _plans.get(project_id)
    if held is None or held.zone != loaded.calendar.zone:
        plan = HeldPlan.build(list(loaded.activities.values()), loaded.links, calendars, rules, loaded.calendar.zone)
    else:
        differing: dict[int, Activity[int] | None] = {pk: a for pk, a in loaded.activities.items() if (was := held.activities.get(pk)) is not a and was != a}
        differing |= dict.fromkeys(pk for pk in held.activities if pk not in loaded.activities)
        plan = held.with_changes(differing, rules, dependencies=loaded.links, calendars=calendars)
    _keep(_plans, project_id, plan)
    return _told(loaded, plan.dates(rules))


def new_activity(loaded: Loaded, new: Added) -> Activity[int]:
    """A task that is not there yet: beside the first of those it follows, as late as possible where the plan goes backwards."""
    beside = next((loaded.rows[pk]["parent_id"] for pk in new.after if pk in loaded.rows), None)
    constraint: ConstraintName | None = "ALAP" if loaded.project.is_from_finish else None
    return Activity(key=new.activity_key, duration_minutes=new.duration_minutes, parent=beside, constraint=constraint)


def new_links(loaded: Loaded, new: Added) -> list[Dependency[int]]:
    """Its links; those to tasks that are gone go with them."""
    before, after = ([pk for pk in ids if pk in loaded.rows] for ids in (new.after, new.before))
    return [Dependency(pk, new.activity_key) for pk in before] + [Dependency(new.activity_key, pk) for pk in after]


def calculate_with(loaded: Loaded, activities: Mapping[int, Activity[int]], links: list[Dependency[int]] | None = None) -> PlanDates[int]:
    """Dates the plan would have with these activities, and with these links instead of its own; nothing is kept."""
    return troubles.calculated(activities, loaded.links if links is None else links, lambda some, links: _dates(loaded, some, links))


def _dates(loaded: Loaded, activities: troubles.Activities, links: troubles.Links) -> PlanDates[int]:
    given, zone, finish = list(activities.values()), loaded.calendar.zone, loaded.required_finish
    if finish is not None:
        return schedule_from_finish(
            given, links, loaded.calendars, finish=finish, zone=zone, data_date=loaded.project.data_date or loaded.now, logic=loaded.rules.logic
        )
    return _told(loaded, HeldPlan.build(given, links, loaded.calendars, loaded.rules, zone).dates(loaded.rules))


def _told(loaded: Loaded, dates: PlanDates[int]) -> PlanDates[int]:
    return dates.with_every_end_critical() if loaded.project.has_critical_ends else dates


def carried_forward(loaded: Loaded) -> PlanDates[int]:
    """The plan as it will be carried out, each begun when planned; for what asks what follows when work takes longer."""
    dates = calculate(loaded)
    if not loaded.project.is_from_finish:
        return dates
    data_date = loaded.project.data_date or loaded.now
    return carried_out(dates, list(loaded.activities.values()), loaded.links, loaded.calendars, zone=loaded.calendar.zone, data_date=data_date)


def start_of(project: Project, zone: str) -> datetime:
    """Nine o'clock on the project's first day."""
    return datetime.combine(project.start_on, time(9), ZoneInfo(zone))


def finish_of(project: Project, calendar: WorkCalendar) -> datetime:
    """The last working minute up to the end of the required day; the day's end when nobody works for a quarter before."""
    assert project.finish_on is not None
    end = datetime.combine(project.finish_on + timedelta(days=1), time(0), ZoneInfo(calendar.zone))
    compiled = compile_calendar(calendar, project.finish_on - timedelta(days=92), project.finish_on)
    try:
        return moment_of(int(compiled.wall_finish(int(compiled.work_at(wall_minute(end, calendar.zone))))), calendar.zone)
    except HorizonError:
        return end


def minutes_per_day(calendar: WorkCalendar) -> int:
    """A full working day of a calendar, to speak of days."""
    return max((sum(end - start for start, end in shifts) for shifts in calendar.week), default=0) or 480
