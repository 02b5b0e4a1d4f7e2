"""The commonest resource of all: rows that live inside another row's form."""

from __future__ import annotations

from typing import Any

from jingwei.frame.models import ProjectModel
from jingwei.frame.records.resource import Resource, resource_of


def part(model: type[ProjectModel], key: str, *fields: str, also: tuple[str, ...] = (), inline: tuple[str, ...] = (), **more: Any) -> Resource:
    """Declare the parts of a whole that is declared already: a part is named by its whole's name and `key`; its columns are `fields` and `also`.

    Everything but what it names may be edited in the list, unless `inline` says what.
    """
    name = model.project_from
    above: Any = model._meta.get_field(name).related_model
    whole = resource_of(above)
    if whole is None:
        raise LookupError(f"{model._meta.label_lower}: declare its whole first")
    figures = inline or tuple(each for each in fields if not model._meta.get_field(each).is_relation)
    return Resource(
        model, columns=(name, *fields, *also), fields=(name, *fields), natural_key=(*(f"{name}__{path}" for path in whole.natural_key), key), inline=figures, **more
    )  # fmt: skip
