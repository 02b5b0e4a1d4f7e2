"""Worked examples of links and lags on the calendar of March 2026, Monday the 2nd to Friday the 27th."""

from __future__ import annotations

from datetime import date

import pytest

from jingwei.kernels.calendar.compiled import HorizonError
from jingwei.kernels.calendar.stated import ROUND_THE_CLOCK, WorkCalendar
from jingwei.kernels.network.critical_path import ActivityArrays, Cause, CycleError, LinkArrays, RunRules, compile_network
from jingwei.kernels.plan.plan import Activity, Dependency, PlanCycleError, PlanError

from .clock import DAY, at, early, late, planned, shown, wall


@pytest.mark.parametrize(
    ("kind", "lag", "start", "finish"),
    [
        # A: Monday 2 to Wednesday 4 March (3 days). B takes 2 days.
        ("FS", 0, "03-05 09:00", "03-06 18:00"),
        ("FS", DAY, "03-06 09:00", "03-09 18:00"),
        ("FS", -DAY, "03-04 09:00", "03-05 18:00"),
        ("FS", 90, "03-05 10:30", "03-09 10:30"),
        ("SS", 0, "03-02 09:00", "03-03 18:00"),
        ("SS", DAY, "03-03 09:00", "03-04 18:00"),
        ("FF", 0, "03-03 09:00", "03-04 18:00"),
        ("FF", 2 * DAY, "03-05 09:00", "03-06 18:00"),
        ("FF", -2 * DAY, "03-02 09:00", "03-03 18:00"),
        ("SF", 3 * DAY, "03-03 09:00", "03-04 18:00"),
        ("SF", 0, "03-02 09:00", "03-03 18:00"),
    ],
)
def test_each_link_type_with_lag(kind: str, lag: int, start: str, finish: str) -> None:
    plan = planned([Activity("A", 3 * DAY), Activity("B", 2 * DAY)], [Dependency("A", "B", kind, lag)])  # type: ignore[arg-type]
    assert early(plan, "B") == (start, finish)


def test_elapsed_lag_runs_through_the_weekend() -> None:
    # A ends Friday 6 March 18:00; three days by the clock later is Monday 18:00, so B starts Tuesday.
    plan = planned([Activity("A", 5 * DAY), Activity("B", DAY)], [Dependency("A", "B", lag_minutes=3 * 1440, lag_calendar="elapsed")])
    assert early(plan, "B") == ("03-10 09:00", "03-10 18:00")


def test_lag_can_count_in_a_calendar_of_its_own() -> None:
    # Concrete hardens round the clock from Monday 18:00: 24 h later it is Tuesday 18:00, B starts Wednesday.
    plan = planned(
        [Activity("A", DAY), Activity("B", DAY)],
        [Dependency("A", "B", lag_minutes=1440, lag_calendar="always")],
        calendars={"always": WorkCalendar.round_the_clock()},
    )
    assert early(plan, "B") == ("03-04 09:00", "03-04 18:00")


def test_finish_shows_friday_evening_and_the_next_start_monday_morning() -> None:
    plan = planned([Activity("A", 5 * DAY), Activity("B", DAY), Activity("M", 0, is_milestone=True)], [Dependency("A", "B"), Dependency("A", "M")])
    assert early(plan, "A") == ("03-02 09:00", "03-06 18:00")
    assert early(plan, "B") == ("03-09 09:00", "03-09 18:00")
    assert early(plan, "M") == ("03-06 18:00", "03-06 18:00")


def test_work_skips_the_spring_festival_and_uses_the_make_up_saturdays() -> None:
    # From Thursday 12 February 2026: 12, 13, Saturday 14 (make-up), off 15 to 23, then 24.
    plan = planned([Activity("A", 4 * DAY)], start=at("2026-02-12 09:00"))
    assert early(plan, "A") == ("02-12 09:00", "02-24 18:00")


def test_work_skips_national_day_2025() -> None:
    # From Friday 26 September 2025: 26, Sunday 28 (make-up), 29, 30, off 1 to 8 October, 9.
    plan = planned([Activity("A", 5 * DAY)], start=at("2025-09-26 09:00"))
    assert early(plan, "A") == ("09-26 09:00", "10-09 18:00")


def test_activity_on_the_machine_calendar_ends_on_saturday_and_office_work_follows_on_monday() -> None:
    calendars = {"machine": WorkCalendar.weekly(ROUND_THE_CLOCK, region="none")}
    burn_in = Activity("burn-in", 1440, calendar="machine")
    plan = planned([Activity("A", 5 * DAY), burn_in, Activity("B", DAY)], [Dependency("A", "burn-in"), Dependency("burn-in", "B")], calendars=calendars)
    assert early(plan, "burn-in") == ("03-06 18:00", "03-07 18:00")
    assert early(plan, "B") == ("03-09 09:00", "03-09 18:00")
    # It may end as late as Monday 09:00: 39 hours of room, though it is followed by the last activity.
    assert plan["burn-in"].total_float_minutes == plan["burn-in"].free_float_minutes == 39 * 60


def test_finish_bound_in_a_break_is_waited_for() -> None:
    # The machine ends Saturday 18:00; office work tied to its finish cannot end before, so it idles to Monday 09:00.
    calendars = {"machine": WorkCalendar.round_the_clock()}
    machine = Activity("machine", 5 * 1440 + 540, calendar="machine")
    plan = planned([machine, Activity("B", DAY)], [Dependency("machine", "B", "FF")], calendars=calendars)
    assert early(plan, "machine") == ("03-02 09:00", "03-07 18:00")
    assert early(plan, "B") == ("03-06 09:00", "03-09 09:00")
    assert plan["machine"].total_float_minutes == 39 * 60


def test_floats_of_a_diamond() -> None:
    # A 2 days, then B 5 days or C 2 days and D 1 day, then E. C and D share two days of room; only D's is free.
    activities = [Activity("A", 2 * DAY), Activity("B", 5 * DAY), Activity("C", 2 * DAY), Activity("D", DAY), Activity("E", DAY)]
    links = [Dependency(*pair) for pair in (("A", "B"), ("A", "C"), ("C", "D"), ("B", "E"), ("D", "E"))]
    plan = planned(activities, links)
    assert {key: plan[key].total_float_minutes for key in "ABCDE"} == {"A": 0, "B": 0, "C": 960, "D": 960, "E": 0}
    assert {key: plan[key].free_float_minutes for key in "ABCDE"} == {"A": 0, "B": 0, "C": 0, "D": 960, "E": 0}
    assert plan.critical_keys == plan.longest_path_keys == ("A", "B", "E")
    assert late(plan, "C") == ("03-06 09:00", "03-09 18:00")
    assert shown(plan.finish) == "03-11 18:00"


def test_independent_float_needs_late_predecessors_too() -> None:
    # C 0->2, I 2->3, E: I has one day of its own only when C cannot eat it. Days: long path L takes 6.
    arrays = ActivityArrays([6 * DAY, DAY, DAY, DAY, DAY])  # L, P, I, Q, END; P -> I -> Q -> END, L -> END
    links = LinkArrays([0, 1, 2, 3], [4, 2, 3, 4])
    dates = compile_network(arrays, links, [WorkCalendar()], RunRules(wall("2026-03-02 09:00"))).calculate()
    assert dates.total_float.tolist() == [0, 3 * DAY, 3 * DAY, 3 * DAY, 0]
    assert dates.free_float.tolist() == [0, 0, 0, 3 * DAY, 0]
    assert dates.independent_float.tolist() == [0, 0, 0, 0, 0]
    # With P fixed by a second, critical successor, nothing can delay I's start, and I's room is its own.
    tied = LinkArrays([0, 1, 2, 1, 1], [4, 2, 4, 0, 3])
    dates = compile_network(arrays, tied, [WorkCalendar()], RunRules(wall("2026-03-02 09:00"))).calculate()
    assert dates.total_float[2] == dates.independent_float[2] == 5 * DAY


def test_drivers_name_ties_and_only_what_binds() -> None:
    links = [Dependency("A", "C"), Dependency("B", "C"), Dependency("short", "C")]
    plan = planned([Activity("A", 2 * DAY), Activity("B", 2 * DAY), Activity("short", DAY), Activity("C", DAY)], links)
    assert [driver.dependency for driver in plan["C"].drivers] == links[:2]
    assert [driver.cause for driver in plan["A"].drivers] == [Cause.PROJECT_START]


def test_cycle_is_named_in_order() -> None:
    links = [Dependency(*pair) for pair in (("start", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("c", "end"))]
    with pytest.raises(PlanCycleError) as caught:
        planned([Activity(key, DAY) for key in ("start", "a", "b", "c", "end")], links)
    cycle = caught.value.keys
    turn = cycle.index("a")
    assert cycle[turn:] + cycle[:turn] == ["a", "b", "c"]


def test_cycle_of_arrays_is_named_by_index() -> None:
    with pytest.raises(CycleError) as caught:
        compile_network(ActivityArrays([1, 1, 1, 1]), LinkArrays([0, 1, 2, 2], [1, 2, 1, 3]), [WorkCalendar()], RunRules(0))
    assert sorted(caught.value.activities) == [1, 2]


def test_activity_waiting_for_itself_is_a_cycle() -> None:
    with pytest.raises(PlanCycleError) as caught:
        planned([Activity("a", DAY)], [Dependency("a", "a")])
    assert caught.value.keys == ["a"]


@pytest.mark.parametrize(
    ("activities", "links", "message"),
    [
        ([Activity("a", DAY), Activity("a", DAY)], [], "twice"),
        ([Activity("a", DAY)], [Dependency("a", "b")], "'b'"),
        ([Activity("a", DAY, calendar="moon")], [], "'moon'"),
        ([Activity("a", -1)], [], "negative"),
        ([Activity("a", DAY, percent=101)], [], "percent"),
        ([Activity("a", DAY, constraint="SNET")], [], "no date"),
        ([Activity("a", DAY, parent="p")], [], "'p'"),
        ([Activity("a", DAY), Activity("b", DAY)], [Dependency("a", "b", lag_calendar="moon")], "'moon'"),
    ],
)
def test_plan_that_makes_no_sense_is_refused(activities: list[Activity[str]], links: list[Dependency[str]], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        planned(activities, links)


def test_nothing_to_do_ends_when_it_starts() -> None:
    plan = planned([])
    assert len(plan) == 0
    assert plan.start == plan.finish == at("2026-03-02 09:00")


def test_calendar_without_working_time_is_an_error_not_an_endless_search() -> None:
    calendars = {"never": WorkCalendar.weekly(((), (), (), (), (), (), ()))}
    with pytest.raises(HorizonError):
        planned([Activity("a", 1, calendar="never")], calendars=calendars)


def test_work_far_beyond_the_first_guess_is_placed() -> None:
    plan = planned([Activity("a", 40 * 250 * DAY)])
    assert plan["a"].early_finish is not None
    assert plan["a"].early_finish.year in range(2064, 2068)


def test_inactive_activity_counts_for_nothing() -> None:
    plan = planned(
        [Activity("A", DAY), Activity("off", 9 * DAY, is_inactive=True), Activity("B", DAY)],
        [Dependency("A", "off"), Dependency("off", "B")],
    )
    assert early(plan, "B") == ("03-02 09:00", "03-02 18:00")
    assert plan["off"].start is None
    assert plan["off"].drivers == ()


def test_holidays_announced_decide_not_the_weekday() -> None:
    assert date(2026, 2, 14).weekday() == 5
    plan = planned([Activity("A", DAY)], start=at("2026-02-14 09:00"))
    assert early(plan, "A") == ("02-14 09:00", "02-14 18:00")
