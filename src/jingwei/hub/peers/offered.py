"""Our own resources as streams and records: which fields there are, and a row's values as JSON takes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import translation
from django.utils.text import capfirst

from jingwei.frame.records import extra
from jingwei.frame.records.resource import Resource, resource, resource_of
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


def stream_of(found: Resource, place: int | None = None) -> Stream:
    """A resource as a stream: its writable fields, then declared ones (of a project with one), then what is only computed."""
    names = [n for n in found.fields if n != "project"]
    computed = computed_of(found)
    fields = (
        Field("id", "integer", Title("编号", "ID"), read_only=True),
        *(_field_of(found, n) for n in names),
        *declared_of(found, place),
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


def declared_of(found: Resource, place: int | None) -> tuple[Field, ...]:
    """The declared fields of rows of a project as a stream offers them; archived ones are not written."""
    return tuple(_field_of(found, each.name, read_only=each.definition.is_archived) for each in extra.fields_of(found, place))


def with_declared(stream: Stream, place: int | None) -> Stream:
    """A stream that is remembered, with the fields that are declared now for rows of a project."""
    own = tuple(field for field in stream.fields if not extra.is_name(field.name))
    return replace(stream, fields=(*own, *declared_of(resource(stream.name), place)))


_own_affairs = ("id", "tenant", "project", "version", "created_at", "updated_at", extra.column)


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
    choices = tuple((str(value), str(label)) for value, label in (field.options if isinstance(field, extra.SeveralField) else field.flatchoices))
    return Field(
        name=name,
        type="enum" if choices and kind != "list" else kind,
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

    def __init__(self, found: Resource, place: int | None = None) -> None:
        self.key, self.found = found.key, found
        self.declared = [each.name for each in extra.fields_of(found, place)]
        self.names = [*(n for n in found.fields if n != "project"), *computed_of(found)]

    def prime(self, rows: Iterable[Any]) -> None:
        """Look up together whom the declared fields of these rows name."""
        extra.prime(self.found, rows, self.declared)

    def records(self, rows: Collection[Any]) -> list[Record]:
        """Many rows as records."""
        self.prime(rows)
        return [self.record(row) for row in rows]

    def record(self, row: Any) -> Record:
        """A row as a record; references by their natural key."""
        values: Values = {"id": row.pk}
        for name in self.names:
            values[name] = plain(getattr(row, name))
        for name in self.declared:
            values[name] = plain(extra.value(self.found, row, name))
        return Record(stream=self.key, key=str(row.pk), values=values, modified_at=row.updated_at, version=str(row.version))


def plain(value: Any) -> Any:
    """A field's value as JSON takes it."""
    match value:
        case None | bool() | int() | str() | list() | dict():
            return value
        case Decimal():
            return format(value, "f")
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat()
        case dt.date():
            return value.isoformat()
        case models.Model():
            target = resource_of(type(value))
            return target.name_of(value) if target else value.pk
        case _:
            return str(value)
