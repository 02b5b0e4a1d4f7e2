"""Several critical paths, and lags in the predecessor's calendar."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jingwei.kernels.calendar.stated import STANDARD_WEEK, WorkCalendar
from jingwei.kernels.network.critical_path import LAG_IN_PREDECESSOR_CALENDAR, ActivityArrays, LinkArrays, RunRules, compile_network
from jingwei.kernels.network.ends import critical_paths, open_ends, with_every_end_critical
from jingwei.kernels.plan.incremental import HeldPlan
from jingwei.kernels.plan.plan import Activity, Dependency

from .clock import DAY, early, planned, shown, wall
from .test_network_laws import CALENDARS, SLOW, START, calculated, networks

SIX_DAYS = WorkCalendar.weekly((*STANDARD_WEEK[:5], STANDARD_WEEK[0], ()), region="none")


def test_each_open_end_has_its_own_critical_path() -> None:
    """Given two chains that never meet, when every end is made critical, then both are, and each end names its own path."""
    dates = compile_network(ActivityArrays([480, 960, 480, 240]), LinkArrays([0, 2], [1, 3]), [WorkCalendar()], RunRules(START)).calculate()
    assert dates.critical.tolist() == [True, True, False, False]
    assert with_every_end_critical(dates).critical.all()
    paths = critical_paths(dates)
    assert [(path.end, path.activities, path.float_minutes) for path in paths] == [(1, (0, 1), 0), (3, (2, 3), 720)]


@SLOW
@given(networks())
def test_every_end_is_critical_and_no_early_date_moves(net: dict[str, Any]) -> None:
    dates = calculated(net)
    again = with_every_end_critical(dates)
    assert (again.total_float[open_ends(dates.network)] == 0).all()
    assert (again.total_float >= 0).all()
    assert (again.total_float <= dates.total_float).all()
    assert (again.early_start == dates.early_start).all()
    for path in critical_paths(dates):
        assert path.activities[-1] == path.end or path.end in path.activities
        assert set(path.activities) <= set(range(dates.network.count))


@SLOW
@given(networks(), st.data())
def test_floats_are_never_negative_without_dates_to_keep_and_lags_may_count_before(net: dict[str, Any], data: st.DataObject) -> None:
    """Given lags in the predecessor's calendar, then the dates are those of lags in the calendar it has."""
    own = [LAG_IN_PREDECESSOR_CALENDAR if data.draw(st.booleans()) else kept for kept in net["lag_calendar"]]
    named = [net["calendar"][before] if kept == LAG_IN_PREDECESSOR_CALENDAR else kept for kept, before in zip(own, net["predecessor"], strict=True)]
    dates, same = calculated({**net, "lag_calendar": own}), calculated({**net, "lag_calendar": named})
    assert (dates.early_start == same.early_start).all() and (dates.total_float == same.total_float).all()
    assert (dates.total_float >= 0).all()
    assert len(CALENDARS) > max(net["calendar"])


def test_a_lag_in_the_predecessors_calendar_by_name() -> None:
    """Given work six days a week that office work follows after a day, when that day is Saturday, then it begins on Monday."""
    calendars = {"site": SIX_DAYS}
    activities = [Activity("build", 5 * DAY, calendar="site"), Activity("check", DAY)]
    for name, expected in (("predecessor", "03-09 09:00"), (None, "03-10 09:00")):
        plan = planned(activities, [Dependency("build", "check", lag_minutes=DAY, lag_calendar=name)], calendars=calendars)
        assert early(plan, "check")[0] == expected
    held = HeldPlan.build(
        activities, [Dependency("build", "check", lag_minutes=DAY, lag_calendar="predecessor")], calendars, RunRules(wall("2026-03-02 09:00"))
    )
    moved = held.with_changes({"build": Activity("build", 5 * DAY)}, RunRules(wall("2026-03-02 09:00")))
    assert shown(moved.dates(RunRules(wall("2026-03-02 09:00")))["check"].early_start) == "03-10 09:00"


def test_an_end_as_late_as_possible_keeps_its_planned_dates() -> None:
    """Given an end that waits for the last moment, when every end is made critical, then it is planned where it was."""
    activities = [Activity("a", 4 * DAY), Activity("b", DAY), Activity("late", DAY, constraint="ALAP")]
    plan = planned(activities)
    every = plan.with_every_end_critical()
    assert [(shown(p["late"].start), shown(p["b"].start)) for p in (plan, every)] == [("03-05 09:00", "03-02 09:00")] * 2
    assert [p["b"].is_critical for p in (plan, every)] == [False, True]
