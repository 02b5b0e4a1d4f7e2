"""What a calculated network tells: dates, floats, what is critical, and why something starts when it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jingwei.kernels.jit import execute
from jingwei.kernels.network.compilation import is_all, plain_activities
from jingwei.kernels.network.input import Constraint, RunRules

if TYPE_CHECKING:
    from jingwei.kernels.network.axis import AxisDates
    from jingwei.kernels.network.compilation import Structure
    from jingwei.kernels.network.passes import Activities, Dates, Links, Minutes, Rules


class Cause(Enum):
    """What set a start; the values are the bits of `network_analysis`."""

    LINK = 1
    PROJECT_START = 2
    CONSTRAINT = 4
    DATA_DATE = 8
    NOT_BEFORE = 16
    ACTUAL = 32
    MANUAL = 64


@dataclass(frozen=True, slots=True)
class Driver:
    """One reason why an activity starts when it does; the link fields hold only for Cause.LINK."""

    cause: Cause
    predecessor: int | None = None
    link: int | None = None


@dataclass(frozen=True)
class NetworkDates:
    """Results by activity index: wall minutes (-1 for inactive), floats in working minutes of the activity's own calendar."""

    network: Any  # the network.Network these dates were calculated from; it imports this module
    rules: RunRules
    calculation: Calculation = field(repr=False)

    def _by_index(self, values: Any, kind: Any = np.int64) -> NDArray[Any]:
        scattered: NDArray[Any] = np.empty(self.network.count, kind)
        scattered[self.network.order] = values
        return scattered

    @property
    def project_finish(self) -> int:
        """The latest early finish, or the project start of an empty network."""
        return int(self.calculation.dates.finish[0])

    @cached_property
    def early_start(self) -> Minutes:
        """As early as links, constraints and progress allow; the actual start once there is one."""
        return self._by_index(self.calculation.dates.early_start)

    @cached_property
    def early_finish(self) -> Minutes:
        """The end belonging to the early start."""
        return self._by_index(self.calculation.dates.early_finish)

    @cached_property
    def late_start(self) -> Minutes:
        """As late as possible without passing the project finish, a deadline or a constraint; the actual start once there is one."""
        return self._by_index(self.calculation.dates.late_start)

    @cached_property
    def late_finish(self) -> Minutes:
        """The end belonging to the late start."""
        return self._by_index(self.calculation.dates.late_finish)

    @cached_property
    def total_float(self) -> Minutes:
        """Room before a late date is passed; negative when it already is; 0 when finished."""
        return self._by_index(self.calculation.dates.total_float)

    @cached_property
    def free_float(self) -> Minutes:
        """Room before a successor moves, never negative."""
        return self._by_index(self.calculation.dates.free_float)

    @cached_property
    def independent_float(self) -> Minutes:
        """Room that is left although predecessors end as late as they may and successors do not move."""
        return self._by_index(self.calculation.independent_float())

    @cached_property
    def critical(self) -> NDArray[np.bool_]:
        """Not finished, and no more total float than the rules call critical."""
        from jingwei.kernels.network.passes import FINISHED, INACTIVE, WAITING

        flags = np.asarray(self.calculation.dates.total_float, np.int64) <= self.rules.critical_float_minutes
        state = self.calculation.activities.state
        if not is_all(state, WAITING):
            flags &= np.isin(state, (FINISHED, INACTIVE), invert=True)
        return self._by_index(flags, np.bool_)

    @cached_property
    def _planned(self) -> tuple[Minutes, Minutes]:
        return self.calculation.planned()

    @cached_property
    def start(self) -> Minutes:
        """Planned start: the early start, but of ALAP activities the latest that delays no successor."""
        return self._by_index(self._planned[0])

    @cached_property
    def finish(self) -> Minutes:
        """The end belonging to the planned start."""
        return self._by_index(self._planned[1])

    @cached_property
    def longest_path(self) -> NDArray[np.bool_]:
        """On a chain of driving links that ends at the project finish, whatever the floats say."""
        return self._by_index(self.calculation.longest_path(), np.bool_)

    def driving_links(self, activity: int) -> tuple[Driver, ...]:
        """What set the start of an activity, or of what is left of it once begun; ties are all named. Empty when inactive."""
        place = int(self.network.rank[activity])
        drives, causes = self.calculation.drivers
        found = []
        links = self.network.links
        for k in range(int(links.first[place]), int(links.first[place + 1])):
            if drives[k]:
                predecessor = int(self.network.order[links.predecessor[k]])
                found.append(Driver(Cause.LINK, predecessor, int(self.network.link_number[k])))
        found.extend(Driver(cause) for cause in Cause if cause is not Cause.LINK and int(causes[place]) & cause.value)
        return tuple(found)


@dataclass(frozen=True)
class Calculation:
    """One calculation in topological order, kept so that explanations can be worked out when asked for."""

    table: Any
    activities: Activities
    structure: Structure
    rules: Rules
    dates: Dates | AxisDates

    @property
    def links(self) -> Links:
        return self.structure.links

    @cached_property
    def inputs(self) -> tuple[Any, ...]:
        """What the general kernels take: table, activities, links, rules, dates."""
        dates = self.dates if isinstance(self.dates, tuple) else self.dates.whole()
        return self.table, plain_activities(self.activities), self.links, self.rules, dates

    @property
    def _count(self) -> int:
        return len(self.activities.state)

    @property
    def is_from_finish(self) -> bool:
        """Planned backwards from a required finish."""
        return bool(self.rules.values[6])

    @cached_property
    def drivers(self) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        from jingwei.kernels.network import analysis as network_analysis

        drives, causes = np.zeros(len(self.links.type), np.int8), np.zeros(self._count, np.int8)
        execute(network_analysis.drivers, self.inputs, drives, causes)
        return drives, causes

    def longest_path(self) -> NDArray[np.int8]:
        from jingwei.kernels.network import analysis as network_analysis

        on_path = np.zeros(self._count, np.int8)
        _table, activities, links, _rules, dates = self.inputs
        execute(network_analysis.longest_path, (activities, links, dates, self.drivers[0]), on_path)
        return on_path

    def independent_float(self) -> Minutes:
        from jingwei.kernels.network import analysis as network_analysis

        room = np.zeros(self._count, np.int64)
        execute(network_analysis.independent_float, self.inputs, room)
        return room

    def planned(self) -> tuple[Minutes, Minutes]:
        from jingwei.kernels.network import analysis as network_analysis

        kinds = self.activities.constraint
        if is_all(kinds, Constraint.ASAP) or not (self.is_from_finish or np.any(kinds == Constraint.ALAP)):
            return self.dates.early_start, self.dates.early_finish
        start, finish, start_by, finish_by = (np.zeros(self._count, np.int64) for _ in range(4))
        execute(network_analysis.late_as_possible, self.inputs, start, finish, start_by, finish_by)
        return start, finish
