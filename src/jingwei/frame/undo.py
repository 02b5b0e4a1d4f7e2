"""Undo: everything that one trace wrote is taken back through the same verbs, as far as nobody changed it since."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from jingwei.frame import commands, past, scope
from jingwei.frame.access import Access
from jingwei.frame.models import History
from jingwei.frame.resource import Resource, registry


@transaction.atomic
def undo(trace: str, access: Access) -> list[str]:
    """Take back what `trace` wrote, newest first; returns what could not be taken back, in words (empty = all)."""
    left: list[str] = []
    lines = list(History.objects.filter(trace=trace).order_by("-id")) if trace else []
    if not lines:
        return [_("There is nothing left to undo.")]
    with scope.because(reason=_("undo")):
        for line in lines:
            found = registry.get(line.resource)
            if found is not None:
                problem = _one(found, line, access)
                if problem:
                    left.append(problem)
    return left


def _one(found: Resource, line: History, access: Access) -> str:
    if not past.is_readable(access, found, line):
        return _("%(what)s %(id)s: this happened in another project, where you may not look.") % {"what": found.title, "id": line.object_id}
    row = found.model.objects.filter(pk=line.object_id).first()
    try:
        if line.action == History.Action.INSERT:
            if row is not None:
                commands.remove(found, row, access)
        elif line.action == History.Action.DELETE:
            if row is None:
                with transaction.atomic() if found.returned is not None else nullcontext():  # it may still be refused once it is back
                    _bring_back(found, line, access)
        else:
            return _put_back(found, line, row, access)
    except (ValidationError, PermissionDenied) as problem:
        return f"{found.title} {line.object_id}: {'; '.join(getattr(problem, 'messages', [str(problem)]))}"
    return ""


def _put_back(found: Resource, line: History, row: Any, access: Access) -> str:
    if row is None:
        return _("%(what)s %(id)s is gone.") % {"what": found.title, "id": line.object_id}
    values: dict[str, Any] = {}
    for name in found.fields:
        field = found.model_field(name)
        if field is None or field.attname not in (line.before or {}):
            continue
        now, then = field.to_python(getattr(row, field.attname)), field.to_python((line.after or {})[field.attname])
        if now != then:
            return _("%(what)s %(id)s was changed again in “%(field)s”.") % {"what": found.title, "id": line.object_id, "field": field.verbose_name}
        values[name] = (line.before or {})[field.attname]
        if name in found.guarded and (line.after or {}).get(field.attname) != values[name]:
            return _("%(what)s %(id)s: “%(field)s” is not taken back; it follows from what is done to it.") % {
                "what": found.title, "id": line.object_id, "field": field.verbose_name,
            }  # fmt: skip
    if values:
        commands.change(found, row, values, access)
    return ""


def _bring_back(found: Resource, line: History, access: Access) -> None:
    kept = line.before or {}
    row: Any = found.model()
    row.pk = line.object_id
    for field in found.model._meta.concrete_fields:
        if field.attname in kept and not isinstance(field, models.BinaryField):
            setattr(row, field.attname, field.to_python(kept[field.attname]))
    commands.authorise(access, found, "add", row)
    if hasattr(row, "fit_to_return"):
        row.fit_to_return()
    row.validate_constraints()  # what somebody has made meanwhile is not to end in an error of the database
    row.save(force_insert=True)
    if found.returned is not None:
        found.returned(instance=row)
