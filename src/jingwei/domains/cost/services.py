"""Verbs of the costs: write, post, reverse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.domains.cost.models import Line
from jingwei.frame import bulk

Status = Line.Status
fixed_once_posted = ("amount", "currency", "account", "period", "kind", "project")


@transaction.atomic
def line_save(*, instance: Line | None = None, **values: Any) -> Line:
    """Write a line. A posted line keeps its money: it is reversed, never edited."""
    line = instance or Line()
    _shape(line, values)
    line.save()
    return line


@transaction.atomic
def lines_save(*, rows: Sequence[tuple[Line | None, Mapping[str, Any]]]) -> list[Line]:
    """`line_save` for many, with one statement for the new and one for the changed."""
    lines = [instance or Line() for instance, _values in rows]
    for line, (_instance, values) in zip(lines, rows, strict=True):
        _shape(line, values)
    bulk.save(lines, {*(name for _instance, values in rows for name in values), "period"})
    return lines


def _shape(line: Line, values: Mapping[str, Any]) -> None:
    """Take the values on and keep the line's rules."""
    if line.pk is not None and line.status == Status.POSTED:
        changed = [name for name in fixed_once_posted if name in values and values[name] != getattr(line, name)]
        if changed:
            raise ValidationError({name: _("A posted line keeps this. Reverse it and write a new one.") for name in changed})
    if line.pk is not None and line.status == Status.REVERSED and values.get("status", Status.REVERSED) != Status.REVERSED:
        raise ValidationError({"status": _("A reversed line stays reversed.")})
    for name, value in values.items():
        setattr(line, name, value)
    if line.posted_on and line.period and "period" not in values and line.posted_on.strftime("%Y-%m") != line.period and "posted_on" in values:
        line.period = line.posted_on.strftime("%Y-%m")


@transaction.atomic
def line_post(*, instance: Line) -> Line:
    """From now on it counts and keeps its money."""
    return line_save(instance=instance, status=Status.POSTED, posted_on=instance.posted_on or timezone.localdate())


@transaction.atomic
def line_reverse(*, instance: Line) -> Line:
    """It does not count any more; it stays readable."""
    return line_save(instance=instance, status=Status.REVERSED)
