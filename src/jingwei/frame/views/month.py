"""A month: rows of a list on the days of a date field, in weeks that begin on Monday; what is more than a day can show folds into a link."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models
from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.frame.models import values
from jingwei.frame.records.listing import Listing
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access
from jingwei.frame.views.view import Unanswerable, View, begin_of, leading
from jingwei.kernels import bounds

weeks_at_most = 6


@dataclass(frozen=True)
class Month(View):
    """Rows on the day of `field`, at most `most` of a day; a row goes to another day where the field may be changed."""

    kind: ClassVar[str] = "month"
    icon: ClassVar[str] = "calendar"
    usual_title: ClassVar[Any] = gettext_lazy("Month")
    asks: ClassVar[tuple[str, ...]] = ("month",)

    field: str
    most: int = 4

    def named(self) -> tuple[str, ...]:
        """The field it stands on."""
        return (self.field,)

    def check(self, resource: Resource) -> None:
        """It stands on days."""
        super().check(resource)
        if not isinstance(resource.model_field(self.field), models.DateField):
            raise LookupError(f"{resource.key}: the month “{self.key}” needs a date, and {self.field!r} is none")

    def may_move(self, resource: Resource, access: Access, row: Any) -> bool:
        """Whether these rights may give the row another day."""
        is_written = self.field in resource.plain_fields and not resource.is_fixed(row, self.field)
        return is_written and access.allows(resource.permission("change"), *resource.places_of(row))

    def answer(self, listing: Listing) -> dict[str, Any]:
        """Six weeks or fewer, each of seven days with their first rows and how many further ones there are."""
        first, today = _month_of(listing.parameters.get("month", "")), timezone.localdate()
        begin = first - dt.timedelta(days=first.weekday())
        last = _after(first) - dt.timedelta(days=1)
        weeks = (last - begin).days // 7 + 1
        days = [begin + dt.timedelta(days=number) for number in range(7 * weeks)]
        placed = self.rows(listing).filter(self._between(listing.resource, days[0], days[-1])).annotate(on_day=self._day(listing.resource))
        counts = dict(placed.order_by().values("on_day").annotate(count=Count("pk")).values_list("on_day", "count"))
        told: dict[dt.date, list[dict[str, Any]]] = {}
        for row in leading(placed, ("on_day",), self.most):
            told.setdefault(row.on_day, []).append({"row": row, "may_move": self.may_move(listing.resource, listing.access, row)})
        shown = [_of_day(day, first, today, counts.get(day, 0), told.get(day, [])) for day in days]
        return {
            "weeks": [shown[at : at + 7] for at in range(0, len(shown), 7)], "month": first, "today": today, "before": _named(first - dt.timedelta(days=1)),
            "next": _named(_after(first)), "undated": self.rows(listing).filter(**{f"{self.field}__isnull": True}).count(),
            "count": sum(count for day, count in counts.items() if day is not None and (day.year, day.month) == (first.year, first.month)),
        }  # fmt: skip

    def _day(self, resource: Resource) -> Any:
        return TruncDate(self.field) if isinstance(resource.model_field(self.field), models.DateTimeField) else F(self.field)

    def _between(self, resource: Resource, first: dt.date, last: dt.date) -> Q:
        if isinstance(resource.model_field(self.field), models.DateTimeField):
            return Q(**{f"{self.field}__gte": begin_of(first), f"{self.field}__lt": begin_of(last + dt.timedelta(days=1))})
        return Q(**{f"{self.field}__gte": first, f"{self.field}__lte": last})

    def inside(self, resource: Resource, place: str) -> Q | None:
        """A day; or everything without one."""
        if place == "-":
            return Q(**{f"{self.field}__isnull": True})
        day = values.day_of(place)
        return self._between(resource, day, day) if day else None

    def words(self, resource: Resource, place: str) -> str:
        """The day."""
        return _("without a day") if place == "-" else place

    def value_on(self, resource: Resource, row: Any, text: str) -> dt.date | dt.datetime | None:
        """What the field is to be for a row that is put on a day: a moment keeps its time. None for what is no day."""
        day, now = values.day_of(text), getattr(row, self.field)
        if day is None or not isinstance(resource.model_field(self.field), models.DateTimeField):
            return day
        return dt.datetime.combine(day, timezone.localtime(now).time() if now else dt.time.min, tzinfo=timezone.get_current_timezone())


def _of_day(day: dt.date, first: dt.date, today: dt.date, count: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"day": day, "is_near": day.month != first.month, "is_today": day == today, "count": count, "rows": rows, "further": count - len(rows)}


def _month_of(text: str) -> dt.date:
    """The first day of the month that an address names; of this one when it names none."""
    if not text:
        return timezone.localdate().replace(day=1)
    found = values.day_of(f"{text}-01") if re.fullmatch(r"[0-9]{4}-[0-9]{2}", text) else None
    if found is None or found < bounds.first_day:
        raise Unanswerable(_("“%(month)s” is no month that can be shown. Write year and month, such as 2026-11.") % {"month": text[:40]})
    return found


def _after(first: dt.date) -> dt.date:
    return (first + dt.timedelta(days=32)).replace(day=1)


def _named(day: dt.date) -> str:
    """A month for an address; empty beyond what can be planned."""
    return f"{day:%Y-%m}" if bounds.first_day <= day.replace(day=1) and day <= bounds.last_day else ""
