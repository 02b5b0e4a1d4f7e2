"""A matrix: rows of a list by two fields of choices or of small numbers, counted in cells that a declared severity colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy

from jingwei.frame.records.listing import Listing
from jingwei.frame.records.resource import Resource
from jingwei.frame.views.view import View, leading

told_at_most = 3  # rows that a cell names
steps_at_most = 12
between = "~"


class Grade(NamedTuple):
    """How grave a cell is: a tone of the house (good, busy, warn, bad, plain), a mark that is shown, and words."""

    tone: str
    mark: str = ""
    words: Any = ""


@dataclass(frozen=True)
class Axis:
    """One side. Of `fields` the first that is given counts; `tops` are the highest values of its steps, which are then counted from 1; `names` name the steps."""

    fields: tuple[str, ...]
    tops: tuple[int, ...] = ()
    names: Mapping[Any, Any] = field(default_factory=dict)
    title: Any = ""

    def steps(self, resource: Resource) -> dict[str, tuple[Any, Any]]:
        """Each step as the address names it: its value and its name."""
        found = resource.model_field(self.fields[0])
        assert found is not None
        if self.tops:
            known: dict[Any, Any] = {number: number for number in range(1, len(self.tops) + 1)}
        elif found.flatchoices:
            known = dict(found.flatchoices)
        else:
            known = {number: number for number in _range_of(found)}
        return {str(value): (value, self.names.get(value, label)) for value, label in known.items()}

    @property
    def step(self) -> Any:
        """The step of a row, for a query."""
        value: Any = Coalesce(*self.fields) if len(self.fields) > 1 else F(self.fields[0])
        if not self.tops:
            return value
        return _banded(value, self.tops)

    def heading(self, resource: Resource) -> Any:
        """How the side is called."""
        return self.title or resource.label(self.fields[0])


def _banded(value: Any, tops: tuple[int, ...]) -> Any:
    """The number of the first step that a value does not exceed."""
    steps = (When(models.lookups.LessThanOrEqual(value, top), then=Value(number)) for number, top in enumerate(tops, 1))
    return Case(*steps, default=None, output_field=models.IntegerField())


def _range_of(found: models.Field[Any, Any]) -> range:
    """The few numbers that a field may hold, as its validators say."""
    lows = [int(each.limit_value) for each in found.validators if isinstance(each, MinValueValidator)]
    highs = [int(each.limit_value) for each in found.validators if isinstance(each, MaxValueValidator)]
    return range(max(lows), min(highs) + 1) if lows and highs else range(0)


@dataclass(frozen=True)
class Matrix(View):
    """`down` and `across` are fields or axes; `severity(step down, step across)` grades a cell."""

    kind: ClassVar[str] = "matrix"
    icon: ClassVar[str] = "dashboard"
    usual_title: ClassVar[Any] = gettext_lazy("Matrix")

    down: str | Axis
    across: str | Axis
    severity: Callable[[Any, Any], Grade] | None = None

    @property
    def sides(self) -> tuple[Axis, Axis]:
        """Both, as axes."""
        down, across = (each if isinstance(each, Axis) else Axis((each,)) for each in (self.down, self.across))
        return down, across

    def named(self) -> tuple[str, ...]:
        """The fields it stands on."""
        return tuple(name for side in self.sides for name in side.fields)

    def check(self, resource: Resource) -> None:
        """Both sides have a few steps that can be told beforehand."""
        super().check(resource)
        if any(not 0 < len(side.steps(resource)) <= steps_at_most for side in self.sides):
            raise LookupError(f"{resource.key}: a side of “{self.key}” has no steps, or too many")

    def placed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows with their steps."""
        down, across = self.sides
        placed: QuerySet[Any] = rows.annotate(step_down=down.step, step_across=across.step)
        return placed

    def answer(self, listing: Listing) -> dict[str, Any]:
        """Lines of cells with counts and the first rows of each."""
        return self.answered(listing.resource, self.rows(listing))

    def answered(self, resource: Resource, rows: QuerySet[Any]) -> dict[str, Any]:
        """The same for rows that the caller has chosen. The highest step down stands on top."""
        (down, across), placed = self.sides, self.placed(rows)
        grouped = placed.order_by().values("step_down", "step_across").annotate(count=Count("pk"))
        counts = {(each["step_down"], each["step_across"]): each["count"] for each in grouped}
        told: dict[tuple[Any, Any], list[Any]] = {}
        for row in leading(placed.filter(step_down__isnull=False, step_across__isnull=False), ("step_down", "step_across"), told_at_most):
            told.setdefault((row.step_down, row.step_across), []).append(row)
        lines, inside = [], 0
        sides, columns = down.steps(resource), across.steps(resource)
        for key, (value, name) in reversed(sides.items()):
            cells = [self._cell(f"{key}{between}{at}", value, step, counts, told) | {"down": name, "across": label} for at, (step, label) in columns.items()]
            inside += sum(cell["count"] for cell in cells)
            lines.append({"step": key, "name": name, "cells": cells})
        return {
            "lines": lines, "heads": [name for _step, name in columns.values()], "down": down.heading(resource), "across": across.heading(resource),
            "left_out": sum(counts.values()) - inside, "count": sum(counts.values()), "tall": len(lines),
        }  # fmt: skip

    def _cell(self, place: str, down: Any, across: Any, counts: Mapping[Any, int], told: Mapping[Any, list[Any]]) -> dict[str, Any]:
        grade = self.severity(down, across) if self.severity is not None else Grade("plain")
        count = counts.get((down, across), 0)
        shown = told.get((down, across), [])
        return {"place": place, "count": count, "grade": grade, "rows": shown, "further": count - len(shown)}

    def inside(self, resource: Resource, place: str) -> Q | None:
        """A cell."""
        keys = place.split(between)
        if len(keys) != 2 or any(key not in side.steps(resource) for key, side in zip(keys, self.sides, strict=True)):
            return None
        exact = [models.lookups.Exact(side.step, side.steps(resource)[key][0]) for key, side in zip(keys, self.sides, strict=True)]
        return Q(exact[0]) & Q(exact[1])

    def words(self, resource: Resource, place: str) -> str:
        """Both steps by name."""
        pairs = zip(place.split(between), self.sides, strict=False)
        return " × ".join(f"{side.heading(resource)}: {side.steps(resource)[key][1]}" for key, side in pairs if key in side.steps(resource))
