"""From keyed activities and dependencies, summaries included, to the arrays of a network, and from its reasons back to keys."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from jingwei.kernels.calendar.compiled import HorizonError, compile_calendar
from jingwei.kernels.calendar.stated import DAY_MINUTES, WorkCalendar, day_of_number, wall_minute
from jingwei.kernels.network.critical_path import (
    LAG_ELAPSED,
    LAG_IN_PREDECESSOR_CALENDAR,
    LAG_IN_SUCCESSOR_CALENDAR,
    NO_DATE,
    ActivityArrays,
    Cause,
    Constraint,
    CycleError,
    LinkArrays,
    LinkType,
    Network,
    NetworkDates,
    RunRules,
    compile_network,
)
from jingwei.kernels.plan.input import PROJECT_CALENDAR, Activity, Dependency, PlanCycleError, PlanDriver, PlanError
from jingwei.kernels.plan.rollup import Rollup, depths_of, roll_up

Key = TypeVar("Key", bound=Hashable)
_HELD_BACK = (Constraint.SNET, Constraint.MSO)
_DUE = (Constraint.SNLT, Constraint.FNLT, Constraint.MFO)
_LINK_TYPES = {kind.name: kind for kind in LinkType}
_CLOCK = "round the clock"


_DEFAULTS: dict[str, Any] = {
    "duration": 0,
    "calendar": 0,
    "constraint": 0,
    "constraint_at": NO_DATE,
    "deadline": NO_DATE,
    "remaining": 0,
    "begun": False,
    "actual_start": NO_DATE,
    "actual_finish": NO_DATE,
    "not_before": NO_DATE,
    "manual_start": NO_DATE,
    "inactive": False,
}


class _Columns:
    """The arrays of the network while they grow: one row an activity, then one a helper milestone of a summary."""

    def __init__(self, count: int) -> None:
        self.rows: dict[str, list[Any]] = {name: [default] * count for name, default in _DEFAULTS.items()}

    def add(self, **values: Any) -> int:
        for name, default in _DEFAULTS.items():
            self.rows[name].append(values.get(name, default))
        return len(self.rows["duration"]) - 1


@dataclass(frozen=True)
class PlanNetwork(Generic[Key]):
    """A compiled plan: activity i of the network is keys[i]; helper milestones of summaries follow after the last key."""

    keys: list[Key]
    index: dict[Key, int]
    parent: NDArray[np.int64]
    is_summary: NDArray[np.bool_]
    percent: NDArray[np.float64]
    duration: NDArray[np.int64]
    zone: str
    compiled: Network
    origin: list[Dependency[Key] | Key | None]  # of each link: the dependency it stands for, or the summary that holds back
    hub_of: dict[int, Key]  # helper milestone: the summary whose finish it marks

    @classmethod
    def build(
        cls,
        activities: Sequence[Activity[Key]],
        dependencies: Sequence[Dependency[Key]],
        calendars: Mapping[str, WorkCalendar],
        rules: RunRules,
        zone: str,
    ) -> PlanNetwork[Key]:
        """Check the plan and compile it. Raises PlanError and its kinds."""
        return _Builder(activities, dependencies, calendars, rules, zone).network()

    @staticmethod
    def calendar_names(calendars: Mapping[str, WorkCalendar]) -> list[str]:
        """The names of a plan's calendars in the order in which the network numbers them."""
        return list(dict.fromkeys((PROJECT_CALENDAR, *calendars, _CLOCK)))

    def roll_up(self, start: Any, finish: Any) -> Rollup:
        """Dates and progress of summaries from those of the activities."""
        return roll_up(self.parent, start, finish, self.percent, self.duration)

    @cached_property
    def _levels(self) -> list[NDArray[np.int64]]:
        depth = depths_of(self.parent)
        return [np.nonzero(depth == level)[0] for level in range(int(depth.max(initial=0)), 0, -1)]

    def least_below(self, values: Any) -> Any:
        """Values of the activities, and of each summary the least of what is below it."""
        least = np.where(self.is_summary, np.iinfo(np.int64).max, values)
        for below in self._levels:
            np.minimum.at(least, self.parent[below], least[below])
        return least

    def any_below(self, flags: Any) -> Any:
        """Flags of the activities, and of each summary whether any below it is set."""
        found = flags & ~self.is_summary
        for below in self._levels:
            np.logical_or.at(found, self.parent[below], found[below])
        return found

    def drivers(self, dates: NetworkDates, key: Key) -> tuple[PlanDriver[Key], ...]:
        """What set the start of an activity, helper milestones translated back to what the caller knows."""
        i = self.index[key]
        if self.is_summary[i]:
            return ()
        found: dict[PlanDriver[Key], None] = {}
        for driver in dates.driving_links(i):
            if driver.link is None:
                found[PlanDriver(driver.cause)] = None
                continue
            origin = self.origin[driver.link]
            if isinstance(origin, Dependency):
                found[PlanDriver(Cause.LINK, origin)] = None
            else:
                found[PlanDriver(Cause.CONSTRAINT, of=origin)] = None
        return tuple(found)


def _all_calendars(calendars: Mapping[str, WorkCalendar], zone: str) -> dict[str, WorkCalendar]:
    return {PROJECT_CALENDAR: WorkCalendar(zone=zone), **calendars, _CLOCK: WorkCalendar.round_the_clock(zone)}


def activity_row(
    activity: Activity[Any], calendars: Mapping[str, WorkCalendar], numbers: Mapping[str, int], zone: str, *, is_whole: bool = True
) -> dict[str, Any]:
    """The arrays' entries for an activity that is not a summary: all of them, or only what differs from the default. Raises PlanError."""
    if not 0 <= activity.percent <= 100:
        raise PlanError(f"percent of {activity.key!r} must lie within 0 and 100, not {activity.percent}")
    if activity.duration_minutes < 0 or (activity.remaining_minutes or 0) < 0:
        raise PlanError(f"the duration of {activity.key!r} is negative")
    if activity.calendar not in numbers:
        raise PlanError(f"the calendar of {activity.key!r}, {activity.calendar!r}, is not among the calendars")
    duration = 0 if activity.is_milestone else activity.duration_minutes
    row: dict[str, Any] = dict(_DEFAULTS) if is_whole else {}
    row |= {"duration": duration, "calendar": numbers[activity.calendar]}
    remaining = activity.remaining_minutes
    row["remaining"] = duration - round(duration * activity.percent / 100) if remaining is None else remaining
    if activity.percent > 0 and activity.actual_start is None:
        row["begun"] = True
    if activity.is_inactive:
        row["inactive"] = True
    if activity.constraint is not None and activity.constraint != "ASAP":
        if activity.constraint != "ALAP" and activity.constraint_at is None:
            raise PlanError(f"the constraint of {activity.key!r} has no date")
        row["constraint"] = int(Constraint[activity.constraint])
    for name in ("constraint_at", "deadline", "actual_start", "actual_finish", "not_before", "manual_start"):
        moment = getattr(activity, name)
        if moment is not None:
            row[name] = wall_minute(moment, zone)
    if activity.actual_finish is not None:
        row["remaining"] = 0
        if activity.actual_start is None:
            row["actual_start"] = _counted_back(row["actual_finish"], duration, _all_calendars(calendars, zone)[activity.calendar], zone)
        elif row["actual_start"] > row["actual_finish"]:
            raise PlanError(f"{activity.key!r} finished before it started")
    return row


def _counted_back(finish: int, duration: int, calendar: WorkCalendar, zone: str) -> int:
    """The wall minute at which work of a duration that ended at `finish` began, if it went on without a break."""
    last = day_of_number(finish // DAY_MINUTES)
    for reach_days in (60 + duration // 200, 3660 + duration // 20):
        compiled = compile_calendar(calendar, last - timedelta(days=reach_days), last, zone)
        try:
            return min(compiled.wall_start(compiled.work_at(finish) - duration), finish) if duration else finish
        except HorizonError:
            continue
    return finish


class _Builder(Generic[Key]):
    """Gathers the arrays of one plan."""

    def __init__(
        self,
        activities: Sequence[Activity[Key]],
        dependencies: Sequence[Dependency[Key]],
        calendars: Mapping[str, WorkCalendar],
        rules: RunRules,
        zone: str,
    ) -> None:
        self.activities, self.dependencies, self.rules, self.zone = activities, dependencies, rules, zone
        self.calendars = _all_calendars(calendars, zone)
        self.calendar_index = {name: number for number, name in enumerate(self.calendars)}
        self.keys = [activity.key for activity in activities]
        self.index = {key: i for i, key in enumerate(self.keys)}
        if len(self.index) < len(self.keys):
            seen: set[Key] = set()
            twice = next(key for key in self.keys if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            raise PlanError(f"the key {twice!r} is used twice")
        self.parent = self._parents()
        self.is_summary = np.zeros(len(self.keys), np.bool_)
        self.is_summary[self.parent[self.parent >= 0]] = True
        self._has_summaries = bool(self.is_summary.any())
        self.columns = _Columns(len(self.keys))
        self.links: list[tuple[int, int, int, int, int]] = []
        self.origin: list[Dependency[Key] | Key | None] = []
        self.hub_of: dict[int, Key] = {}
        self._hubs: dict[int, int] = {}

    def _parents(self) -> NDArray[np.int64]:
        parent = np.full(len(self.keys), -1, np.int64)
        for i, activity in enumerate(self.activities):
            if activity.parent is not None:
                parent[i] = self._index_of(activity.parent, f"the parent of {activity.key!r}")
        try:
            depths_of(parent)
        except CycleError as error:
            raise PlanCycleError([self.keys[i] for i in error.activities]) from error
        return parent

    def _index_of(self, key: Key, role: str) -> int:
        try:
            return self.index[key]
        except KeyError:
            raise PlanError(f"{role}, {key!r}, is not among the activities") from None

    def network(self) -> PlanNetwork[Key]:
        rows = self.columns.rows
        for i, (activity, is_summary) in enumerate(zip(self.activities, self.is_summary.tolist(), strict=True)):
            for name, value in (
                {"inactive": True} if is_summary else activity_row(activity, self.calendars, self.calendar_index, self.zone, is_whole=False)
            ).items():
                rows[name][i] = value
        if self._has_summaries:
            for i in np.nonzero(self.is_summary)[0].tolist():
                self._hold_back(i)
        for dependency in self.dependencies:
            self._link(dependency)
        percent = np.array([activity.percent for activity in self.activities], np.float64)
        percent[[activity.actual_finish is not None for activity in self.activities]] = 100.0
        ends = np.array(self.links, np.int64).reshape(-1, 5)
        links = LinkArrays(ends[:, 0], ends[:, 1], ends[:, 2], ends[:, 3], ends[:, 4])
        try:
            compiled = compile_network(ActivityArrays(**rows), links, tuple(self.calendars.values()), self.rules, self.zone)
        except CycleError as error:
            named = [self.keys[i] if i < len(self.keys) else self.hub_of[i] for i in error.activities]
            raise PlanCycleError(named) from error
        duration = np.array(rows["duration"][: len(self.keys)], np.int64)
        return PlanNetwork(self.keys, self.index, self.parent, self.is_summary, percent, duration, self.zone, compiled, self.origin, self.hub_of)

    def _wall(self, moment: Any) -> int:
        return NO_DATE if moment is None else wall_minute(moment, self.zone)

    def _leaves(self, i: int) -> list[int]:
        if not self.is_summary[i]:
            return [i]
        return [leaf for child in self._children[i] for leaf in self._leaves(child)]

    @cached_property
    def _children(self) -> dict[int, list[int]]:
        children: dict[int, list[int]] = {}
        for i, above in enumerate(self.parent.tolist()):
            children.setdefault(above, []).append(i)
        return children

    def _hold_back(self, i: int) -> None:
        """Hand the dates a summary states to everything below it."""
        activity = self.activities[i]
        kind = Constraint[activity.constraint] if activity.constraint else Constraint.ASAP
        if kind in (*_HELD_BACK, *_DUE) and activity.constraint_at is None:
            raise PlanError(f"the constraint of {activity.key!r} has no date")
        due = [self._wall(activity.deadline)] if activity.deadline else []
        if kind in _DUE:
            due.append(self._wall(activity.constraint_at))
        for leaf in self._leaves(i) if due else ():
            own = self.columns.rows["deadline"][leaf]
            self.columns.rows["deadline"][leaf] = min([*due, own] if own >= 0 else due)
        leaves = self._leaves(i)
        if activity.not_before is not None:
            held = self.columns.rows["not_before"]
            for leaf in leaves:
                held[leaf] = max(held[leaf], self._wall(activity.not_before))
        waiting = [leaf for leaf in leaves if self._is_waiting(self.activities[leaf])]
        if kind in _HELD_BACK and waiting:
            # A milestone fixed at that minute: everything below follows it, and it shows as the reason.
            gate = self.columns.add(manual_start=self._wall(activity.constraint_at), calendar=self.calendar_index[_CLOCK])
            self.hub_of[gate] = activity.key
            for leaf in waiting:
                self._add_link(gate, leaf, LinkType.FS, 0, LAG_ELAPSED, activity.key)

    @staticmethod
    def _is_waiting(activity: Activity[Key]) -> bool:
        return activity.actual_start is None and activity.actual_finish is None and not activity.is_inactive

    def _add_link(self, before: int, after: int, kind: int, lag: int, lag_calendar: int, origin: Dependency[Key] | Key | None) -> None:
        self.links.append((before, after, kind, lag, lag_calendar))
        self.origin.append(origin)

    def _link(self, dependency: Dependency[Key]) -> None:
        before = self._index_of(dependency.predecessor, "a predecessor")
        after = self._index_of(dependency.successor, "a successor")
        kind = _LINK_TYPES[dependency.type]
        lag_calendar = LAG_IN_SUCCESSOR_CALENDAR
        if dependency.lag_calendar == "elapsed":
            lag_calendar = LAG_ELAPSED
        elif dependency.lag_calendar == "predecessor":
            # Of a summary its own: what stands for it in the network may be a helper, or several.
            own = self.activities[before].calendar
            lag_calendar = self.calendar_index.get(own, 0) if self.is_summary[before] else LAG_IN_PREDECESSOR_CALENDAR
        elif dependency.lag_calendar is not None:
            if dependency.lag_calendar not in self.calendar_index:
                raise PlanError(f"the lag calendar {dependency.lag_calendar!r} is not among the calendars")
            lag_calendar = self.calendar_index[dependency.lag_calendar]
        if not self._has_summaries:
            self._add_link(before, after, kind, dependency.lag_minutes, lag_calendar, dependency)
            return
        if self.is_summary[after] and kind in (LinkType.FF, LinkType.SF):
            raise PlanError(f"a {dependency.type} link into the summary {dependency.successor!r} has no meaning")
        befores, afters = self._leaves(before), self._leaves(after)
        if self.is_summary[after] and self.rules.late_dates == "resumption" and kind == LinkType.FS and not self.activities[after].is_shared:
            afters = [*afters, *self._begun(after, afters)]
        if self.is_summary[before]:
            befores = self._standing_for(before, befores, kind, len(afters))
        for one in befores:
            for other in afters:
                self._add_link(one, other, kind, dependency.lag_minutes, lag_calendar, dependency)

    def _begun(self, summary: int, leaves: list[int]) -> list[int]:
        """A milestone due when the first below a summary began, if any has: predecessors of the summary must leave it there."""
        begun = [activity.actual_start for leaf in leaves if (activity := self.activities[leaf]).actual_start is not None]
        if not begun:
            return []
        at = self._wall(min(begun))
        gate = self.columns.add(manual_start=at, deadline=at, calendar=self.calendar_index[_CLOCK])
        self.hub_of[gate] = self.keys[summary]
        return [gate]

    def _standing_for(self, summary: int, leaves: list[int], kind: LinkType, successors: int) -> list[int]:
        """Which activities carry a link out of a summary: for its finish all below it, gathered in a helper milestone if many meet many.

        For its start, those below it that wait for nothing else below it; of several, the last counts, which is never too early.
        """
        if kind in (LinkType.SS, LinkType.SF):
            below = set(leaves)
            waiting = {self.index.get(d.successor) for d in self.dependencies if self.index.get(d.predecessor) in below}
            return [leaf for leaf in leaves if leaf not in waiting] or leaves
        if len(leaves) == 1 or successors == 1:
            return leaves
        if summary not in self._hubs:
            hub = self.columns.add(calendar=self.calendar_index[_CLOCK])
            self._hubs[summary] = hub
            self.hub_of[hub] = self.keys[summary]
            for leaf in leaves:
                self._add_link(leaf, hub, LinkType.FS, 0, LAG_ELAPSED, None)
        return [self._hubs[summary]]
