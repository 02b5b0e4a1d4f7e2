"""Duration, planned work and units of a task's assignee: when one changes, another follows, by the task's type."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.domains.work.models import Task
from jingwei.kernels import bounds
from jingwei.kernels.plan.effort import Effort, EffortError, TaskType

most_percent, most_hours = Decimal(9999), Decimal("9999999.99")  # what their columns hold
usual_minutes, usual_percent = 480, Decimal(100)


@dataclass(frozen=True, slots=True)
class Shares:
    """The three numbers as a task has them, and who does it."""

    duration_minutes: int
    work_hours: Decimal | None
    units_percent: Decimal
    assignee_id: int | None

    @classmethod
    def of(cls, task: Task) -> Shares:
        """As they are now."""
        return cls(task.duration_minutes, task.work_hours, Decimal(task.units_percent), task.assignee_id)

    @property
    def units(self) -> Fraction:
        """Units as stored; what work and duration say where that differs by more than rounding (nobody kept them in step before)."""
        told = Fraction(self.units_percent) / 100
        if not self.work_hours or not self.duration_minutes:
            return told
        minutes = Fraction(self.work_hours) * 60
        is_rounded = abs(minutes - told * self.duration_minutes) <= Fraction(1, 2) + Fraction(self.duration_minutes, 10_000)
        return told if is_rounded else minutes / self.duration_minutes


def follow(task: Task, before: Shares | None) -> list[str]:
    """Bring the third of the three numbers after what changed since `before` (None = a new task). Returns what followed, in words.

    Without an assignee or without planned work there is nothing to follow. Raises ValidationError for work in no time.
    """
    if Decimal(task.units_percent) <= 0 or Decimal(task.units_percent) > most_percent:
        raise ValidationError({"units_percent": _("Units are more than 0 and at most 9999 %.")})
    if task.task_type == Task.Type.FIXED_WORK:
        task.is_effort_driven = True
    if task.is_milestone or task.is_summary or task.assignee_id is None or not task.work_hours:
        return []
    given = Shares.of(task)
    changed = _changed(given, before)
    if before is not None and before.work_hours and before.assignee_id is None:
        return _assigned(task, given)
    try:
        found = _found(task, given, before or given, changed)
    except EffortError as problem:
        field = "duration_minutes" if "duration_minutes" in changed else "work_hours"
        raise ValidationError({field: _("Work cannot be done in no time: give the task a duration or other units.")}) from problem
    return _write(task, given, found) if found is not None else []


def _changed(given: Shares, before: Shares | None) -> set[str]:
    if before is None:
        usual = {"work_hours": None, "duration_minutes": usual_minutes, "units_percent": usual_percent}
        return {name for name, value in usual.items() if getattr(given, name) != value}
    return {name for name in ("duration_minutes", "work_hours", "units_percent") if getattr(given, name) != getattr(before, name)}


def _found(task: Task, given: Shares, before: Shares, changed: set[str]) -> tuple[Fraction, Fraction, Fraction] | None:
    """Duration, work in minutes, units as they should be; None when nothing follows."""
    minutes, units = Fraction(given.work_hours or 0) * 60, Fraction(given.units_percent) / 100
    if not changed or len(changed) == 3:
        return None
    if changed == {"duration_minutes", "units_percent"}:
        return Fraction(given.duration_minutes), given.duration_minutes * units, units
    if changed == {"duration_minutes", "work_hours"}:
        return _by_work(given)
    if changed == {"work_hours", "units_percent"}:
        return minutes / units, minutes, units
    effort = Effort(Fraction(before.duration_minutes), (before.units,), _type(task), task.is_effort_driven)
    if changed == {"duration_minutes"}:
        effort = effort.with_duration(given.duration_minutes)
    elif changed == {"units_percent"}:
        effort = effort.with_units(units)
    elif task.task_type == Task.Type.FIXED_DURATION:
        return _by_work(given)
    else:
        effort = effort.with_work(minutes)
    return effort.duration_minutes, effort.work_minutes, effort.total_units


def _by_work(given: Shares) -> tuple[Fraction, Fraction, Fraction]:
    if not given.duration_minutes:
        raise EffortError("work cannot be done in no time")
    return Fraction(given.duration_minutes), Fraction(given.work_hours or 0) * 60, given.units


def _type(task: Task) -> TaskType:
    kinds: dict[str, TaskType] = {"fixed_units": "fixed_units", "fixed_work": "fixed_work", "fixed_duration": "fixed_duration"}
    return kinds[task.task_type]


def _assigned(task: Task, given: Shares) -> list[str]:
    """Somebody takes on work that was estimated: effort-driven, the estimate stands; otherwise the duration does, and work follows."""
    minutes, units = Fraction(given.work_hours or 0) * 60, Fraction(given.units_percent) / 100
    duration = Fraction(given.duration_minutes)
    if not task.is_effort_driven:
        return _write(task, given, (duration, duration * units, units)) if duration else []
    if task.task_type == Task.Type.FIXED_DURATION:
        return _write(task, given, _by_work(given)) if duration else []
    return _write(task, given, (minutes / units, minutes, units))


def _write(task: Task, given: Shares, found: tuple[Fraction, Fraction, Fraction]) -> list[str]:
    duration, minutes, units = found
    task.duration_minutes = round(duration)
    task.work_hours = _decimal(minutes / 60)
    task.units_percent = max(_decimal(units * 100), Decimal("0.01"))
    if task.units_percent > most_percent:
        raise ValidationError({"work_hours": _("That much work in this time takes more than 9999 % units.")})
    if duration > bounds.most_minutes:
        raise ValidationError({"work_hours": _("That much work by so few takes more than a hundred years. Lower the planned work or raise the units.")})
    if task.work_hours > most_hours:
        raise ValidationError(
            {"duration_minutes": _("So many units over this time are more than %(most)s h of work. Shorten it or lower the units.") % {"most": most_hours}}
        )
    said = []
    if task.duration_minutes != given.duration_minutes:
        said.append(_("Duration follows: %(before)s h → %(after)s h.") % {"before": _hours(given.duration_minutes), "after": _hours(task.duration_minutes)})
    if task.work_hours != given.work_hours:
        said.append(_("Planned work follows: %(before)s h → %(after)s h.") % {"before": _plain(given.work_hours), "after": _plain(task.work_hours)})
    if task.units_percent != given.units_percent:
        said.append(_("Units follow: %(before)s %% → %(after)s %%.") % {"before": _plain(given.units_percent), "after": _plain(task.units_percent)})
    return said


def _decimal(value: Fraction) -> Decimal:
    return Decimal(round(value * 100)) / 100


def _hours(minutes: int) -> str:
    return f"{minutes / 60:.2f}".rstrip("0").rstrip(".")


def _plain(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")
