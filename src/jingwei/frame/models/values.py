"""The one place that says which values may come in, whatever the way: forms, cells, REST, GraphQL, sheets, the hub, the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from jingwei.kernels import bounds
from jingwei.kernels.bounds import unreadable, whole

__all__ = ["checks_of", "day_of", "known_month", "known_zone", "number_of", "problem_with", "problems_with", "unreadable", "whole"]

_sentences = {
    "nul": _("The text contains the character NUL, which cannot be kept. Type it anew or take that character out."),
    "surrogate": _("The text contains half a character (a lone surrogate). Send whole characters as UTF-8."),
    "infinite": _("Numbers must be finite: leave out NaN and Infinity."),
    "grouped": _("This is no number: leave the underscores out."),
    "huge": _("The number is too large, or has too many decimal places."),
    "date": _("A number is no date. Write it as 2026-03-09, a moment as 2026-03-09T09:00+08:00."),
    "deep": _("The value is nested more than %(most)s levels deep. Make it flatter."),
}


def _told(code: str) -> ValidationError:
    return ValidationError(_sentences[code], code=code, params={"most": bounds.deepest_json})


def problem_with(field: models.Field[Any, Any] | None, value: Any) -> ValidationError | None:
    """What is wrong with a value as it came, before it is made into the field's own kind."""
    if isinstance(value, str):
        if code := unreadable(value):
            return _told(code)
        if value.strip() and _is_needed_text(field) and not bounds.is_seen(value):
            return ValidationError(_("Nothing of this text can be seen. Write something."), code="required")
        if len(value) > bounds.longest_text and not isinstance(field, models.JSONField):
            return ValidationError(_("The text is longer than %(most)s characters. Shorten it."), code="long", params={"most": bounds.longest_text})
    if isinstance(field, models.JSONField):
        return _problem_with_json(value)
    if isinstance(field, models.DecimalField | models.IntegerField):  # their own form fields say the rest
        return _told("grouped") if isinstance(value, str) and "_" in value else None
    if isinstance(value, int | float | Decimal) and isinstance(field, models.DateField):
        return _told("date")
    if isinstance(value, float | Decimal) and not bounds.is_written_out(value):
        return _told("huge" if isinstance(value, Decimal) and value.is_finite() else "infinite")
    return None


def _is_needed_text(field: models.Field[Any, Any] | None) -> bool:
    """A text that must not be empty; what has no field is one."""
    return field is None or (isinstance(field, models.CharField | models.TextField) and not field.blank)


def _problem_with_json(value: Any) -> ValidationError | None:
    too_large = ValidationError(_("The value is larger than %(most)s bytes. Send less."), code="large", params={"most": bounds.largest_json})
    if isinstance(value, str):
        body = value.encode()
        if len(body) > bounds.largest_json:
            return too_large
        if bounds.is_too_deep(body):
            return _told("deep")
        try:
            value = json.loads(value)
        except ValueError:
            return None  # the field itself says so
    if code := bounds.json_problem(value):
        return _told(code)
    try:
        size = len(json.dumps(value, default=str))
    except (TypeError, ValueError):
        return None
    return too_large if size > bounds.largest_json else None


def problems_with(field_of: Callable[[str], models.Field[Any, Any] | None], values: Mapping[str, Any]) -> dict[str, ValidationError]:
    """The same for many values, by name."""
    found = ((name, problem_with(field_of(name), value)) for name, value in values.items())
    return {name: problem for name, problem in found if problem is not None}


def checks_of(field: models.Field[Any, Any]) -> list[Callable[[Any], None]]:
    """What the form field of a model field checks besides its own rules: days we plan in, durations a plan can hold."""
    if isinstance(field, models.DateTimeField):
        return [_moment]
    if isinstance(field, models.DateField):
        return [_day]
    if isinstance(field, models.IntegerField) and (minutes := _minutes_in.get(field.name.rpartition("_")[2])) is not None:
        return [partial(_lasting, minutes)]
    return [_tidy] if isinstance(field, models.JSONField) else []


def _outside(value: Any) -> ValidationError:
    text = _("“%(value)s” is outside the years %(first)s to %(last)s. Correct the year.")
    return ValidationError(text, code="range", params={"value": str(value)[:25], "first": bounds.first_day.year, "last": bounds.last_day.year})


def _day(value: date) -> None:
    if not bounds.first_day <= value <= bounds.last_day:
        raise _outside(value)


def _moment(value: datetime) -> None:
    if not bounds.first_moment <= value <= bounds.last_moment:
        raise _outside(value)


_minutes_in = {"minutes": 1, "hours": 60, "days": 1440, "weeks": 10_080, "months": 43_200}


def _lasting(minutes: int, value: int) -> None:
    if abs(value) * minutes > bounds.most_minutes:
        raise ValidationError(_("More than a hundred years. Give a shorter time."), code="range")


def _tidy(value: Any) -> None:
    if problem := _problem_with_json(value):
        raise problem


def known_zone(value: str) -> None:
    """A time zone that exists."""
    if not bounds.is_zone(value):
        text = _("There is no time zone “%(value)s”. Write one such as Asia/Shanghai, Europe/Berlin or UTC.")
        raise ValidationError(text, code="zone", params={"value": value})


def known_month(value: str) -> None:
    """A month of the years we plan in."""
    if re.fullmatch(bounds.month_pattern, value) is None:
        if re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", value):
            raise _outside(value)
        raise ValidationError(_("Write the period as year and month, such as 2026-11."), code="month")


def day_of(text: str) -> date | None:
    """The day of an address or a filter, within those we plan in; None for what is no day."""
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return bounds.within_days(found) if found else None


def number_of(text: object, field: str, *, least: int = 0, most: int = 2**31 - 1) -> int:
    """A whole number that somebody typed. ValidationError at `field` says between which bounds it must be."""
    found = whole(str(text).strip(), most)
    if found is None or found < least:
        raise ValidationError({field: _("Write a whole number from %(least)s to %(most)s.") % {"least": least, "most": most}})
    return found
