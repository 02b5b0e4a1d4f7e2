"""Scheduling from the finish: as late as can be, dates that bound it kept, what has begun left where it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jingwei.kernels.plan.from_finish import carried_out, schedule_from_finish
from jingwei.kernels.plan.plan import Activity, Dependency

from .clock import DAY, at, shown, wall
from .test_network_laws import SLOW, networks

FRIDAY = at("2026-03-06 18:00")


def test_a_project_scheduled_from_its_finish_is_as_late_as_it_can_be() -> None:
    """Given a finish on Friday evening, when a chain of four days and a day beside it are placed, then all end there."""
    activities = [Activity("a", 3 * DAY), Activity("b", DAY), Activity("beside", DAY), Activity("soon", DAY, constraint="ASAP")]
    plan = schedule_from_finish(activities, [Dependency("a", "b")], finish=at("2026-03-06 18:00"))
    assert {key: (shown(each.start), shown(each.finish)) for key, each in plan.items()} == {
        "a": ("03-03 09:00", "03-05 18:00"),
        "b": ("03-06 09:00", "03-06 18:00"),
        "beside": ("03-06 09:00", "03-06 18:00"),
        "soon": ("03-03 09:00", "03-03 18:00"),
    }
    assert shown(plan.start) == "03-03 09:00"


@SLOW
@given(networks(types="01", calendars=1, smallest=30))
def test_from_the_finish_nothing_ends_later_and_nothing_could_begin_later(net: dict[str, Any]) -> None:
    activities = [Activity(i, minutes) for i, minutes in enumerate(net["duration"])]
    ends = zip(net["predecessor"], net["successor"], net["type"], net["lag"], strict=True)
    links = [Dependency(a, b, ("FS", "SS")[kind], lag) for a, b, kind, lag in ends]  # type: ignore[arg-type]
    finish = at("2026-06-30 18:00")
    plan = schedule_from_finish(activities, links, finish=finish)
    assert plan.finish <= finish
    assert all(each.finish is not None and each.finish <= finish for each in plan.values())
    assert plan.dates.project_finish <= wall("2026-06-30 18:00")
    assert np.min(plan.dates.total_float) >= 0
    assert all(each.start == each.late_start for each in plan.values())


def dates(activities: list[Activity[str]], *links: Dependency[str], **options: Any) -> dict[str, tuple[str, str]]:
    plan = schedule_from_finish(activities, links, finish=FRIDAY, **options)
    return {key: (shown(each.start), shown(each.finish)) for key, each in plan.items()}


def test_dates_that_bound_a_task_are_kept_and_it_is_as_late_as_they_allow() -> None:
    """Given no-later and no-earlier dates, when nothing else asks for more, then only the no-later ones show; work runs up to the finish."""
    found = dates(
        [
            Activity("by Wednesday", DAY, constraint="FNLT", constraint_at=at("2026-03-04 18:00")),
            Activity("begun by Tuesday", DAY, constraint="SNLT", constraint_at=at("2026-03-03 09:00")),
            Activity("not before Monday", DAY, constraint="SNET", constraint_at=at("2026-03-02 09:00")),
            Activity("on Tuesday", DAY, constraint="MSO", constraint_at=at("2026-03-03 09:00")),
            Activity("due on Thursday", 2 * DAY, deadline=at("2026-03-05 18:00")),
        ]
    )
    assert found == {
        "by Wednesday": ("03-04 09:00", "03-04 18:00"),
        "begun by Tuesday": ("03-03 09:00", "03-03 18:00"),
        "not before Monday": ("03-06 09:00", "03-06 18:00"),
        "on Tuesday": ("03-03 09:00", "03-03 18:00"),
        "due on Thursday": ("03-04 09:00", "03-05 18:00"),
    }


def test_what_has_begun_stays_and_the_rest_is_as_late_as_it_can_be() -> None:
    """Given a task half done since Monday, when its follower is placed, then it stays on its days and the follower ends on Friday."""
    begun = Activity("a", 2 * DAY, percent=50, actual_start=at("2026-03-02 09:00"))
    found = dates([begun, Activity("b", DAY)], Dependency("a", "b"), data_date=at("2026-03-03 09:00"))
    assert found == {"a": ("03-02 09:00", "03-03 18:00"), "b": ("03-06 09:00", "03-06 18:00")}


def test_without_time_left_the_work_ends_behind_the_finish_with_negative_float() -> None:
    """Given ten days of work and a data date on Wednesday, then it begins that day, and the float says by how much it is too late."""
    plan = schedule_from_finish([Activity("a", 10 * DAY)], [], finish=FRIDAY, data_date=at("2026-03-04 09:00"))
    assert (shown(plan["a"].start), plan["a"].total_float_minutes) == ("03-04 09:00", -7 * DAY)
    assert plan["a"].is_critical


def test_summaries_take_their_dates_from_below() -> None:
    found = dates([Activity("all", 0), Activity("a", DAY, parent="all"), Activity("b", DAY, parent="all")], Dependency("a", "b"))
    assert found["all"] == ("03-05 09:00", "03-06 18:00")


@SLOW
@given(networks(types="01", calendars=1, smallest=30), st.data())
def test_what_is_carried_out_has_the_planned_dates_and_no_time_in_hand(net: dict[str, Any], data: st.DataObject) -> None:
    """Given a plan from the finish, when it is carried out forward, then each begins when planned; what takes longer on the way moves the finish."""
    asap = data.draw(st.sets(st.sampled_from(range(len(net["duration"])))))
    activities = [Activity(i, minutes, constraint="ASAP" if i in asap else None) for i, minutes in enumerate(net["duration"])]
    ends = zip(net["predecessor"], net["successor"], net["type"], net["lag"], strict=True)
    links = [Dependency(a, b, ("FS", "SS")[kind], lag) for a, b, kind, lag in ends]  # type: ignore[arg-type]
    plan = schedule_from_finish(activities, links, finish=at("2026-06-30 18:00"))
    forward = carried_out(plan, activities, links)
    assert [forward[i].start for i in plan] == [each.start for each in plan.values()]
    assert forward.finish == plan.finish
    assert all(each.start is not None and each.start >= plan.start for each in plan.values())
