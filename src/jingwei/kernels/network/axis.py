"""The usual case, quickly: all activities on one calendar and nothing begun. Both passes run on working minutes; moments are told when asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jingwei.kernels.calendar.compiled import CompiledCalendar
from jingwei.kernels.jit import execute
from jingwei.kernels.network.compilation import Structure, is_all
from jingwei.kernels.network.input import LAG_IN_SUCCESSOR_CALENDAR, Constraint, RunRules

if TYPE_CHECKING:
    from jingwei.kernels.calendar.passes import CalendarTable
    from jingwei.kernels.network.axis_passes import Bounds, Positions
    from jingwei.kernels.network.ordering import Arcs
    from jingwei.kernels.network.passes import Activities, Dates, Minutes


def sole_calendar(activities: Activities, structure: Structure) -> int | None:
    """The calendar of a network that can be calculated on it alone, or None: it has several, lags by another, or work under way."""
    from jingwei.kernels.network.passes import WAITING

    if not len(activities.state) or not is_all(activities.state, WAITING):
        return None
    calendar = int(activities.calendar[0])
    if not is_all(activities.calendar, calendar):
        return None
    lag_calendar = structure.lag_calendar
    if lag_calendar is not None:
        elsewhere = (lag_calendar != LAG_IN_SUCCESSOR_CALENDAR) & (lag_calendar != calendar)
        if np.any(elsewhere[structure.link_number] & (structure.arcs.code >> 2 != 0)):
            return None
    return calendar


@dataclass(frozen=True)
class Ruler:
    """Positions along the working time of one compiled calendar, counted from the wall minute `zero`; see `network_axis_passes`."""

    calendar: CompiledCalendar
    zero: int

    @cached_property
    def origin(self) -> int:
        """The working minute at position 0."""
        return self.calendar.work_at(self.zero)

    def not_before(self, walls: Minutes) -> Minutes:
        """The positions of wall minutes; those outside working time go to where it next starts."""
        work = self.calendar.work_at(walls)
        at_end = (work > 0) & (self.calendar.wall_finish(np.maximum(work, 1)) == walls)
        positions: Minutes = 2 * (work - self.origin) + ~at_end
        return positions

    def not_after(self, walls: Minutes) -> Minutes:
        """The positions of wall minutes; those outside working time go to where it last ended."""
        work = self.calendar.work_at(walls)
        at_start = (work < self.calendar.total) & (self.calendar.wall_start(np.minimum(work, self.calendar.total - 1)) <= walls)
        positions: Minutes = 2 * (work - self.origin) + at_start
        return positions

    def wall(self, position: int) -> int:
        """The wall minute of a position."""
        work = self.origin + (position >> 1)
        return self.calendar.wall_start(work) if position & 1 else self.calendar.wall_finish(work)

    def misses(self, lowest: int, highest: int) -> tuple[bool, bool]:
        """Whether positions reach further back, and further ahead, than the calendar is compiled."""
        return lowest + 2 * self.origin < 1, highest + 2 * self.origin >= 2 * self.calendar.total

    def share(self, highest: int) -> float:
        """How many times its days ahead of the origin the calendar must have to reach a position; roughly."""
        return (highest / 2 + 1) / max(self.calendar.total - self.origin, 1)


def bounds_of(activities: Activities, ruler: Ruler) -> Bounds:
    """The dates of activities as positions; arrays stay empty where nothing is said, which spares the passes to look."""
    from jingwei.kernels.network import axis_passes as passes

    kinds, at, due = np.zeros(0, np.int8), np.zeros(0, np.int32), np.zeros(0, np.int32)
    is_dated = not is_all(activities.constraint, Constraint.ASAP)
    if is_dated:
        kinds = np.ascontiguousarray(activities.constraint, np.int8)
        at = _placed(ruler.not_before, activities.constraint_at, passes.EVER)
    if is_dated or not is_all(activities.deadline, -1):
        due = _placed(ruler.not_after, activities.deadline, passes.NEVER)
        if is_dated:
            by_finish = np.isin(kinds, (Constraint.FNLT, Constraint.MFO))
            latest = _placed(ruler.not_after, np.where(by_finish, activities.constraint_at, -1), passes.NEVER)
            due = np.minimum(due, latest)
    return passes.Bounds(kinds, at, due, held_of(activities.not_before, ruler))


def reach_of(activities: Activities, zero: int) -> tuple[int, int]:
    """The first and the last wall minute among the dates of activities and `zero`."""
    told = [array[array >= 0] for array in (activities.constraint_at, activities.deadline, activities.not_before) if not is_all(array, -1)]
    return min(int(walls.min(initial=zero)) for walls in (np.array([zero]), *told)), max(int(walls.max(initial=zero)) for walls in (np.array([zero]), *told))


def held_of(not_before: Minutes, ruler: Ruler) -> Positions:
    """Hold-backs as positions; empty when there are none."""
    from jingwei.kernels.network import axis_passes as passes

    return np.zeros(0, np.int32) if is_all(not_before, -1) else _placed(ruler.not_before, not_before, passes.EVER)


def _placed(place: Any, walls: Minutes, otherwise: int) -> Positions:
    positions = np.full(walls.size, otherwise, np.int32)
    known = walls >= 0
    positions[known] = place(walls[known])
    return positions


def lengths_of(durations: ArrayLike, order: NDArray[np.int32]) -> Positions:
    """Durations by index as the passes take them, in topological order. Raises ValueError where there are too few or negative ones."""
    from jingwei.kernels.network import axis_passes as passes

    given, length = np.ascontiguousarray(durations, np.int64), np.empty(order.size, np.int32)
    if given.shape != order.shape:
        raise ValueError(f"durations needs {order.size} entries, not {given.shape}")
    if execute(passes.cut_lengths, (given, order), length):
        raise ValueError("durations must not be negative")
    return length


@dataclass(frozen=True)
class AxisDates:
    """What the passes found, as positions, and the fields of network_passes.Dates worked out from it one by one when asked for."""

    table: CalendarTable
    calendar: int
    origin: int
    early: Positions
    length: Positions
    total: Positions
    finish: Minutes
    arcs: Arcs
    breaks: NDArray[np.uint8]
    ends: Minutes

    def _walls(self, positions: NDArray[Any]) -> Minutes:
        from jingwei.kernels.network import axis_passes as passes

        walls = np.empty(positions.size, np.int64)
        execute(passes.walls_of, (self.table, self.calendar, self.origin, np.ascontiguousarray(positions, np.int32)), walls)
        return walls

    @cached_property
    def early_start(self) -> Minutes:
        return self._walls(self.early[0::2])

    @cached_property
    def early_finish(self) -> Minutes:
        return self._walls(self.early[1::2])

    @cached_property
    def start_work(self) -> Minutes:
        return (self.early[0::2] >> 1).astype(np.int64) + self.origin

    @cached_property
    def finish_work(self) -> Minutes:
        return (self.early[1::2] >> 1).astype(np.int64) + self.origin

    @property
    def remaining_work(self) -> Minutes:
        return self.start_work

    @cached_property
    def late_start(self) -> Minutes:
        late = 2 * ((self.early[0::2] >> 1) + self.total) + (self.length > 0)
        return self._walls(np.where(self.total == 0, self.early[0::2], late))

    @cached_property
    def late_finish(self) -> Minutes:
        late = 2 * ((self.early[0::2] >> 1) + self.total + self.length)
        return self._walls(np.where(self.total == 0, self.early[1::2], late))

    @property
    def total_float(self) -> Positions:
        return self.total

    @cached_property
    def free_float(self) -> Positions:
        from jingwei.kernels.network import axis_passes as passes

        free = np.empty(self.length.size, np.int32)
        execute(passes.free_floats, (self.arcs, self.length, self.breaks, self.ends, self.early), free)
        return free

    def whole(self) -> Dates:
        """All of them, for the kernels that explain."""
        from jingwei.kernels.network.passes import Dates

        return Dates(**{name: np.asarray(getattr(self, name), np.int64) for name in Dates._fields})


def ends_of(rules: RunRules, ruler: Ruler, finish: int) -> Minutes:
    """What the backward pass begins with, for a project finish given as wall minute."""
    base = finish if rules.required_finish < 0 else rules.required_finish
    last, required = ruler.not_after(np.array([finish, base])).tolist()
    return np.array([ruler.origin, required, last], np.int64)


def rules_of(rules: RunRules, ruler: Ruler) -> Minutes:
    """The rules as the forward pass takes them."""
    from jingwei.kernels.network import axis_passes as passes

    start = int(ruler.not_before(np.array([rules.project_start]))[0])
    present = int(ruler.not_before(np.array([rules.data_date]))[0]) if rules.data_date >= 0 else passes.EVER
    return np.array([start, present, rules.honours_constraints], np.int64)
