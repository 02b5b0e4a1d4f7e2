"""Summaries: dates, progress and floats from below; links and constraints on them reach what is below."""

from __future__ import annotations

import pytest

from jingwei.kernels.network.critical_path import Cause, CycleError
from jingwei.kernels.plan.plan import Activity, Dependency, PlanCycleError, PlanDriver, PlanError
from jingwei.kernels.plan.rollup import roll_up

from .clock import DAY, at, early, planned, shown

DESIGN = [
    Activity("design", 0),
    Activity("draft", 2 * DAY, parent="design", percent=100, actual_start=at("2026-03-02 09:00"), actual_finish=at("2026-03-03 18:00")),
    Activity("review", 6 * DAY, parent="design"),
]


def test_summary_spans_what_is_below_and_weighs_its_progress() -> None:
    plan = planned(DESIGN, [Dependency("draft", "review")])
    summary = plan["design"]
    assert (shown(summary.start), shown(summary.finish)) == ("03-02 09:00", "03-11 18:00")
    assert summary.percent == 25
    assert summary.duration_minutes == 8 * DAY
    assert summary.is_summary
    assert summary.is_critical
    assert summary.drivers == ()


def test_link_out_of_a_summary_waits_for_all_of_it() -> None:
    plan = planned([*DESIGN, Activity("build", DAY)], [Dependency("design", "build")])
    assert early(plan, "build") == ("03-10 09:00", "03-10 18:00")
    assert plan["build"].drivers == (PlanDriver(Cause.LINK, Dependency("design", "build")),)


def test_link_from_summary_to_summary_holds_back_everything_below() -> None:
    build = [Activity("build", 0), Activity("server", DAY, parent="build"), Activity("client", 2 * DAY, parent="build")]
    plan = planned([*DESIGN, *build], [Dependency("design", "build", lag_minutes=DAY)])
    assert early(plan, "server")[0] == early(plan, "client")[0] == "03-11 09:00"
    assert plan["server"].drivers == (PlanDriver(Cause.LINK, Dependency("design", "build", lag_minutes=DAY)),)
    assert plan.longest_path_keys == ("review", "client")


def test_start_to_start_out_of_a_summary_follows_its_first_activity() -> None:
    plan = planned([*DESIGN, Activity("watch", DAY)], [Dependency("draft", "review"), Dependency("design", "watch", "SS", DAY)])
    assert early(plan, "watch")[0] == "03-03 09:00"


def test_finish_link_into_a_summary_is_refused() -> None:
    with pytest.raises(PlanError, match="design"):
        planned([*DESIGN, Activity("build", DAY)], [Dependency("build", "design", "FF")])


def test_dates_stated_for_a_summary_reach_what_is_below() -> None:
    activities = [
        Activity("phase", 0, constraint="SNET", constraint_at=at("2026-03-05 09:00"), deadline=at("2026-03-06 18:00")),
        Activity("a", 3 * DAY, parent="phase"),
        Activity("part", 0, parent="phase", not_before=at("2026-03-09 09:00")),
        Activity("b", DAY, parent="part"),
    ]
    plan = planned(activities)
    assert early(plan, "a") == ("03-05 09:00", "03-09 18:00")
    assert plan["a"].total_float_minutes == -DAY
    assert plan["a"].drivers == (PlanDriver(Cause.CONSTRAINT, of="phase"),)
    assert early(plan, "b")[0] == "03-09 09:00"
    assert plan["phase"].total_float_minutes == -DAY


def test_activity_that_waits_for_its_own_summary_is_a_cycle() -> None:
    with pytest.raises(PlanCycleError) as caught:
        planned(DESIGN, [Dependency("design", "review")])
    assert "review" in caught.value.keys


def test_summary_below_itself_is_a_cycle() -> None:
    with pytest.raises(PlanCycleError) as caught:
        planned([Activity("a", 0, parent="b"), Activity("b", 0, parent="a")])
    assert sorted(caught.value.keys) == ["a", "b"]


def test_roll_up_of_arrays_three_levels_deep() -> None:
    # 0 holds 1 and 4; 1 holds 2 and 3; 5 holds a milestone that is done; 7 stands alone.
    rolled = roll_up(
        [-1, 0, 1, 1, 0, -1, 5, -1],
        [0, 0, 10, 5, 30, 0, 7, 3],
        [0, 0, 20, 15, 40, 0, 7, 4],
        [9, 9, 50, 100, 0, 9, 100, 10],
        [1, 1, 30, 10, 40, 1, 0, 5],
    )
    assert rolled.start.tolist() == [5, 5, 10, 5, 30, 7, 7, 3]
    assert rolled.finish.tolist() == [40, 20, 20, 15, 40, 7, 7, 4]
    assert rolled.percent.tolist() == [31.25, 62.5, 50, 100, 0, 100, 100, 10]
    assert rolled.duration_minutes.tolist() == [80, 40, 30, 10, 40, 0, 0, 5]


def test_roll_up_names_a_cycle() -> None:
    with pytest.raises(CycleError) as caught:
        roll_up([-1, 2, 1], [0] * 3, [0] * 3, [0] * 3, [0] * 3)
    assert sorted(caught.value.activities) == [1, 2]
