"""What is declared of an approval: which step asks, who decides stage after stage, and which steps follow from the votes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

days_at_most = 90  # that a project may give itself


@dataclass(frozen=True)
class Stage:
    """Whose voices are asked, and how many of them must say yes.

    They hold `permission` in the row's project (left out: that of the step `yes`), or the role of that key there. `when(row)` says whether the stage
    is asked at all; left out, it always is.
    """

    name: str
    title: Any
    permission: str = ""
    role: str = ""
    quorum: int = 1
    when: Callable[[Any], bool] | None = None

    def is_asked(self, row: Any) -> bool:
        """Whether this row needs it."""
        return self.when is None or self.when(row)


@dataclass(frozen=True)
class Approval:
    """When the step `on` is taken a case opens with the first stage that is asked; a stage passes by its quorum, then the next one opens; after the
    last the step `yes` is taken, and after the first no the step `no`, which may ask for one text: the reason. No other way leads to these two.

    `days` working days a stage has (None: no end); `late` = "remind" those who are asked, or "escalate" to the next stage and the project's manager too.
    `back` is the step by which it is taken from the vote again.
    A change of a field of `voids_on`, or of the row's parts, withdraws the votes, and it is asked anew.
    """

    on: str
    yes: str
    no: str
    stages: tuple[Stage, ...]
    days: int | None = None
    late: str = "remind"
    voids_on: tuple[str, ...] = ()
    back: str = ""

    def stage(self, name: str) -> Stage:
        """The stage of that name; LookupError when there is none."""
        for each in self.stages:
            if each.name == name:
                return each
        raise LookupError(f"there is no stage {name!r}")

    def asked_of(self, row: Any, after: str = "") -> Iterator[Stage]:
        """The stages that this row needs, or those of them that come after one."""
        names = [each.name for each in self.stages]
        first = names.index(after) + 1 if after else 0
        yield from (each for each in self.stages[first:] if each.is_asked(row))

    def check(self, resource: Any) -> None:
        """Raise LookupError when it cannot be held: at the start, not at the first vote."""
        life = resource.life
        if life is None:
            raise LookupError(f"{resource.key}: an approval needs a life")
        if not {self.on, self.yes, self.no} <= life.names:
            raise LookupError(f"{resource.key}: the life has no steps {sorted({self.on, self.yes, self.no} - life.names)}")
        waits = life.step(self.on).to
        if any(life.step(name).from_ != (waits,) or life.step(name).to == waits for name in (self.yes, self.no)):
            raise LookupError(f"{resource.key}: {self.yes} and {self.no} must lead on from {waits!r}, and from nowhere else")
        if self.back and (self.back not in life.names or waits not in life.step(self.back).from_):
            raise LookupError(f"{resource.key}: {self.back!r} must lead on from {waits!r}")
        if self.late not in ("remind", "escalate") or (self.days is not None and not 1 <= self.days <= days_at_most):
            raise LookupError(f"{resource.key}: late is remind or escalate, days from 1 to {days_at_most}")
        if len({each.name for each in self.stages}) != len(self.stages) or all(each.when is not None for each in self.stages):
            raise LookupError(f"{resource.key}: stages have names of their own, and one of them is always asked: nothing is approved by nobody")
        if any(each.quorum < 1 or (each.permission and each.role) for each in self.stages):
            raise LookupError(f"{resource.key}: a stage needs at least one voice, of those with a permission or with a role")
        for name in self.voids_on:
            try:
                resource.model._meta.get_field(name)
            except FieldDoesNotExist:
                raise LookupError(f"{resource.key}: voids_on names {name!r}, which the model has not") from None
        asked = [resource.model_field(name) for step in (self.yes, self.no) for name in life.step(step).asked]
        if any(not isinstance(found, models.TextField) for found in asked) or any(len(life.step(s).asked) > 1 for s in (self.yes, self.no)):
            raise LookupError(f"{resource.key}: a step that votes take asks for one text at most: the reason")
