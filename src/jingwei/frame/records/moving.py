"""A row that goes to another project: what it names must come from there, and nothing that stands on it is left behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from jingwei.frame.records import currencies, extra
from jingwei.frame.records.resource import Resource, resources


def check(resource: Resource, row: Any, after: Any, cleaned: Mapping[str, Any]) -> None:
    """Raise ValidationError naming the references that stay in the old project, or what still stands on the row there."""
    place = resource.project_of(after)
    wrong: dict[str, Any] = {}
    for name in resource.confined:
        found, target = getattr(after, name), resource.target(name)
        if found is not None and target is not None and name not in cleaned and target.project_of(found) not in (None, place):
            wrong[name] = _("“%(value)s” belongs to another project. Choose one of the same project.") % {"value": target.name_of(found)}
    if resource.is_extended and row.extra:
        extra.hold_still(resource)
    for each in extra.fields_of(resource, resource.project_of(row)):
        if each.definition.project_id is not None and cleaned.get(extra.column, row.extra).get(each.key) is not None:
            wrong[each.name] = _("“%(field)s” is a field of the old project only. Empty it, or declare it for the whole organisation.") % {
                "field": each.definition
            }
    left = sorted({str(other.title_plural) for other, rows in _standing_on(resource, row) if rows.exists()})
    if left:
        field = getattr(resource.model, "project_from", "") or "project"
        wrong[field] = _("It cannot go to another project: %(names)s stand on it here. Remove those first.") % {"names": ", ".join(left)}
    wrong = currencies.kept_from_moving(resource, row, after, cleaned) | wrong
    if wrong:
        raise ValidationError(wrong)


def _standing_on(resource: Resource, row: Any) -> Iterator[tuple[Resource, models.QuerySet[Any]]]:
    """Rows of the old project that name this one and would keep naming it: its parts, and whoever refers to it within the project."""
    for other in resources():
        whole = getattr(other.model, "project_from", "")
        for name in dict.fromkeys((*other.confined, whole)):
            if name and other.target(name) is resource and not _follows(other, name):
                yield other, other.model.unscoped.filter(**{name: row.pk}).exclude(pk=row.pk if other is resource else None)


def _follows(other: Resource, name: str) -> bool:
    """Whether rows that are parts by this reference simply go along: they name nothing else of the project."""
    return name == getattr(other.model, "project_from", "") and not other.confined


def follow(resource: Resource, row: Any) -> None:
    """Parts of a row that has moved go along."""
    for other in resources():
        whole = getattr(other.model, "project_from", "")
        if whole and other.target(whole) is resource and _follows(other, whole):
            other.model.unscoped.filter(**{whole: row.pk}).update(project_id=resource.project_of(row))
