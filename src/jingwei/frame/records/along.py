"""What goes along: the rows that the database deletes with a row, followed from model to model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.db import models
from django.db.models.deletion import get_candidate_relations_to_delete

from jingwei.frame.records.resource import registry

Model = type[models.Model]


def parts(whole: Model) -> Iterator[tuple[Model, models.Field[Any, Any]]]:
    """The models whose rows go with rows of this one, and by which field."""
    for relation in get_candidate_relations_to_delete(whole._meta):
        if isinstance(relation, models.ForeignObjectRel) and relation.on_delete is models.CASCADE:
            yield relation.related_model, relation.field


@cache
def ways(whole: Model) -> dict[Model, tuple[str, ...]]:
    """Every model that goes along, at however many removes, with the look-ups that lead from it to the row it goes with."""
    found: dict[Model, dict[str, None]] = {}
    fresh: list[tuple[Model, str, frozenset[Model]]] = [(whole, "", frozenset((whole,)))]
    while fresh:
        above, path, passed = fresh.pop(0)
        for part, field in parts(above):
            way = f"{field.name}__{path}" if path else field.name
            found.setdefault(part, {})[way] = None
            if part not in passed:
                fresh.append((part, way, passed | {part}))
    return {model: tuple(each) for model, each in found.items()}


def rows_along(whole: Model, part: Model, ids: set[int]) -> models.QuerySet[Any]:
    """The rows of one model that would go with these."""
    looked = models.Q()
    for way in ways(whole)[part]:
        looked |= models.Q(**{f"{way}__in": ids})
    return part._base_manager.filter(looked)


def is_held(model: Model) -> bool:
    """Whether its rows were written once: what they would go with is not deleted while they are there."""
    return bool(getattr(model, "stays_on_record", False))


def is_part_of_held(model: Model) -> bool:
    """Whether its rows live inside others that are held: those are named instead."""
    wholes = [field.related_model for field in model._meta.concrete_fields if field.name == getattr(model, "project_from", "")]
    return any(whole is not None and is_held(whole) for whole in wholes)


def comes_back(model: Model) -> bool:
    """Whether undo brings its rows back with what they went with."""
    return model._meta.label_lower in registry or bool(getattr(model, "keeps_history", False)) or bool(getattr(model, "returns", False))


def lost_with(whole: Model) -> list[str]:
    """What goes along and does not come back, by the names of its kinds; what only passes through is missed by nobody."""
    lost = [model for model in ways(whole) if not is_held(model) and not comes_back(model) and not getattr(model, "passes", False)]
    return sorted(str(model._meta.verbose_name_plural) for model in lost)
