"""How a value is shown: choices as states, references as links, money, moments, progress."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from jingwei.frame.models import User
from jingwei.frame.records import extra, past
from jingwei.frame.records.fields import duration_text
from jingwei.frame.records.resource import Resource, resource_of
from jingwei.frame.rights.access import Access


@dataclass(frozen=True, slots=True)
class Cell:
    """One value ready for a template; `kind` says how it is drawn."""

    name: str
    label: Any
    kind: str
    value: Any
    text: str
    url: str = ""
    is_inline: bool = False
    tone: str = ""


def cells_of(access: Access, resource: Resource, row: Any, names: Sequence[str], *, link: bool = True) -> list[Cell]:
    """The cells of a row for these eyes; the first text column leads to the row itself."""
    cells = []
    linked, veiled = not link, resource.veils(access, row)
    for name in names:
        made = _cell(resource, row, name, is_veiled=name in veiled)
        if not linked and made.kind == "text" and made.text:
            made = Cell(made.name, made.label, made.kind, made.value, made.text, _address(resource.key, row.pk), made.is_inline)
            linked = True
        cells.append(made)
    return cells


_unit = re.compile(r"\s*[(（][^()（）]*[)）]$")  # noqa: RUF001  (as Chinese is written)


def told_label(label: Any) -> str:
    """What a duration is called where it is told in days and hours: without the unit in which it is kept."""
    return _unit.sub("", str(label))


def _cell(resource: Resource, row: Any, name: str, *, is_veiled: bool = False) -> Cell:
    field, value = resource.model_field(name), extra.value(resource, row, name)
    inline = (name in resource.inline or extra.is_inline(resource, name)) and not resource.is_fixed(row, name)
    label = told_label(resource.label(name)) if name.endswith("_minutes") else resource.label(name)

    def made(kind: str, text: str, url: str = "") -> Cell:
        return Cell(name, label, kind, value, text, url, inline)

    if value is None or value == "":
        return made("empty", "")
    if is_veiled:
        return made("reference", f"#{value.pk}")
    kind = kind_of(resource, name)
    if extra.is_name(name) and (told := _declared_text(resource, row, name)) is not None:
        return made("text", told)
    if name in resource.in_words:
        lines = resource.in_words[name](value, resource.project_of(row))
        return Cell(name, label, "lines" if lines else "empty", lines, "; ".join(lines))
    if field is None:
        return made(kind, str(value))
    if field.flatchoices:
        tone = resource.life.tones.get(value, "") if resource.life is not None and name == resource.life.field else ""
        return Cell(name, label, "status", value, str(_choices(field).get(value, value)), "", inline, tone)
    if isinstance(field, models.ForeignKey):
        target = resource_of(field.remote_field.model)
        return (
            made("reference", str(value), _address(target.key, value.pk) if target else "")
            if isinstance(value, models.Model)
            else made("reference", f"#{value}")
        )
    return made(kind, duration_text(value) if kind == "duration" else f"{value} %" if kind == "percent" else plain_text(value))


def _address(resource: str, pk: int) -> str:
    """Of a row's page; a list leads to hundreds, and to make each address anew takes longer than the rest of the cell."""
    return f"{_stem(resource)}{pk}/"


@cache
def _stem(resource: str) -> str:
    return reverse("record", args=[resource, 0]).removesuffix("0/")


@lru_cache(maxsize=1000)
def _choices(field: models.Field[Any, Any]) -> dict[Any, Any]:
    """The words of its values; Django makes the list anew each time. Fields that people declare may change, and are others then."""
    return dict(field.flatchoices)


def _declared_text(resource: Resource, row: Any, name: str) -> str | None:
    """A value of a declared field that is told in words alone: several choices, and what is not of the field's type; None for all others."""
    found, value = extra.named(resource, name), extra.raw(row, name)
    if found is None:
        return extra.plain(value)
    return extra.words(found, value) if isinstance(found.field, extra.SeveralField) or not extra.is_of(found, value) else None


def plain_text(value: Any) -> str:
    """A value as text; numbers in full."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def kind_of(resource: Resource, name: str) -> str:
    """How the values of a plain column are drawn."""
    field = resource.model_field(name)
    if field is None:
        return "money" if name.endswith("amount") else "text"
    kinds: tuple[tuple[type[Any], str], ...] = (
        (models.BooleanField, "boolean"), (models.DateTimeField, "moment"), (models.DateField, "date"), (models.DecimalField, "decimal"), (models.FileField, "file"),
    )  # fmt: skip
    kind = next((k for cls, k in kinds if isinstance(field, cls)), "text")
    if extra.is_name(name):
        return kind
    if name == "percent":
        return "percent"
    if name.endswith("_minutes"):
        return "duration"
    return "money" if resource.model.money is not None and name in resource.model.money.fields else kind


def values_told(access: Access, resource: Resource, row: Any, sides: Iterable[Mapping[str, Any]]) -> Callable[[models.Field[Any, Any], Any], str]:
    """How values out of the history of a row are told; what they refer to is looked up once a field, however many lines there are,
    and stays a number where it is veiled, or lies by now where these eyes do not see it."""
    veiled, place = resource.veils(access, row), resource.project_of(row)
    wanted: dict[str, set[Any]] = {}
    references = {f.attname: f for f in resource.model._meta.concrete_fields if isinstance(f, models.ForeignKey)}
    for side in sides:
        for attname in references.keys() & side.keys():
            wanted.setdefault(attname, set()).add(side[attname])
    known: dict[str, dict[Any, str]] = {}
    for attname, ids in wanted.items():
        target = resource_of(references[attname].remote_field.model)
        is_named = target is not None and references[attname].name not in veiled
        rows: Iterable[Any] = past.nameable(access, target, ids - {None}, place).values() if target is not None and is_named else ()
        if target is None and references[attname].remote_field.model is User:  # people are no rows of a list, but have names
            rows = User.objects.filter(pk__in=ids - {None})
        known[attname] = {each.pk: str(each) for each in rows}

    def told(field: models.Field[Any, Any], value: Any) -> str:
        if value is not None and field.attname in known:
            return known[field.attname].get(value, f"#{value}")
        if value and field.name in resource.in_words:
            return "; ".join(resource.in_words[field.name](value, place))
        return value_text(field, value)

    return told


def _moment_of(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:
        return None


def value_text(field: models.Field[Any, Any], value: Any) -> str:
    """A value out of the history in words."""
    if value is None or value == "":
        return "∅"
    if field.flatchoices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.BooleanField):
        return _("yes") if value else _("no")
    if field.name.endswith("_minutes") and isinstance(value, int):
        return duration_text(value)
    if isinstance(field, models.DateTimeField) and (moment := _moment_of(str(value))):
        from django.utils import timezone

        try:
            return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") if moment.tzinfo else str(value)
        except OverflowError:  # the year 9999, kept before there were bounds
            return str(value)
    return format(value, "f") if isinstance(value, Decimal) else str(value)
