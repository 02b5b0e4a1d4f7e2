"""What stands on a row: a fixed row keeps what it names, so that cannot be deleted under it; and what stays on record holds what it would go with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from jingwei.frame.lives.lifecycle import Everything, Lifecycle
from jingwei.frame.models import Project
from jingwei.frame.records import along
from jingwei.frame.records.resource import Resource, registry, resources


def what_holds(resource: Resource, row: Any) -> str:
    """Why a row cannot be deleted as it stands, in words; nothing when it can."""
    try:
        if resource.life is not None:
            resource.life.check_removal(row)
        refuse_removal(resource, [row])
    except ValidationError as problem:
        return " ".join(problem.messages)
    return ""


def refuse_removal(resource: Resource, rows: Sequence[Any]) -> None:
    """Raise ValidationError naming a row whose state fixes a reference to one of these, or to what would be deleted with them, or that would be deleted
    with them though it may not be by itself."""
    ways = list(_ways(resource))
    ids = _with_what_is_below(resource, {row.pk for row in rows})
    _refuse_to_take(resource, ids)
    for other, name, fixed in ways:
        found = other.model.objects.filter(fixed, **{f"{name}__in": ids}).exclude(pk__in=ids if other is resource else ()).first()
        if found is not None:
            text = _("It cannot be deleted: “%(row)s” names it and is not changed any more.")
            raise ValidationError(text % {"row": found})


def _refuse_to_take(resource: Resource, ids: set[int]) -> None:
    staying = list[str]()
    for rows in _on_record(resource, ids):
        if many := rows.count():
            said = _("“%(row)s” and %(more)s more") if many > 1 else "“%(row)s”"
            staying.append(f"{rows.model._meta.verbose_name} " + said % {"row": rows.order_by("pk").first(), "more": many - 1})
    if staying:
        text = _("It cannot be deleted, for what stays on record would go with it: %(rows)s.") % {"rows": "; ".join(staying)}
        if resource.model is Project:
            text += " " + _("Give the project the status “%(closed)s” instead.") % {"closed": Project.Status.CLOSED.label}
        elif resource.life is not None and resource.life.instead:
            text += f" {resource.life.instead}"
        raise ValidationError(text)


def _on_record(resource: Resource, ids: set[int]) -> Iterator[models.QuerySet[Any]]:
    """The rows, by kind, that would go with these and have to stay: by the life they lead, or since they were written once."""
    for model in along.ways(resource.model):
        other = registry.get(model._meta.label_lower)
        rows = along.rows_along(resource.model, model, ids)
        if other is not None and other.life is not None:
            yield other.life.staying(rows.exclude(pk__in=ids) if other is resource else rows)
        elif along.is_held(model) and not along.is_part_of_held(model):
            yield rows


def _ways(resource: Resource) -> Iterator[tuple[Resource, str, models.Q]]:
    """Each reference to rows of this resource that some state fixes: of which resource, by which field, in which states."""
    for other in resources():
        whole = getattr(other.model, "project_from", "")
        above = other.target(whole) if whole else None
        for name in other.fields:
            if other.target(name) is not resource or name == whole:
                continue
            own = _states(other.life, name) if other.life is not None else []
            if own and other.life is not None:
                yield other, name, models.Q(**{f"{other.life.field}__in": own})
            elif above is not None and above.life is not None and (states := [s for s, fixed in above.life.locked.items() if fixed == Everything]):
                yield other, name, models.Q(**{f"{whole}__{above.life.field}__in": states})


def _states(life: Lifecycle, name: str) -> list[str]:
    return [state for state, fixed in life.locked.items() if fixed == Everything or name in fixed]


def _with_what_is_below(resource: Resource, ids: set[int]) -> set[int]:
    """These and what is deleted with them in the same tree."""
    trees = [f.name for f in resource.model._meta.concrete_fields if isinstance(f, models.ForeignKey) and f.related_model is resource.model]
    found, fresh = set(ids), ids
    while fresh and trees:
        below = models.Q()
        for name in trees:
            below |= models.Q(**{f"{name}__in": fresh})
        fresh = set(resource.model.objects.filter(below).values_list("pk", flat=True)) - found
        found |= fresh
    return found


def still_used(problem: models.ProtectedError) -> ValidationError:
    """What the database keeps it from being deleted for, in words."""
    names = ", ".join(sorted({str(type(o)._meta.verbose_name) for o in problem.protected_objects}))
    return ValidationError(_("It cannot be deleted because it is used by: %(names)s. Remove those first.") % {"names": names})
