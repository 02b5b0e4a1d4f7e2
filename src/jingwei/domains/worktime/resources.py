"""Calendars and their exceptions, declared."""

from __future__ import annotations

from datetime import date

from jingwei.domains.worktime import services
from jingwei.domains.worktime.models import Calendar, CalendarException
from jingwei.frame.records.resource import Resource

calendars = Resource(
    Calendar,
    columns=("name", "layer", "project", "person", "follows_holidays"),
    fields=("name", "layer", "project", "person", "week", "follows_holidays"),
    natural_key=("name",),
    filters=("layer",),
    search=("name",),
    inline=("name",),
    order=("name",),
    rules=(services.check_owner, services.check_week),
    write=services.calendar_save,
    remove=services.calendar_remove,
    roles={"pmo": "*", "manager": "add change"},
    icon="calendar",
    menu="resources",
    is_stream=False,
    example=lambda: {"name": "标准日历"},
)
calendar_exceptions = Resource(
    CalendarException,
    columns=("calendar", "on_date", "until", "shifts", "note"),
    fields=("calendar", "on_date", "until", "shifts", "note"),
    rules=(services.check_span, services.check_hours, services.check_meeting),
    write=services.exception_save,
    remove=services.exception_remove,
    natural_key=("calendar__name", "on_date"),
    filters=("calendar",),
    search=("note",),
    inline=("note",),
    order=("on_date",),
    roles={"pmo": "*", "manager": "add change delete"},
    icon="calendar",
    menu="resources",
    is_stream=False,
    example=lambda: {"on_date": date(2026, 12, 31), "note": "盘点日"},
)
