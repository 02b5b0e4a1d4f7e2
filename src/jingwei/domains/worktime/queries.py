"""The calendar that holds for a project, laid from the organisation's and the project's layers."""

from __future__ import annotations

from jingwei.domains.worktime.models import Calendar
from jingwei.frame.models import Project
from jingwei.kernels.calendar import CalendarLayer, DayException, Shifts, Week, WorkCalendar


def calendar_of(project: Project) -> WorkCalendar:
    """Organisation layer, then the project's; the standard week and Chinese holidays when nothing else is said. Two queries."""
    rows = Calendar.objects.filter(person=None).prefetch_related("exceptions")
    company = [c for c in rows.order_by("pk") if c.layer == Calendar.Layer.COMPANY][:1]
    layers = company + [c for c in rows if c.layer == Calendar.Layer.PROJECT and c.project_id == project.pk]
    return WorkCalendar(zone=project.zone).layered(*(_layer(calendar) for calendar in layers))


def _layer(calendar: Calendar) -> CalendarLayer:
    exceptions = tuple(DayException(e.on_date, _shifts(e.shifts), e.note) for e in calendar.exceptions.all())
    return CalendarLayer(calendar.name, _week(calendar.week), exceptions, "CN" if calendar.follows_holidays else "none")


def _week(kept: dict[str, list[list[int]]]) -> Week | None:
    if not kept:
        return None
    days = [_shifts(kept.get(str(number), [])) for number in range(7)]
    return (days[0], days[1], days[2], days[3], days[4], days[5], days[6])


def _shifts(kept: list[list[int]]) -> Shifts:
    return tuple((int(start), int(end)) for start, end in kept)
