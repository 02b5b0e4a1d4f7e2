"""The critical path for ordinary callers: activities and dependencies by key in, aware dates, floats and reasons by key out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import repeat
from typing import Any, Generic, Literal

import numpy as np

from jingwei.kernels.calendar.stated import DEFAULT_ZONE, WorkCalendar, moment_of, moments_of, wall_minute
from jingwei.kernels.network.critical_path import NetworkDates, RunRules
from jingwei.kernels.network.ends import with_every_end_critical
from jingwei.kernels.plan.input import PROJECT_CALENDAR, Activity, ConstraintName, Dependency, Key, LinkName, PlanCycleError, PlanDriver, PlanError
from jingwei.kernels.plan.network import PlanNetwork
from jingwei.kernels.plan.rollup import Rollup

__all__ = [
    "Activity",
    "ActivityDates",
    "ConstraintName",
    "Dependency",
    "Key",
    "LinkName",
    "PROJECT_CALENDAR",
    "PlanColumns",
    "PlanCycleError",
    "PlanDates",
    "PlanDriver",
    "PlanError",
    "schedule_plan",
]


@dataclass(frozen=True, slots=True)
class ActivityDates(Generic[Key]):
    """Aware UTC dates of one activity; None throughout when it is inactive (or a summary of nothing else).

    `start` and `finish` are what to show: the early dates, of ALAP activities the latest that delay no successor.
    A summary carries the earliest and latest of what is below it and the least float.
    """

    key: Key
    start: datetime | None
    finish: datetime | None
    early_start: datetime | None
    early_finish: datetime | None
    late_start: datetime | None
    late_finish: datetime | None
    total_float_minutes: int
    free_float_minutes: int
    is_critical: bool
    is_summary: bool
    percent: float
    duration_minutes: int
    _plan: PlanDates[Key] = field(repr=False, compare=False)

    @property
    def drivers(self) -> tuple[PlanDriver[Key], ...]:
        """What set the start, or the start of what is left; empty for summaries and what is inactive."""
        return self._plan.drivers(self.key)


@dataclass(frozen=True)
class PlanDates(Mapping[Key, ActivityDates[Key]]):
    """The dates of a plan by key, in the order the activities were given."""

    network: PlanNetwork[Key]
    dates: NetworkDates

    @property
    def start(self) -> datetime:
        """The earliest start of all, or the project start when there is nothing to do."""
        known = self._columns.start[self._columns.start >= 0]
        return moment_of(int(known.min()) if known.size else self.dates.rules.project_start, self.network.zone)

    @property
    def finish(self) -> datetime:
        """The project finish."""
        return moment_of(self.dates.project_finish, self.network.zone)

    def with_every_end_critical(self) -> PlanDates[Key]:
        """The same dates with floats measured from each open end: as many critical paths as there are ends."""
        return PlanDates(self.network, with_every_end_critical(self.dates))

    @cached_property
    def critical_keys(self) -> tuple[Key, ...]:
        """Critical activities without summaries."""
        flagged = np.nonzero(self._columns.critical & ~self.network.is_summary)[0]
        return tuple(self.network.keys[i] for i in flagged.tolist())

    @cached_property
    def longest_path_keys(self) -> tuple[Key, ...]:
        """Activities from which driving links lead to the project finish, in order of their start."""
        count = len(self.network.keys)
        on_path = np.nonzero(self.dates.longest_path[:count] & ~self.network.is_summary)[0]
        return tuple(self.network.keys[i] for i in sorted(on_path.tolist(), key=lambda i: (int(self.dates.early_start[i]), i)))

    def __getitem__(self, key: Key) -> ActivityDates[Key]:
        row: Any = self._rows[self.network.index[key]]
        return ActivityDates(*row)

    def date_rows(self) -> list[tuple[Any, ...]]:
        """All at once for very many: key, start, finish, late start, late finish, total and free float, critical, summary, percent, minutes."""
        return [row[:3] + row[5:13] for row in self._rows]

    def first_outside(self, first: datetime, last: datetime) -> Key | None:
        """The activity with which the plan leaves these moments: of those planned outside the one that starts first, else of those whose late dates lie there."""
        lowest, highest = (wall_minute(each, self.network.zone) for each in (first, last))
        c = self._columns
        for start, finish in ((c.start, c.finish), (c.late_start, c.late_finish)):
            is_outside = ((start != -1) & (start < lowest)) | (finish > highest)
            if (found := np.nonzero(is_outside & ~self.network.is_summary)[0]).size:
                return self.network.keys[min(found.tolist(), key=lambda i: (start[i], finish[i]))]
        return None

    def __iter__(self) -> Iterator[Key]:
        return iter(self.network.keys)

    def __len__(self) -> int:
        return len(self.network.keys)

    def independent_float_minutes(self, key: Key) -> int:
        """What is left of its room although predecessors end as late as they may and successors do not move; of a summary 0."""
        i = self.network.index[key]
        return 0 if self.network.is_summary[i] else int(self.dates.independent_float[i])

    def drivers(self, key: Key) -> tuple[PlanDriver[Key], ...]:
        """What set the start of an activity, or of what is left of it."""
        return self.network.drivers(self.dates, key)

    @cached_property
    def _columns(self) -> PlanColumns:
        return PlanColumns.of(self.network, self.dates)

    @cached_property
    def _rows(self) -> list[tuple[Any, ...]]:
        """The fields of ActivityDates for every activity; far cheaper at once than one by one."""
        c = self._columns
        walls = np.concatenate((c.start, c.finish, c.early_start, c.early_finish, c.late_start, c.late_finish))
        distinct, place = np.unique(walls, return_inverse=True)
        moments = np.array([*moments_of(np.maximum(distinct, 0), self.network.zone), None], object)[:-1]  # None keeps them objects
        moments[distinct < 0] = None
        dates = moments[place].reshape(6, -1).tolist()
        numbers = [column.tolist() for column in (c.total_float, c.free_float, c.critical, self.network.is_summary, c.percent, c.duration)]
        return list(zip(self.network.keys, *dates, *numbers, repeat(self, len(self)), strict=True))


@dataclass(frozen=True, slots=True)
class PlanColumns:
    """The results as arrays in the order the activities were given, summaries rolled up; for callers with very many activities."""

    start: Any
    finish: Any
    early_start: Any
    early_finish: Any
    late_start: Any
    late_finish: Any
    total_float: Any
    free_float: Any
    critical: Any
    percent: Any
    duration: Any

    @classmethod
    def of(cls, network: PlanNetwork[Any], dates: NetworkDates) -> PlanColumns:
        """Roll the network's dates up into its summaries."""
        count = len(network.keys)
        cut = slice(0, count)
        critical, slack = dates.critical[cut], dates.total_float[cut]
        rolled: Rollup = network.roll_up(dates.start[cut], dates.finish[cut])
        early = network.roll_up(dates.early_start[cut], dates.early_finish[cut])
        late = network.roll_up(dates.late_start[cut], dates.late_finish[cut])
        return cls(
            rolled.start,
            rolled.finish,
            early.start,
            early.finish,
            late.start,
            late.finish,
            network.least_below(slack),
            network.least_below(dates.free_float[cut]),
            network.any_below(critical),
            rolled.percent,
            rolled.duration_minutes,
        )


def schedule_plan(
    activities: Sequence[Activity[Key]],
    dependencies: Sequence[Dependency[Key]],
    calendars: Mapping[str, WorkCalendar] | None = None,
    *,
    start: datetime,
    data_date: datetime | None = None,
    required_finish: datetime | None = None,
    zone: str = DEFAULT_ZONE,
    logic: Literal["retained", "override"] = "retained",
    honours_constraints: bool = True,
    critical_float_minutes: int = 0,
    late_dates: Literal["remaining", "resumption"] = "remaining",
    from_finish: bool = False,
) -> PlanDates[Key]:
    """Schedule a plan. `calendars` by name; 'project' defaults to the standard Chinese one. For `from_finish` see schedule_from_finish.

    Raises PlanCycleError (naming the keys), PlanError for unknown or doubled keys, CalendarError or HorizonError for calendars that
    leave no time to work.
    """
    rules = RunRules(
        project_start=wall_minute(start, zone),
        data_date=-1 if data_date is None else wall_minute(data_date, zone),
        required_finish=-1 if required_finish is None else wall_minute(required_finish, zone),
        logic=logic,
        honours_constraints=honours_constraints,
        critical_float_minutes=critical_float_minutes,
        late_dates=late_dates,
        from_finish=from_finish,
    )
    network = PlanNetwork.build(activities, dependencies, calendars or {}, rules, zone)
    return PlanDates(network, network.compiled.calculate())
