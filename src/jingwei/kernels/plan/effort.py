"""Effort: work = duration x units, and which of them gives way when another changes, by task type and whether effort drives it.

Source: Microsoft Project, "Change the task type": of the three, the type keeps one, the change sets another, the third follows.
Exact: minutes and units are fractions, so no sequence of changes drifts; round only what is shown or stored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

TaskType = Literal["fixed_units", "fixed_work", "fixed_duration"]
task_types: tuple[TaskType, ...] = ("fixed_units", "fixed_work", "fixed_duration")


class EffortError(ValueError):
    """Numbers that cannot be: negative, or work without anybody to do it."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Working minutes of a task, minutes of work in it, and the units of each resource (1 = full time, same work a unit).

    Without resources there is no work, and the duration stands by itself.
    """

    duration_minutes: Fraction
    units: tuple[Fraction, ...] = ()
    type: TaskType = "fixed_units"
    is_effort_driven: bool = False

    def __post_init__(self) -> None:
        if self.duration_minutes < 0 or any(units <= 0 for units in self.units):
            raise EffortError("a duration must not be negative, units must be more than nothing")

    @classmethod
    def of(cls, duration_minutes: int, *units: Fraction | int, type: TaskType = "fixed_units", is_effort_driven: bool = False) -> Effort:
        """From whole minutes; fixed work is always effort-driven, as in Microsoft Project."""
        return cls(Fraction(duration_minutes), tuple(map(Fraction, units)), type, is_effort_driven or type == "fixed_work")

    @property
    def total_units(self) -> Fraction:
        return sum(self.units, Fraction(0))

    @property
    def work_minutes(self) -> Fraction:
        """Work of all resources together."""
        return self.duration_minutes * self.total_units

    def with_duration(self, minutes: Fraction | int) -> Effort:
        """Another duration: units stay unless the work is fixed, then they follow."""
        wanted = Fraction(minutes)
        if self.type != "fixed_work" or not self.units:
            return replace(self, duration_minutes=wanted)
        if wanted == 0 and self.work_minutes > 0:
            raise EffortError("work cannot be done in no time")
        return replace(self, duration_minutes=wanted, units=self._scaled(self.duration_minutes / wanted if self.work_minutes else Fraction(1)))

    def with_work(self, minutes: Fraction | int) -> Effort:
        """Another amount of work: the duration follows, but when it is fixed the units do."""
        wanted = Fraction(minutes)
        if wanted < 0 or not self.units:
            raise EffortError("work must not be negative and needs a resource")
        if self.type != "fixed_duration":
            return replace(self, duration_minutes=wanted / self.total_units)
        if wanted == 0 or not self.work_minutes:
            raise EffortError("a fixed duration with no work has no units")
        return replace(self, units=self._scaled(wanted / self.work_minutes))

    def with_units(self, *units: Fraction | int) -> Effort:
        """Other units of the same resources: the duration follows from the work, but when it is fixed the work does."""
        wanted = tuple(map(Fraction, units))
        if len(wanted) != len(self.units):
            raise EffortError(f"{len(self.units)} resources, but {len(wanted)} units")
        return self._keeping(wanted, keeps_work=self.type != "fixed_duration")

    def with_resources(self, *units: Fraction | int) -> Effort:
        """Other resources, more or fewer: effort-driven tasks share the same work out among them, others get more or less of it.

        Effort-driven with a fixed duration, everybody works less or more of the day; the first resource brings work, the last takes it.
        """
        wanted = tuple(map(Fraction, units))
        if not self.units or not wanted or not self.is_effort_driven:
            return replace(self, units=wanted)
        if self.type != "fixed_duration":
            return self._keeping(wanted, keeps_work=True)
        share = self.total_units / sum(wanted, Fraction(0))
        return replace(self, units=tuple(each * share for each in wanted))

    def _keeping(self, units: tuple[Fraction, ...], *, keeps_work: bool) -> Effort:
        changed = replace(self, units=units)  # checks them
        return replace(changed, duration_minutes=self.work_minutes / changed.total_units) if keeps_work and units else changed

    def _scaled(self, factor: Fraction) -> tuple[Fraction, ...]:
        return tuple(each * factor for each in self.units)
