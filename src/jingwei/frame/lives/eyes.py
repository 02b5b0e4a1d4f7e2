"""Four eyes: nobody decides on what he wrote himself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.models import History


@dataclass(frozen=True)
class Authors:
    """Who may not decide: whoever wrote one of these fields of the row, or of one of its parts ({accessor: fields}), or is named by one of `named`,
    or moved it to one of the states of `moved_to`."""

    fields: tuple[str, ...] = ()
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    named: tuple[str, ...] = ()
    moved_to: tuple[str, ...] = ()

    def people(self, rows: Sequence[Any], state_field: str) -> dict[int, set[int]]:
        """By the id of each of these rows (all of one model) who they are: one query, and three more for each list of parts."""
        out: dict[int, set[int]] = {row.pk: {pk for name in self.named if (pk := getattr(row, f"{name}_id")) is not None} for row in rows}
        if not rows:
            return out
        model, ids = type(rows[0]), list(out)
        lines = _history(model).filter(object_id__in=ids)
        touched = Q(after__has_any_keys=_columns(model, self.fields))
        touched |= Q(action=History.Action.UPDATE, **{f"after__{state_field}__in": self.moved_to})
        for pk, actor in lines.filter(touched).values_list("object_id", "actor_id").distinct():
            out[pk].add(actor)
        for accessor, names in self.parts.items():
            for pk, actor in _wrote_parts(model._meta.get_field(accessor), names, ids):
                out[pk].add(actor)
        return out

    def include(self, row: Any, state_field: str, user_id: int) -> bool:
        """Whether this person is one of them."""
        return user_id in self.people([row], state_field)[row.pk]

    def refuse(self, row: Any, state_field: str) -> str:
        """The refusal in words when who works now is one of them; empty otherwise."""
        me = scope.current().user_id
        return _("Another person must do this than those who wrote or submitted it.") if me is not None and self.include(row, state_field, me) else ""


def _history(model: Any) -> Any:
    """What people did to rows of a model in the whole organisation: a row that has moved was written where it came from, whatever who asks may see of that."""
    return History.unscoped.filter(tenant_id=scope.current().tenant_id, resource=model._meta.label_lower, actor_id__isnull=False)


def _columns(model: Any, names: Iterable[str]) -> list[str]:
    return [model._meta.get_field(name).attname for name in names]


def _wrote_parts(relation: Any, names: Iterable[str], ids: list[int]) -> Iterator[tuple[int, int]]:
    """(whole, person) of everybody who wrote a part of one of these wholes, or took one away."""
    model, whole = relation.related_model, relation.field.attname
    wholes = dict(model.unscoped.filter(tenant_id=scope.current().tenant_id, **{f"{whole}__in": ids}).values_list("pk", whole))
    lines = _history(model)
    for part, actor in (
        lines.filter(object_id__in=list(wholes), after__has_any_keys=[*_columns(model, names), whole]).values_list("object_id", "actor_id").distinct()
    ):
        yield wholes[part], actor
    yield from lines.filter(**{f"before__{whole}__in": ids}).values_list(f"before__{whole}", "actor_id").distinct()
