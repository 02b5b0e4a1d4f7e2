"""The calendar that holds for a project, laid from the organisation's and the project's layers."""

from __future__ import annotations

import calendar as months
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from jingwei.domains.worktime.models import Calendar
from jingwei.frame.approvals.working_days import knows_working_time
from jingwei.frame.models import Project
from jingwei.kernels.calendar import holidays
from jingwei.kernels.calendar.compiled import compile_calendar
from jingwei.kernels.calendar.stated import CalendarLayer, Shifts, Week, WorkCalendar, days_excepted, provisional_years, wall_minute
from jingwei.kernels.plan.load import capacity_of


@knows_working_time
def calendar_of(project: Project) -> WorkCalendar:
    """Organisation layer, then the project's; the standard week and Chinese holidays when nothing else is said. Two queries."""
    return calendars_of([project])[project.pk]


def calendars_of(projects: Collection[Project]) -> dict[int, WorkCalendar]:
    """The same of many, by project, each on its own clock. Two queries."""
    of_these = Q(layer=Calendar.Layer.PROJECT, project__in=[project.pk for project in projects])
    rows = list(Calendar.objects.filter(of_these | Q(layer=Calendar.Layer.COMPANY)).prefetch_related("exceptions").order_by("pk"))
    company = [_layer(calendar) for calendar in rows if calendar.layer == Calendar.Layer.COMPANY][:1]
    own = {calendar.project_id: _layer(calendar) for calendar in rows if calendar.layer == Calendar.Layer.PROJECT}
    return {each.pk: WorkCalendar(zone=each.zone).layered(*company, *([own[each.pk]] if each.pk in own else [])) for each in projects}


def minutes_by_day(project: Project, first: date, last: date) -> Any:
    """Working minutes of each day from first to last. Two queries."""
    return capacity_of(calendar_of(project), first, last, project.zone)


def minutes_between(project: Project, before: datetime, after: datetime) -> int:
    """Working minutes of the project from one moment to another; negative when the other lies before it."""
    return counter_of(project, min(before, after), max(before, after))(before, after)


def counter_of(project: Project, first: datetime, last: datetime) -> Callable[[datetime, datetime], int]:
    """What `minutes_between` tells, for many pairs of moments from `first` to `last`."""
    calendar = calendar_of(project)
    compiled = compile_calendar(calendar, first.date(), last.date())

    def between(before: datetime, after: datetime) -> int:
        begin, end = (wall_minute(each, calendar.zone) for each in (min(before, after), max(before, after)))
        minutes = int(compiled.minutes_between(begin, end))
        return minutes if after >= before else -minutes

    return between


def person_calendars(zone: str) -> dict[int, WorkCalendar]:
    """The calendars of people who have one of their own, over the organisation's, by person."""
    return calendars_of_people(zone)[1]


def calendars_of_people(zone: str) -> tuple[WorkCalendar, dict[int, WorkCalendar]]:
    """The organisation's calendar, which holds for whoever has none, and those of people who have one of their own over it. Two queries."""
    rows = list(Calendar.objects.filter(layer__in=(Calendar.Layer.COMPANY, Calendar.Layer.PERSON)).prefetch_related("exceptions").order_by("pk"))
    company = [_layer(calendar) for calendar in rows if calendar.layer == Calendar.Layer.COMPANY][:1]
    own = {calendar.person_id: _layer(calendar) for calendar in rows if calendar.layer == Calendar.Layer.PERSON and calendar.person_id}
    usual = WorkCalendar(zone=zone).layered(*company)
    return usual, {person: usual.layered(layer) for person, layer in own.items()}


def task_calendars(project: Project, ids: Iterable[int]) -> dict[int, WorkCalendar]:
    """Calendars that tasks name, by id, on the project's clock. They stand alone: other calendars' exceptions do not hold in them."""
    return named_calendars(ids, project.zone)


def named_calendars(ids: Iterable[int], zone: str) -> dict[int, WorkCalendar]:
    """The same on any clock. Two queries."""
    rows = Calendar.objects.filter(pk__in=list(ids), layer=Calendar.Layer.TASK).prefetch_related("exceptions")
    return {calendar.pk: WorkCalendar(zone=zone).layered(_layer(calendar)) for calendar in rows}


def calendar_for_tasks(calendar_id: int) -> Calendar | None:
    """One of them."""
    return calendars_for_tasks().filter(pk=calendar_id).first()


def calendars_for_tasks() -> QuerySet[Calendar]:
    """Calendars a task may name."""
    return Calendar.objects.filter(layer=Calendar.Layer.TASK).order_by("name")


def _layer(calendar: Calendar) -> CalendarLayer:
    exceptions = tuple(day for e in calendar.exceptions.all() for day in days_excepted(e.on_date, e.until or e.on_date, _shifts(e.shifts), e.note))
    return CalendarLayer(calendar.name, _week(calendar.week), exceptions, "CN" if calendar.follows_holidays else "none")


def _week(kept: dict[str, list[list[int]]]) -> Week | None:
    if not kept:
        return None
    days = [_shifts(kept.get(str(number), [])) for number in range(7)]
    return (days[0], days[1], days[2], days[3], days[4], days[5], days[6])


def _shifts(kept: list[list[int]]) -> Shifts:
    return tuple((int(start), int(end)) for start, end in kept)


@dataclass(frozen=True, slots=True)
class Day:
    """One date of a year as the page shows it. `kind`: work, rest, holiday, makeup, off (exception), extra (exception with work)."""

    date: date
    kind: str
    minutes: int
    note: str = ""
    exception_id: int | None = None
    is_inherited: bool = False


@dataclass(frozen=True, slots=True)
class Year:
    """A calendar's year: twelve months of weeks (None = a day of the month beside), and what is counted."""

    number: int
    months: list[list[list[Day | None]]]
    is_provisional: bool
    counts: dict[str, int]
    working_days: list[int]


def calendars() -> QuerySet[Calendar]:
    """All calendars, the organisation's first."""
    return Calendar.objects.select_related("project", "person").prefetch_related("exceptions").order_by("layer", "name")


def layers_of(calendar: Calendar | None, all_of_them: list[Calendar]) -> list[Calendar]:
    """The calendars that hold together for one: the organisation's below, then its own; one for tasks stands alone."""
    if calendar is not None and calendar.layer == Calendar.Layer.TASK:
        return [calendar]
    company = [c for c in sorted(all_of_them, key=lambda c: c.pk) if c.layer == Calendar.Layer.COMPANY][:1]
    return company + ([calendar] if calendar is not None and calendar not in company else [])


def laid(layers: list[Calendar]) -> WorkCalendar:
    """Calendars laid over the standard one."""
    return WorkCalendar().layered(*(_layer(layer) for layer in layers))


def year_of(calendar: Calendar | None, all_of_them: list[Calendar], number: int) -> Year:
    """Every date of a year with its kind. No further query."""
    layers = layers_of(calendar, all_of_them)
    calendar_laid = laid(layers)
    excepted: dict[date, tuple[str, int, bool]] = {}
    for layer in layers:
        for e in layer.exceptions.all():
            for each in days_excepted(e.on_date, e.until or e.on_date):
                excepted[each.day] = (e.note, e.pk, layer is not calendar)
    off, made_up = (holidays.days_off(number), holidays.make_up_days(number)) if calendar_laid.region == "CN" else (frozenset(), frozenset())

    def day_of(day: date) -> Day:
        minutes = sum(end - start for start, end in calendar_laid.shifts_on(day))
        if day in excepted:
            note, pk, is_inherited = excepted[day]
            return Day(day, "extra" if minutes else "off", minutes, note, pk, is_inherited)
        if day in off:
            return Day(day, "holiday", 0, _holiday_name(day))
        if day in made_up:
            return Day(day, "makeup", minutes)
        return Day(day, "work" if minutes else "rest", minutes)

    grid = [
        [[day_of(day) if day.month == month else None for day in week] for week in months.Calendar().monthdatescalendar(number, month)]
        for month in range(1, 13)
    ]  # fmt: skip
    days = [day for month in grid for week in month for day in week if day is not None]
    counts = {kind: sum(day.kind == kind for day in days) for kind in ("work", "rest", "holiday", "makeup", "off", "extra")}
    working = [sum(1 for week in month for day in week if day is not None and day.minutes) for month in grid]
    is_provisional = number in provisional_years(calendar_laid, date(number, 1, 1), date(number, 12, 31))
    return Year(number, grid, is_provisional, counts | {"minutes": sum(day.minutes for day in days)}, working)


def _holiday_name(day: date) -> str:
    """What the holiday is called where the notice is known; empty otherwise."""
    from chinese_calendar.constants import Holiday
    from chinese_calendar.constants import holidays as named

    if day not in named:
        return ""
    found = Holiday(named[day])
    return str(found.chinese if (get_language() or "zh").startswith("zh") else found.value)
