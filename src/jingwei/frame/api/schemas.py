"""Types of the API made from declarations: what goes in (unknown fields refused) and what comes out."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache
from typing import Annotated, Any

from django.db import models
from django.utils.translation import gettext as _
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model
from pydantic_core import PydanticCustomError

from jingwei.frame.records import extra
from jingwei.frame.records.resource import Resource, parts_at_most
from jingwei.frame.records.told import told
from jingwei.frame.records.verbs import Verb

_types: tuple[tuple[type[models.Field[Any, Any]], Any], ...] = (
    (models.ForeignKey, int | str),
    (models.BooleanField, bool),
    (models.DecimalField, Decimal),
    (models.DateTimeField, dt.datetime),
    (models.DateField, dt.date),
    (models.JSONField, Any),
    (models.IntegerField, int),
    (models.FileField, str),
    (models.CharField, str),
    (models.TextField, str),
)


class Strict(BaseModel):
    """Refuses what it does not know."""

    model_config = ConfigDict(extra="forbid")


def type_of(field: models.Field[Any, Any]) -> Any:
    """The Python type of a model field in the API; references are ids (numbers) or natural keys (texts) going in."""
    return next((t for cls, t in _types if isinstance(field, cls)), str)


def _no_truth(value: Any) -> Any:
    """A yes is no number: as one it would name row 1."""
    if isinstance(value, bool):
        raise PydanticCustomError("wrong_kind", _("This takes no true or false. Send the value itself."))
    return value


def _plain_number(value: Any) -> Any:
    """Nor does anybody but a programmer write 1_000."""
    if isinstance(value, str) and "_" in value:
        raise PydanticCustomError("wrong_kind", _("This is no number: leave the underscores out."))
    return _no_truth(value)


def _no_number(value: Any) -> Any:
    """A day is no number: as one it would count seconds from 1970."""
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return value
    raise PydanticCustomError("wrong_kind", _("A number is no date. Write it as 2026-03-09, a moment as 2026-03-09T09:00+08:00."))


_refusing = {int | str: _no_truth, int: _plain_number, Decimal: _plain_number, dt.date: _no_number, dt.datetime: _no_number}


def taken_type_of(field: models.Field[Any, Any]) -> Any:
    """The same going in: what would only by its kind be taken for something else is refused."""
    kind = type_of(field)
    return Annotated[kind, BeforeValidator(_refusing[kind])] if kind in _refusing else kind


def name_of(resource: Resource, kind: str) -> str:
    """Schema names such as WorkTaskOut."""
    return "".join(part.title() for part in resource.key.replace("_", ".").split(".")) + kind


def _documented(field: models.Field[Any, Any], default: Any) -> Any:
    extra: dict[str, Any] = {"title": str(field.verbose_name)}
    if field.help_text:
        extra["description"] = str(field.help_text)
    if field.flatchoices:
        extra["json_schema_extra"] = {"enum": [v for v, _title in field.flatchoices] + ([""] if field.blank else [])}
    return Field(default, **extra)


_version = (int | None, Field(None, description="The version you read; 409 when it is no longer the present one."))


class Versioned(BaseModel):
    """The version that somebody has read, of values that are checked elsewhere."""

    version: int | None = None


@cache
def schema_in(resource: Resource, *, partial: bool) -> type[Strict]:
    """What may be written: every plain field of the declaration, all optional for a change."""
    fields: dict[str, Any] = {}
    for name in resource.plain_fields:
        field = resource.model_field(name)
        if field is None or isinstance(field, models.FileField):
            continue
        needed = not partial and not (field.blank or field.null or field.has_default())
        kind = taken_type_of(field)
        fields[name] = (kind, _documented(field, ...)) if needed else (kind | None if kind is not Any else Any, _documented(field, None))
    if resource.is_extended:
        told = "Fields that were declared, by key; {} or left out changes none. They are listed at /api/v1/frame.customfield/."
        fields[extra.column] = (dict[str, Any] | None, Field(None, title=str(resource.label(extra.column)), description=told))
    for each in resource.children:
        target = resource.child(each)
        parts: dict[str, Any] = {"id": (int | None, None)}
        for name in each.fields:
            part = target.model_field(name)
            assert part is not None
            parts[name] = (taken_type_of(part) | None, None)
        child = create_model(name_of(target, "Part"), __base__=Strict, **parts)
        fields[each.name] = (list[child] | None, Field(None, json_schema_extra={"maxItems": parts_at_most}))  # type: ignore[valid-type]
    if partial:
        fields["version"] = _version
    return create_model(name_of(resource, "Change" if partial else "New"), __base__=Strict, **fields)


@cache
def schema_of_verb(resource: Resource, verb: Verb) -> type[Strict]:
    """What a verb asks for."""
    fields: dict[str, Any] = {n: (taken_type_of(f) | None, None) for n in verb.fields if (f := resource.model_field(n)) is not None}
    fields["version"] = _version
    return create_model(name_of(resource, verb.name.title().replace("_", "")), __base__=Strict, **fields)


@cache
def schema_out(resource: Resource) -> type[BaseModel]:
    """What is told: id, version, natural key, every stored field; references as id with their name beside."""
    fields: dict[str, Any] = {"id": (int, ...), "version": (int, ...), "natural_key": (str, Field(..., description="The name of the row for people"))}
    for field in told(resource):
        if isinstance(field, models.ForeignKey):
            fields[field.name] = (int | None, Field(None, title=str(field.verbose_name)))
            fields[f"{field.name}_name"] = (str | None, None)
        else:
            kind = type_of(field)
            fields[field.name] = (
                kind | None if kind is not Any else Any,
                Field(None, title=str(field.verbose_name), description=_life_told(resource, field.name)),
            )
    for each in resource.children:
        fields[each.name] = (list[dict[str, Any]] | None, None)
    fields["created_at"] = (dt.datetime, ...)
    fields["updated_at"] = (dt.datetime, ...)
    return create_model(name_of(resource, ""), **fields)


def _life_told(resource: Resource, name: str) -> str | None:
    """Where each step leads, for the field that tells the state of a life."""
    if (life := resource.life) is None or name != life.field:
        return None
    ways = "; ".join(f"{step.name}: {', '.join(step.from_)} → {step.to}" for step in life.steps if step.from_)
    return f"Begins as {life.start}. {ways}."
