"""Why the dates are what they are: for every task its floats, what drives its start, and the chain of drivers that leads to the finish."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.domains.schedule import network, troubles
from jingwei.domains.work.queries import constraint_called
from jingwei.frame.models import Project
from jingwei.kernels.calendar.stated import CalendarError
from jingwei.kernels.network.critical_path import Cause
from jingwei.kernels.plan.plan import ActivityDates, PlanDates, PlanDriver, PlanError

_told = {
    Cause.PROJECT_START: gettext_lazy("the start of the project"),
    Cause.CONSTRAINT: gettext_lazy("its constraint"),
    Cause.DATA_DATE: gettext_lazy("the data date: what is not done cannot lie in the past"),
    Cause.ACTUAL: gettext_lazy("it has begun"),
    Cause.MANUAL: gettext_lazy("it is scheduled by hand"),
}


@dataclass(frozen=True)
class Reasons:
    """A calculated plan with what is needed to speak of it. `chain` = the longest path: drivers that lead to the finish, by start."""

    project: Project
    dates: PlanDates[int]
    rows: dict[int, dict[str, Any]]
    minutes_per_day: int

    @property
    def chain(self) -> tuple[int, ...]:
        """Task ids."""
        return self.dates.longest_path_keys

    def leading_to(self, pk: int) -> tuple[int, ...]:
        """The chain of drivers that ends in a task, by start."""
        chain: list[int] = []
        at: int | None = pk if pk in self.rows else None
        while at is not None and at not in chain:
            chain.append(at)
            at = next((each.dependency.predecessor for each in self.dates[at].drivers if each.dependency is not None), None)
        return tuple(reversed(chain))

    @property
    def critical(self) -> tuple[int, ...]:
        """Task ids, by start."""
        return tuple(sorted(self.dates.critical_keys, key=self._start))

    @property
    def work(self) -> tuple[int, ...]:
        """Everything that is no summary, by start."""
        return tuple(sorted((pk for pk, row in self.rows.items() if not row["is_summary"]), key=self._start))

    def _start(self, pk: int) -> tuple[bool, datetime | None, int]:
        start = self.dates[pk].start
        return (False, start, pk) if start else (True, None, pk)

    def told(self, tasks: Iterable[int]) -> list[dict[str, Any]]:
        """The tasks for the page and for programs; floats in working minutes and in days."""
        chain = set(self.chain)
        return [self._row(pk, pk in chain) for pk in tasks]

    def _row(self, pk: int, is_on_chain: bool) -> dict[str, Any]:
        found, independent = self.dates[pk], self.dates.independent_float_minutes(pk)
        floats = {"total": found.total_float_minutes, "free": found.free_float_minutes, "independent": independent}
        return {
            "task": pk, "name": str(self.rows[pk]["name"]), **{name: getattr(found, name) for name in _dates},
            "float_minutes": floats, "float_days": {name: round(minutes / self.minutes_per_day, 1) for name, minutes in floats.items()},
            "critical": found.is_critical, "on_longest_path": is_on_chain, "drivers": [self._driver(driver, found) for driver in found.drivers],
        }  # fmt: skip

    def _driver(self, driver: PlanDriver[int], found: ActivityDates[int]) -> dict[str, Any]:
        if driver.dependency is not None:
            link = driver.dependency
            days = round(link.lag_minutes / self.minutes_per_day, 1)
            text = f"{link.type} {days:+g} {_('days')}" if link.lag_minutes else link.type
            return {"cause": "link", "task": link.predecessor, "name": str(self.rows[link.predecessor]["name"]), "text": text}
        other = driver.of if driver.of in self.rows and driver.of != found.key else None
        name = str(self.rows[other]["name"]) if other is not None else ""
        return {"cause": driver.cause.name.lower(), "task": other, "name": name, "text": self._cause(driver.cause, found.key)}

    def _cause(self, cause: Cause, pk: int) -> str:
        """Held back is told by what holds it."""
        if cause is Cause.CONSTRAINT and (kind := self.rows[pk]["constraint"]):
            at, zone = self.rows[pk]["constraint_at"], ZoneInfo(self.project.zone)
            words = {"constraint": constraint_called(kind), "at": at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if at else ""}
            return (_("its constraint: %(constraint)s %(at)s") % words).strip()
        if cause is not Cause.NOT_BEFORE:
            return str(_told[cause])
        if self.rows[pk]["levelled_until"]:
            return _("levelling holds it back")
        return _("its interface is down")


_dates = ("start", "finish", "early_start", "early_finish", "late_start", "late_finish")


def reasons_of(project: Project) -> Reasons:
    """Calculate the plan as it stands. Raises ValidationError when it cannot be."""
    loaded = network.load(project)
    try:
        dates = network.calculate(loaded)
    except (PlanError, CalendarError) as problem:
        raise ValidationError(troubles.in_words(problem, loaded.rows)) from problem
    return Reasons(project, dates, loaded.rows, network.minutes_per_day(loaded.calendar))
