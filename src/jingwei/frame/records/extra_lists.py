"""Lists by declared fields: filters that the index answers, orders, and words that are looked for in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.db.models.lookups import IContains
from django.utils.translation import gettext as _

from jingwei.frame.models import values
from jingwei.frame.records import extra, people
from jingwei.frame.records.extra import Extra, Kind, column
from jingwei.frame.records.resource import Resource, resource
from jingwei.kernels import bounds

nothing = "-"  # as a filter: where the field is empty
measured = (Kind.WHOLE, Kind.DECIMAL, Kind.DATE)
sorts_by = "extra_"  # what a list is sorted by bears this name in the query


def alias_of(found: Extra) -> str:
    """The name of a field's value in the query of a sorted list."""
    return sorts_by + found.key.replace("-", "_")


def comparable(found: Extra) -> models.Expression:
    """A field's value as the database compares it; days as text stand in their order."""
    text = KeyTextTransform(found.key, column)
    if found.definition.kind in (Kind.WHOLE, Kind.DECIMAL):
        return Func(text, function="jingwei_number", output_field=models.DecimalField(max_digits=60, decimal_places=20))
    return Cast(text, models.TextField())


def parameters_of(found: Extra) -> Iterator[str]:
    """What an address narrows a list by."""
    yield found.name
    if found.definition.kind in measured:
        yield from (f"{found.name}_from", f"{found.name}_to")


def wanted(found: Extra, parameters: Mapping[str, str]) -> Q | None:
    """The rows that the parameters of one field ask for; None when they ask nothing. What cannot be a value of it matches nothing."""
    asked = {end: parameters.get(f"{found.name}{end}", "").replace("\0", "").strip()[:200] for end in ("", "_from", "_to")}
    out = Q()
    for end, lookup in (("_from", "gte"), ("_to", "lte")):
        if asked[end] and found.definition.kind in measured:
            bound = _bound(found, asked[end])
            out &= Q(**{f"{alias_of(found)}__{lookup}": bound}) if bound is not None else Q(pk__in=())
    if asked[""]:
        out &= _matching(found, asked[""])
    return out or None


def needs_alias(found: Extra, parameters: Mapping[str, str]) -> bool:
    """Whether the value itself is compared."""
    return any(parameters.get(name) for name in parameters_of(found))


def _matching(found: Extra, text: str) -> Q:
    kind, here = found.definition.kind, f"{column}__contains"
    if text == nothing:
        return ~Q(**{f"{column}__has_key": found.key})
    if kind in (Kind.TEXT, Kind.LONG):
        return Q(**{f"{alias_of(found)}__icontains": text})
    if kind in (Kind.CHOICE, Kind.SEVERAL):
        out = Q(pk__in=())
        for each in filter(None, dict.fromkeys(text.split(","))):
            out |= Q(**{here: {found.key: [each] if kind == Kind.SEVERAL else each}})
        return out
    if kind == Kind.YES_NO:
        return Q(**{here: {found.key: text in ("1", "true", "True")}})
    if kind == Kind.PERSON:
        target = resource(extra.people)
        if (pk := values.whole(text)) is not None:
            return Q(**{here: {found.key: pk}})
        row, out = target.named(text), Q(pk__in=())
        for each in [row] if row is not None else people.meant(text, people.seen(target), target.also_named):
            out |= Q(**{here: {found.key: each.pk}})
        return out
    bound = _bound(found, text)
    return Q(**{alias_of(found): bound}) if bound is not None else Q(pk__in=())


def _bound(found: Extra, text: str) -> Any:
    if found.definition.kind == Kind.DATE:
        day = values.day_of(text)
        return day.isoformat() if isinstance(day, dt.date) else None
    number = bounds.number_of(text)
    return number if number is not None and abs(number) < 10**29 else None


def problem(found: Extra, name: str, text: str) -> str | None:
    """What is wrong with a parameter that a program sends."""
    kind = found.definition.kind
    if text in ("", nothing):
        return None
    if kind in measured and _bound(found, text) is None:
        return _("Write a day as year, month and day, such as 2026-11-30.") if kind == Kind.DATE else _("Write a number.")
    if kind == Kind.YES_NO and text not in ("1", "true", "True", "0", "false", "False"):
        return _("Write true or false.")
    known = [value for value, _zh, _en in found.definition.options]
    strange = [each for each in text.split(",") if each and each not in known] if kind in (Kind.CHOICE, Kind.SEVERAL) else []
    return _("“%(value)s” is none of: %(known)s.") % {"value": strange[0][:40], "known": ", ".join(known)} if strange else None


def searched(word: str) -> IContains:
    """Rows in whose declared fields a word stands."""
    return IContains(Func(F(column), function="jingwei_words", output_field=models.TextField()), word)


def offered(kind: Resource, parameters: Mapping[str, str]) -> tuple[Extra, ...]:
    """The fields in use that a list as asked for may show, sort and filter by."""
    return extra.fields_of(kind, extra.place_asked(kind, parameters), archived=False)
