"""The load of people: what lies on each day agrees with counting minute by minute, nothing is lost, and capacity is the person's own."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jingwei.kernels.calendar.stated import DAY_MINUTES, OFFICE_DAY, DayException, WorkCalendar, day_number
from jingwei.kernels.plan.load import Spread, Works, buckets, capacity_of, joined, over_days

HALF = ((540, 720),)
OFFICE = WorkCalendar()
PART_TIME = WorkCalendar.weekly((HALF, HALF, (), HALF, HALF, (), ()))
LEAVE = WorkCalendar.weekly(OFFICE.week, exceptions=(DayException(date(2026, 2, 25)), DayException(date(2026, 3, 1), OFFICE_DAY)))
NIGHT = WorkCalendar.weekly((((0, 300), (1320, 1440)),) * 7, region="none")
CALENDARS = (OFFICE, PART_TIME, LEAVE, NIGHT)
FIRST = date(2026, 2, 9)  # before spring festival, with its make-up days
DAYS = 28
LAST = FIRST + timedelta(days=DAYS - 1)


def minute(day: int, at: int = 0) -> int:
    return (day_number(FIRST) + day) * DAY_MINUTES + at


def work(row: int, calendar: int, start: int, finish: int, minutes: float, percent: float = 0, left: int = 0, now: int = 0) -> tuple[float, ...]:
    return row, calendar, start, finish, minutes, percent, left, now


def is_worked(calendar: WorkCalendar, wall: int) -> bool:
    day, at = divmod(wall, DAY_MINUTES)
    return any(start <= at < end for start, end in calendar.shifts_on(date(1970, 1, 1) + timedelta(days=day)))


def counted(calendar: WorkCalendar, start: int, finish: int, minutes: float) -> np.ndarray[Any, Any]:
    """The oracle: each working minute of the span takes an equal share."""
    inside = [wall for wall in range(start, finish) if is_worked(calendar, wall)]
    out = np.zeros(DAYS)
    for wall in inside:
        if 0 <= (day := wall // DAY_MINUTES - day_number(FIRST)) < DAYS:
            out[day] += minutes / len(inside)
    return out


spans = st.tuples(st.integers(0, 3), st.integers(-3 * DAY_MINUTES, DAYS * DAY_MINUTES), st.integers(0, 9 * DAY_MINUTES), st.integers(0, 6000))


@settings(max_examples=40)
@given(st.lists(spans, min_size=1, max_size=4))
def test_each_day_agrees_with_counting_minute_by_minute(given: list[tuple[int, int, int, int]]) -> None:
    works = Works.of(
        [work(n % 2, calendar, minute(0) + start, minute(0) + start + length, minutes) for n, (calendar, start, length, minutes) in enumerate(given)]
    )
    spread = Spread(works, CALENDARS, FIRST, LAST, "Asia/Shanghai")
    wanted = np.zeros((2, DAYS))
    for n, (calendar, start, length, minutes) in enumerate(given):
        wanted[n % 2] += counted(CALENDARS[calendar], minute(0) + start, minute(0) + start + length, minutes)
    np.testing.assert_allclose(spread.by_row(2), wanted, atol=1e-6)
    last = len(given) - 1
    np.testing.assert_allclose(
        spread.by_row(2)[last % 2] - spread.by_work(np.arange(last))[last % 2 :: 2].sum(axis=0), spread.by_work(np.array([last]))[0], atol=1e-6
    )


@pytest.mark.parametrize("calendar", CALENDARS)
def test_capacity_is_the_working_time_of_each_day(calendar: WorkCalendar) -> None:
    wanted = [sum(is_worked(calendar, minute(day, at)) for at in range(DAY_MINUTES)) for day in range(DAYS)]
    assert capacity_of(calendar, FIRST, LAST, "Asia/Shanghai").tolist() == wanted


def test_nothing_is_lost_over_a_span_that_holds_all_of_it() -> None:
    works = Works.of(
        [work(0, 0, minute(2, 600), minute(20, 700), 1234.5), work(0, 2, minute(3), minute(18), 77), work(0, 0, minute(2), minute(20), 100, 40, 60, minute(9))]
    )
    assert Spread(works, CALENDARS, FIRST, LAST, "Asia/Shanghai").by_row(1).sum() == pytest.approx(1411.5)


def test_work_of_other_clocks_falls_on_the_days_of_ours() -> None:
    """Given a day's work in Berlin, when read in Shanghai, then its evening lies on the same day and its night on the next."""
    berlin = WorkCalendar.weekly((((540, 1080),),) * 7, region="none", zone="Europe/Berlin")
    works = Works.of([work(0, 0, minute(0, 540 + 420), minute(1, 60), 540)])  # 09:00 to 18:00 there, seven hours later here
    found = Spread(works, (berlin,), FIRST, FIRST + timedelta(days=2), "Asia/Shanghai").by_row(1)
    np.testing.assert_allclose(found, [[480, 60, 0]])


@pytest.mark.parametrize(
    ("percent", "now", "done", "left"),
    [(50, 5, [1, 2, 3, 4, 5], [22, 23, 24, 25, 26]), (100, 5, [*range(1, 6), *range(8, 13), *range(15, 20), *range(22, 27)], [])],
)
def test_of_begun_work_the_done_lies_before_now_and_the_rest_at_the_end(percent: int, now: int, done: list[int], left: list[int]) -> None:
    """Given half of ten days done in a week and nothing more for two, then the other half lies on the week before the finish and nothing between; what is done lies on all of its days."""
    five = WorkCalendar.weekly((*(OFFICE_DAY,) * 5, (), ()), region="none")
    begin = date(2026, 6, 1)  # a Monday
    wall = lambda day, at: (day_number(begin) + day - 1) * DAY_MINUTES + at  # noqa: E731
    works = Works.of([work(0, 0, wall(1, 540), wall(26, 1080), 4800, percent, 4800 * (100 - percent) // 100, wall(now, 1080))])
    found = Spread(works, (five,), begin, begin + timedelta(days=29), "Asia/Shanghai").by_row(1)[0]
    wanted = np.zeros(30)
    for days, share in ((done, percent / 100), (left, 1 - percent / 100)):
        wanted[[day - 1 for day in days]] = 4800 * share / len(days) if days else 0
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_a_date_of_another_age_costs_nothing_and_a_span_without_working_time_lies_nowhere() -> None:
    works = Works.of([work(0, 0, minute(-400_000), minute(2_900_000), 1000), work(0, 0, minute(10), minute(11), 60)])  # the second within spring festival
    found = Spread(works, CALENDARS, FIRST, LAST, "Asia/Shanghai").by_row(1)
    assert 0 < found.sum() < 20 and not found[0, 10]


def test_what_rounding_adds_is_not_too_much() -> None:
    assert over_days(np.array([480.9, 481.1, 5.0]), np.array([480, 480, 0])).tolist() == [False, True, True]


def test_days_join_to_weeks_and_months_that_begin_where_they_should() -> None:
    first, last = date(2026, 2, 11), date(2026, 3, 4)
    assert [each.isoformat() for each in buckets(first, last, "week")] == ["2026-02-11", "2026-02-16", "2026-02-23", "2026-03-02"]
    assert [each.isoformat() for each in buckets(first, last, "month")] == ["2026-02-11", "2026-03-01"]
    assert len(buckets(first, last, "day")) == 22
    assert joined(np.ones((2, 22)), buckets(first, last, "week")).tolist() == [[5, 7, 7, 3]] * 2
    assert joined(np.ones((1, 22), bool), buckets(first, last, "month")).tolist() == [[18, 4]]
