"""A plan kept compiled: changed activities are put into the arrays in place, so a change costs one pass over them and no new compilation.

The passes over ten thousand activities take about a millisecond, less than finding out which of them a change can reach; what an
edit costs is gathering, checking and ordering the plan. So a held plan patches the arrays of the activities that changed and runs
the passes, and compiles anew only when the shape changes: links, parents, calendars, or what a summary hands down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from jingwei.kernels.calendar.stated import DEFAULT_ZONE, WorkCalendar
from jingwei.kernels.network.compilation import filled, first_horizon, minutes_checked, state_codes
from jingwei.kernels.network.critical_path import ActivityArrays, Network, RunRules
from jingwei.kernels.plan.network import PlanNetwork, activity_row
from jingwei.kernels.plan.plan import Activity, Dependency, Key, PlanDates


@dataclass
class HeldPlan(Generic[Key]):
    """A plan between edits. `changed` and `relinked` bring it up to date, `dates` calculates it under rules of the moment."""

    network: PlanNetwork[Key]
    activities: dict[Key, Activity[Key]]
    dependencies: Sequence[Dependency[Key]]
    calendars: Mapping[str, WorkCalendar]
    zone: str

    @classmethod
    def build(
        cls,
        activities: Sequence[Activity[Key]],
        dependencies: Sequence[Dependency[Key]],
        calendars: Mapping[str, WorkCalendar],
        rules: RunRules,
        zone: str = DEFAULT_ZONE,
    ) -> HeldPlan[Key]:
        """Compile a plan to be held. Raises PlanError and its kinds."""
        network = PlanNetwork.build(activities, dependencies, calendars, rules, zone)
        return cls(network, {activity.key: activity for activity in activities}, dependencies, dict(calendars), zone)

    def dates(self, rules: RunRules) -> PlanDates[Key]:
        """The dates of the plan as it is held, under the given rules (the data date moves on by itself)."""
        return PlanDates(self.network, self.network.compiled.calculate(rules=rules))

    def with_changes(
        self,
        activities: Mapping[Key, Activity[Key] | None],
        rules: RunRules,
        *,
        dependencies: Sequence[Dependency[Key]] | None = None,
        calendars: Mapping[str, WorkCalendar] | None = None,
    ) -> HeldPlan[Key]:
        """The plan with activities changed, new, or gone (None), and with other links or calendars when given. This one stays as it is.

        Raises PlanError and its kinds, as `build` does.
        """
        kept: dict[Key, Activity[Key]] = dict(self.activities)
        for key, activity in activities.items():
            if activity is None:
                kept.pop(key, None)
            else:
                kept[key] = activity
        links = self.dependencies if dependencies is None else dependencies
        days = self.calendars if calendars is None else dict(calendars)
        is_same_shape = (links is self.dependencies or links == self.dependencies) and days == self.calendars
        if is_same_shape and all(self._fits(key, activity) for key, activity in activities.items()):
            patched = {key: activity for key, activity in activities.items() if activity is not None}
            return HeldPlan(self._patched(patched, rules), kept, links, days, self.zone)
        return HeldPlan.build(list(kept.values()), links, days, rules, self.zone)

    def _fits(self, key: Key, activity: Activity[Key] | None) -> bool:
        """Whether an activity can take its old place: same parent, no summary, and nothing handed down to it from above."""
        old = self.activities.get(key)
        if activity is None or old is None or activity.parent != old.parent:
            return False
        if activity.calendar != old.calendar and any(each.lag_calendar == "predecessor" for each in self.dependencies):
            return False  # lags that count in it were told its number
        if bool(self.network.is_summary[self.network.index[key]]):
            return _states(old) == _states(activity)
        above = activity.parent
        while above is not None:
            summary = self.activities[above]
            if any(_states(summary)):
                return False
            above = summary.parent
        return True

    def _patched(self, activities: Mapping[Key, Activity[Key]], rules: RunRules) -> PlanNetwork[Key]:
        network = self.network
        leaves = [(network.index[key], each) for key, each in activities.items() if not network.is_summary[network.index[key]]]
        percent = network.percent.copy()
        for key, activity in activities.items():
            percent[network.index[key]] = 100.0 if activity.actual_finish is not None else activity.percent
        if not leaves:
            return replace(network, percent=percent)
        numbers = {name: number for number, name in enumerate(self._calendar_names())}
        rows = [activity_row(each, self.calendars, numbers, self.zone) for _i, each in leaves]
        places = np.array([network.compiled.rank[i] for i, _each in leaves], np.int64)
        compiled = _put(network.compiled, places, rows, rules)
        duration = network.duration.copy()
        duration[[i for i, _each in leaves]] = [row["duration"] for row in rows]
        return replace(network, percent=percent, duration=duration, compiled=compiled)

    def _calendar_names(self) -> list[str]:
        return PlanNetwork.calendar_names(self.calendars)


def _states(activity: Activity[Any]) -> tuple[Any, ...]:
    """What a summary hands down to the activities below it."""
    kind = activity.constraint if activity.constraint not in (None, "ASAP") else None
    return kind, activity.constraint_at if kind else None, activity.deadline, activity.not_before


def _put(network: Network, places: NDArray[np.int64], rows: Sequence[Mapping[str, Any]], rules: RunRules) -> Network:
    """The compiled network with other entries at some places of its topological order; checked as a whole plan is."""
    given = ActivityArrays(**{name: [row[name] for row in rows] for name in rows[0]})
    duration = minutes_checked(given.duration, len(rows), "duration")
    arrays = filled(given, len(rows))
    remaining = np.where(arrays["actual_finish"] >= 0, 0, minutes_checked(given.remaining, len(rows), "remaining"))  # type: ignore[arg-type]
    new = {**arrays, "duration": duration, "remaining": remaining, "state": state_codes(given, duration, remaining, arrays)}
    columns = {}
    for name in network.activities._fields:
        column = getattr(network.activities, name).copy()
        column[places] = new[name]
        columns[name] = column
    activities = network.activities._replace(**columns)
    first, last = first_horizon(activities, rules)
    # What the plan needed before it most likely needs again: starting from less would mean a second forward pass for every edit.
    horizon = min(first, network.horizon[0]), max(last, network.horizon[1])
    return replace(network, activities=activities, rules=rules, horizon=horizon)
