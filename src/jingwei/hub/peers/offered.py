"""Our own resources as streams and records: which fields there are, and a row's values as JSON takes them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import translation
from django.utils.text import capfirst

from jingwei.frame.records.resource import Resource, resource_of
from jingwei.hub.contract import Field, FieldType, Record, Stream, Title, Values

_types: tuple[tuple[type[models.Field[Any, Any]], FieldType], ...] = (
    (models.ForeignKey, "reference"),
    (models.TextField, "text"),
    (models.BooleanField, "boolean"),
    (models.DecimalField, "decimal"),
    (models.DateTimeField, "datetime"),
    (models.DateField, "date"),
    (models.JSONField, "list"),
    (models.IntegerField, "integer"),
    (models.CharField, "string"),
)


def stream_of(found: Resource) -> Stream:
    """A resource as a stream: its writable fields, then what is only computed."""
    names = [n for n in found.fields if n != "project"]
    computed = computed_of(found)
    fields = (
        Field("id", "integer", Title("编号", "ID"), read_only=True),
        *(_field_of(found, n) for n in names),
        *(_field_of(found, n, read_only=True) for n in computed),
    )
    return Stream(
        name=found.key,
        title=_both(found.title_plural),
        fields=fields,
        key="id",
        label=found.natural_key[-1],
        modified="updated_at",
        can_delete=True,
        idempotent_create=True,
        tells_deletes=True,
        page_limit=1000,
    )


_own_affairs = ("id", "tenant", "project", "version", "created_at", "updated_at")


def computed_of(found: Resource) -> list[str]:
    """Stored fields that only services write, such as computed dates; a stream offers them read-only."""
    return [
        f.name for f in found.model._meta.concrete_fields
        if f.name not in found.fields and f.name not in _own_affairs and not isinstance(f, models.BinaryField) and f.remote_field is None
    ]  # fmt: skip


def _field_of(found: Resource, name: str, *, read_only: bool = False) -> Field:
    field = found.model_field(name)
    assert field is not None
    kind: FieldType = next((t for cls, t in _types if isinstance(field, cls)), "string")
    choices = tuple((str(value), str(label)) for value, label in field.flatchoices)
    return Field(
        name=name,
        type="enum" if choices else kind,
        title=_both(field.verbose_name),
        required=not (field.blank or field.null or field.has_default()) and not read_only,
        read_only=read_only,
        max_length=field.max_length if kind in ("string", "text") else None,
        choices=choices,
    )


def _both(text: Any) -> Title:
    with translation.override("zh-hans"):
        zh = str(text)
    with translation.override("en"):
        return Title(zh, capfirst(str(text)))


class Reader:
    """Turns rows of one resource into records; which fields there are is worked out once."""

    def __init__(self, found: Resource) -> None:
        self.key = found.key
        self.names = [*(n for n in found.fields if n != "project"), *computed_of(found)]

    def record(self, row: Any) -> Record:
        """A row as a record; references by their natural key."""
        values: Values = {"id": row.pk}
        for name in self.names:
            values[name] = plain(getattr(row, name))
        return Record(stream=self.key, key=str(row.pk), values=values, modified_at=row.updated_at, version=str(row.version))


def plain(value: Any) -> Any:
    """A field's value as JSON takes it."""
    match value:
        case None | bool() | int() | str() | list() | dict():
            return value
        case Decimal():
            return str(value)
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat()
        case dt.date():
            return value.isoformat()
        case models.Model():
            target = resource_of(type(value))
            return target.name_of(value) if target else value.pk
        case _:
            return str(value)
