"""What goes along: the resources that say so, in the order in which their rows can be made, and what each of their fields is in a file."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import TopologicalSorter

from django.db import models

from jingwei.frame.models import Project
from jingwei.frame.records.resource import Resource, resource, resources

OWN, DATE, LOCAL, PERSON, NAMED = "own", "date", "local", "person", "named"


def project() -> Resource:
    """The resource of projects themselves."""
    return resource(Project._meta.label_lower)


def templated() -> list[Resource]:
    """Whose rows go along: those of projects, each behind what its rows refer to."""
    found = {each.key: each for each in resources() if each.templated and not each.is_placeholder and each.model is not Project}
    above = {key: {target.key for _name, target in references(each) if target.key in found and target.key != key} for key, each in found.items()}
    return [found[key] for key in TopologicalSorter(above).static_order()]


def references(found: Resource) -> Iterator[tuple[str, Resource]]:
    """The templated fields of a resource that name rows of another (or of the same)."""
    for name in found.templated:
        if (target := found.target(name)) is not None:
            yield name, target


def kind_of(found: Resource, name: str) -> str:
    """What a field is in a file. LookupError when no template can take it along."""
    field, target = found.model_field(name), found.target(name)
    if field is None or (isinstance(field, models.ForeignKey) and target is None):
        raise LookupError(f"{found.key}: no template takes {name!r} along")
    if target is None:
        return DATE if isinstance(field, models.DateField) else OWN
    if target.is_placeholder:
        return PERSON
    if target.templated and target.model is not Project:
        return LOCAL
    if target.model.project_path:
        raise LookupError(f"{found.key}: {name!r} names a row of a project that does not go along")
    return NAMED


def own_tree(found: Resource) -> str:
    """The field by which its rows are parts of others of the same kind; empty when there is none."""
    return next((name for name, target in references(found) if target is found), "")


def is_needed(found: Resource, name: str) -> bool:
    """Whether a row cannot be without what this field names."""
    field = found.model_field(name)
    return field is not None and not field.null
