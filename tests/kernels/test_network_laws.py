"""Laws of the critical path on random networks: floats are exactly the room there is, links hold, plain and compiled kernels agree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jingwei.kernels.calendar.compiled import CompiledCalendar, HorizonError, compile_calendar
from jingwei.kernels.calendar.stated import ROUND_THE_CLOCK, STANDARD_WEEK, WorkCalendar, day_of_number
from jingwei.kernels.network.critical_path import LAG_ELAPSED, ActivityArrays, Constraint, LinkArrays, Network, NetworkDates, RunRules, compile_network

from .clock import plain_kernels, wall

START = wall("2026-02-11 09:00")  # just before the Spring Festival and its make-up Saturdays
NIGHT_SHIFT = WorkCalendar.weekly((*((((0, 360), (1320, 1440)),) * 5), (), ()), region="none")
CALENDARS = (
    WorkCalendar(),
    WorkCalendar.weekly(ROUND_THE_CLOCK, region="none"),
    NIGHT_SHIFT,
    WorkCalendar.weekly(STANDARD_WEEK, region="none"),
)
ONE = (WorkCalendar(),)
SLOW = settings(max_examples=150, deadline=None)


@st.composite
def networks(draw: Any, types: str = "0123", calendars: int = len(CALENDARS), lags: bool = True, smallest: int = 0) -> dict[str, Any]:
    """Arrays of a random acyclic network of up to nine activities, in random order."""
    count = draw(st.integers(1, 9))
    pairs = (
        draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda pair: pair[0] < pair[1]), max_size=14)) if count > 1 else []
    )
    names = draw(st.permutations(range(count)))
    lag = st.integers(-600, 900) if lags else st.just(0)
    return {
        "duration": draw(st.lists(st.sampled_from([smallest, 1, 60, 240, 480, 481, 960, 2400]), min_size=count, max_size=count)),
        "calendar": draw(st.lists(st.integers(0, calendars - 1), min_size=count, max_size=count)),
        "predecessor": [names[before] for before, _ in pairs],
        "successor": [names[after] for _, after in pairs],
        "type": draw(st.lists(st.sampled_from([int(kind) for kind in types]), min_size=len(pairs), max_size=len(pairs))),
        "lag": draw(st.lists(lag, min_size=len(pairs), max_size=len(pairs))),
        "lag_calendar": draw(st.lists(st.integers(-2, calendars - 1), min_size=len(pairs), max_size=len(pairs))),
    }


def calculated(net: dict[str, Any], rules: RunRules = RunRules(START), **more: Any) -> NetworkDates:  # noqa: B008  (frozen)
    activities = ActivityArrays(net["duration"], net["calendar"], **{key: value for key, value in net.items() if key in more_names}, **more)
    links = LinkArrays(net["predecessor"], net["successor"], net["type"], net["lag"], net["lag_calendar"])
    return compile_network(activities, links, CALENDARS, rules).calculate()


more_names = {
    "constraint",
    "constraint_at",
    "deadline",
    "remaining",
    "begun",
    "actual_start",
    "actual_finish",
    "not_before",
    "manual_start",
    "inactive",
}


def horizon_of(dates: NetworkDates, number: int) -> CompiledCalendar:
    return compile_calendar(CALENDARS[number], *dates.network.horizon)


@SLOW
@given(networks())
def test_links_hold_and_work_lies_in_working_time(net: dict[str, Any]) -> None:
    dates = calculated(net)
    start, finish = dates.early_start.tolist(), dates.early_finish.tolist()
    for i, duration in enumerate(net["duration"]):
        calendar = horizon_of(dates, net["calendar"][i])
        assert start[i] >= START
        assert calendar.minutes_between(start[i], finish[i]) == duration
        assert duration == 0 or calendar.next_work(start[i]) == start[i]
    for before, after, kind, lag, lag_calendar in zip(*(net[key] for key in ("predecessor", "successor", "type", "lag", "lag_calendar")), strict=True):
        base = finish[before] if kind in (0, 2) else start[before]
        bound = start[after] if kind in (0, 1) else finish[after]
        if lag_calendar == LAG_ELAPSED or lag == 0:
            assert bound >= base + lag
            continue
        calendar = horizon_of(dates, net["calendar"][after] if lag_calendar < 0 else lag_calendar)
        work = calendar.work_at(base) + lag
        assert bound >= (calendar.wall_finish(work) if lag > 0 else calendar.wall_start(work))


@SLOW
@given(networks())
def test_no_float_is_negative_and_the_path_to_the_finish_is_critical(net: dict[str, Any]) -> None:
    dates = calculated(net)
    assert (dates.total_float >= 0).all()
    assert (dates.free_float >= 0).all()
    assert (dates.free_float <= dates.total_float).all()
    assert (dates.independent_float <= dates.free_float).all()
    assert (dates.late_start >= dates.early_start).all()
    assert (dates.late_finish >= dates.early_finish).all()


@SLOW
@given(networks(calendars=1))
def test_longest_path_is_critical_on_one_calendar(net: dict[str, Any]) -> None:
    # With several, an activity can drive its successor and yet have room: one that ends on Saturday drives office work on Monday.
    dates = calculated({**net, "lag_calendar": [0] * len(net["lag"])})
    assert dates.longest_path.any()
    assert (dates.total_float[dates.longest_path] == 0).all()


@SLOW
@given(networks(smallest=30), st.data())
def test_total_float_is_exactly_the_delay_the_project_can_bear(net: dict[str, Any], data: st.DataObject) -> None:
    dates = calculated(net)
    i = data.draw(st.integers(0, len(net["duration"]) - 1))
    calendar = horizon_of(dates, net["calendar"][i])
    latest = calendar.work_at(int(dates.early_start[i])) + int(dates.total_float[i])
    for work, is_too_late in ((latest, False), (latest + 1, True)):
        not_before = np.full(len(net["duration"]), -1)
        not_before[i] = calendar.wall_start(work)
        delayed = calculated(net, not_before=not_before)
        assert (delayed.project_finish > dates.project_finish) == is_too_late


@SLOW
@given(networks(smallest=30), st.data())
def test_free_float_is_exactly_the_delay_no_other_activity_notices(net: dict[str, Any], data: st.DataObject) -> None:
    dates = calculated(net)
    i = data.draw(st.integers(0, len(net["duration"]) - 1))
    calendar = horizon_of(dates, net["calendar"][i])
    latest = calendar.work_at(int(dates.early_start[i])) + int(dates.free_float[i])
    others = np.arange(len(net["duration"])) != i
    for work, is_noticed in ((latest, False), (latest + 1, True)):
        not_before = np.full(len(net["duration"]), -1)
        not_before[i] = calendar.wall_start(work)
        delayed = calculated(net, not_before=not_before)
        moved = (delayed.early_start != dates.early_start) | (delayed.early_finish != dates.early_finish)
        assert (moved[others].any() or delayed.project_finish > dates.project_finish) == is_noticed


@SLOW
@given(networks(types="01"), st.data())
def test_longer_work_never_ends_a_project_earlier(net: dict[str, Any], data: st.DataObject) -> None:
    # True of FS and SS. A longer activity held by its finish starts earlier, which can pull others forward: a known property of FF and SF.
    dates = calculated(net)
    i = data.draw(st.integers(0, len(net["duration"]) - 1))
    longer = list(net["duration"])
    longer[i] += data.draw(st.integers(1, 2000))
    again = dates.network.calculate(durations=longer)
    assert again.project_finish >= dates.project_finish
    assert (again.early_start >= dates.early_start).all()
    assert (again.early_finish == calculated({**net, "duration": longer}).early_finish).all()


@SLOW
@given(networks())
def test_every_start_has_a_reason_and_the_longest_path_begins_without_links(net: dict[str, Any]) -> None:
    dates = calculated(net)
    for i in range(len(net["duration"])):
        drivers = dates.driving_links(i)
        assert drivers
        for driver in drivers:
            if driver.link is not None:
                assert (net["predecessor"][driver.link], net["successor"][driver.link]) == (driver.predecessor, i)


@st.composite
def histories(draw: Any) -> tuple[dict[str, Any], RunRules]:
    """A network with constraints, progress, hold-backs and a data date, sane or not."""
    net = draw(networks())
    count = len(net["duration"])

    def column(values: Any) -> list[Any]:
        return draw(st.lists(values, min_size=count, max_size=count))

    moments = st.integers(START - 4000, START + 30_000)
    rarely = st.one_of(st.just(-1), st.just(-1), moments)
    net["constraint"] = column(st.sampled_from([int(kind) for kind in Constraint]))
    net["constraint_at"] = column(moments)
    net["deadline"], net["not_before"], net["manual_start"] = column(rarely), column(rarely), column(st.one_of(st.just(-1), rarely))
    net["actual_start"] = column(rarely)
    net["actual_finish"] = [start if start < 0 else draw(st.sampled_from([-1, start, start + 700, start + 5000])) for start in net["actual_start"]]
    net["remaining"] = [draw(st.sampled_from([0, duration // 2, duration, duration + 100])) for duration in net["duration"]]
    net["inactive"] = column(st.sampled_from([False, False, False, True]))
    rules = RunRules(START, draw(rarely), draw(rarely), logic=draw(st.sampled_from(["retained", "override"])), honours_constraints=draw(st.booleans()))
    return net, rules


@SLOW
@given(histories())
def test_plain_kernels_give_the_same_as_compiled_ones(history: tuple[dict[str, Any], RunRules]) -> None:
    net, rules = history
    usual = everything(calculated(net, rules))
    with plain_kernels():
        plain = everything(calculated(net, rules))
    assert plain == usual


def everything(dates: NetworkDates) -> dict[str, Any]:
    """All results as lists."""
    names = "early_start early_finish late_start late_finish total_float free_float independent_float critical start finish longest_path"
    told = {name: getattr(dates, name).tolist() for name in names.split()}
    return {**told, "drivers": [dates.driving_links(i) for i in range(dates.network.count)], "end": dates.project_finish}


@st.composite
def plans_on_one_calendar(draw: Any) -> tuple[dict[str, Any], RunRules]:
    """Nothing begun, one of the calendars for all, lags in it or none; any constraint, deadline, hold-back and data date."""
    net, rules = draw(histories())
    count, links = len(net["duration"]), len(net["lag"])
    for name in ("actual_start", "actual_finish", "remaining", "manual_start", "inactive"):
        del net[name]
    calendar = draw(st.integers(0, len(CALENDARS) - 1))
    net["calendar"] = [calendar] * count
    net["lag_calendar"] = draw(st.lists(st.sampled_from([-2, calendar]), min_size=links, max_size=links))
    for name in draw(st.sets(st.sampled_from(["constraint", "deadline", "not_before"]))):
        del net[name]
    if "constraint" not in net:
        del net["constraint_at"]
    return net, rules


def compiled(net: dict[str, Any], rules: RunRules) -> Network:
    return calculated(net, rules).network


@SLOW
@given(plans_on_one_calendar(), st.data())
def test_the_quick_way_on_one_calendar_gives_the_same_as_the_general_way(plan: tuple[dict[str, Any], RunRules], data: st.DataObject) -> None:
    """Given a plan on one calendar, when calculated on its working minutes, then every result is that of the passes on the clock."""
    net, rules = plan
    network = compiled(net, rules)
    assert network.sole_calendar is not None
    assert everything(network.calculate()) == everything(network.calculate(on_the_clock=True))
    durations = data.draw(st.lists(st.sampled_from([0, 1, 480, 700, 5000]), min_size=network.count, max_size=network.count))
    held = data.draw(st.lists(st.sampled_from([-1, START, START + 3001, START + 9000]), min_size=network.count, max_size=network.count))
    other = replace(rules, data_date=data.draw(st.sampled_from([-1, START - 90_000, START + 2000])))
    quick = network.calculate(durations=durations, not_before=held, rules=other)
    assert everything(quick) == everything(network.calculate(durations=durations, not_before=held, rules=other, on_the_clock=True))
    with plain_kernels():
        assert everything(network.calculate(durations=durations, not_before=held, rules=other)) == everything(quick)


@SLOW
@given(plans_on_one_calendar(), st.data())
def test_other_durations_give_the_dates_of_a_network_compiled_with_them(plan: tuple[dict[str, Any], RunRules], data: st.DataObject) -> None:
    """Given a compiled network, when durations change, then its dates are those of one compiled anew."""
    net, rules = plan
    longer = data.draw(st.lists(st.integers(0, 3000), min_size=len(net["duration"]), max_size=len(net["duration"])))
    again = compiled(net, rules).calculate(durations=longer)
    assert everything(again) == everything(calculated({**net, "duration": longer}, rules))


def test_a_plan_of_decades_widens_its_calendar_alike() -> None:
    """Given a chain of 40 years, when calculated either way, then the dates agree; of 400 years, then both refuse."""
    for years, is_too_long in ((40, False), (400, True)):
        count = years * 25
        arrays, links = ActivityArrays([4800] * count), LinkArrays(list(range(count - 1)), list(range(1, count)))
        network = compile_network(arrays, links, ONE, RunRules(START))
        if is_too_long:
            for on_the_clock in (False, True):
                with pytest.raises(HorizonError):
                    network.calculate(on_the_clock=on_the_clock)
            continue
        quick, slow = network.calculate(), compile_network(arrays, links, ONE, RunRules(START)).calculate(on_the_clock=True)
        assert quick.project_finish == slow.project_finish
        assert (quick.late_start == slow.late_start).all()


@SLOW
@given(histories())
def test_whatever_the_history_work_left_keeps_to_calendar_and_present(history: tuple[dict[str, Any], RunRules]) -> None:
    net, rules = history
    dates = calculated(net, rules)
    for i, duration in enumerate(net["duration"]):
        if net["inactive"][i]:
            assert dates.early_start[i] == dates.early_finish[i] == -1
            continue
        assert dates.early_start[i] <= dates.early_finish[i] <= dates.project_finish
        if net["actual_finish"][i] >= 0:
            assert dates.early_finish[i] == net["actual_finish"][i]
        elif net["actual_start"][i] >= 0:
            assert dates.early_start[i] == net["actual_start"][i]
            if net["remaining"][i] > 0:
                calendar = horizon_of(dates, net["calendar"][i])
                earliest = max(rules.data_date, net["not_before"][i])
                assert earliest < 0 or calendar.minutes_between(earliest, int(dates.early_finish[i])) >= net["remaining"][i]
        elif net["manual_start"][i] < 0 and net["remaining"][i] >= duration:
            assert dates.early_start[i] >= max(rules.data_date, net["not_before"][i])
    assert (dates.finish >= dates.early_finish).all()
    assert day_of_number(dates.project_finish // 1440) <= dates.network.horizon[1]


def test_scaled_network_keeps_its_dates_when_renumbered() -> None:
    rng = np.random.default_rng(3)
    count = 2000
    before = rng.integers(0, count - 1, 4000)
    after = before + 1 + (rng.random(4000) * np.minimum(count - 1 - before, 60)).astype(int)
    after = np.minimum(after, count - 1)
    duration, shuffle = rng.integers(0, 4000, count), rng.permutation(count)
    straight = compile_network(ActivityArrays(duration), LinkArrays(before, after), ONE, RunRules(START)).calculate()
    moved = np.empty(count, int)
    moved[shuffle] = duration
    mixed = compile_network(ActivityArrays(moved), LinkArrays(shuffle[before], shuffle[after]), ONE, RunRules(START)).calculate()
    for name in ("early_start", "late_finish", "total_float", "free_float", "critical"):
        assert (getattr(mixed, name)[shuffle] == getattr(straight, name)).all()
