"""The load of people: planned work laid on the days of its own working time, beside the working time each person has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

import numpy as np

from jingwei.kernels.calendar.compiled import CompiledCalendar, compile_calendar
from jingwei.kernels.calendar.stated import DAY_MINUTES, WorkCalendar, day_number

Step = Literal["day", "week", "month"]
SPARE_MINUTES = 1  # what rounding of units and hours may add to a day without its being too much
YEARS_ABOUT = 5  # what lies further from the asked days is cut off there, so that a date of the year 9999 costs nothing
CHUNK = 2048


class Works(NamedTuple):
    """Planned pieces of work as arrays: who does each (a row of the answer), on which calendar, from and until which wall minute, working minutes planned;
    how far it is, how many minutes of its duration are left, and the wall minute that is now for it."""

    row: Any
    calendar: Any
    start: Any
    finish: Any
    minutes: Any
    percent: Any
    left: Any
    now: Any

    @classmethod
    def of(cls, rows: Iterable[Sequence[float]]) -> Works:
        """From one sequence a work."""
        table = np.array(list(rows), np.float64).reshape(-1, len(cls._fields))
        whole = {"row", "calendar", "start", "finish", "left", "now"}
        return cls(*(column.astype(np.int64) if name in whole else column for name, column in zip(cls._fields, table.T, strict=True)))


class Spread:
    """Works laid on the days from first to last, on the clock of `zone`.

    What has not begun lies evenly on the working time from its start to its finish. What has begun: the share that is done between its start and now, the
    share that is left on the last working minutes before the finish, as the network and levelling place it. Work whose span holds no working time lies nowhere.
    """

    def __init__(self, works: Works, calendars: Sequence[WorkCalendar], first: date, last: date, zone: str) -> None:
        self.works = works
        self.days = (last - first).days + 1
        self._midnights = _midnights(first, last)
        self._compiled = [_about(calendar, first, last, zone) for calendar in calendars]
        start, end, rate = np.zeros((3, 2 * works.row.size))
        for number, compiled in enumerate(self._compiled):
            mine = np.nonzero(works.calendar == number)[0]
            for half, piece in enumerate(_pieces(works, mine, compiled)):
                place = mine + half * works.row.size
                start[place], end[place], rate[place] = piece
        self._start, self._end, self._rate = start, end, rate

    def by_row(self, count: int) -> Any:
        """Minutes by row and day, of `count` rows."""
        out = np.zeros((count, self.days))
        for works, minutes in self._lying(np.arange(self.works.row.size)):
            np.add.at(out, self.works.row[works], minutes)
        return out

    def by_work(self, chosen: Any) -> Any:
        """Minutes by work and day, of the works chosen by their places."""
        out = np.zeros((self.works.row.size, self.days))
        for works, minutes in self._lying(chosen):
            np.add.at(out, works, minutes)
        return out[chosen]

    def _lying(self, chosen: Any) -> Iterator[tuple[Any, Any]]:
        """Some works at a time with their minutes by day; what is done and what is left of a work come apart."""
        size = self.works.row.size
        for number, compiled in enumerate(self._compiled):
            mine = chosen[self.works.calendar[chosen] == number]
            places = np.concatenate((mine, mine + size))
            edges = np.asarray(compiled.work_at(self._midnights), np.float64)
            places = places[(self._rate[places] > 0) & (self._start[places] < edges[-1]) & (self._end[places] > edges[0])]
            for at in range(0, places.size, CHUNK):
                some = places[at : at + CHUNK]
                inside = np.clip(edges, self._start[some, None], self._end[some, None])
                yield some % size, np.diff(inside, axis=1) * self._rate[some, None]


def _pieces(works: Works, mine: Any, compiled: CompiledCalendar) -> Iterator[tuple[Any, Any, Any]]:
    """What is done and what is left of works on one calendar: start, end (its working minutes), minutes of work in each of them."""
    start, finish, now = (compiled.work_at(np.clip(each[mine], compiled.first_minute, compiled.last_minute)) for each in (works.start, works.finish, works.now))
    percent, minutes = works.percent[mine], works.minutes[mine]
    resumed = np.where(percent > 0, np.maximum(finish - works.left[mine], start), start)
    until = np.where(percent >= 100, finish, np.clip(now, start, resumed))
    for first, last, part in ((start, until, minutes * percent / 100), (resumed, finish, minutes * (1 - percent / 100))):
        yield first, last, np.where(last > first, part / np.maximum(last - first, 1), 0)


def capacity_of(calendar: WorkCalendar, first: date, last: date, zone: str) -> Any:
    """Working minutes of each day from first to last."""
    return np.diff(_about(calendar, first, last, zone, years=0).work_at(_midnights(first, last)))


def over_days(planned: Any, capacity: Any) -> Any:
    """Where more is planned on a day than there is working time."""
    return planned > capacity + SPARE_MINUTES


def buckets(first: date, last: date, step: Step) -> list[date]:
    """The first days of the days, weeks (from Monday) or months from first to last; the first one begins with `first`."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in days if day == first or step == "day" or (day.weekday() == 0 if step == "week" else day.day == 1)]


def joined(by_day: Any, begins: Sequence[date]) -> Any:
    """Days (the last axis) added up to the buckets that begin on these days."""
    return np.add.reduceat(by_day, [(day - begins[0]).days for day in begins], axis=-1, dtype=np.float64)


def _midnights(first: date, last: date) -> Any:
    return np.arange(day_number(first), day_number(last) + 2) * DAY_MINUTES


def _about(calendar: WorkCalendar, first: date, last: date, zone: str, years: int = YEARS_ABOUT) -> CompiledCalendar:
    """Whole years about the days, so that a calendar is compiled once for whoever asks."""
    return compile_calendar(calendar, date(first.year - years, 1, 1), date(last.year + years, 12, 31), zone)
