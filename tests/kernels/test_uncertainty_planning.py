"""A plan simulated without spread ends when the schedule says; with spread, what is done stands and what is left varies."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jingwei.kernels.calendar.compiled import HorizonError
from jingwei.kernels.calendar.stated import WorkCalendar
from jingwei.kernels.plan.plan import Activity, Dependency, schedule_plan
from jingwei.kernels.uncertainty import DefaultSpread, Impact, RiskEvent, Spread, UncertaintyError, buffer_advice, plan_model

start = datetime(2026, 3, 2, 1, tzinfo=UTC)
certain = DefaultSpread(100, 100, "fixed")
nights, days = ((0, 240), (1200, 1440)), ((480, 720), (780, 1020))
calendars = {"nights": WorkCalendar.weekly((nights,) * 5 + ((),) * 2), "six days": WorkCalendar.weekly((days,) * 6 + ((),), region="none")}


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[Activity[int]], list[Dependency[int]], datetime | None]:
    count = draw(st.integers(1, 14))
    now = draw(st.none() | st.integers(0, 20).map(lambda d: start + timedelta(days=d)))
    activities = []
    for key in range(count):
        given: dict[str, Any] = {}
        if draw(st.booleans()):
            given = {"constraint": draw(st.sampled_from(["SNET", "FNET", "ASAP"])), "constraint_at": start + timedelta(hours=draw(st.integers(0, 500)))}
        if now is not None and key < 3 and draw(st.booleans()):
            given |= {"actual_start": start + timedelta(hours=draw(st.integers(0, 8))), "percent": float(draw(st.integers(1, 99)))}
        activities.append(Activity(key, draw(st.integers(0, 3000)), **given))
    pairs = draw(st.sets(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=24))
    kinds = st.sampled_from(["FS", "SS", "FF", "SF"])
    links = [Dependency(a, b, draw(kinds), draw(st.integers(-200, 600))) for a, b in sorted(pairs) if a < b]
    return activities, links, now


@settings(max_examples=150, deadline=None)
@given(plans())
def test_without_spread_it_ends_when_the_schedule_says(plan_given: tuple[list[Activity[int]], list[Dependency[int]], datetime | None]) -> None:
    activities, links, now = plan_given
    plan = schedule_plan(activities, links, start=start, data_date=now)
    model = plan_model(plan, default=certain)
    found = model.run(runs=1, seed=3)
    assert int(found.finish[0]) == model.minutes(plan.finish)


@st.composite
def plans_on_several_calendars(draw: st.DrawFn) -> tuple[list[Activity[int]], list[Dependency[int]], datetime | None]:
    """The same with calendars of their own for activities and for lags; work in a calendar's nights and on weekends."""
    activities, links, now = draw(plans())
    activities = [replace(each, calendar=draw(st.sampled_from(["project", "nights", "six days"]))) for each in activities]
    links = [replace(each, lag_calendar=draw(st.sampled_from([None, "elapsed", "predecessor", "project", "nights"]))) for each in links]
    return activities, links, now


@settings(max_examples=150, deadline=None)
@given(plans_on_several_calendars())
def test_on_several_calendars_too_it_ends_when_the_schedule_says(plan_given: tuple[list[Activity[int]], list[Dependency[int]], datetime | None]) -> None:
    activities, links, now = plan_given
    plan = schedule_plan(activities, links, start=start, data_date=now, calendars=calendars)
    model = plan_model(plan, default=certain)
    found = model.run(runs=1, seed=3)
    assert int(found.finish[0]) == model.minutes(plan.finish)


@settings(max_examples=150, deadline=None)
@given(plans_on_several_calendars())
def test_without_spread_critical_is_what_the_schedule_calls_critical(plan_given: tuple[list[Activity[int]], list[Dependency[int]], datetime | None]) -> None:
    drawn, links, _now = plan_given
    activities = [Activity(each.key, max(each.duration_minutes, 1), calendar=each.calendar) for each in drawn]
    plan = schedule_plan(activities, links, start=start, calendars=calendars)
    found = plan_model(plan, default=certain).run(runs=1, seed=3)
    assert {key for key, share in found.criticality.items() if share} == {each.key for each in activities if plan[each.key].is_critical}


def test_buffers_are_counted_in_working_time_on_several_calendars_too() -> None:
    activities = [Activity("by night", 480, calendar="nights"), Activity("by day", 4800)]
    plan = schedule_plan(activities, [Dependency("by night", "by day")], start=start, calendars=calendars)
    model = plan_model(plan, {"by day": Spread("uniform", 4800, 4800, 9600)}, default=certain)
    found = model.run(runs=4000, seed=1)
    planned = model.minutes(plan.finish)
    assert model.moment(planned) == plan.finish
    advice = buffer_advice(found, planned, working=model.working)
    assert advice.minutes == pytest.approx(0.8 * 4800, abs=100) and advice.share_percent == pytest.approx(100 * advice.minutes / model.working(planned))
    assert (found.finish == found.finish.astype(int)).all() and found.finish.min() >= planned


def test_a_chain_is_estimated_by_pert_and_given_a_critical_chain_buffer() -> None:
    plan = schedule_plan([Activity("a", 480), Activity("b", 480)], [Dependency("a", "b")], start=start)
    spread = Spread("triangular", 0, 480, 960)
    found = plan_model(plan, {"a": spread, "b": spread}).chain_estimate(plan.longest_path_keys)
    assert found.mean_minutes == 960 and found.deviation_minutes == pytest.approx(160 * 2**0.5)
    ninety = 960 - (0.1 * 960 * 480) ** 0.5  # of a triangle: the upper tenth
    assert found.buffer_minutes == pytest.approx((ninety - 480) * 2**0.5)


def test_a_run_beyond_the_calendars_says_so() -> None:
    plan = schedule_plan([Activity("a", 480, calendar="nights")], [], start=start, calendars=calendars)
    with pytest.raises(HorizonError, match="far too long"):
        plan_model(plan, {"a": Spread("uniform", 480, 480, 480 * 100_000)}).run(runs=200, seed=1)


def test_summaries_and_their_links_are_simulated_too() -> None:
    activities = [
        Activity("phase", 0), Activity("a", 960, parent="phase"), Activity("b", 480, parent="phase"), Activity("after", 480),
    ]  # fmt: skip
    plan = schedule_plan(activities, [Dependency("a", "b"), Dependency("phase", "after")], start=start)
    model = plan_model(plan, default=certain)
    found = model.run(runs=1)
    assert model.moment(int(found.finish[0])) == plan.finish
    assert set(found.keys) == {"a", "b", "after"}, "helpers and summaries are not told"


def test_what_is_done_stands_and_what_is_left_varies() -> None:
    done = Activity("done", 960, percent=100, actual_start=start, actual_finish=start + timedelta(days=1, hours=9))
    half = Activity("half", 4800, percent=50, actual_start=start + timedelta(days=1))
    now = start + timedelta(days=7)
    plan = schedule_plan([done, half], [], start=start, data_date=now)
    model = plan_model(plan, {"done": Spread("uniform", 1, 960, 9600), "half": Spread("uniform", 2400, 4800, 9600)})
    found = model.run(runs=4000, seed=5)
    from_now = found.finish - model.minutes(now)
    assert 1200 <= from_now.min() < 1260 and 4740 < from_now.max() <= 4800, "half of 2400 to 9600 is left"
    assert found.criticality["done"] in (0.0, 1.0) and found.correlation["done"] == 0.0


def test_a_risk_of_the_register_delays_what_it_names() -> None:
    plan = schedule_plan([Activity("a", 4800), Activity("b", 480)], [Dependency("a", "b")], start=start)
    risk = RiskEvent("supplier late", 0.25, (Impact("a", Spread.fixed(4800)),))
    found = plan_model(plan, default=certain).run(runs=8000, seed=2, risks=[risk])
    assert sorted(set(found.finish.tolist())) == [5280, 10080]
    assert (found.finish == 10080).mean() == pytest.approx(0.25, abs=0.02)


def test_an_estimate_that_cannot_be_names_the_task() -> None:
    plan = schedule_plan([Activity("联调", 480)], [], start=start)
    with pytest.raises(UncertaintyError, match="联调"):
        plan_model(plan, {"联调": Spread("pert", 900, 480, 960)})
