"""What programs are told of a row: by REST, GraphQL, assistants and webhooks, each as far as its rights reach."""

from __future__ import annotations

from typing import Any

from django.db import models

from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access


def told(resource: Resource) -> list[models.Field[Any, Any]]:
    """Stored fields that the API tells."""
    hidden = ("id", "tenant", "version", "created_at", "updated_at", *resource.untold)
    return [f for f in resource.model._meta.concrete_fields if f.name not in hidden and not isinstance(f, models.BinaryField)]


def as_told(resource: Resource, row: Any, access: Access, *, with_parts: bool = False) -> dict[str, Any]:
    """A row in the shape that the API describes, as far as these rights may know it: null for parts and names that they may not."""
    veiled = resource.veils(access, row)
    out: dict[str, Any] = {
        "id": row.pk,
        "version": row.version,
        "natural_key": resource.name_of(row),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
    for field in told(resource):
        if isinstance(field, models.ForeignKey):
            out[field.name] = getattr(row, field.attname)
            value = getattr(row, field.name) if field.name in resource.references and field.name not in veiled else None
            out[f"{field.name}_name"] = str(value) if value is not None else None
        else:
            value = getattr(row, field.name)
            out[field.name] = str(value) if isinstance(field, models.FileField) else value
    out |= dict.fromkeys(each.name for each in resource.children)
    for each, _target, rows in resource.parts(access, row) if with_parts else ():
        out[each.name] = [_child_told(child, each.fields) for child in rows]
    return out


def _child_told(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """A part of a row: references as id with their name beside, as everywhere."""
    out: dict[str, Any] = {"id": row.pk}
    for name in names:
        value = getattr(row, name)
        if isinstance(value, models.Model):
            out |= {name: value.pk, f"{name}_name": str(value)}
        else:
            out[name] = value
    return out
