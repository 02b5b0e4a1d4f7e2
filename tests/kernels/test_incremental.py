"""A held plan: whatever is changed, it gives the dates of a plan made from scratch; and it is quick."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jingwei.kernels.calendar.stated import WorkCalendar, wall_minute
from jingwei.kernels.network.critical_path import RunRules
from jingwei.kernels.plan.incremental import HeldPlan
from jingwei.kernels.plan.plan import Activity, Dependency, PlanCycleError, PlanDates, schedule_plan

start = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
zone = "Asia/Shanghai"
rules = RunRules(project_start=wall_minute(start, zone), data_date=wall_minute(start + timedelta(days=20), zone))
calendars = {"project": WorkCalendar(zone=zone)}
moments = st.integers(0, 60).map(lambda days: start + timedelta(days=days))


@st.composite
def activities(draw: st.DrawFn, key: int, parent: int | None) -> Activity[int]:
    """An activity with any constraint and any progress."""
    kind = draw(st.sampled_from([None, None, None, "ASAP", "ALAP", "SNET", "SNLT", "FNET", "FNLT", "MSO", "MFO"]))
    percent = draw(st.sampled_from([0, 0, 0, 30, 100]))
    began = draw(moments) if percent and draw(st.booleans()) else None
    return Activity(
        key=key,
        duration_minutes=draw(st.integers(0, 5000)),
        parent=parent,
        constraint=kind,  # type: ignore[arg-type]
        constraint_at=draw(moments) if kind not in (None, "ASAP", "ALAP") else None,
        deadline=draw(st.none() | moments),
        percent=percent,
        actual_start=began,
        actual_finish=began + timedelta(days=3) if began and percent == 100 else None,
        not_before=draw(st.none() | moments) if not percent else None,
    )


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[Activity[int]], list[Dependency[int]]]:
    """Three summaries of some activities each, one of them perhaps with a date of its own, and links forward."""
    states = [draw(st.none() | moments) for _ in range(3)]
    rows = [Activity(key=100 + n, duration_minutes=0, deadline=at if n == 0 else None, not_before=at if n == 1 else None) for n, at in enumerate(states)]
    count = draw(st.integers(2, 9))
    rows += [draw(activities(n, draw(st.sampled_from([None, 100, 101, 102])))) for n in range(count)]
    ends = draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda pair: pair[0] < pair[1]), max_size=12, unique=True))
    kinds = st.sampled_from(["FS", "SS", "FF", "SF"])
    return rows, [Dependency(a, b, draw(kinds), draw(st.integers(-900, 900))) for a, b in ends]  # type: ignore[arg-type]


def facts(plan: PlanDates[int]) -> dict[int, tuple[Any, ...]]:
    names = (
        "start",
        "finish",
        "early_start",
        "early_finish",
        "late_start",
        "late_finish",
        "total_float_minutes",
        "free_float_minutes",
        "is_critical",
        "percent",
    )
    return {key: tuple(getattr(each, name) for name in names) for key, each in plan.items()}


def from_scratch(rows: list[Activity[int]], links: list[Dependency[int]]) -> dict[int, tuple[Any, ...]]:
    return facts(schedule_plan(rows, links, calendars, start=start, data_date=start + timedelta(days=20), zone=zone))


@settings(max_examples=150, deadline=None)
@given(plans(), st.data())
def test_a_changed_plan_has_the_dates_of_one_made_from_scratch(plan: Any, pick: st.DataObject) -> None:
    """Given a held plan, when activities change one after another, then each time its dates are those of a full calculation."""
    rows, links = plan
    held = HeldPlan.build(rows, links, calendars, rules, zone)
    for _ in range(3):
        number = pick.draw(st.integers(0, len(rows) - 1))
        old = rows[number]
        if old.key >= 100:
            rows[number] = replace(old, deadline=pick.draw(st.none() | moments))
        else:
            parent = pick.draw(st.sampled_from([old.parent, old.parent, None, 102]))
            rows[number] = pick.draw(activities(old.key, parent))
        held = held.with_changes({old.key: rows[number]}, rules)
        assert facts(held.dates(rules)) == from_scratch(rows, links)


@settings(max_examples=60, deadline=None)
@given(plans(), st.data())
def test_links_activities_and_what_is_gone(plan: Any, pick: st.DataObject) -> None:
    """Given a held plan, when a link and an activity go and another activity comes, then the dates are those of a full calculation."""
    rows, links = plan
    held = HeldPlan.build(rows, links, calendars, rules, zone)
    gone = rows[-1].key
    links = [link for link in links[:-1] if gone not in (link.predecessor, link.successor)]
    added = pick.draw(activities(50, None))
    held = held.with_changes({gone: None, 50: added}, rules, dependencies=links)
    assert facts(held.dates(rules)) == from_scratch([*rows[:-1], added], links)


def test_the_plan_held_before_stays_as_it_was() -> None:
    """Given a held plan, when a change of it is tried, then the first one still gives its own dates (a preview leaves no trace)."""
    rows = [Activity(1, 480), Activity(2, 480)]
    links = [Dependency(1, 2)]
    held = HeldPlan.build(rows, links, calendars, rules, zone)
    before = facts(held.dates(rules))
    assert facts(held.with_changes({1: Activity(1, 4800)}, rules).dates(rules)) != before
    assert facts(held.dates(rules)) == before


def test_a_loop_is_refused() -> None:
    """Given a held plan, when a link closes a loop, then it is named and the plan is not changed."""
    held = HeldPlan.build([Activity(1, 480), Activity(2, 480)], [Dependency(1, 2)], calendars, rules, zone)
    with pytest.raises(PlanCycleError):
        held.with_changes({}, rules, dependencies=[Dependency(1, 2), Dependency(2, 1)])


def test_one_edit_among_ten_thousand_is_as_if_all_were_calculated_anew() -> None:
    """Given 10,000 activities in a net, when one duration changes, then every date is that of the plan compiled afresh."""
    rows = [Activity(n, 480 * (1 + n % 7)) for n in range(10_000)]
    links = [Dependency(n - step, n) for n in range(60, 10_000) for step in (1, 53)]
    held = HeldPlan.build(rows, links, calendars, rules, zone)
    longer = Activity(5000, 480 * 9)
    edited = held.with_changes({5000: longer}, rules).dates(rules)
    fresh = HeldPlan.build([longer if each.key == 5000 else each for each in rows], links, calendars, rules, zone).dates(rules)
    assert edited.date_rows() == fresh.date_rows()
