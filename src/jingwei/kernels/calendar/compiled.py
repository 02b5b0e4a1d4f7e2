"""Working time compiled to arrays: one calendar, or several side by side, over a horizon of days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray

from jingwei.kernels.calendar import holidays
from jingwei.kernels.calendar.stated import DAY_MINUTES, CalendarError, Shifts, WorkCalendar, day_number, day_of_number, zone_of

if TYPE_CHECKING:  # the kernels are imported when first used: that imports numba, which takes half a second
    from jingwei.kernels.calendar.passes import CalendarTable, Minutes


class HorizonError(CalendarError):
    """A look-up left the days over which the calendar was compiled."""


class CompiledCalendar:
    """One calendar over the days [first, last]: wall minutes to working minutes and back, scalars or arrays, O(log n).

    Wall minutes count from 1970-01-01 00:00 on the clock of `zone`; working minutes count from the start of `first`.
    Every method raises HorizonError when an argument or answer leaves the horizon.
    """

    __slots__ = ("before", "calendar", "end", "first", "last", "start", "total", "zone")

    def __init__(self, calendar: WorkCalendar, first: date, last: date, zone: str) -> None:
        if last < first:
            raise CalendarError(f"the horizon ends before it starts: {first} to {last}")
        self.calendar, self.first, self.last, self.zone = calendar, first, last, zone
        if zone == calendar.zone:
            start, end = _intervals(calendar, day_number(first), day_number(last) + 1)
        else:
            start, end = _intervals_elsewhere(calendar, first, last, zone)
        self.start, self.end = start, end
        lengths = end - start
        self.before: Minutes = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))[:-1] if lengths.size else lengths
        self.total = int(lengths.sum())

    @property
    def first_minute(self) -> int:
        """The wall minute at which the horizon begins."""
        return day_number(self.first) * DAY_MINUTES

    @property
    def last_minute(self) -> int:
        """The wall minute at which the horizon ends."""
        return (day_number(self.last) + 1) * DAY_MINUTES

    @overload
    def work_at(self, wall: int) -> int: ...
    @overload
    def work_at(self, wall: Minutes) -> Minutes: ...
    def work_at(self, wall: int | Minutes) -> int | Minutes:
        """The index of the working minute that is under way at a wall minute, or the next one."""
        walls = np.asarray(wall, np.int64)
        if walls.size and (walls.min() < self.first_minute or walls.max() > self.last_minute):
            raise HorizonError(f"outside {self.first} to {self.last}")
        if not self.start.size:
            return _same_shape(np.zeros_like(walls), wall)
        k = np.maximum(np.searchsorted(self.start, walls, side="right") - 1, 0)
        work = self.before[k] + np.clip(walls - self.start[k], 0, self.end[k] - self.start[k])
        return _same_shape(work, wall)

    @overload
    def wall_start(self, work: int) -> int: ...
    @overload
    def wall_start(self, work: Minutes) -> Minutes: ...
    def wall_start(self, work: int | Minutes) -> int | Minutes:
        """The wall minute at which a working minute starts."""
        works = np.asarray(work, np.int64)
        if works.size and (works.min() < 0 or works.max() >= self.total):
            raise HorizonError(f"outside the {self.total} working minutes of {self.first} to {self.last}")
        k = np.searchsorted(self.before, works, side="right") - 1
        return _same_shape(self.start[k] + works - self.before[k], work)

    @overload
    def wall_finish(self, work: int) -> int: ...
    @overload
    def wall_finish(self, work: Minutes) -> Minutes: ...
    def wall_finish(self, work: int | Minutes) -> int | Minutes:
        """The wall minute at which the working minute before `work` ends, so that work ends Friday 18:00, not Monday 09:00."""
        works = np.asarray(work, np.int64)
        return _same_shape(np.asarray(self.wall_start(works - 1)) + 1, work)

    @overload
    def next_work(self, wall: int) -> int: ...
    @overload
    def next_work(self, wall: Minutes) -> Minutes: ...
    def next_work(self, wall: int | Minutes) -> int | Minutes:
        """The first wall minute at or after `wall` at which work can start."""
        return self.wall_start(self.work_at(wall))

    @overload
    def previous_work(self, wall: int) -> int: ...
    @overload
    def previous_work(self, wall: Minutes) -> Minutes: ...
    def previous_work(self, wall: int | Minutes) -> int | Minutes:
        """The last wall minute at or before `wall` at which work can end."""
        return self.wall_finish(self.work_at(wall))

    @overload
    def minutes_between(self, earlier: int, later: int) -> int: ...
    @overload
    def minutes_between(self, earlier: Minutes, later: Minutes) -> Minutes: ...
    def minutes_between(self, earlier: int | Minutes, later: int | Minutes) -> int | Minutes:
        """Working minutes from one wall minute to another; negative when they are in the other order."""
        return self.work_at(later) - self.work_at(earlier)


def _same_shape(values: Minutes, like: int | Minutes) -> int | Minutes:
    return values if isinstance(like, np.ndarray) else int(values)


def _patterns(calendar: WorkCalendar, first_day: int, end_day: int) -> tuple[list[Shifts], Minutes]:
    """The distinct sets of shifts, and which of them holds on each day of [first_day, end_day)."""
    week = calendar.week
    patterns: list[Shifts] = list(dict.fromkeys(week))
    index = {shifts: k for k, shifts in enumerate(patterns)}
    weekly = np.array([index[shifts] for shifts in week], np.int64)
    days = np.arange(first_day, end_day)
    chosen = weekly[(days + 3) % 7]  # 1 January 1970 was a Thursday
    odd = set(calendar.exceptions)
    if calendar.region == "CN":
        for year in range(day_of_number(first_day).year, day_of_number(end_day - 1).year + 1):
            odd |= holidays.days_off(year) | holidays.make_up_days(year)
    for day in odd:
        place = day_number(day) - first_day
        if 0 <= place < chosen.size:
            shifts = calendar.shifts_on(day)
            if shifts not in index:
                index[shifts] = len(patterns)
                patterns.append(shifts)
            chosen[place] = index[shifts]
    return patterns, chosen


def _intervals(calendar: WorkCalendar, first_day: int, end_day: int) -> tuple[Minutes, Minutes]:
    """Starts and ends of all shifts on days [first_day, end_day), in wall minutes of the calendar's own zone."""
    patterns, chosen = _patterns(calendar, first_day, end_day)
    starts, ends = [], []
    for k, shifts in enumerate(patterns):
        midnight = (np.nonzero(chosen == k)[0] + first_day) * DAY_MINUTES
        for shift_start, shift_end in shifts:
            starts.append(midnight + shift_start)
            ends.append(midnight + shift_end)
    if not starts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    start = np.concatenate(starts).astype(np.int64)
    order = np.argsort(start, kind="stable")
    return start[order], np.concatenate(ends).astype(np.int64)[order]


def _intervals_elsewhere(calendar: WorkCalendar, first: date, last: date, zone: str) -> tuple[Minutes, Minutes]:
    """The shifts of a calendar kept in another time zone, on the clock of `zone`, cut to the horizon."""
    first_day, end_day = day_number(first), day_number(last) + 1
    start, end = _intervals(calendar, first_day - 2, end_day + 2)
    start, end = _moved(start, calendar.zone, zone), _moved(end, calendar.zone, zone)
    start = np.maximum(start, first_day * DAY_MINUTES)
    end = np.minimum(end, end_day * DAY_MINUTES)
    # A clock change can make a shift vanish or touch its neighbour: what would overlap is cut, what has no length is dropped.
    start[1:] = np.maximum(start[1:], np.maximum.accumulate(end)[:-1])
    kept = start < end
    return start[kept], end[kept]


def _moved(walls: Minutes, source: str, target: str) -> Minutes:
    """Wall minutes of one zone as wall minutes of another, by the offset in force at each."""
    there, here = zone_of(source), zone_of(target)
    epoch = datetime(1970, 1, 1)
    moved = np.empty_like(walls)
    for k, wall in enumerate(walls.tolist()):
        moment = (epoch + timedelta(minutes=wall)).replace(tzinfo=there).astimezone(UTC)
        local = moment.astimezone(here).replace(tzinfo=None)
        moved[k] = (local - epoch) // timedelta(minutes=1)
    return moved


@lru_cache(maxsize=256)
def _compile(calendar: WorkCalendar, first: date, last: date, zone: str) -> CompiledCalendar:
    return CompiledCalendar(calendar, first, last, zone)


def compile_calendar(calendar: WorkCalendar, first: date, last: date, zone: str | None = None) -> CompiledCalendar:
    """Compile a calendar over the days first to last, on the clock of `zone` (its own unless told); cached by value."""
    return _compile(calendar, first, last, zone or calendar.zone)


@lru_cache(maxsize=16)
def break_bits(compiled: CompiledCalendar) -> NDArray[np.uint8]:
    """One bit a working minute: whether it starts later than the one before it ends. The minute after the last counts as doing so."""
    breaks = np.append(compiled.before[1:][compiled.start[1:] > compiled.end[:-1]], compiled.total)
    bits = np.zeros(compiled.total // 8 + 1, np.uint8)
    places = breaks >> 3
    firsts = np.flatnonzero(np.diff(places, prepend=-1))
    bits[places[firsts]] = np.add.reduceat(1 << (breaks & 7), firsts)
    return bits


@lru_cache(maxsize=32)
def calendar_table(calendars: tuple[WorkCalendar, ...], first: date, last: date, zone: str) -> CalendarTable:
    """Several calendars over the same days as flat arrays for the array kernels; cached by value.

    The `overflow` array of the answer is shared by all users of the cache entry: replace it (`_replace`) before use.
    """
    from jingwei.kernels.calendar.passes import BUCKET_MINUTES, CalendarTable

    compiled = [compile_calendar(calendar, first, last, zone) for calendar in calendars]
    span = np.array([day_number(first) * DAY_MINUTES, (day_number(last) + 1) * DAY_MINUTES], np.int64)
    midnights = np.arange(span[0], span[1] + 1, DAY_MINUTES)
    day_first, bucket_first = [], []
    for one in compiled:
        day_first.append(np.searchsorted(one.end, midnights, side="right"))
        buckets = np.arange(0, max(one.total, 1), BUCKET_MINUTES)
        bucket_first.append(np.maximum(np.searchsorted(one.before, buckets, side="right") - 1, 0))
    return CalendarTable(
        span=span,
        interval_first=_offsets([one.start for one in compiled]),
        interval_count=np.array([one.start.size for one in compiled], np.int64),
        day_offset=_offsets(day_first),
        bucket_offset=_offsets(bucket_first),
        total=np.array([one.total for one in compiled], np.int64),
        start=_joined([one.start for one in compiled]),
        end=_joined([one.end for one in compiled]),
        before=_joined([one.before for one in compiled]),
        day_first=_joined(day_first),
        bucket_first=_joined(bucket_first),
        overflow=np.zeros(2, np.int64),
    )


def _joined(parts: Sequence[Minutes]) -> Minutes:
    return np.ascontiguousarray(np.concatenate(parts), np.int64)


def _offsets(parts: Sequence[Minutes]) -> Minutes:
    sizes = [0] + [part.size for part in parts]
    return np.cumsum(np.array(sizes, np.int64))[:-1]
