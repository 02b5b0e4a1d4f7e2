"""Array kernels between wall-clock minutes and working minutes, and moments moved by working time: O(1), compiled by numba or plain Python."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jingwei.kernels.jit import inlined

Minutes = NDArray[np.int64]
ELAPSED = -1  # the calendar of a lag that counts by the clock
BUCKET_MINUTES = 512  # about one working day, so that a bucket holds one to three shifts


class CalendarTable(NamedTuple):
    """Several calendars compiled over the same horizon, one after the other in flat arrays (minutes, int64).

    Shift k of calendar c is at interval_first[c] + k. `before` is the working time before a shift; `day_first` and `bucket_first`
    point at the first shift that can matter for a day of the horizon and for a bucket of working minutes.
    """

    span: Minutes  # [first wall minute, one past the last wall minute]
    interval_first: Minutes
    interval_count: Minutes
    day_offset: Minutes
    bucket_offset: Minutes
    total: Minutes
    start: Minutes
    end: Minutes
    before: Minutes
    day_first: Minutes
    bucket_first: Minutes
    overflow: Minutes  # [before the horizon, after the horizon]: set to 1 by a look-up that would leave it


@inlined
def work_at(table: CalendarTable, calendar: int, wall: int) -> int:
    """Working minutes before a wall minute = the index of the working minute that is under way or next."""
    first = table.span[0]
    if wall < first:
        table.overflow[0] = 1
        return 0
    if wall > table.span[1]:
        table.overflow[1] = 1
        return table.total[calendar]  # type: ignore[no-any-return]
    base = table.interval_first[calendar]
    last = base + table.interval_count[calendar]
    k = base + table.day_first[table.day_offset[calendar] + (wall - first) // 1440]
    while k < last and table.end[k] <= wall:
        k += 1
    if k == last:
        return table.total[calendar]  # type: ignore[no-any-return]
    if wall <= table.start[k]:
        return table.before[k]  # type: ignore[no-any-return]
    return table.before[k] + wall - table.start[k]  # type: ignore[no-any-return]


@inlined
def wall_start(table: CalendarTable, calendar: int, work: int) -> int:
    """The wall minute at which working minute `work` starts."""
    if work < 0:
        table.overflow[0] = 1
        return table.span[0]  # type: ignore[no-any-return]
    if work >= table.total[calendar]:
        table.overflow[1] = 1
        return table.span[1]  # type: ignore[no-any-return]
    base = table.interval_first[calendar]
    k = base + table.bucket_first[table.bucket_offset[calendar] + work // 512]
    while table.before[k] + table.end[k] - table.start[k] <= work:
        k += 1
    return table.start[k] + work - table.before[k]  # type: ignore[no-any-return]


@inlined
def wall_finish(table: CalendarTable, calendar: int, work: int) -> int:
    """The wall minute at which the working minute before `work` ends: Friday 18:00 rather than Monday 09:00."""
    if work <= 0:
        table.overflow[0] = 1
        return table.span[0]  # type: ignore[no-any-return]
    return wall_start(table, calendar, work - 1) + 1


@inlined
def lagged(table: CalendarTable, calendar: int, wall: int, lag: int) -> int:
    """A wall minute moved by a lag: later ends a working minute, earlier starts one; by the clock when calendar is ELAPSED."""
    if lag == 0:
        return wall
    if calendar == ELAPSED:
        return wall + lag
    work = work_at(table, calendar, wall) + lag
    if lag > 0:
        return wall_finish(table, calendar, work)
    return wall_start(table, calendar, work)


@inlined
def unlagged(table: CalendarTable, calendar: int, wall: int, lag: int) -> int:
    """The latest wall minute whose lagged minute is not after `wall`."""
    if lag == 0:
        return wall
    if calendar == ELAPSED:
        return wall - lag
    work = work_at(table, calendar, wall)
    if lag < 0 and wall_start(table, calendar, work) > wall:
        work -= 1
    return wall_start(table, calendar, work - lag)


@inlined
def snapped(table: CalendarTable, calendar: int, wall: int) -> int:
    """Where a milestone not before `wall` falls: there, if a working minute ends or starts there, else at the next start of work."""
    work = work_at(table, calendar, wall)
    if work > 0 and wall_finish(table, calendar, work) == wall:
        return wall
    return wall_start(table, calendar, work)
