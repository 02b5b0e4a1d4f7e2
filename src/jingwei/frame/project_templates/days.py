"""Dates of a template: working days from the start of the project by its own calendar, so that they move with the start and skip the holidays that lie there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.frame.approvals import working_days
from jingwei.frame.models import Project
from jingwei.kernels.calendar.stated import zone_of

farthest = 3660  # days from the start
rest_at_most = 60  # days without work after which nobody is taken to work at all


@dataclass
class Ruler:
    """Counts working days from a start: 0 is the first one on or after it, -1 the last one before. A day without work is told as the working day before it
    and how many days later it is, so that every date comes back to itself on the same calendar."""

    start: date
    works: Callable[[date], bool]
    _after: list[date] = field(default_factory=list)
    _before: list[date] = field(default_factory=list)
    _number: dict[date, int] = field(default_factory=dict)
    _looked: list[int] = field(default_factory=lambda: [0, 0])

    def __post_init__(self) -> None:
        works = self.works
        if not any(works(self.start + timedelta(days=number)) for number in range(rest_at_most)):
            self.works = lambda _day: True

    def measure(self, day: date) -> tuple[int, int]:
        """(working days, days after that one). ValidationError when it is too far away."""
        if abs((day - self.start).days) > farthest:
            raise ValidationError(_("%(day)s lies more than ten years away from the start of the project. Correct that date first.") % {"day": day})
        last = day
        while not self.works(last):
            last -= timedelta(days=1)
        while last not in self._number:
            self._day(len(self._after) if last >= self.start else -len(self._before) - 1)
        return self._number[last], (day - last).days

    def place(self, number: int, later: int) -> date:
        """The date of that many working days; days after it only as far as nobody works on them here. ValidationError when it is too far away."""
        day = self._day(number)
        for _each in range(later):
            if self.works(day + timedelta(days=1)):
                break
            day += timedelta(days=1)
        return day

    def _day(self, number: int) -> date:
        ahead = number >= 0
        known, wanted = (self._after, number) if ahead else (self._before, -number - 1)
        while len(known) <= wanted:
            self._looked[ahead] += 1
            if self._looked[ahead] > 2 * farthest:
                raise ValidationError(_("A date of the template lies too far away from the start."))
            day = self.start + timedelta(days=self._looked[ahead] - 1) if ahead else self.start - timedelta(days=self._looked[ahead])
            if self.works(day):
                self._number[day] = len(known) if ahead else -len(known) - 1
                known.append(day)
        return known[wanted]


def ruler_of(project: Project) -> Ruler:
    """By the working time of a project, from its start."""
    calendar = working_days.calendar_of(project)
    return Ruler(project.start_on, (lambda day: bool(calendar.shifts_on(day))) if calendar is not None else lambda _day: True)


def told(ruler: Ruler, project: Project, value: date | datetime) -> dict[str, Any]:
    """A date or a moment as it stands in a file."""
    if isinstance(value, datetime):
        local = value.astimezone(zone_of(project.zone))
        return {"days": list(ruler.measure(local.date())), "at": f"{local:%H:%M}"}
    return {"days": list(ruler.measure(value))}


def meant(ruler: Ruler, project: Project, value: dict[str, Any]) -> date | datetime:
    """The date or the moment that a file means in this project."""
    day = ruler.place(*value["days"])
    if "at" not in value:
        return day
    return datetime.combine(day, time.fromisoformat(value["at"]), zone_of(project.zone))
