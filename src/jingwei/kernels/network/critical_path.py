"""The critical path: a network compiled once from plain arrays and calculated as often as durations change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike

from jingwei.kernels.calendar.compiled import HorizonError, break_bits, calendar_table, compile_calendar
from jingwei.kernels.calendar.stated import DEFAULT_ZONE, WorkCalendar
from jingwei.kernels.jit import execute
from jingwei.kernels.network import axis as network_axis
from jingwei.kernels.network.axis import Ruler
from jingwei.kernels.network.compilation import (
    Indices,
    Structure,
    compile_links,
    filled,
    first_horizon,
    gathered,
    minutes_checked,
    plain_activities,
    state_codes,
)
from jingwei.kernels.network.dates import Calculation, Cause, Driver, NetworkDates
from jingwei.kernels.network.input import (
    LAG_ELAPSED,
    LAG_IN_PREDECESSOR_CALENDAR,
    LAG_IN_SUCCESSOR_CALENDAR,
    LONGEST,
    NO_DATE,
    ActivityArrays,
    Constraint,
    CycleError,
    LinkArrays,
    LinkType,
    RunRules,
)

if TYPE_CHECKING:
    from jingwei.kernels.calendar.passes import CalendarTable
    from jingwei.kernels.network.passes import Activities, Links, Minutes, Rules

__all__ = [
    "LAG_ELAPSED",
    "LAG_IN_PREDECESSOR_CALENDAR",
    "LAG_IN_SUCCESSOR_CALENDAR",
    "NO_DATE",
    "ActivityArrays",
    "Cause",
    "Constraint",
    "CycleError",
    "Driver",
    "LinkArrays",
    "LinkType",
    "Network",
    "NetworkDates",
    "RunRules",
    "compile_network",
]

_LONGEST_HORIZON_DAYS = 366 * 200


@dataclass
class Network:
    """A compiled network. `order` lists the activities topologically, `rank` is its inverse; `activities` and `links` follow it.

    Arrays of `activities` for which nothing was given hold one value for all and are read-only.
    """

    count: int
    calendars: tuple[WorkCalendar, ...]
    zone: str
    rank: Indices
    activities: Activities
    structure: Structure
    rules: RunRules
    horizon: tuple[date, date]

    @property
    def order(self) -> Indices:
        return self.structure.order

    @property
    def links(self) -> Links:
        return self.structure.links

    @property
    def link_number(self) -> Indices:
        """Of every link in topological order, its place among those given."""
        return self.structure.link_number

    @cached_property
    def sole_calendar(self) -> int | None:
        """The one calendar everything counts in, when the passes can run on its working minutes alone; else None."""
        return network_axis.sole_calendar(self.activities, self.structure)

    @cached_property
    def _ruled(self) -> tuple[Any, Any, Any]:
        """For the passes on one calendar: lengths, bounds, and the wall minute positions are counted from."""
        zero = self.rules.project_start
        ruler = self._ruler(*network_axis.reach_of(self.activities, zero))
        length = np.minimum(self.activities.duration, LONGEST).astype(np.int32)
        return length, network_axis.bounds_of(self.activities, ruler), zero

    def calculate(
        self,
        *,
        durations: ArrayLike | None = None,
        remaining: ArrayLike | None = None,
        not_before: ArrayLike | None = None,
        rules: RunRules | None = None,
        on_the_clock: bool = False,
    ) -> NetworkDates:
        """Dates and floats, with other durations (working minutes), what is left, hold-backs or rules than compiled, if given.

        With durations alone, what is done of an activity stays done. Raises HorizonError when work does not fit into 200 years.
        On one calendar the passes run on its working minutes, several times faster; `on_the_clock` makes them run the general way.
        """
        if self.sole_calendar is not None and not on_the_clock:
            return self._calculate_on_axis(durations, not_before, rules or self.rules)
        return self._calculate_on_clock(self._changed(durations, remaining, not_before), rules or self.rules)

    def _calculate_on_clock(self, activities: Activities, chosen: RunRules) -> NetworkDates:
        from jingwei.kernels.network import passes as network_passes

        values = _rule_values(chosen)
        activities = plain_activities(activities)
        while True:
            table = self._table()
            dates = network_passes.empty_dates(self.count)
            run = Calculation(table, activities, self.structure, values, dates)
            execute(network_passes.forward, run.inputs[:-1], dates)
            if not table.overflow.any():
                execute(network_passes.backward, run.inputs[:-1], dates, np.zeros(self.count, np.int64), np.zeros(self.count, np.int64))
            if not table.overflow.any():
                return NetworkDates(self, chosen, run)
            self._widen(bool(table.overflow[0]), bool(table.overflow[1]))

    def _calculate_on_axis(self, durations: ArrayLike | None, not_before: ArrayLike | None, chosen: RunRules) -> NetworkDates:
        from jingwei.kernels.network import axis_passes as passes

        length, bounds, zero = self._ruled
        activities = self.activities
        told = [wall for wall in (chosen.project_start, chosen.data_date, chosen.required_finish) if wall >= 0]
        if not_before is not None:
            held = np.asarray(not_before, np.int64)[self.order]
            told += [int(held.max()), int(held[held >= 0].min(initial=told[0]))]
            activities = activities._replace(not_before=held)
            bounds = bounds._replace(held=network_axis.held_of(held, self._ruler(min(told), max(told))))
        if durations is not None:
            length = network_axis.lengths_of(durations, self.order)
            activities = activities._replace(duration=cast("Minutes", length), remaining=cast("Minutes", length))
        ruler = self._ruler(min(told), max(told))
        early, extent = np.empty(2 * self.count, np.int32), np.zeros(2, np.int64)
        execute(passes.forward, (self.structure.arcs, length, bounds, network_axis.rules_of(chosen, ruler)), early, extent)
        lowest, highest = extent.tolist()
        late, total = np.empty(2 * self.count, np.int32), np.empty(self.count, np.int32)
        while True:
            ruler = self._reach(lowest, highest)
            finish = max(ruler.wall(highest), chosen.project_start)
            ends, breaks = network_axis.ends_of(chosen, ruler, finish), break_bits(ruler.calendar)
            execute(passes.backward, (self.structure.arcs, length, bounds, breaks, ends, early), late, total, extent)
            lowest = int(extent[0])
            if not ruler.misses(lowest, highest)[0]:
                break
        table = self._table()
        found = np.array([finish], np.int64)
        dates = network_axis.AxisDates(table, self.sole_calendar or 0, ruler.origin, early, length, total, found, self.structure.arcs, breaks, ends)
        return NetworkDates(self, chosen, Calculation(table, activities, self.structure, _rule_values(chosen), dates))

    def _table(self) -> CalendarTable:
        """The calendars over the horizon, with flags of their own for look-ups that leave it."""
        return calendar_table(self.calendars, *self.horizon, self.zone)._replace(overflow=np.zeros(2, np.int64))

    def _widen(self, earlier: bool, later: bool) -> None:
        self.horizon = _widened(self.horizon, earlier, later)

    def _ruler(self, earliest: int, latest: int) -> Ruler:
        """The working time of the sole calendar over the horizon, made wide enough for two wall minutes."""
        while True:
            compiled = compile_calendar(self.calendars[self.sole_calendar or 0], *self.horizon, self.zone)
            before, after = earliest < compiled.first_minute, latest >= compiled.last_minute
            if not compiled.total:
                before = after = True  # no work at all so far
            if not (before or after):
                return Ruler(compiled, self.rules.project_start)
            self._widen(before, after)

    def _reach(self, lowest: int, highest: int) -> Ruler:
        """The same, wide enough for two positions."""
        while True:
            ruler = self._ruler(self.rules.project_start, self.rules.project_start)
            before, after = ruler.misses(lowest, highest)
            if not (before or after):
                return ruler
            share = ruler.share(highest) if after else 1
            self._widen(before, after)
            while share > 3:  # far more is needed: spare the calendars in between
                self._widen(False, True)
                share /= 2

    def _changed(self, durations: ArrayLike | None, remaining: ArrayLike | None, not_before: ArrayLike | None) -> Activities:
        activities = self.activities
        if durations is not None:
            asked = minutes_checked(durations, self.count, "durations")[self.order]
            done = activities.duration - activities.remaining
            activities = activities._replace(duration=asked, remaining=np.maximum(asked - done, 0))
        if remaining is not None:
            activities = activities._replace(remaining=minutes_checked(remaining, self.count, "remaining")[self.order])
        if not_before is not None:
            activities = activities._replace(not_before=np.asarray(not_before, np.int64)[self.order])
        return activities


def _rule_values(rules: RunRules) -> Rules:
    """The rules as the general kernels take them."""
    from jingwei.kernels.network.passes import Rules

    dates = [rules.project_start, rules.data_date, rules.required_finish]
    return Rules(np.array([*dates, rules.logic == "retained", rules.honours_constraints, rules.late_dates == "resumption", rules.from_finish], np.int64))


def _widened(horizon: tuple[date, date], earlier: bool, later: bool) -> tuple[date, date]:
    """The horizon, doubled on the sides that were left."""
    first, last = horizon
    span = timedelta(days=(last - first).days + 1)
    if span.days * 2 > _LONGEST_HORIZON_DAYS:
        raise HorizonError(f"work does not fit between {first} and {last}: a calendar without working time, or a duration far too long?")
    try:
        return (first - span if earlier else first), (last + span if later else last)
    except OverflowError as error:
        raise HorizonError(f"dates leave the calendar: {first} to {last}") from error


def _lags_resolved(links: LinkArrays, calendar: Minutes) -> LinkArrays:
    """Lags in the predecessor's calendar as lags in the one it has."""
    lag_calendar, predecessor = np.asarray(links.lag_calendar), np.asarray(links.predecessor)
    if links.lag_calendar is None or lag_calendar.shape != predecessor.shape or not (lag_calendar == LAG_IN_PREDECESSOR_CALENDAR).any():
        return links
    before = calendar[np.clip(predecessor, 0, max(calendar.size - 1, 0))]
    return replace(links, lag_calendar=np.where(lag_calendar == LAG_IN_PREDECESSOR_CALENDAR, before, lag_calendar))


def compile_network(activities: ActivityArrays, links: LinkArrays, calendars: Sequence[WorkCalendar], rules: RunRules, zone: str = DEFAULT_ZONE) -> Network:
    """Check and order a network once, for many calculations.

    Raises CycleError naming the activities of a cycle, ValueError for arrays that do not fit together.
    """
    from jingwei.kernels.network import passes

    count = np.asarray(activities.duration).size
    duration = minutes_checked(activities.duration, count, "duration")
    arrays = filled(activities, count)
    remaining = duration if activities.remaining is None else minutes_checked(activities.remaining, count, "remaining")
    if activities.actual_finish is not None:
        remaining = np.where(arrays["actual_finish"] >= 0, 0, remaining)
    state = state_codes(activities, duration, remaining, arrays)
    if not calendars or (count and activities.calendar is not None and not 0 <= arrays["calendar"].min() <= arrays["calendar"].max() < len(calendars)):
        raise ValueError(f"calendar must be an index into the {len(calendars)} calendars")
    structure, rank = compile_links(_lags_resolved(links, arrays["calendar"]), count, len(calendars))
    kinds = {"calendar": np.int32, "constraint": np.int8}
    columns = {name: gathered(array, structure.order, kinds.get(name, np.int64)) for name, array in arrays.items()}
    columns["duration"] = duration[structure.order]
    columns["remaining"] = columns["duration"] if remaining is duration else remaining[structure.order]
    compiled = passes.Activities(**columns, state=gathered(state, structure.order, np.int8))
    return Network(count, tuple(calendars), zone, rank, compiled, structure, rules, first_horizon(compiled, rules))
