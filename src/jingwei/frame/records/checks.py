"""What the database checks of a row, told at its fields in people's words: no name of a constraint reaches anybody."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_comparisons: dict[str, tuple[Callable[[Any, Any], bool], Any]] = {
    "lte": (operator.le, gettext_lazy("At most %(bound)s.")), "gte": (operator.ge, gettext_lazy("At least %(bound)s.")),
    "lt": (operator.lt, gettext_lazy("Less than %(bound)s.")), "gt": (operator.gt, gettext_lazy("More than %(bound)s.")),
    "in": (lambda value, bound: value in bound, gettext_lazy("One of: %(bound)s.")), "exact": (operator.eq, gettext_lazy("The same as %(bound)s.")),
}  # fmt: skip
_not_same = gettext_lazy("Not the same as %(bound)s.")


def refuse(row: Any, exclude: Any = None) -> None:
    """Raise ValidationError, by field, for the checks of a row's model that it does not pass."""
    problems: dict[str, list[ValidationError]] = {}
    for constraint in row._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            continue
        try:
            constraint.validate(type(row), row, exclude=exclude)
        except ValidationError as problem:
            for name, said in (_words(constraint, row) or {"__all__": problem}).items():
                if exclude and name in exclude:  # nobody is asked for it here
                    name, said = "__all__", ValidationError(f"{row._meta.get_field(name).verbose_name}: {said.message}")
                problems.setdefault(name, []).append(said)
    if problems:
        raise ValidationError(problems)


def _words(constraint: models.BaseConstraint, row: Any) -> dict[str, ValidationError]:
    """What is wrong at which field; nothing when the constraint has a text of its own or is none that can be put in words."""
    if not isinstance(constraint, models.CheckConstraint) or constraint.violation_error_message != constraint.default_violation_error_message:
        return {}
    out: dict[str, ValidationError] = {}
    for name, lookup, bound, is_not in leaves(constraint.condition):
        if lookup not in _comparisons:
            continue
        holds, text = _comparisons[lookup]
        value, given = getattr(row, row._meta.get_field(name).attname), _given(row, bound)
        if value is not None and given is not None and holds(value, given) is is_not:
            out.setdefault(name, ValidationError((_not_same if is_not else text) % {"bound": _shown(row, bound)}))
    return out


def leaves(condition: Any, is_not: bool = False) -> Iterator[tuple[str, str, Any, bool]]:
    """Each comparison of a condition: field, lookup, what it is compared with, and whether it must not hold."""
    is_not ^= condition.negated
    for child in condition.children:
        if isinstance(child, models.Q):
            yield from leaves(child, is_not)
        else:
            name, _separator, lookup = child[0].partition("__")
            yield name, lookup or "exact", child[1], is_not


def _given(row: Any, bound: Any) -> Any:
    return getattr(row, _named(row, bound).attname) if isinstance(bound, models.F) else bound


def _named(row: Any, bound: Any) -> Any:
    return row._meta.get_field(bound.name)


def _shown(row: Any, bound: Any) -> str:
    if isinstance(bound, models.F):
        return _("“%(field)s”") % {"field": _named(row, bound).verbose_name}
    return ", ".join(map(str, bound)) if isinstance(bound, list | tuple) else str(bound)
