"""Recurring calendar exceptions as Microsoft Project states them: daily, weekly, monthly and yearly, by date or by position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

most = 5000


def occurrences(kind: int, first: date, last: date, numbers: Mapping[str, int]) -> list[date]:
    """The days of an exception of a type (2 yearly by date … 7 daily), from first to last, at most its number of occurrences."""
    limit = min(numbers.get("Occurrences", 0) or most, most)
    found: list[date] = []
    for day in _candidates(kind, first, numbers):
        if day > last or len(found) >= limit:
            break
        if day >= first:
            found.append(day)
    return found


def _candidates(kind: int, first: date, numbers: Mapping[str, int]) -> Iterator[date]:
    step = max(numbers.get("Period", 1), 1)
    end = date(min(first.year + 60, 9000), 12, 31)
    if kind == 7:
        day = first
        while day <= end:
            yield day
            day += timedelta(days=step)
    elif kind == 6:
        wanted = numbers.get("DaysOfWeek", 0)
        week = first - timedelta(days=(first.weekday() + 1) % 7)
        while week <= end:
            yield from (week + timedelta(days=n) for n in range(7) if wanted >> n & 1)
            week += timedelta(weeks=step)
    else:
        month = first.replace(day=1)
        stride = step if kind in (4, 5) else 1
        while month <= end:
            if kind in (4, 5) or month.month == numbers.get("Month", 0) + 1:
                day_in = _in_month(month, numbers, by_date=kind in (2, 4))
                if day_in is not None:
                    yield day_in
            month = (month + timedelta(days=31 * stride)).replace(day=1) if stride == 1 else _months_on(month, stride)


def _months_on(month: date, count: int) -> date:
    number = month.year * 12 + month.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def _in_month(month: date, numbers: Mapping[str, int], *, by_date: bool) -> date | None:
    if by_date:
        try:
            return month.replace(day=numbers.get("MonthDay", 1))
        except ValueError:
            return None
    item, position = numbers.get("MonthItem", 0), numbers.get("MonthPosition", 0)
    days = [month + timedelta(days=n) for n in range(31) if (month + timedelta(days=n)).month == month.month]
    wanted = {0: range(7), 1: range(5), 2: (5, 6)}.get(item, ((item + 3) % 7,))
    chosen = [day for day in days if day.weekday() in wanted]
    return chosen[-1] if position == 4 and chosen else chosen[position] if position < len(chosen) else None
