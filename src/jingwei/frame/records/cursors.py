"""Where a list goes on: a cursor holds the sort values of the last row told, so the next page costs the same however far it is, and rows that come and go shift nothing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _


def after(row: Any, order: Sequence[str]) -> str:
    """The cursor behind a row in a list of this order."""
    held = [_plain(row, name.removeprefix("-")) for name in order]
    return base64.urlsafe_b64encode(json.dumps([list(order), held]).encode()).decode().rstrip("=")


def behind(rows: models.QuerySet[Any], order: Sequence[str], cursor: str) -> models.QuerySet[Any]:
    """The rows behind a cursor. ValidationError when it is none of this list."""
    try:
        made_for, held = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        if made_for != list(order) or len(held) != len(order):
            raise ValueError
        made = rows.query.annotations
        fields = [made[name].output_field if (name := each.removeprefix("-")) in made else _field(rows.model, name) for each in order]
        values = [None if value is None else field.to_python(value) for field, value in zip(fields, held, strict=True)]
    except (ValueError, TypeError, binascii.Error, UnicodeError, ValidationError, RecursionError, OverflowError, FieldDoesNotExist):
        raise ValidationError({"after": _("This is no cursor of this list in this order. Begin without one, then take `next` of each answer.")}) from None
    return rows.filter(_further(order, values))


def _further(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Further on in the order of PostgreSQL, in which an empty value comes last upward and first downward."""
    found, same = Q(pk__in=()), Q()
    for name, value in zip(order, values, strict=True):
        path = name.removeprefix("-")
        if name.startswith("-"):
            beyond = Q(**{f"{path}__isnull": False}) if value is None else Q(**{f"{path}__lt": value})
        else:
            beyond = Q(pk__in=()) if value is None else Q(**{f"{path}__gt": value}) | Q(**{f"{path}__isnull": True})
        found |= same & beyond
        same &= Q(**{f"{path}__isnull": True}) if value is None else Q(**{path: value})
    return found


def _field(model: type[models.Model], path: str) -> models.Field[Any, Any]:
    name, _separator, rest = path.partition("__")
    field: Any = model._meta.pk if name == "pk" else model._meta.get_field(name)
    if rest:
        return _field(field.remote_field.model, rest)
    return field.target_field if isinstance(field, models.ForeignKey) else field


def _plain(row: Any, path: str) -> Any:
    """A row's value by a path such as “project__code”, as JSON holds it."""
    if path in row.__dict__ and path not in {field.attname for field in row._meta.concrete_fields}:  # worked out by the list's own query
        value = row.__dict__[path]
        return value if value is None or isinstance(value, str | int | float | bool) else str(value)
    for name in path.split("__"):
        field = row._meta.pk if name == "pk" else row._meta.get_field(name)
        value = getattr(row, field.name)
        if value is None:
            return None
        row = value
    if isinstance(row, models.Model):
        return row.pk
    return row if isinstance(row, str | int | float | bool) else field.value_to_string(_Held(field.attname, row))


class _Held:
    """A value as the field's own way of writing wants it: on an object."""

    def __init__(self, name: str, value: Any) -> None:
        setattr(self, name, value)
