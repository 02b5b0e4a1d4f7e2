"""The passes of a plan on several calendars: positions are wall minutes, and every activity works by a calendar of its own.

The same rules as the schedule's own passes (`network_passes`), a block of runs at a time.
"""

from __future__ import annotations

from jingwei.kernels.calendar.passes import CalendarTable, lagged, snapped, wall_finish, wall_start, work_at
from jingwei.kernels.jit import compiled, inlined
from jingwei.kernels.uncertainty.arrays import Model, Scratch
from jingwei.kernels.uncertainty.streams import lanes

_unbound = -1  # a finish that nothing holds


@inlined
def _begun(table: CalendarTable, calendar: int, after: int, until: int, length: int) -> int:
    """The working minute at which `length` minutes of work start that begin no earlier than `after` and end no earlier than `until`."""
    work = work_at(table, calendar, after)
    if until > _unbound:
        work = max(work, work_at(table, calendar, until) - length)
    return work


@inlined
def _placed(table: CalendarTable, calendar: int, after: int, until: int, length: int) -> tuple[int, int]:
    """Start and finish of such work; before a break it waits through the break when it may not end sooner."""
    if calendar < 0:
        start = max(after, until - length)
        return start, start + length
    if length == 0:
        start = snapped(table, calendar, max(after, until))
        return start, start
    work = _begun(table, calendar, after, until, length)
    wall = wall_finish(table, calendar, work + length)
    if wall < until and work_at(table, calendar, until) == work + length:
        wall = wall_start(table, calendar, work + length)
    return wall_start(table, calendar, work), wall


@inlined
def _a_minute_later(table: CalendarTable, calendar: int, wall: int, is_start: bool) -> int:
    """Where a start or a finish falls when the work before it takes one minute more."""
    if calendar < 0:
        return wall + 1
    work = work_at(table, calendar, wall) + 1
    return wall_start(table, calendar, work) if is_start else wall_finish(table, calendar, work)


@compiled
def schedule_by_calendar(model: Model, scratch: Scratch, k: int) -> None:
    """Early start and finish of one activity from those before it."""
    table, calendar = model.table_of_calendars, model.calendar[k]
    start, finish, duration = scratch.start[k], scratch.finish[k], scratch.duration[k]
    for lane in range(lanes):
        start[lane] = model.earliest[k]
        finish[lane] = model.earliest_finish[k]
    for i in range(model.first[k], model.first[k + 1]):
        kind, lag, source, counted = model.kind[i], model.lag[i], model.source[i], model.lag_calendar[i]
        before = scratch.start[source] if kind & 2 else scratch.finish[source]
        bound = finish if kind & 1 else start
        for lane in range(lanes):
            bound[lane] = max(bound[lane], lagged(table, counted, before[lane], lag))
    for lane in range(lanes):
        start[lane], finish[lane] = _placed(table, calendar, start[lane], finish[lane], duration[lane])


@compiled
def criticality_by_calendar(model: Model, scratch: Scratch) -> None:
    """An activity is critical when one minute more of it moves the end of the plan, or moves a critical one that follows: no float on its own calendar."""
    table, activities = model.table_of_calendars, len(model.group)
    last = scratch.finish[activities]
    for lane in range(lanes):
        last[lane] = 0
    for k in range(activities):
        for lane in range(lanes):
            last[lane] = max(last[lane], scratch.finish[k, lane])
    for k in range(activities):
        for lane in range(lanes):
            scratch.critical[k, lane] = _a_minute_later(table, model.calendar[k], scratch.finish[k, lane], False) > last[lane]
    for k in range(activities - 1, -1, -1):
        calendar = model.calendar[k]
        for i in range(model.first[k], model.first[k + 1]):
            kind, lag, source, counted = model.kind[i], model.lag[i], model.source[i], model.lag_calendar[i]
            before = scratch.start[source] if kind & 2 else scratch.finish[source]
            for lane in range(lanes):
                if scratch.critical[k, lane] and not scratch.critical[source, lane]:
                    moved = _a_minute_later(table, model.calendar[source], before[lane], kind & 2 != 0)
                    bound = lagged(table, counted, moved, lag)
                    after, until = (table.span[0], bound) if kind & 1 else (bound, _unbound)
                    scratch.critical[source, lane] = _placed(table, calendar, after, until, scratch.duration[k, lane])[0] > scratch.start[k, lane]
