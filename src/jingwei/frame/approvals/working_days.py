"""Until when a stage has time: working days of the project's calendar where somebody knows one, else days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.utils import timezone

from jingwei.frame.models import Project
from jingwei.kernels.calendar.stated import WorkCalendar, zone_of

Calendars = Callable[[Project], WorkCalendar]
C = TypeVar("C", bound=Calendars)
_calendars: list[Calendars] = []


def knows_working_time(calendar_of: C) -> C:
    """Declare who knows the calendar of a project: the rooms of working time lie above this one."""
    _calendars[:] = [calendar_of]
    return calendar_of


def calendar_of(project: Project) -> WorkCalendar | None:
    """The working time of a project, where somebody knows it."""
    return _calendars[0](project) if _calendars else None


def due_after(project: Project | None, moment: datetime, days: int) -> datetime:
    """The same time of day, so many working days later."""
    if project is None or (calendar := calendar_of(project)) is None:
        return moment + timedelta(days=days)
    first, left = timezone.localdate(moment, zone_of(project.zone)), days
    for number in range(1, days * 7 + 60):
        left -= bool(calendar.shifts_on(first + timedelta(days=number)))
        if left == 0:
            return moment + timedelta(days=number)
    return moment + timedelta(days=days)  # a calendar in which nobody ever works
