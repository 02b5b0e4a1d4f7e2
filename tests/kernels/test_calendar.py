"""Working time: layers, Chinese holidays and make-up days, and the way between the clock and working minutes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jingwei.kernels.calendar.compiled import HorizonError, calendar_table, compile_calendar
from jingwei.kernels.calendar.holidays import LAST_LUNAR_YEAR, announced_years, make_up_days, statutory_days
from jingwei.kernels.calendar.stated import (
    OFFICE_DAY,
    ROUND_THE_CLOCK,
    STANDARD_WEEK,
    CalendarError,
    CalendarLayer,
    DayException,
    WorkCalendar,
    days_excepted,
    moment_of,
    moments_of,
    provisional_years,
    wall_minute,
)

from .clock import at, wall

STANDARD = WorkCalendar()
SPRING_2026 = compile_calendar(STANDARD, date(2025, 9, 1), date(2026, 12, 31))


def test_standard_day_has_eight_hours_and_a_lunch_break() -> None:
    assert STANDARD.shifts_on(date(2026, 3, 2)) == ((540, 720), (780, 1080))
    assert SPRING_2026.minutes_between(wall("2026-03-02 00:00"), wall("2026-03-03 00:00")) == 480
    assert SPRING_2026.minutes_between(wall("2026-03-02 11:30"), wall("2026-03-02 13:30")) == 60


def test_national_day_2025_is_off_for_eight_days_and_made_up_for_on_two_weekends() -> None:
    # State Council notice for 2025: off 1 to 8 October, work on Sunday 28 September and Saturday 11 October.
    off = [day for day in range(1, 13) if not STANDARD.shifts_on(date(2025, 10, day))]
    assert off == [1, 2, 3, 4, 5, 6, 7, 8, 12]
    assert STANDARD.shifts_on(date(2025, 9, 28)) == OFFICE_DAY
    assert STANDARD.shifts_on(date(2025, 10, 11)) == OFFICE_DAY
    assert SPRING_2026.next_work(wall("2025-09-30 18:00")) == wall("2025-10-09 09:00")


def test_spring_festival_2026_is_made_up_for_on_two_saturdays() -> None:
    # State Council notice for 2026: off 15 to 23 February, work on Saturdays 14 and 28 February.
    assert [day for day in range(14, 29) if STANDARD.shifts_on(date(2026, 2, day))] == [14, 24, 25, 26, 27, 28]
    two_days_from_saturday = SPRING_2026.work_at(wall("2026-02-14 09:00")) + 960
    assert SPRING_2026.wall_finish(two_days_from_saturday) == wall("2026-02-24 18:00")


def test_make_up_day_of_a_short_friday_week_follows_a_working_weekday() -> None:
    half = ((540, 720),)
    calendar = WorkCalendar.weekly((half, OFFICE_DAY, OFFICE_DAY, OFFICE_DAY, OFFICE_DAY, (), ()))
    assert calendar.shifts_on(date(2026, 2, 14)) == half


def test_six_day_week_keeps_its_own_saturday_hours_on_a_make_up_saturday() -> None:
    morning = ((540, 720),)
    calendar = WorkCalendar.weekly((*STANDARD_WEEK[:5], morning, ()))
    assert calendar.shifts_on(date(2026, 2, 14)) == morning


def test_later_layer_overrides_exceptions_and_week_of_earlier_ones() -> None:
    company = STANDARD.layered(CalendarLayer("company", exceptions=days_excepted(date(2026, 3, 4), date(2026, 3, 6), title="move")))
    project = company.layered(CalendarLayer("project", exceptions=(DayException(date(2026, 3, 5), OFFICE_DAY, "cutover"),)))
    person = project.layered(CalendarLayer("person", week=(((480, 720),),) * 7, exceptions=(DayException(date(2026, 3, 2)),)))
    assert [bool(project.shifts_on(date(2026, 3, day))) for day in range(2, 8)] == [True, True, False, True, False, False]
    assert person.shifts_on(date(2026, 3, 2)) == ()
    assert person.shifts_on(date(2026, 3, 5)) == OFFICE_DAY
    assert person.shifts_on(date(2026, 3, 8)) == ((480, 720),)


def test_exception_beats_a_public_holiday() -> None:
    on_duty = STANDARD.layered(CalendarLayer("person", exceptions=(DayException(date(2026, 2, 17), OFFICE_DAY),)))
    assert STANDARD.shifts_on(date(2026, 2, 17)) == ()
    assert on_duty.shifts_on(date(2026, 2, 17)) == OFFICE_DAY


def test_layer_can_drop_the_holidays() -> None:
    abroad = STANDARD.layered(CalendarLayer("abroad", holidays="none"))
    assert abroad.shifts_on(date(2026, 2, 17)) == OFFICE_DAY
    assert abroad.shifts_on(date(2026, 2, 14)) == ()


@pytest.mark.parametrize("shifts", [((600, 540),), ((540, 1500),), ((540, 720), (700, 800)), ((-5, 60),)])
def test_impossible_shifts_are_refused(shifts: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(CalendarError):
        DayException(date(2026, 3, 2), shifts)


def test_unknown_zone_is_refused() -> None:
    with pytest.raises(CalendarError, match="Atlantis"):
        WorkCalendar(zone="Asia/Atlantis")


def test_years_not_announced_are_provisional_with_the_statutory_days_alone() -> None:
    unknown = max(announced_years()) + 1
    assert provisional_years(STANDARD, date(2025, 6, 1), date(unknown + 1, 1, 1)) == (unknown, unknown + 1)
    assert provisional_years(WorkCalendar.round_the_clock(), date(2025, 6, 1), date(2060, 1, 1)) == ()
    assert make_up_days(unknown) == frozenset()
    assert all(not STANDARD.shifts_on(day) for day in statutory_days(unknown))


def test_statutory_days_of_2030_and_2031() -> None:
    # 2030: Spring Festival 3 February, Qingming 5 April, Dragon Boat 5 June, Mid-Autumn 12 September.
    assert statutory_days(2030) == {
        *(date(2030, month, day) for month, day in [(1, 1), (2, 2), (2, 3), (2, 4), (2, 5), (4, 5), (5, 1), (5, 2), (6, 5), (9, 12)]),
        *(date(2030, 10, day) for day in (1, 2, 3)),
    }
    assert len(statutory_days(2031)) == 12  # Mid-Autumn falls on National Day


@pytest.mark.parametrize("year", range(2027, LAST_LUNAR_YEAR + 1))
def test_lunar_days_keep_their_distance(year: int) -> None:
    # The first month begins 21 January to 21 February; 5.5 comes 121 to 124 days (or a leap month more) later, 8.15 another 98 to 99.
    days = sorted(statutory_days(year))
    spring = next(day for k, day in enumerate(days) if day > date(year, 1, 2)).toordinal() + 1
    boat = next(day for day in days if date(year, 5, 3) < day < date(year, 7, 1)).toordinal()
    moon = next(day for day in days if date(year, 9, 1) < day and (day.month == 9 or day.day > 3 or year in (2031, 2028, 2039, 2058)))
    assert date(year, 1, 22).toordinal() <= spring <= date(year, 2, 21).toordinal()
    assert boat - spring in (121, 122, 123, 150, 151, 152, 153)
    assert moon.toordinal() - boat in range(96, 132)


def test_clock_to_work_and_back_at_the_edges() -> None:
    calendar = SPRING_2026
    friday_evening, monday_morning = wall("2026-03-06 18:00"), wall("2026-03-09 09:00")
    work = calendar.work_at(friday_evening)
    assert calendar.work_at(monday_morning) == calendar.work_at(wall("2026-03-07 12:00")) == work
    assert calendar.wall_start(work) == monday_morning
    assert calendar.wall_finish(work) == friday_evening
    assert calendar.next_work(friday_evening) == monday_morning
    assert calendar.previous_work(monday_morning) == friday_evening
    assert calendar.previous_work(wall("2026-03-06 10:00")) == wall("2026-03-06 10:00")


def test_outside_the_horizon_is_an_error_not_a_guess() -> None:
    with pytest.raises(HorizonError):
        SPRING_2026.work_at(wall("2027-01-02 00:00"))
    with pytest.raises(HorizonError):
        SPRING_2026.wall_start(SPRING_2026.total)
    with pytest.raises(HorizonError):
        SPRING_2026.wall_finish(0)


def test_a_calendar_is_compiled_once_per_value() -> None:
    again = WorkCalendar()
    assert compile_calendar(again, date(2026, 1, 1), date(2026, 2, 1)) is compile_calendar(STANDARD, date(2026, 1, 1), date(2026, 2, 1))


def test_calendar_of_another_zone_is_moved_onto_the_plans_clock() -> None:
    berlin = WorkCalendar.weekly(STANDARD_WEEK, region="none", zone="Europe/Berlin")
    compiled = compile_calendar(berlin, date(2026, 3, 1), date(2026, 4, 30), "Asia/Shanghai")
    # 09:00 in Berlin is 16:00 in Shanghai in winter, 15:00 once summer time has begun on 29 March 2026.
    assert compiled.next_work(wall("2026-03-02 00:00")) == wall("2026-03-02 16:00")
    assert compiled.next_work(wall("2026-03-30 02:00")) == wall("2026-03-30 15:00")


def test_moments_need_a_zone_and_survive_the_way() -> None:
    with pytest.raises(ValueError, match="time zone"):
        wall_minute(datetime(2026, 3, 2, 9))
    assert moment_of(wall_minute(at("2026-03-02 09:00"))) == datetime(2026, 3, 2, 1, tzinfo=UTC)


@given(st.lists(st.integers(0, 60_000_000), max_size=20), st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC"]))
def test_many_moments_are_the_same_as_one_by_one(walls: list[int], zone: str) -> None:
    assert moments_of(np.array(walls, np.int64), zone) == [moment_of(minute, zone) for minute in walls]


shift_ends = st.lists(st.integers(0, 1440), min_size=0, max_size=6, unique=True).map(sorted)
shifts = shift_ends.map(lambda ends: tuple((ends[k], ends[k + 1]) for k in range(0, len(ends) - 1, 2)))
weeks = st.tuples(*[shifts] * 7).filter(lambda week: any(week))
exceptions = st.lists(st.builds(DayException, st.dates(date(2025, 12, 1), date(2026, 6, 1)), shifts), max_size=5).map(tuple)
calendars = st.builds(lambda week, some, region: WorkCalendar.weekly(week, exceptions=some, region=region), weeks, exceptions, st.sampled_from(["CN", "none"]))


@settings(max_examples=60, deadline=None)
@given(calendars, st.data())
def test_clock_and_work_agree_with_a_count_by_hand(calendar: WorkCalendar, data: st.DataObject) -> None:
    first, last = date(2026, 1, 1), date(2026, 3, 31)
    compiled = compile_calendar(calendar, first, last)
    minutes = [
        (day.toordinal() - date(1970, 1, 1).toordinal()) * 1440 + minute
        for day in (date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1))
        for start, end in calendar.shifts_on(day)
        for minute in range(start, end)
    ]
    assert compiled.total == len(minutes)
    if not minutes:
        return
    work = data.draw(st.integers(0, len(minutes) - 1))
    assert compiled.wall_start(work) == minutes[work]
    assert compiled.wall_finish(work + 1) == minutes[work] + 1
    assert compiled.work_at(minutes[work]) == work
    moment = data.draw(st.integers(compiled.first_minute, compiled.last_minute))
    assert compiled.work_at(moment) == sum(minute < moment for minute in minutes)


@settings(max_examples=60, deadline=None)
@given(st.lists(calendars, min_size=1, max_size=3), st.data())
def test_tables_of_the_kernels_agree_with_the_compiled_calendars(several: list[WorkCalendar], data: st.DataObject) -> None:
    from jingwei.kernels.calendar.passes import wall_finish, wall_start, work_at

    first, last = date(2026, 1, 1), date(2026, 2, 28)
    table = calendar_table(tuple(several), first, last, "Asia/Shanghai")
    for number, calendar in enumerate(several):
        compiled = compile_calendar(calendar, first, last)
        moment = data.draw(st.integers(compiled.first_minute, compiled.last_minute))
        assert work_at(table, number, moment) == compiled.work_at(moment)
        if compiled.total:
            work = data.draw(st.integers(0, compiled.total - 1))
            assert wall_start(table, number, work) == compiled.wall_start(work)
            assert wall_finish(table, number, work + 1) == compiled.wall_finish(work + 1)
    assert not table.overflow.any()


def test_whole_arrays_pass_at_once() -> None:
    walls = np.arange(wall("2026-02-10 00:00"), wall("2026-03-10 00:00"), 7)
    works = SPRING_2026.work_at(walls)
    assert works.tolist() == [SPRING_2026.work_at(int(minute)) for minute in walls]
    inside = SPRING_2026.wall_start(works)
    assert (SPRING_2026.work_at(inside) == works).all()
    assert (inside >= walls).all()
    assert (SPRING_2026.previous_work(walls) <= walls).all()


def test_round_the_clock_never_stops() -> None:
    compiled = compile_calendar(WorkCalendar.round_the_clock(), date(2026, 2, 1), date(2026, 2, 28))
    assert compiled.total == 28 * 1440
    assert WorkCalendar.round_the_clock().week == ROUND_THE_CLOCK
    assert compiled.next_work(wall("2026-02-17 03:00")) == wall("2026-02-17 03:00")
