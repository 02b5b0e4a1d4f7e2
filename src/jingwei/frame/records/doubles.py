"""One of each: what the database would refuse as a double, told at the field that names it, and told only as far as one may look.

A key, code or name that people type is one in any case, as far as its constraint reaches: “MES” is “mes”. The database holds it by an index (guards.py),
except where an installation had both before; there this check alone keeps further ones away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from jingwei.frame import scope as scoped
from jingwei.frame.records.resource import Resource, resource_of
from jingwei.frame.rights.access import Access
from jingwei.frame.walls import troubles


def typed_key(resource: Resource) -> tuple[str, tuple[str, ...]] | None:
    """The field by which people name such a row, with the fields within whose values it is one; None when it is named by other things."""
    for name in resource.natural_key:
        found = resource.model_field(name)
        if isinstance(found, models.CharField) and not found.choices:  # what is chosen is not typed
            for constraint in resource.model._meta.constraints:
                if isinstance(constraint, models.UniqueConstraint) and name in constraint.fields and constraint.condition is None:
                    return name, tuple(each for each in constraint.fields if each != name)
    return None


def refuse(row: Any, access: Access | None, names: Collection[str], before: Mapping[str, Any] | None = None, besides: Collection[int] = ()) -> None:
    """Raise ValidationError when a row as it would be is a double of another one. `names` are the fields that are given, `before` the values that are
    stored: what does not change is no new double. `besides` are rows that may be gone or changed when this one is written: its whole's other parts."""
    problems = {name: [said(row, name, other, access)] for name, other in _found(row, names, before, besides)}
    if problems:
        raise ValidationError(problems)


def said(row: Any, name: str, other: Any, access: Access | None) -> ValidationError:
    """What is told of a double: by its value to whoever may see it, and to everybody else no more than that the name cannot be had."""
    resource = resource_of(type(row))
    if access is None or resource is None or not resource.seen(access).filter(pk=other.pk).exists():
        return ValidationError(troubles.taken(), code="unique")
    value = getattr(other, name)
    shown = resource.name_of(other) if value is None or isinstance(value, models.Model) else value
    return ValidationError(_("There is one with “%(value)s” already. Choose another."), params={"value": shown}, code="unique")


def _found(row: Any, names: Collection[str], before: Mapping[str, Any] | None, besides: Collection[int]) -> Iterator[tuple[str, Any]]:
    """Each double with the field at which it is told."""
    resource = resource_of(type(row))
    key = typed_key(resource) if resource is not None else None
    told: set[str] = set()
    for fields, constraint in _rules(type(row)):
        given = [name for name in fields if name in names]
        named = [name for name in given if getattr(row, row._meta.get_field(name).attname) not in (None, "")] or given  # what is empty has doubled nothing
        stored = [row._meta.get_field(name).attname for name in fields]
        if not named or named[-1] in told or (before is not None and all(before.get(name) == getattr(row, name) for name in stored)):
            continue
        other = _double_of(row, fields, constraint, key[0] if key is not None else "", besides)
        if other is not None:
            told.add(named[-1])
            yield named[-1], other


def refuse_parts(resource: Resource, known: Mapping[int, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Raise ValidationError when, written one after the other, a part of a list would be a double of another part that is there then."""
    whole = getattr(resource.model, "project_from", "")
    for constraint in resource.model._meta.constraints:
        if not isinstance(constraint, models.UniqueConstraint) or whole not in constraint.fields or constraint.condition is not None:
            continue
        names = [name for name in constraint.fields if name != whole]
        held = {pk: tuple(getattr(known[pk], name) for name in names) for pk in (row["id"] for row in rows if "id" in row)}
        for number, row in enumerate(rows, 1):
            place = row.get("id", -number)
            key = tuple(row[name] if name in row else getattr(known.get(place), name, None) for name in names)
            if key in (other for pk, other in held.items() if pk != place):
                shown = " / ".join(str(value) for value in key)
                raise ValidationError(_("Line %(number)s: “%(value)s” is in this list already.") % {"number": number, "value": shown})
            held[place] = key


def _rules(model: type[models.Model]) -> Iterator[tuple[tuple[str, ...], models.UniqueConstraint | None]]:
    for field in model._meta.local_concrete_fields:
        if field.unique and not field.primary_key:
            yield (field.name,), None
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields:
            yield tuple(constraint.fields), constraint


def _double_of(row: Any, fields: Sequence[str], constraint: models.UniqueConstraint | None, key: str, besides: Collection[int]) -> Any | None:
    """Another row with the same values, in whatever case where people type them; also one that the asker may not see."""
    rows = type(row).unscoped.filter(tenant_id=row.tenant_id).exclude(pk__in=[each for each in (row.pk, *besides) if each is not None])
    is_null_one = constraint is not None and constraint.nulls_distinct is False
    for name in fields:
        value = getattr(row, row._meta.get_field(name).attname)
        if (value is None and not is_null_one) or value == "":
            return None
        if name == key and isinstance(value, str):
            rows = rows.alias(folded=Lower(name)).filter(folded=Lower(models.Value(value)))
        else:
            rows = rows.filter(**{f"{name}__isnull": True} if value is None else {name: value})
    condition = constraint.condition if constraint is not None else None
    if condition is not None:
        if not condition.check(row._get_field_expression_map(meta=row._meta)):
            return None
        rows = rows.filter(condition)
    return rows.first()


def refuse_in(resource: Resource, items: Sequence[tuple[Any | None, Mapping[str, Any]]]) -> None:
    """Of many rows that are written together: raise ValidationError when the typed key of one is there in another case. One question for all."""
    if (key := typed_key(resource)) is None:
        return
    name, scope = key
    wanted = [_mark(resource, row, values, name, scope) for row, values in items if _is_named_anew(row, values, name)]
    given = [mark for mark in wanted if mark is not None]
    marks = set(given)
    if len(marks) < len(given):
        raise ValidationError({name: [troubles.taken()]})
    if marks:
        rows = resource.model.unscoped.alias(folded=Lower(name)).filter(folded__in={mark[-1] for mark in marks})
        rows = rows.filter(tenant_id=scoped.current().tenant_id)
        columns = [_column(resource, each) for each in scope]
        for place, column in enumerate(columns):  # as the index goes, and nothing of other projects is fetched
            inside = {mark[place] for mark in marks}
            if None not in inside:
                rows = rows.filter(**{f"{column}__in": inside})
        known = {row.pk for row, values in items if row is not None and _is_named_anew(row, values, name)}
        if any((*found[:-1], found[-1].lower()) in marks for found in rows.exclude(pk__in=known).values_list(*columns, name)):
            raise ValidationError({name: [troubles.taken()]})


def _column(resource: Resource, name: str) -> str:
    field = resource.model_field(name)
    return field.attname if field is not None else name


def _is_named_anew(row: Any | None, values: Mapping[str, Any], name: str) -> bool:
    return bool(values.get(name)) and (row is None or getattr(row, name) != values[name])


def _mark(resource: Resource, row: Any | None, values: Mapping[str, Any], name: str, scope: Sequence[str]) -> tuple[Any, ...] | None:
    """Where a row would be, and its folded key."""
    where = []
    for each in scope:
        attname = _column(resource, each)
        value = (
            getattr(values[each], "pk", values[each])
            if each in values and values[each] is not None
            else getattr(row, attname, None)
            if row is not None
            else None
        )
        where.append(scoped.current().tenant_id if value is None and each == "tenant" else value)
    return (*where, str(values[name]).lower())
