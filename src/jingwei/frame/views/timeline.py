"""A timeline: a bar from start to finish for every row of a page, in groups if asked, on an axis with a bounded number of ticks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Max, Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.frame.models import values
from jingwei.frame.records.listing import Listing
from jingwei.frame.records.resource import Resource
from jingwei.frame.views.view import Unanswerable, View, begin_of, named_in
from jingwei.kernels import bounds

spans = {"fit": gettext_lazy("Everything"), "30": gettext_lazy("30 days"), "90": gettext_lazy("90 days"), "365": gettext_lazy("A year")}
ticks_at_most = 16


@dataclass(frozen=True)
class Timeline(View):
    """Bars from `start` to `finish` (days or moments); `group` orders them under headings, `done` is a field of per cent that fills a bar."""

    kind: ClassVar[str] = "timeline"
    icon: ClassVar[str] = "timeline"
    usual_title: ClassVar[Any] = gettext_lazy("Timeline")
    asks: ClassVar[tuple[str, ...]] = ("span", "since")

    start: str
    finish: str
    group: str = ""
    done: str = ""
    title_from: str = ""

    def named(self) -> tuple[str, ...]:
        """The fields it stands on."""
        return tuple(filter(None, (self.start, self.finish, self.group, self.done, self.title_from)))

    def check(self, resource: Resource) -> None:
        """Both ends are days or moments."""
        super().check(resource)
        if any(not isinstance(resource.model_field(name), models.DateField) for name in (self.start, self.finish)):
            raise LookupError(f"{resource.key}: the timeline “{self.key}” needs two dates")

    def rows(self, listing: Listing) -> QuerySet[Any]:
        """By group, then by start unless another order is asked for; what has no start comes last."""
        found, asked = super().rows(listing), listing.parameters.get("sort")
        inner = listing.order if asked else (F(self.start).asc(nulls_last=True), "pk")
        return found.order_by(*((self._group_path(listing.resource),) if self.group else ()), *inner)

    def _group_path(self, resource: Resource) -> Any:
        target = resource.target(self.group)
        return F(f"{self.group}__{target.natural_key[-1]}" if target is not None else self.group).asc(nulls_last=True)

    def answer(self, listing: Listing) -> dict[str, Any]:
        """The axis, and the page's rows with where their bars begin and end in per cent of it."""
        rows = self.rows(listing)
        ends = rows.order_by().aggregate(first=Min(self.start), last=Max(self.finish), latest_start=Max(self.start), count=models.Count("pk"))
        low, high = self._window(listing, ends)
        pages = max(1, -(-ends["count"] // listing.size))
        page = max(1, min(values.whole(listing.parameters.get("page", "1")) or 1, pages))
        shown = rows[(page - 1) * listing.size : page * listing.size]
        axis = _Axis(low, high)
        now = axis.at(timezone.now())
        return {
            "bars": list(self._bars(listing.resource, shown, axis)), "ticks": _ticks(axis), "page": page, "pages": pages, "count": ends["count"],
            "spans": spans, "span": listing.parameters.get("span", "") or "fit", "since": low.date(), "earlier": _shifted(low, high, -1),
            "later": _shifted(low, high, 1), "now": _percent(now) if 0 <= now <= 100 else "",
        }  # fmt: skip

    def _window(self, listing: Listing, ends: dict[str, Any]) -> tuple[dt.datetime, dt.datetime]:
        span, text = named_in(listing.parameters, "span", spans, "fit"), listing.parameters.get("since", "")
        since = values.day_of(text) if text else None
        if text and since is None:
            raise Unanswerable(_("“%(day)s” is no day that can be shown. Write one such as 2026-11-20.") % {"day": text[:40]})
        if span == "fit":
            first = _begin(ends["first"]) or begin_of(timezone.localdate())
            last = max(filter(None, (_end(ends["last"]), _end(ends["latest_start"]), first + dt.timedelta(days=1))))
            return first, last
        low = begin_of(since or timezone.localdate() - dt.timedelta(days=int(span) // 6))
        return low, low + dt.timedelta(days=int(span))

    def _bars(self, resource: Resource, rows: QuerySet[Any], axis: _Axis) -> Iterator[dict[str, Any]]:
        before: Any = object()
        for row in rows:
            group = getattr(row, self.group) if self.group else None
            named = dict(resource.model_field(self.group).flatchoices).get(group, group) if self.group else None  # type: ignore[union-attr]
            title = getattr(row, self.title_from) if self.title_from else str(row)
            heading = {"group": named if named is not None else _("none"), "is_first": bool(self.group) and group != before}
            yield {"row": row, "title": title, "start": getattr(row, self.start), "finish": getattr(row, self.finish), **heading, **self._bar(row, axis)}
            before = group

    def _bar(self, row: Any, axis: _Axis) -> dict[str, Any]:
        begin, end = _begin(getattr(row, self.start)), _end(getattr(row, self.finish))
        if begin is None and end is None:
            return {"kind": "none"}
        low, high = axis.at(begin or end), axis.at(end or begin)  # type: ignore[arg-type]
        if high < 0 or low > 100:
            return {"kind": "before" if high < 0 else "after"}
        left, right = max(0.0, low), min(100.0, high)
        wide = max(right - left, 0.4)
        told = getattr(row, self.done, None) if self.done else None
        return {"kind": "bar", "left": _percent(min(left, 99.6)), "wide": _percent(wide), "done": _percent(wide * min(100, max(0, told)) / 100) if told else ""}


@dataclass(frozen=True)
class _Axis:
    low: dt.datetime
    high: dt.datetime

    def at(self, moment: dt.datetime) -> float:
        """Where a moment lies, in per cent."""
        return 100 * ((moment - self.low) / (self.high - self.low))


def _begin(value: Any) -> dt.datetime | None:
    return value if value is None or isinstance(value, dt.datetime) else begin_of(value)


def _end(value: Any) -> dt.datetime | None:
    return value if value is None or isinstance(value, dt.datetime) else begin_of(value + dt.timedelta(days=1))


def _percent(value: float) -> str:
    return f"{value:.3f}%"


def _shifted(low: dt.datetime, high: dt.datetime, by: int) -> str:
    """The day from which the neighbouring window begins; empty beyond what can be planned."""
    days = (high - low).days * by
    found = low.date().toordinal() + days
    return str(dt.date.fromordinal(found)) if bounds.first_day.toordinal() <= found <= bounds.last_day.toordinal() else ""


def _ticks(axis: _Axis) -> list[dict[str, str]]:
    """Round days, at most sixteen of them: each day or so many, months, years."""
    low, high = timezone.localtime(axis.low).date(), timezone.localtime(axis.high).date()
    days = (high - low).days
    if days <= ticks_at_most * 28:
        step = next(each for each in (1, 2, 7, 14, 28) if days <= ticks_at_most * each)
        found = [low + dt.timedelta(days=number) for number in range(0, days + 1, step)]
        return _told(axis, found, "%m-%d")
    months = next(each for each in (2, 3, 6, 12, 24, 60, 120, 240) if days <= ticks_at_most * each * 28 or each == 240)
    at, found = low.year * 12 + low.month, []
    while (day := dt.date(at // 12, at % 12 + 1, 1)) <= high and len(found) < ticks_at_most:
        found.append(day)
        at += months
    return _told(axis, found, "%Y-%m" if months < 12 else "%Y")


def _told(axis: _Axis, days: list[dt.date], form: str) -> list[dict[str, str]]:
    return [{"at": _percent(axis.at(begin_of(day))), "text": day.strftime(form)} for day in days if 0 <= axis.at(begin_of(day)) < 97]
