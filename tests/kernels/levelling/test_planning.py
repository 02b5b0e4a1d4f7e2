"""Levelling of real plans: calendars, skills, priorities, several projects, fixed tasks, slack, reasons, partial acceptance."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jingwei.kernels.calendar.stated import OFFICE_DAY, STANDARD_WEEK, CalendarLayer, WorkCalendar, days_excepted
from jingwei.kernels.levelling import (
    LevellingError,
    PlanAssignment,
    PlanLevelling,
    PlanResource,
    PlanTask,
    level_plan,
)
from jingwei.kernels.plan.plan import Activity, Dependency, schedule_plan

DAY = 480
MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)  # 09:00 in Shanghai
OFFICE = WorkCalendar.weekly(STANDARD_WEEK, region="none")


def at(day: int, hour: int = 9) -> datetime:
    """A moment of March 2026 on the clock of Shanghai."""
    return datetime(2026, 3, day, hour, tzinfo=UTC) - timedelta(hours=8)


def level(
    tasks: list[PlanTask], links: list[Dependency[Any]], resources: list[PlanResource], assignments: list[PlanAssignment], **options: Any
) -> PlanLevelling:
    calendars = {"project": OFFICE, **options.pop("calendars", {})}
    return level_plan(tasks, links, resources, assignments, calendars, start=MONDAY, **{"rounds": 3, **options})


def task(key: Hashable, days: float = 1, **options: Any) -> PlanTask:
    own = {name: options.pop(name) for name in ("project", "priority", "is_fixed") if name in options}
    return PlanTask(Activity(key, round(days * DAY), **options), **own)


def test_two_tasks_of_one_person_follow_each_other_with_a_reason() -> None:
    found = level([task("a", 2), task("b", 3)], [], [PlanResource("Li")], [PlanAssignment("a", "Li"), PlanAssignment("b", "Li")])
    assert len(found.overloads_before) > 0 and found.overloads == ()
    assert found.project_finish_before == {"": at(4, 18)}
    assert found.project_finish == {"": at(6, 18)}
    (move,) = found.moves
    other = "a" if move.task == "b" else "b"
    assert (move.kind, move.resource, move.waits_for, move.since) == ("resource", "Li", other, at(2))
    assert move.delay_minutes == (2 if other == "a" else 3) * DAY
    assert "Li" in move.text.zh and other in move.text.en
    assert (found.lower_bound, found.gap) == (at(6, 18), 0)


def test_higher_priority_goes_first_and_the_highest_never_waits() -> None:
    links: list[Dependency[Any]] = []
    assignments = [PlanAssignment("a", "Li"), PlanAssignment("b", "Li")]
    found = level([task("a", 5, priority=400), task("b", priority=600)], links, [PlanResource("Li")], assignments)
    assert [move.task for move in found.moves] == ["a"]
    both = level([task("a", priority=1000), task("b", priority=1000)], links, [PlanResource("Li")], assignments)
    assert both.moves == () and both.overloads == both.overloads_before != ()


def test_a_task_fits_into_what_is_left_of_a_capacity() -> None:
    team = [PlanResource("team", 300)]
    found = level([task(k) for k in "abc"], [], team, [PlanAssignment(k, "team", units=150) for k in "abc"])
    assert sorted(found.starts.values()) == [at(2), at(2), at(3)]


def test_leave_of_a_person_is_waited_for() -> None:
    away = OFFICE.layered(CalendarLayer("Li", exceptions=days_excepted(date(2026, 3, 3), date(2026, 3, 5))))
    found = level([task("a", 2)], [], [PlanResource("Li", calendar="Li")], [PlanAssignment("a", "Li")], calendars={"Li": away})
    assert found.starts["a"] == at(6)
    (move,) = found.moves
    assert (move.kind, move.since, move.delay_minutes) == ("absence", at(3), 4 * DAY)
    assert found.finishes["a"] == at(9, 18)


def test_a_person_whose_hours_never_cover_the_task_serves_where_both_work() -> None:
    mornings = WorkCalendar.weekly(((OFFICE_DAY[0],),) * 5 + ((), ()), region="none")  # type: ignore[arg-type]
    tasks, links = [task("a", 2), task("b", 1)], []
    found = level(tasks, links, [PlanResource("Li", calendar="Li")], [PlanAssignment("a", "Li"), PlanAssignment("b", "Li")], calendars={"Li": mornings})
    assert found.overloads_before != () and found.overloads == ()
    assert len({found.starts["a"].date(), found.starts["b"].date()}) == 2


def test_a_skill_is_served_by_whoever_is_free() -> None:
    people = [PlanResource("Li", skills=frozenset({"plc"})), PlanResource("Wu", skills=frozenset({"plc", "mes"})), PlanResource("He")]
    assignments = [PlanAssignment("a", skill="plc"), PlanAssignment("b", skill="plc"), PlanAssignment("c", skill="mes")]
    found = level([task("a"), task("b"), task("c")], [], people, assignments, rounds=20)
    served = found.resources_chosen
    assert found.overloads == ()
    assert served["c"] == ("Wu",) and {*served["a"], *served["b"]} <= {"Li", "Wu"}
    assert found.project_finish[""] == at(3, 18)
    assert all(move.skill in {"plc", "mes"} and move.resource is None for move in found.moves)


def test_one_task_with_two_needs_of_a_skill_gets_two_people() -> None:
    people = [PlanResource("Li", skills=frozenset({"plc"})), PlanResource("Wu", skills=frozenset({"plc"}))]
    found = level([task("a"), task("b")], [], people, [PlanAssignment("a", skill="plc")] * 2 + [PlanAssignment("b", "Li")])
    assert set(found.resources_chosen["a"]) == {"Li", "Wu"}
    assert found.overloads == () and len(found.moves) == 1


def test_what_is_fixed_or_begun_or_must_start_stays_and_others_wait() -> None:
    for fixed in (
        task("a", 2, is_fixed=True),
        task("a", 2, actual_start=MONDAY, percent=10),
        task("a", 2, constraint="MSO", constraint_at=MONDAY),
        task("a", 2, manual_start=MONDAY),
    ):
        found = level([task("b", 5, priority=900), fixed], [], [PlanResource("Li")], [PlanAssignment("a", "Li"), PlanAssignment("b", "Li")])
        assert found.starts["a"] == at(2)
        assert found.starts["b"] >= at(4)
        assert [move.task for move in found.moves] == ["b"]


def test_nothing_is_moved_past_what_is_fixed() -> None:
    tasks = [task("a", 3, is_fixed=True), task("b"), task("c", is_fixed=True)]
    found = level(tasks, [Dependency("b", "c")], [PlanResource("Li")], [PlanAssignment("a", "Li"), PlanAssignment("b", "Li")])
    assert found.starts["b"] == at(2) and found.starts["c"] == at(3)
    assert [one.task for one in found.unresolved] == ["b"]
    assert found.overloads != () and found.gap is None


def test_projects_share_people_and_each_starts_when_it_may() -> None:
    tasks = [task("a", 2, project="P"), task("b", 2, project="Q", priority=900)]
    assignments = [PlanAssignment("a", "Li"), PlanAssignment("b", "Li")]
    found = level(tasks, [], [PlanResource("Li")], assignments, project_starts={"P": at(2), "Q": at(3)})
    assert found.overloads == ()
    assert found.project_finish_before == {"P": at(3, 18), "Q": at(4, 18)}
    assert found.project_finish == {"P": at(6, 18), "Q": at(4, 18)}


def test_followers_move_with_their_predecessor_and_say_so() -> None:
    tasks = [task("a", 2, priority=900), task("b"), task("c")]
    found = level(tasks, [Dependency("b", "c", "FS", DAY)], [PlanResource("Li")], [PlanAssignment("a", "Li"), PlanAssignment("b", "Li")])
    reasons = {move.task: (move.kind, move.waits_for, move.delay_minutes) for move in found.moves}
    assert reasons == {"b": ("resource", "a", 2 * DAY), "c": ("predecessor", "b", 0)}
    assert found.starts["c"] == at(6)


def test_accepting_some_moves_leaves_the_rest_where_it_is() -> None:
    tasks = [task("a", 1, priority=900), task("b", 1, priority=800), task("c", 1, priority=700)]
    found = level(tasks, [], [PlanResource("Li")], [PlanAssignment(k, "Li") for k in "abc"])
    assert [move.task for move in found.moves] == ["b", "c"]
    everything = found.apply(found.moves)
    assert (everything.starts, everything.overloads) == (found.starts, ())
    assert everything.delay_minutes == {"b": DAY, "c": 2 * DAY}
    some = found.apply(["c"])
    assert some.starts == {"a": at(2), "b": at(2), "c": at(4)}
    assert some.delay_minutes == {"c": 2 * DAY} and some.overloads != ()
    nothing = found.apply([])
    assert nothing.overloads == found.overloads_before and nothing.project_finish == found.project_finish_before
    with pytest.raises(KeyError):
        found.apply(["a"])


def test_demands_that_can_never_be_met_name_task_and_resource() -> None:
    resources = [PlanResource("Li", skills=frozenset({"plc"}))]
    for assignments, words in (
        ([PlanAssignment("a", "Li", units=150)], ("a", "Li", "150")),
        ([PlanAssignment("a", "Li", units=60)] * 2, ("a", "Li", "120")),
        ([PlanAssignment("a", skill="mes")], ("a", "mes")),
        ([PlanAssignment("a", skill="plc", units=150)], ("a", "plc", "150")),
        ([PlanAssignment("a", "Wu")], ("a", "Wu")),
        ([PlanAssignment("z", "Li")], ("z",)),
        ([PlanAssignment("a", "Li", "plc")], ("a",)),
    ):
        with pytest.raises(LevellingError) as refused:
            level([task("a")], [], resources, assignments)
        assert all(word in refused.value.text.zh and word in refused.value.text.en for word in words)


def test_cancelling_keeps_a_complete_plan() -> None:
    tasks = [task(i, 1 + i % 3) for i in range(12)]
    found = level(tasks, [], [PlanResource("Li")], [PlanAssignment(i, "Li") for i in range(12)], rounds=None, seconds=60, should_stop=lambda: True)
    assert found.overloads == () and (found.is_cancelled or found.gap == 0)


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    """A few tasks with every kind of link, on two calendars, with people and skills."""
    count = draw(st.integers(2, 9))
    people = [PlanResource(f"r{k}", draw(st.sampled_from((100, 200))), draw(st.sampled_from(("project", "shift"))), frozenset({f"s{k % 2}"})) for k in range(3)]
    tasks = [
        task(
            i,
            draw(st.integers(0, 16)) / 4,
            priority=draw(st.sampled_from((300, 500, 500, 1000))) if draw(st.integers(0, 5)) == 0 else 500,
            project=draw(st.sampled_from("PQ")),
            calendar=draw(st.sampled_from(("project", "shift"))),
            is_fixed=draw(st.integers(0, 7)) == 0,
        )
        for i in range(count)
    ]
    links = [
        Dependency(draw(st.integers(0, j - 1)), j, draw(st.sampled_from(("FS", "FS", "SS", "FF"))), draw(st.sampled_from((0, 0, 120, -60))))
        for j in range(1, count)
        if draw(st.booleans())
    ]
    assignments = [
        PlanAssignment(i, f"r{draw(st.integers(0, 2))}") if draw(st.booleans()) else PlanAssignment(i, skill=f"s{i % 2}", units=50) for i in range(count)
    ]
    return {"tasks": tasks, "links": links, "resources": people, "assignments": assignments}


SHIFT = WorkCalendar.weekly((((420, 900),),) * 6 + ((),), region="none")  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(plans(), st.booleans())
def test_levelled_plans_keep_every_link_and_overload_only_what_they_name(plan: dict[str, Any], within_slack: bool) -> None:
    found = level(**plan, calendars={"shift": SHIFT}, within_slack=within_slack, rounds=2)
    # The dates are those of the plain critical path under the holds alone: every link, lag and calendar is kept.
    accepted = found.apply(found.moves)
    assert (accepted.starts, accepted.finishes, accepted.overloads) == (found.starts, found.finishes, found.overloads)
    holds = accepted.not_before
    fixed_starts = {one.activity.key: found.starts[one.activity.key] for one in plan["tasks"] if one.is_fixed}
    activities = [
        Activity(
            one.activity.key,
            one.activity.duration_minutes,
            one.activity.calendar,
            not_before=holds.get(one.activity.key),
            constraint="MSO" if one.is_fixed else None,
            constraint_at=fixed_starts.get(one.activity.key),
        )
        for one in plan["tasks"]
    ]
    dates = schedule_plan(activities, plan["links"], {"project": OFFICE, "shift": SHIFT}, start=MONDAY)
    assert {key: dates[key].start for key in found.starts} == found.starts
    assert {key: dates[key].finish for key in found.finishes} == found.finishes
    stubborn = [one for one in plan["tasks"] if one.is_fixed or one.priority == 1000]
    if not found.unresolved and not stubborn:
        assert found.overloads == ()
        assert found.gap is not None and found.gap >= 0
        assert max(found.project_finish.values()) >= found.lower_bound
    for one in plan["tasks"]:
        if one.is_fixed:
            before = next((move for move in found.moves if move.task == one.activity.key), None)
            assert before is None
    if within_slack:
        assert found.project_finish == found.project_finish_before
    assert {move.task for move in found.moves} == {
        key for key, start in found.starts.items() if (start, found.finishes[key]) != (found.apply([]).starts[key], found.apply([]).finishes[key])
    }


@settings(max_examples=10, deadline=None)
@given(plans(), st.integers(0, 3))
def test_the_same_seed_gives_the_same_plan(plan: dict[str, Any], seed: int) -> None:
    one, other = (level(**plan, calendars={"shift": SHIFT}, seed=seed, rounds=4) for _ in range(2))
    assert (one.starts, one.moves, one.resources_chosen) == (other.starts, other.moves, other.resources_chosen)
