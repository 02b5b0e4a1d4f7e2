"""The critical path: a network compiled once from plain arrays and calculated as often as durations change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from jingwei.kernels.calendar import DEFAULT_ZONE, WorkCalendar
from jingwei.kernels.jit import execute
from jingwei.kernels.network_compilation import Indices, compile_links, filled, first_horizon, minutes_checked, state_codes
from jingwei.kernels.network_dates import Calculation, Cause, Driver, NetworkDates
from jingwei.kernels.network_input import (
    LAG_ELAPSED,
    LAG_IN_SUCCESSOR_CALENDAR,
    NO_DATE,
    ActivityArrays,
    Constraint,
    CycleError,
    LinkArrays,
    LinkType,
    RunRules,
)
from jingwei.kernels.worktime import HorizonError, calendar_table

if TYPE_CHECKING:
    from jingwei.kernels.network_passes import Activities, Links

__all__ = [
    "LAG_ELAPSED",
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
    """A compiled network. `order` lists the activities topologically, `rank` is its inverse; `activities` and `links` follow it."""

    count: int
    calendars: tuple[WorkCalendar, ...]
    zone: str
    order: Indices
    rank: Indices
    activities: Activities
    links: Links
    link_number: Indices
    rules: RunRules
    horizon: tuple[date, date]

    def calculate(
        self,
        *,
        durations: ArrayLike | None = None,
        remaining: ArrayLike | None = None,
        not_before: ArrayLike | None = None,
        rules: RunRules | None = None,
    ) -> NetworkDates:
        """Dates and floats, with other durations (working minutes), what is left, hold-backs or rules than compiled, if given.

        With durations alone, what is done of an activity stays done. Raises HorizonError when work does not fit into 200 years.
        """
        from jingwei.kernels import network_passes

        chosen = rules or self.rules
        activities = self._changed(durations, remaining, not_before)
        values = np.array(
            [
                chosen.project_start,
                chosen.data_date,
                chosen.required_finish,
                chosen.logic == "retained",
                chosen.honours_constraints,
                chosen.late_dates == "resumption",
            ],
            np.int64,
        )
        while True:
            table = calendar_table(self.calendars, *self.horizon, self.zone)._replace(overflow=np.zeros(2, np.int64))
            dates = network_passes.empty_dates(self.count)
            run = Calculation(table, activities, self.links, network_passes.Rules(values), dates)
            execute(network_passes.forward, run.inputs[:-1], dates)
            if not table.overflow.any():
                execute(network_passes.backward, run.inputs[:-1], dates, np.zeros(self.count, np.int64), np.zeros(self.count, np.int64))
            if not table.overflow.any():
                return NetworkDates(self, chosen, run)
            self.horizon = _widened(self.horizon, bool(table.overflow[0]), bool(table.overflow[1]))

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


def compile_network(activities: ActivityArrays, links: LinkArrays, calendars: Sequence[WorkCalendar], rules: RunRules, zone: str = DEFAULT_ZONE) -> Network:
    """Check and order a network once, for many calculations.

    Raises CycleError naming the activities of a cycle, ValueError for arrays that do not fit together.
    """
    from jingwei.kernels import network_passes as passes

    count = np.asarray(activities.duration).size
    duration = minutes_checked(activities.duration, count, "duration")
    arrays = filled(activities, count)
    remaining = duration if activities.remaining is None else minutes_checked(activities.remaining, count, "remaining")
    remaining = np.where(arrays["actual_finish"] >= 0, 0, remaining)
    state = state_codes(activities, duration, remaining, arrays)
    if not calendars or (count and not 0 <= arrays["calendar"].min() <= arrays["calendar"].max() < len(calendars)):
        raise ValueError(f"calendar must be an index into the {len(calendars)} calendars")
    order, rank, compiled_links, link_number = compile_links(links, count, len(calendars))
    compiled = passes.Activities(
        calendar=arrays["calendar"][order].astype(np.int32),
        duration=duration[order],
        remaining=remaining[order],
        state=state[order],
        actual_start=arrays["actual_start"][order],
        actual_finish=arrays["actual_finish"][order],
        constraint=arrays["constraint"][order].astype(np.int8),
        constraint_at=arrays["constraint_at"][order],
        deadline=arrays["deadline"][order],
        not_before=arrays["not_before"][order],
        manual_start=arrays["manual_start"][order],
    )
    horizon = first_horizon(compiled, rules)
    return Network(count, tuple(calendars), zone, order, rank, compiled, compiled_links, link_number, rules, horizon)
