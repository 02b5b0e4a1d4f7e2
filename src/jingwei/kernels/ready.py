"""Makes the kernels' machine code before anybody waits for it: `python -m jingwei.kernels.ready`, once after an installation or an update.

Numba compiles a kernel when it is first called and keeps the result on disk; all of them together take a processor a minute or two. Small
plans of every kind are calculated here, so that the first person who opens a plan, a risk page or a levelling finds them ready.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jingwei.kernels.calendar.stated import CalendarLayer, WorkCalendar, wall_minute
from jingwei.kernels.jit import numba_is_wanted
from jingwei.kernels.network.critical_path import RunRules
from jingwei.kernels.plan.incremental import HeldPlan
from jingwei.kernels.plan.plan import Activity, Dependency, PlanDates, schedule_plan

_start = datetime(2026, 3, 2, 9, tzinfo=UTC)
_week = ((((540, 720), (780, 1080)),) * 5) + ((), ())
_zone = "UTC"


def _calendar(name: str, week: Any) -> WorkCalendar:
    return WorkCalendar((CalendarLayer(name, week, (), "none"),), _zone)


_usual, _always = _calendar("usual", _week), _calendar("always", (((0, 1440),),) * 7)
_links: list[Dependency[Hashable]] = [
    Dependency("a", "b"),
    Dependency("a", "c", "SS", 480),
    Dependency("b", "d", "FF"),
    Dependency("c", "d", "SF", 60),
    Dependency("c", "e", "FS", 60),
]
_links_by_clock: list[Dependency[Hashable]] = [*_links[:-1], Dependency("c", "e", "FS", 60, "elapsed")]


def _one_calendar() -> list[Activity[Hashable]]:
    later = _start + timedelta(days=7)
    return [
        Activity("a", 480),
        Activity("b", 960, deadline=later),
        Activity("c", 480, constraint="SNET", constraint_at=later),
        Activity("d", 0, is_milestone=True),
        Activity("e", 480, not_before=later),
    ]


def _history() -> list[Activity[Hashable]]:
    """Two calendars, a summary, work that is done, under way, placed by hand and inactive."""
    later = _start + timedelta(days=7)
    return [
        Activity("all", 0),
        Activity("a", 480, parent="all", percent=100, actual_start=_start, actual_finish=_start + timedelta(hours=9)),
        Activity("b", 960, parent="all", calendar="always", percent=40, actual_start=_start + timedelta(days=1)),
        Activity("c", 480, constraint="MSO", constraint_at=later, deadline=later),
        Activity("d", 480, calendar="always", constraint="ALAP"),
        Activity("e", 480, manual_start=later),
        Activity("f", 480, is_inactive=True),
    ]


def _looked_at(dates: PlanDates[Hashable]) -> PlanDates[Hashable]:
    """Everything that pages and commands ask of a plan's dates."""
    dates.date_rows()
    _ = (dates.longest_path_keys, dates.critical_keys, dates.with_every_end_critical().critical_keys)
    for key in dates:
        dates.drivers(key)
        dates.independent_float_minutes(key)
    return dates


def _parts(activities: list[Activity[Hashable]]) -> tuple[list[Activity[Hashable]], list[Dependency[Hashable]], dict[str, WorkCalendar]]:
    """With links and calendars: one calendar alone is calculated in another way than several."""
    is_alone = all(each.calendar == "project" for each in activities)
    return (activities, _links, {"project": _usual}) if is_alone else (activities, _links_by_clock, {"project": _usual, "always": _always})


def _scheduled(activities: list[Activity[Hashable]], **more: Any) -> PlanDates[Hashable]:
    return _looked_at(schedule_plan(*_parts(activities), start=_start, zone=_zone, **more))


def plans() -> None:
    """Dates on one calendar and on several, forwards and from the finish, and of a plan that is held and changed."""
    _scheduled(_one_calendar())
    _scheduled(_one_calendar(), data_date=_start + timedelta(days=2))
    _scheduled(_one_calendar(), from_finish=True, required_finish=_start + timedelta(days=60))
    _scheduled(_history(), data_date=_start + timedelta(days=2))
    _scheduled(_history(), data_date=_start + timedelta(days=2), logic="override", late_dates="resumption")
    rules = RunRules(wall_minute(_start, _zone), data_date=wall_minute(_start + timedelta(days=2), _zone))
    for activities in (_one_calendar(), _history()):
        held = HeldPlan.build(*_parts(activities), rules, _zone)
        held.network.compiled.calculate(durations=[480] * held.network.compiled.count)
        _looked_at(held.with_changes({"c": Activity("c", 960)}, rules).dates(rules))


def risk() -> None:
    """The simulation by working minutes and by the clock, with correlation, costs and a risk."""
    from jingwei.kernels.uncertainty.model import Impact, RiskEvent, Spread
    from jingwei.kernels.uncertainty.planning import DefaultSpread, plan_model

    for activities in (_one_calendar(), _history()):
        dates = _scheduled(activities, data_date=_start + timedelta(days=2))
        model = plan_model(dates, {}, DefaultSpread(), costs={"c": (10.0, 1.0)})
        event = RiskEvent("r", 0.5, (Impact("c", Spread("triangular", 60, 120, 480)),))
        model.run(runs=64, seed=1, groups={"plan": 0.3}, risks=(event,))


def levelling() -> None:
    """Levelling of a plan, and the search for the shortest schedule."""
    from jingwei.kernels.levelling import Problem, solve
    from jingwei.kernels.levelling.planning import level_plan
    from jingwei.kernels.levelling.planning_input import PlanAssignment, PlanResource, PlanTask

    tasks = [PlanTask(each) for each in _one_calendar()]
    booked = [PlanAssignment(name, "ada") for name in "bc"]
    level_plan(tasks, _links, [PlanResource("ada")], booked, {"project": _usual}, start=_start, rounds=2, zone=_zone)
    solve(Problem.build([2, 1, 3, 2], [[1], [1], [1], [1]], [1], [(0, 1)]), seconds=0.2)


steps: dict[str, Callable[[], None]] = {"plans": plans, "risk": risk, "levelling": levelling}
_kept = Path(__file__).parent / "__pycache__"


def _mark() -> str:
    """For which kernels, which compiler and which machine the code was made."""
    sources = _kept / "sources.stamp"
    return f"{version('numba')} {sys.version} {platform.platform()} {sources.read_text() if sources.exists() else ''}"


def are_ready() -> bool:
    """Whether there is nothing to make: it was made already, numba is not used, or there is nowhere to keep it."""
    if not numba_is_wanted() or not os.access(_kept, os.W_OK):
        return True
    stamp = _kept / "ready.stamp"
    return stamp.exists() and stamp.read_text() == _mark()


def main(names: Sequence[str]) -> int:
    """Make all of it, on two processors where there are; a step that fails keeps no other from being made."""
    if names:
        for name in names:
            steps[name]()
        return 0
    if are_ready():
        return 0
    plans()  # the others stand on it
    command = [sys.executable, "-m", "jingwei.kernels.ready"]
    rest = [subprocess.Popen([*command, name]) for name in steps if name != "plans"]
    ended = [each.wait() for each in rest]
    if not any(ended):
        (_kept / "ready.stamp").write_text(_mark())
    return max(ended)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
