"""Verbs of working time: every rule of calendars and the days that differ."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from jingwei.domains.worktime.facts import CalendarChanged
from jingwei.domains.worktime.models import Calendar, CalendarException
from jingwei.frame.telling import facts
from jingwei.kernels.calendar.stated import Shifts, WorkCalendar

day_minutes = 1440
days_at_most = 366
weekdays = tuple(str(number) for number in range(7))


@transaction.atomic
def calendar_save(*, instance: Calendar | None = None, **values: Any) -> Calendar:
    """Write a calendar. It belongs to exactly what its layer says, and its week leaves time to work."""
    calendar = instance or Calendar()
    for name, value in values.items():
        setattr(calendar, name, value)
    check_owner(calendar)
    check_week(calendar)
    calendar.save()
    _state(calendar)
    return calendar


def check_owner(calendar: Calendar) -> None:
    """A rule: it names a project or a person exactly when its layer is theirs."""
    layers = Calendar.Layer
    if calendar.layer == layers.PROJECT and calendar.project_id is None:
        raise ValidationError({"project": _("A project's calendar names its project.")})
    if calendar.layer == layers.PERSON and calendar.person_id is None:
        raise ValidationError({"person": _("A person's calendar names the person.")})
    if calendar.layer != layers.PROJECT and calendar.project_id is not None:
        raise ValidationError({"project": _("Only a project's calendar names a project. Leave it empty or choose the layer “Project”.")})
    if calendar.layer != layers.PERSON and calendar.person_id is not None:
        raise ValidationError({"person": _("Only a person's calendar names a person. Leave it empty or choose the layer “Person”.")})


def check_week(calendar: Calendar) -> None:
    """A rule: {} inherits; otherwise days "0" (Monday) to "6" with shifts in minutes, and at least one minute of work."""
    week: Any = calendar.week
    if week in ({}, None):
        return
    if not isinstance(week, dict) or not set(week) <= set(weekdays):
        raise ValidationError({"week": _("The week names days from 0 (Monday) to 6 (Sunday), each with its shifts.")})
    for number, shifts in week.items():
        check_shifts(shifts, "week", _("day %(number)s") % {"number": number})
    if not any(week.values()):
        raise ValidationError({"week": _("This week has no working time at all, so nothing could ever be planned. Give at least one day a shift.")})


def check_shifts(shifts: Any, field: str, where: str = "") -> None:
    """Shifts are pairs of minutes since midnight, each ending after it starts, in order, without overlap. ValidationError at `field`."""
    place = f"{where}: " if where else ""
    if not isinstance(shifts, list) or not all(isinstance(s, list | tuple) and len(s) == 2 and all(type(n) is int for n in s) for s in shifts):
        raise ValidationError({field: place + _("Write shifts as pairs of start and end, such as 09:00-12:00, 13:00-18:00.")})
    before = 0
    for start, end in shifts:
        span = f"{clock(start)}-{clock(end)}"
        if end <= start:
            raise ValidationError({field: place + _("The shift %(span)s ends before it starts. Swap the times, or split it at midnight.") % {"span": span}})
        if start < 0 or end > day_minutes:
            raise ValidationError({field: place + _("The shift %(span)s leaves the day. Split it at midnight.") % {"span": span}})
        if start < before:
            raise ValidationError({field: place + _("The shift %(span)s overlaps the one before. Shorten one of them.") % {"span": span}})
        before = end


def clock(minute: int) -> str:
    """540 → 09:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


@transaction.atomic
def exception_save(*, instance: CalendarException | None = None, **values: Any) -> CalendarException:
    """Write days that differ from the week: one date, or all from a date to another; no two exceptions of a calendar meet."""
    exception = instance or CalendarException()
    for name, value in values.items():
        setattr(exception, name, value)
    check_span(exception)
    check_hours(exception)
    check_meeting(exception)
    exception.save()
    _state(exception.calendar)
    return exception


def check_hours(exception: CalendarException) -> None:
    """A rule: its shifts follow one another within the day."""
    check_shifts(exception.shifts, "shifts")


def check_meeting(exception: CalendarException) -> None:
    """A rule: no two exceptions of a calendar meet. The calendar is locked: of two who write at once the second sees the first's."""
    list(Calendar.objects.select_for_update(of=("self",), no_key=True).filter(pk=exception.calendar_id).values_list("pk"))
    last = exception.until or exception.on_date
    others = CalendarException.objects.filter(calendar_id=exception.calendar_id, on_date__lte=last).exclude(pk=exception.pk)
    met = others.alias(last=Coalesce("until", "on_date")).filter(last__gte=exception.on_date).order_by("on_date").first()
    if met is not None:
        named = {"span": met.span, "note": met.note or "–"}
        raise ValidationError({"on_date": _("These days meet the exception %(span)s (%(note)s). Change that one, or choose other days.") % named})


def check_span(exception: CalendarException) -> None:
    """A rule: it ends behind its begin, within a year."""
    if exception.until is None:
        return
    if exception.until < exception.on_date:
        raise ValidationError({"until": _("The last day lies before the first. Swap them, or leave the last day empty for a single day.")})
    if exception.until - exception.on_date >= timedelta(days=days_at_most):
        raise ValidationError({"until": _("More than a year at once. Change the week pattern instead.")})


@transaction.atomic
def exception_remove(*, instance: CalendarException) -> None:
    """The week holds again on these days."""
    calendar = instance.calendar
    instance.delete()
    _state(calendar)


@transaction.atomic
def calendar_remove(*, instance: Calendar) -> None:
    """The layer below holds again."""
    kept = CalendarChanged(calendar_id=instance.pk, project_id=instance.project_id)
    instance.delete()
    facts.state(kept)


@transaction.atomic
def task_calendar_keep(*, name: str, laid: WorkCalendar) -> Calendar:
    """The calendar for tasks of that name; made from a file's when there is none yet. Its name is changed when another kind has it."""
    known: Calendar | None = Calendar.objects.filter(name__in=(name[:120], f"{name[:110]} (2)"), layer=Calendar.Layer.TASK).order_by("pk").first()
    if known is not None:
        return known
    free = f"{name[:110]} (2)" if Calendar.objects.filter(name=name[:120]).exists() else name[:120]
    week = {str(number): [list(shift) for shift in shifts] for number, shifts in enumerate(laid.week)}
    made = calendar_save(name=free, layer=Calendar.Layer.TASK, week=week, follows_holidays=laid.region == "CN")
    for first, last, shifts in _runs(laid.exceptions):
        exception_save(calendar=made, on_date=first, until=last if last > first else None, shifts=[list(shift) for shift in shifts])
    return made


def _runs(excepted: Mapping[date, Shifts]) -> list[tuple[date, date, Shifts]]:
    """Days in a row that differ in the same way, at most as many as one exception may span."""
    runs: list[tuple[date, date, Shifts]] = []
    for day, shifts in sorted(excepted.items()):
        if runs and runs[-1][2] == shifts and day - runs[-1][1] == timedelta(days=1) and day - runs[-1][0] < timedelta(days=days_at_most - 1):
            runs[-1] = (runs[-1][0], day, shifts)
        else:
            runs.append((day, day, shifts))
    return runs


def _state(calendar: Calendar) -> None:
    if calendar.layer != Calendar.Layer.PERSON:  # a person's hours do not move a project's dates yet
        facts.state(CalendarChanged(calendar_id=calendar.pk, project_id=calendar.project_id))
