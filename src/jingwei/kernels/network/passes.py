"""Array kernels of the critical path: order, forward pass, backward pass, floats, on wall minutes and calendar tables."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jingwei.kernels.calendar.passes import CalendarTable, lagged, snapped, unlagged, wall_finish, wall_start, work_at
from jingwei.kernels.jit import compiled, inlined

Minutes = NDArray[np.int64]
Codes = NDArray[np.int8]
Indices = NDArray[np.int32]

# Link types.
FS, SS, FF, SF = 0, 1, 2, 3
# Constraint types, numbered as in MSPDI's ConstraintType.
ASAP, ALAP, MSO, MFO, SNET, SNLT, FNET, FNLT = 0, 1, 2, 3, 4, 5, 6, 7
# What is known of an activity. ASSUMED: progress was reported without an actual start, which is then taken to be the planned one.
WAITING, STARTED, FINISHED, ASSUMED, MANUAL, INACTIVE = 0, 1, 2, 3, 4, 5
# The lag calendar that is not an index but the successor's (ELAPSED, by the clock, is in calendar_passes).
SUCCESSOR_CALENDAR = -2

NONE = -1  # "no such date" in arrays of wall minutes
NEVER = 1 << 60
EVER = -(1 << 60)


class Activities(NamedTuple):
    """Activities in topological order; dates are wall minutes or -1, durations working minutes of the activity's own calendar."""

    calendar: Indices
    duration: Minutes
    remaining: Minutes
    state: Codes
    actual_start: Minutes
    actual_finish: Minutes
    constraint: Codes
    constraint_at: Minutes
    deadline: Minutes
    not_before: Minutes
    manual_start: Minutes


class Links(NamedTuple):
    """Links gathered by successor: those of activity i are first[i] to first[i + 1]."""

    first: Indices
    predecessor: Indices
    type: Codes
    lag: Minutes
    lag_calendar: Indices


class Rules(NamedTuple):
    """One run's dates and choices: [project start, data date or -1, required finish or -1, retained logic, honour constraints,
    predecessors leave what is under way where it resumes, planned from the required finish]."""

    values: Minutes


class Dates(NamedTuple):
    """Results per activity, wall minutes; `*_work` are working minutes of its own calendar. `finish` holds the project finish."""

    early_start: Minutes
    early_finish: Minutes
    start_work: Minutes
    finish_work: Minutes
    remaining_work: Minutes  # index of the working minute at which what is left begins
    late_start: Minutes
    late_finish: Minutes
    total_float: Minutes
    free_float: Minutes
    finish: Minutes  # [project finish]


def empty_dates(count: int) -> Dates:
    """Room for the results of a network."""
    *per_activity, finish = [np.zeros(count, np.int64) for _ in Dates._fields[:-1]] + [np.zeros(1, np.int64)]
    return Dates._make([*per_activity, finish])


@inlined
def _place_waiting(table: CalendarTable, acts: Activities, rules: Rules, dates: Dates, i: int, start: int, finish: int) -> None:
    """Early dates of an activity not started; `start` and `finish` are the latest lower bounds its links and the project give."""
    values = rules.values
    c = acts.calendar[i]
    length = acts.duration[i]
    kind = acts.constraint[i]
    at = acts.constraint_at[i]
    present = NONE
    if acts.state[i] == WAITING:
        present = max(values[1], acts.not_before[i])
    if kind in (SNET, MSO):
        start = max(start, at)
    elif kind in (FNET, MFO):
        finish = max(finish, at)
    if length == 0:
        wall = snapped(table, c, max(start, finish))
        if values[4] == 1 and (kind in (MSO, MFO, SNLT, FNLT)):
            wall = min(wall, snapped(table, c, at))
        if present > wall:
            wall = snapped(table, c, present)
        work = work_at(table, c, wall)
        dates.early_start[i] = wall
        dates.early_finish[i] = wall
        dates.start_work[i] = work
        dates.finish_work[i] = work
        dates.remaining_work[i] = work
        return
    work = work_at(table, c, start)
    if finish > EVER:
        work = max(work, work_at(table, c, finish) - length)
    if values[4] == 1:
        if kind in (MSO, SNLT):
            work = min(work, work_at(table, c, at))
        elif kind in (MFO, FNLT):
            work = min(work, work_at(table, c, at) - length)
    if present >= 0:
        work = max(work, work_at(table, c, present))
    dates.early_start[i] = wall_start(table, c, work)
    dates.start_work[i] = work
    dates.remaining_work[i] = work
    _finish_after(table, dates, c, i, work + length, finish)


@inlined
def _finish_after(table: CalendarTable, dates: Dates, calendar: int, i: int, work: int, finish: int) -> None:
    """End an activity at working minute `work`, waiting through a break if its finish may not be before `finish`."""
    wall = wall_finish(table, calendar, work)
    if wall < finish and work_at(table, calendar, finish) == work:
        wall = wall_start(table, calendar, work)
    dates.early_finish[i] = wall
    dates.finish_work[i] = work


@compiled
def _place_remaining(table: CalendarTable, acts: Activities, rules: Rules, dates: Dates, i: int, start: int, finish: int) -> None:
    """Early finish of an activity under way: what is left begins after what is done, the data date and whatever still binds it.

    `start` and `finish` are the bounds of its links (EVER when they no longer bind it: progress override, or an assumed start).
    """
    c = acts.calendar[i]
    left = acts.remaining[i]
    done = max(acts.duration[i] - left, 0)
    work = dates.start_work[i] + done
    if left == 0:
        dates.remaining_work[i] = work
        dates.finish_work[i] = work
        dates.early_finish[i] = wall_finish(table, c, work) if done > 0 else dates.early_start[i]
        return
    present = max(rules.values[1], acts.not_before[i])
    if rules.values[1] >= 0 and acts.state[i] == STARTED:
        # From the data date on, even where reported progress runs ahead of it, but never before the actual start.
        work = max(work_at(table, c, rules.values[1]), dates.start_work[i])
    if present >= 0:
        work = max(work, work_at(table, c, present))
    if start > EVER:
        work = max(work, work_at(table, c, start))
    kind = acts.constraint[i]
    if kind in (FNET, MFO):
        finish = max(finish, acts.constraint_at[i])
    if finish > EVER:
        work = max(work, work_at(table, c, finish) - left)
    dates.remaining_work[i] = work
    _finish_after(table, dates, c, i, work + left, finish)


@compiled
def forward(table: CalendarTable, acts: Activities, links: Links, rules: Rules, dates: Dates) -> None:
    """Early dates of all activities and the project finish."""
    values = rules.values
    project_finish = values[0]
    for i in range(len(acts.state)):
        state = acts.state[i]
        c = acts.calendar[i]
        if state == INACTIVE:
            dates.early_start[i] = NONE
            dates.early_finish[i] = NONE
            continue
        if state == FINISHED:
            dates.early_start[i] = acts.actual_start[i]
            dates.early_finish[i] = acts.actual_finish[i]
            dates.start_work[i] = work_at(table, c, acts.actual_start[i])
            dates.finish_work[i] = work_at(table, c, acts.actual_finish[i])
            dates.remaining_work[i] = dates.finish_work[i]
            project_finish = max(project_finish, dates.early_finish[i])
            continue
        if state == MANUAL:
            work = work_at(table, c, acts.manual_start[i])
            dates.early_start[i] = acts.manual_start[i]
            dates.start_work[i] = work
            dates.remaining_work[i] = work
            dates.finish_work[i] = work + acts.duration[i]
            dates.early_finish[i] = acts.manual_start[i]
            if acts.duration[i] > 0:
                dates.early_finish[i] = wall_finish(table, c, work + acts.duration[i])
            project_finish = max(project_finish, dates.early_finish[i])
            continue
        start = EVER
        finish = EVER
        for k in range(links.first[i], links.first[i + 1]):
            p = links.predecessor[k]
            if acts.state[p] == INACTIVE:
                continue
            kind = links.type[k]
            base = dates.early_finish[p]
            if kind in (SS, SF):
                base = dates.early_start[p]
            lag_calendar = links.lag_calendar[k]
            if lag_calendar == SUCCESSOR_CALENDAR:
                lag_calendar = c
            bound = lagged(table, lag_calendar, base, links.lag[k])
            if kind in (FS, SS):
                start = max(start, bound)
            else:
                finish = max(finish, bound)
        if state == STARTED:
            dates.early_start[i] = acts.actual_start[i]
            dates.start_work[i] = work_at(table, c, acts.actual_start[i])
            if values[3] == 0:
                start = EVER
                finish = EVER
            _place_remaining(table, acts, rules, dates, i, start, finish)
        else:
            _place_waiting(table, acts, rules, dates, i, max(start, values[0]), finish)
            if state == ASSUMED:
                _place_remaining(table, acts, rules, dates, i, EVER, EVER)
        project_finish = max(project_finish, dates.early_finish[i])
    dates.finish[0] = project_finish


@inlined
def _place_late(table: CalendarTable, acts: Activities, dates: Dates, i: int, start: int, finish: int) -> int:
    """Late dates and total float of activity i; returns the latest wall minute at which it (or what is left of it) may start.

    `start` and `finish` are the upper bounds its successors give.
    """
    c = acts.calendar[i]
    state = acts.state[i]
    kind = acts.constraint[i]
    at = acts.constraint_at[i]
    if acts.deadline[i] >= 0:
        finish = min(finish, acts.deadline[i])
    if kind in (FNLT, MFO):
        finish = min(finish, at)
    limit = work_at(table, c, finish)
    if state == STARTED:
        dates.late_start[i] = dates.early_start[i]
        dates.late_finish[i] = wall_finish(table, c, limit)
        dates.total_float[i] = limit - dates.finish_work[i]
        if dates.total_float[i] == 0:
            dates.late_finish[i] = dates.early_finish[i]
        return wall_start(table, c, limit - acts.remaining[i])
    length = acts.duration[i]
    work = limit - length
    if start < NEVER:
        latest = work_at(table, c, start)
        if length > 0 and wall_start(table, c, latest) > start:
            latest -= 1
        work = min(work, latest)
    if kind in (SNLT, MSO):
        work = min(work, work_at(table, c, at))
    dates.total_float[i] = work - dates.start_work[i]
    if state == ASSUMED:
        # What is left may have been pushed away from what is done, so the finish can have less room than the start.
        dates.total_float[i] = min(dates.total_float[i], limit - dates.finish_work[i])
    if work == dates.start_work[i]:
        dates.late_start[i] = dates.early_start[i]
        dates.late_finish[i] = dates.early_finish[i]
    else:
        dates.late_finish[i] = wall_finish(table, c, work + length)
        dates.late_start[i] = dates.late_finish[i] if length == 0 else wall_start(table, c, work)
    if length > 0:
        return wall_start(table, c, work)
    return _latest(table, c, work, min(start, finish))


@inlined
def _latest(table: CalendarTable, calendar: int, work: int, bound: int) -> int:
    """The latest wall minute not after `bound` at which working minute `work` is the next one."""
    wall = wall_start(table, calendar, work)
    if wall > bound:
        wall = wall_finish(table, calendar, work)
    return wall


@compiled
def backward(table: CalendarTable, acts: Activities, links: Links, rules: Rules, dates: Dates, start_by: Minutes, finish_by: Minutes) -> None:
    """Late dates, total float and free float. `start_by`, `finish_by` are scratch, one entry an activity."""
    base = dates.finish[0]
    if rules.values[2] >= 0:
        base = rules.values[2]
    for i in range(len(acts.state)):
        start_by[i] = NEVER
        finish_by[i] = base
        dates.free_float[i] = work_at(table, acts.calendar[i], dates.finish[0]) - dates.finish_work[i]
    for i in range(len(acts.state) - 1, -1, -1):
        state = acts.state[i]
        if state == INACTIVE:
            dates.late_start[i] = NONE
            dates.late_finish[i] = NONE
            dates.total_float[i] = 0
            dates.free_float[i] = 0
            continue
        if state == FINISHED:
            dates.late_start[i] = dates.early_start[i]
            dates.late_finish[i] = dates.early_finish[i]
            dates.total_float[i] = 0
            dates.free_float[i] = 0
            continue
        latest_start = _place_late(table, acts, dates, i, start_by[i], finish_by[i])
        dates.free_float[i] = max(dates.free_float[i], 0)
        is_bare = rules.values[5] == 1 and acts.duration[i] == 0  # a milestone of which progress is told binds as if it were waiting
        if state == STARTED and (rules.values[3] == 0 or (acts.remaining[i] == 0 and not is_bare)):
            continue  # its links do not bind it, so it does not bind its predecessors; manual ones do, as MS Project has it
        latest_finish = latest_start
        if acts.duration[i] > 0:
            left = acts.remaining[i] if state == STARTED else acts.duration[i]
            c = acts.calendar[i]
            latest_finish = _latest(table, c, work_at(table, c, latest_start) + left, finish_by[i])
        if state == STARTED and rules.values[5] == 1 and not is_bare:
            latest_start = min(latest_start, wall_start(table, acts.calendar[i], dates.remaining_work[i]))
        _push(table, acts, links, rules, dates, i, latest_start, latest_finish, start_by, finish_by)


@inlined
def _push(
    table: CalendarTable,
    acts: Activities,
    links: Links,
    rules: Rules,
    dates: Dates,
    i: int,
    latest_start: int,
    latest_finish: int,
    start_by: Minutes,
    finish_by: Minutes,
) -> None:
    """Hand the late dates of activity i to its predecessors as bounds, and its early dates as limits of their free float."""
    c = acts.calendar[i]
    early_start = dates.early_start[i]
    if acts.state[i] == STARTED:
        early_start = wall_start(table, c, dates.remaining_work[i])
    for k in range(links.first[i], links.first[i + 1]):
        p = links.predecessor[k]
        if acts.state[p] == FINISHED or acts.state[p] == INACTIVE:
            continue
        kind = links.type[k]
        lag = links.lag[k]
        lag_calendar = links.lag_calendar[k]
        if lag_calendar == SUCCESSOR_CALENDAR:
            lag_calendar = c
        late = latest_start
        early = early_start
        if kind in (FF, SF):
            late = latest_finish
            early = dates.early_finish[i]
        bound = unlagged(table, lag_calendar, late, lag)
        limit = unlagged(table, lag_calendar, early, lag)
        room = work_at(table, acts.calendar[p], limit)
        if kind in (FS, FF):
            finish_by[p] = min(finish_by[p], bound)
            room -= dates.finish_work[p]
        else:
            if rules.values[5] == 0 or acts.state[i] != MANUAL:
                start_by[p] = min(start_by[p], bound)
            if acts.duration[p] > 0 and wall_start(table, acts.calendar[p], room) > limit:
                room -= 1
            room -= dates.start_work[p]
        dates.free_float[p] = min(dates.free_float[p], room)
