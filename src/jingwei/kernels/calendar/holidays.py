"""Days off and make-up workdays of mainland China: as announced where known, the statutory days alone where not yet announced."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

# Year: (Spring Festival month, day, Qingming day in April, Dragon Boat month, day, Mid-Autumn month, day). First day of the first
# lunar month, solar term Pure Brightness, fifth of the fifth, fifteenth of the eighth. Source: the Chinese calendar as standardised
# in GB/T 33661-2017; the rows agree with the conversions of lunar_python 1.4 and lunardate 0.3 day for day.
_LUNAR_DAYS = {
    2027: (2, 6, 5, 6, 9, 9, 15),
    2028: (1, 26, 4, 5, 28, 10, 3),
    2029: (2, 13, 4, 6, 16, 9, 22),
    2030: (2, 3, 5, 6, 5, 9, 12),
    2031: (1, 23, 5, 6, 24, 10, 1),
    2032: (2, 11, 4, 6, 12, 9, 19),
    2033: (1, 31, 4, 6, 1, 9, 8),
    2034: (2, 19, 5, 6, 20, 9, 27),
    2035: (2, 8, 5, 6, 10, 9, 16),
    2036: (1, 28, 4, 5, 30, 10, 4),
    2037: (2, 15, 4, 6, 18, 9, 24),
    2038: (2, 4, 5, 6, 7, 9, 13),
    2039: (1, 24, 5, 5, 27, 10, 2),
    2040: (2, 12, 4, 6, 14, 9, 20),
    2041: (2, 1, 4, 6, 3, 9, 10),
    2042: (1, 22, 4, 6, 22, 9, 28),
    2043: (2, 10, 5, 6, 11, 9, 17),
    2044: (1, 30, 4, 5, 31, 10, 5),
    2045: (2, 17, 4, 6, 19, 9, 25),
    2046: (2, 6, 4, 6, 8, 9, 15),
    2047: (1, 26, 5, 5, 29, 10, 4),
    2048: (2, 14, 4, 6, 15, 9, 22),
    2049: (2, 2, 4, 6, 4, 9, 11),
    2050: (1, 23, 4, 6, 23, 9, 30),
    2051: (2, 11, 5, 6, 13, 9, 19),
    2052: (2, 1, 4, 6, 1, 9, 7),
    2053: (2, 19, 4, 6, 20, 9, 26),
    2054: (2, 8, 4, 6, 10, 9, 16),
    2055: (1, 28, 5, 5, 30, 10, 5),
    2056: (2, 15, 4, 6, 17, 9, 24),
    2057: (2, 4, 4, 6, 6, 9, 13),
    2058: (1, 24, 4, 6, 25, 10, 2),
    2059: (2, 12, 5, 6, 14, 9, 21),
    2060: (2, 2, 4, 6, 3, 9, 9),
}
LAST_LUNAR_YEAR = max(_LUNAR_DAYS)


@cache
def announced_years() -> frozenset[int]:
    """Years whose days off and make-up workdays the State Council has announced, as far as the chinesecalendar package knows.

    A year counts only with its National Day: a New Year break announced for the year before may reach into January.
    """
    from chinese_calendar.constants import holidays

    return frozenset(day.year for day in holidays if day.month == 10)


@cache
def statutory_days(year: int) -> frozenset[date]:
    """The 13 statutory days of a year, without make-up workdays; beyond the lunar table only those of the solar calendar.

    Source: Regulation on Public Holidays for National Annual Festivals and Memorial Days, State Council Order 795, in force since
    1 January 2025: New Year 1, Spring Festival 4 (from the eve), Qingming 1, Labour Day 2, Dragon Boat 1, Mid-Autumn 1, National Day 3.
    """
    days = {date(year, 1, 1), date(year, 5, 1), date(year, 5, 2), date(year, 10, 1), date(year, 10, 2), date(year, 10, 3)}
    if year in _LUNAR_DAYS:
        spring_month, spring_day, qingming, boat_month, boat_day, moon_month, moon_day = _LUNAR_DAYS[year]
        spring = date(year, spring_month, spring_day)
        days |= {spring + timedelta(days=offset) for offset in (-1, 0, 1, 2)}
        days |= {date(year, 4, qingming), date(year, boat_month, boat_day), date(year, moon_month, moon_day)}
    return frozenset(days)


@cache
def days_off(year: int) -> frozenset[date]:
    """Days nobody works by public holiday (weekends inside a holiday included), announced or statutory."""
    if year not in announced_years():
        return statutory_days(year)
    from chinese_calendar.constants import holidays

    return frozenset(day for day in holidays if day.year == year)


@cache
def make_up_days(year: int) -> frozenset[date]:
    """Weekend days worked in exchange for a longer holiday (调休); empty in a year not announced."""
    if year not in announced_years():
        return frozenset()
    from chinese_calendar.constants import workdays

    return frozenset(day for day in workdays if day.year == year)
