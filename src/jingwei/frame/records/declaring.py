"""Declaring fields: which may be declared, what stays as it is while rows hold values, and that nothing is lost when one is deleted."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import translation
from django.utils.translation import gettext as _

from jingwei.frame.models import CustomField, Project
from jingwei.frame.models.custom import choices_at_most
from jingwei.frame.postgres import locks
from jingwei.frame.records import extra
from jingwei.frame.records.exporting import formula_starts
from jingwei.frame.records.resource import Resource, registry

fields_at_most = 50  # in use, for one row
Kind = CustomField.Kind
with_choices = (Kind.CHOICE, Kind.SEVERAL)
ends = ("_from", "_to")  # what a list asks of a field
apart = ",，;；、|\n"  # what stands between choices in a sheet


def check(definition: CustomField) -> None:
    """Raise ValidationError, by field, when it cannot be declared so."""
    kind = registry.get(definition.resource)
    if kind is None or not kind.is_extended:
        return  # told at that field
    if definition.project_id is not None and kind.model is Project:
        raise ValidationError({"project": _("Fields of projects are of the whole organisation. Leave the project empty.")})
    _check_choices(definition)
    _check_names(kind, definition)
    before = CustomField.unscoped.filter(pk=definition.pk).first() if definition.pk is not None else None
    if (before is None or before.key != definition.key) and definition.key.endswith(ends):
        raise ValidationError({"key": _("A key does not end in _from or _to: lists are narrowed by these. Write another one.")})
    if before is not None:
        _check_change(before, definition)
    if not definition.is_archived and (before is None or before.is_archived or before.project_id != definition.project_id):
        _check_room(definition)


def _check_choices(definition: CustomField) -> None:
    values = [value for value, _zh, _en in definition.options]
    if definition.kind in with_choices and not values:
        raise ValidationError({"choices": _("Write the choices, one a line.")})
    if definition.kind not in with_choices and values:
        raise ValidationError({"choices": _("Only fields of the types with choices have them. Leave this empty, or take another type.")})
    if len(values) > choices_at_most:
        raise ValidationError({"choices": _("At most %(most)s choices.") % {"most": choices_at_most}})
    for value in values:
        if len(value) > 100 or any(mark in value for mark in apart):
            raise ValidationError({"choices": _("“%(value)s” is longer than 100 characters or has a comma or semicolon in it.") % {"value": value[:40]}})
    if len(set(values)) < len(values):
        raise ValidationError({"choices": _("Each choice stands there once.")})


def _check_names(kind: Resource, definition: CustomField) -> None:
    """A sheet tells fields by their names: none bears that of another, or is taken for a formula."""
    beside = CustomField.unscoped.filter(tenant_id=definition.tenant_id, resource=kind.key).exclude(pk=definition.pk)
    if definition.project_id is not None:
        beside = beside.filter(models.Q(project=None) | models.Q(project=definition.project_id))
    taken = set(kind.fields)
    for language in ("zh-hans", "en"):
        with translation.override(language):
            taken |= {str(kind.label(name)).lower() for name in kind.fields} | {each.label.lower() for each in beside}
    for name in ("label_zh", "label_en"):
        label = getattr(definition, name) or ("" if definition.label_zh or definition.label_en else definition.key)
        if label.lower() in taken:
            raise ValidationError({name: _("“%(name)s” is the name of another field already. Choose another name.") % {"name": label}})
        if label.startswith(formula_starts):
            raise ValidationError({name: _("A name begins with a letter or a digit: spreadsheets would take “%(name)s” for a formula.") % {"name": label}})


def _check_change(before: CustomField, now: CustomField) -> None:
    """Whose values rows hold is not made into something else."""
    is_narrowed = before.project_id != now.project_id and now.project_id is not None
    changed = [name for name in ("resource", "key", "kind") if getattr(before, name) != getattr(now, name)] + ["project"] * is_narrowed
    if changed:  # nobody writes a value of it in between
        locks.hold(extra.lock_of(before.tenant_id, before.resource))
    if changed and (count := rows_with(before).count()):
        text = _("%(count)s rows hold values of this field, so this stays as it is. Archive the field and declare another, or empty the values first.")
        raise ValidationError({name: text % {"count": count} for name in changed})


def _check_room(definition: CustomField) -> None:
    """A row has at most fifty: those of the organisation and those of its project."""
    locks.hold(f"fields:{definition.tenant_id}:{definition.resource}")
    rows = CustomField.unscoped.filter(tenant_id=definition.tenant_id, resource=definition.resource, is_archived=False).exclude(pk=definition.pk)
    by_place = dict(rows.order_by().values_list("project").annotate(count=models.Count("pk")))
    own = by_place.pop(None, 0)
    beside = by_place.get(definition.project_id, 0) if definition.project_id is not None else max(by_place.values(), default=0)
    if own + beside >= fields_at_most:
        raise ValidationError(_("There are %(most)s fields already. Archive one that is not needed any more.") % {"most": fields_at_most})


def rows_with(definition: CustomField) -> models.QuerySet[Any]:
    """The rows that hold a value of it."""
    kind = registry.get(definition.resource)
    if kind is None or not kind.is_extended:
        return CustomField.unscoped.none()
    return kind.model.unscoped.filter(tenant_id=definition.tenant_id, extra__has_key=definition.key)


def remove(*, instance: CustomField) -> None:
    """One that rows hold values of is archived, so that nothing is lost; one that none does is gone."""
    locks.hold(extra.lock_of(instance.tenant_id, instance.resource))
    if not rows_with(instance).exists():
        instance.delete()
    elif not instance.is_archived:
        instance.is_archived = True
        instance.save()


fields = Resource(
    CustomField,
    columns=("resource", "label", "key", "kind", "project", "is_required", "position", "is_archived"),
    fields=("resource", "project", "label_zh", "label_en", "key", "kind", "choices", "is_required", "help", "position", "is_archived"),
    natural_key=("resource", "key"),
    filters=("resource", "project", "kind", "is_archived"),
    search=("key", "label_zh", "label_en"),
    inline=("label_zh", "label_en", "position"),
    order=("resource", "is_archived", "position", "id"),
    roles={"manager": "*"},
    rules=(check,),
    remove=remove,
    is_stream=False,
    icon="columns",
    menu="settings",
    example=lambda: {"resource": "frame.project", "key": "cost-centre", "kind": "text", "help": "CC-1001"},
)
