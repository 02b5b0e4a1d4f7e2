"""The work calendar of a year: working days, public holidays, make-up days, and the days that differ, edited in place."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from jingwei.domains.worktime import queries
from jingwei.domains.worktime.models import Calendar
from jingwei.domains.worktime.services import clock
from jingwei.frame import scope
from jingwei.frame.models.values import day_of, whole
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.ui.menu import MenuItem, register
from jingwei.frame.ui.records import project_asked
from jingwei.frame.web import Request, stands_in

register(MenuItem("resources", gettext_lazy("Work calendar"), "/worktime/", "calendar-event", "worktime.calendar.view", 40, "settings"))
first_year, last_year = 2007, 2060
halfwidth = str.maketrans("\uff0c\uff1b\uff1a\u3001\uff5e", ",;:,~")
kinds = {
    "work": gettext_lazy("Working day"), "rest": gettext_lazy("Weekend"), "holiday": gettext_lazy("Public holiday"), "makeup": gettext_lazy("Make-up working day"),
    "off": gettext_lazy("Exception: nobody works"), "extra": gettext_lazy("Exception: other hours"),
}  # fmt: skip


@require_GET
def year(request: Request) -> HttpResponse:
    """The chosen calendar (else the project's, else the organisation's) over a year; `day` opens that day's form."""
    return _page(request, str(request.GET.get("calendar", "")), str(request.GET.get("year", "")), _values(request))


def _page(request: Request, calendar_id: str, number_text: str, values: dict[str, Any] | None, errors: dict[str, Any] | None = None) -> HttpResponse:
    request.access.require_anywhere("worktime.calendar.view")
    project_id = project_asked(request.GET)
    known = list(queries.calendars().filter(pk__in=resource("worktime.calendar").rows(request.access).values("pk")))
    calendar = next((c for c in known if str(c.pk) == calendar_id), None) or _first(known, project_id)
    stands_in(request, calendar.project_id if calendar is not None and calendar.project_id else project_id)
    number = asked if (asked := whole(number_text)) is not None and first_year <= asked <= last_year else timezone.localdate().year
    shown = queries.year_of(calendar, known, number)
    may_edit = calendar is not None and request.access.allows("worktime.calendarexception.change", calendar.project_id)
    context = {
        "calendars": known, "calendar": calendar, "year": shown, "kinds": kinds, "years": (number - 1, number + 1), "today": timezone.localdate(),
        "months": [(date_format(date(number, m + 1, 1), "F"), days, shown.working_days[m]) for m, days in enumerate(shown.months)],
        "weekdays": [_short(date_format(date(2026, 11, 2 + n), "D")) for n in range(7)], "week": _week(queries.layers_of(calendar, known)), "hours": shown.counts["minutes"] // 60,
        "working": sum(shown.working_days), "may_edit": may_edit, "may_remove": may_edit and calendar is not None and request.access.allows("worktime.calendarexception.delete", calendar.project_id),
        "form": values if may_edit else None, "errors": errors or {},
    }  # fmt: skip
    return render(request, "worktime/year.html", context, status=422 if errors else 200)


def _short(weekday: str) -> str:
    return weekday.removeprefix("星期").removeprefix("周")


def _first(known: list[Calendar], project_id: Any) -> Calendar | None:
    own = next((c for c in known if c.project_id and c.project_id == project_id), None)
    return own or next((c for c in known if c.layer == Calendar.Layer.COMPANY), None) or next(iter(known), None)


def _week(layers: list[Calendar]) -> list[tuple[str, str]]:
    """The week that holds, in words."""
    laid = queries.laid(layers)
    return [(date_format(date(2026, 11, 2 + n), "l"), hours_text(shifts) or _("Rest")) for n, shifts in enumerate(laid.week)]


def hours_text(shifts: Any) -> str:
    """[[540, 720]] → 09:00-12:00."""
    return ", ".join(f"{clock(start)}-{clock(end)}" for start, end in shifts)


def hours_given(text: str) -> list[list[int]]:
    """09:00-12:00, 13:00-18:00 → minutes; ValidationError when it is not that."""
    shifts = []
    plain = text.translate(halfwidth).strip(" ,;")
    for part in re.split(r"[,;\s]+(?=\d)", plain):
        found = re.fullmatch(r"(\d{1,2}):(\d{2})\s*[-–—~至]\s*(\d{1,2}):(\d{2})", part.rstrip(" ,;"))
        if found is None:
            raise ValidationError({"shifts": _("“%(text)s” is not understood. Write hours as 09:00-12:00, 13:00-18:00.") % {"text": part}})
        a, b, c, d = (int(each) for each in found.groups())
        shifts.append([a * 60 + b, c * 60 + d])
    return shifts


def _values(request: Request) -> dict[str, Any] | None:
    """What the form of a day shows first: its exception, or a day off in the making."""
    day = day_of(request.GET.get("day", ""))
    if day is None:
        return None
    found = resource("worktime.calendarexception").rows(request.access).filter(pk=whole(request.GET.get("exception", ""))).first()
    if found is None:
        return {"on_date": day.isoformat(), "works": "", "shifts": "09:00-12:00, 13:00-18:00"}
    return {
        "pk": found.pk, "on_date": found.on_date.isoformat(), "until": found.until.isoformat() if found.until else "", "note": found.note,
        "works": "1" if found.shifts else "", "shifts": hours_text(found.shifts) or "09:00-12:00, 13:00-18:00",
    }  # fmt: skip


@require_POST
def keep(request: Request) -> HttpResponse:
    """Write, change or remove an exception through its declared verbs."""
    exceptions = resource("worktime.calendarexception")
    given = {name: str(request.POST.get(name, "")) for name in ("calendar", "on_date", "until", "note", "works", "shifts", "pk")}
    row = exceptions.rows(request.access).filter(pk=whole(given["pk"])).first()
    if given["pk"] and row is None:
        raise Http404
    number = given["on_date"][:4]
    try:
        with scope.because(reason=_("Work calendar")):
            if request.POST.get("verb") == "remove" and row is not None:
                commands.remove(exceptions, row, request.access)
            else:
                picked = f"#{given['calendar']}" if whole(given["calendar"]) is not None else given["calendar"]
                values = (
                    {"calendar": picked}
                    | {name: given[name] for name in ("on_date", "until", "note")}
                    | {"shifts": hours_given(given["shifts"]) if given["works"] else []}
                )
                if row is None:
                    commands.create(exceptions, values, request.access)
                else:
                    commands.change(exceptions, row, values, request.access)
    except ValidationError as problem:
        by_field = problem.message_dict if hasattr(problem, "error_dict") else {NON_FIELD_ERRORS: problem.messages}
        errors = {("all" if name == NON_FIELD_ERRORS else name): texts for name, texts in by_field.items()}
        return _page(request, given["calendar"], number, given, errors)
    return redirect(reverse("work-calendar") + f"?calendar={given['calendar']}&year={number}#d{given['on_date']}")


urlpatterns = [path("", year, name="work-calendar"), path("keep/", keep, name="work-calendar-keep")]
