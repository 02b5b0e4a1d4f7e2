"""Array kernels of the critical path on one calendar: both passes on its working minutes alone, without asking it for every date.

A position is twice a working minute, plus one for where that minute starts: 2w is where minute w - 1 ends (Friday 18:00), 2w + 1
where minute w starts (Monday 09:00). Without a break between them both are the same moment. Positions count from an origin, so that
they hold whatever days the calendar is compiled over. The general kernels, on the clock, are in `network_passes`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jingwei.kernels.calendar_passes import CalendarTable, wall_finish, wall_start
from jingwei.kernels.jit import compiled, inlined
from jingwei.kernels.network_passes import FNET, FNLT, MFO, MSO, SNET, SNLT, Codes, Indices, Minutes

Positions = NDArray[np.int32]

NEVER = (1 << 30) + 1  # odd, as the start of a minute
EVER = -(1 << 30)
FARTHEST = 1 << 29  # positions beyond this are cut: the calendar ends long before


class Arcs(NamedTuple):
    """Links gathered by successor in topological order; a code is four times the lag plus the type."""

    first: Indices
    predecessor: Indices
    code: Indices


class Bounds(NamedTuple):
    """What dates say, as positions; each array is empty when no activity has such a date."""

    kind: Codes  # of the constraint
    at: Positions  # its date, or EVER
    due: Positions  # the latest finish a deadline or a constraint allows, or NEVER
    held: Positions  # not before, or EVER


@inlined
def _has_break(table: CalendarTable, calendar: int, work: int) -> bool:
    """Whether working minute `work` starts later than the one before it ends."""
    return wall_start(table, calendar, work) > wall_finish(table, calendar, work)


@compiled
def forward(arcs: Arcs, duration: Positions, bounds: Bounds, rules: Minutes, early: Positions, extent: Minutes) -> None:
    """Early positions, start and finish side by side. `rules` is [project start, data date or EVER, constraints are honoured].

    Fills `extent` with the lowest start and the highest finish.
    """
    is_bound = len(bounds.kind) > 0
    is_held = len(bounds.held) > 0
    lowest = NEVER
    highest = EVER
    for i in range(len(duration)):
        start = rules[0]
        finish = EVER
        for k in range(arcs.first[i], arcs.first[i + 1]):
            code = arcs.code[k]
            bound = early[2 * arcs.predecessor[k] + 1 - (code & 1)]
            lag = code >> 2
            moved = 2 * ((bound >> 1) + lag) + (1 if lag < 0 else 0)
            bound = bound if lag == 0 else moved
            start = max(start, EVER if code & 2 else bound)
            finish = max(finish, bound if code & 2 else EVER)
        present = rules[1]
        if is_held:
            present = max(present, bounds.held[i])
        kind = 0
        at = EVER
        if is_bound:
            kind = bounds.kind[i]
            at = bounds.at[i]
            if kind in (SNET, MSO):
                start = max(start, at)
            elif kind in (FNET, MFO):
                finish = max(finish, at)
        length = duration[i]
        if length == 0:
            begin = max(start, finish)
            if rules[2] == 1 and kind in (MSO, MFO, SNLT, FNLT):
                begin = min(begin, at)
            begin = max(begin, present)
            end = begin
        else:
            work = max(start >> 1, (finish >> 1) - length)
            if rules[2] == 1:
                if kind in (MSO, SNLT):
                    work = min(work, at >> 1)
                elif kind in (MFO, FNLT):
                    work = min(work, (at >> 1) - length)
            work = max(work, present >> 1)
            begin = 2 * work + 1
            end = 2 * (work + length)
            end += 1 if finish == end + 1 else 0  # its finish waits through the break
        end = min(end, FARTHEST)
        early[2 * i] = begin
        early[2 * i + 1] = end
        lowest = min(lowest, begin)
        highest = max(highest, end)
    extent[0] = lowest
    extent[1] = highest


@compiled
def backward(
    table: CalendarTable,
    arcs: Arcs,
    duration: Positions,
    bounds: Bounds,
    ends: Minutes,
    early: Positions,
    limits: Positions,
    total_float: Positions,
    free_float: Positions,
    extent: Minutes,
) -> None:
    """Total and free float. `ends` is [calendar, its working minute at the origin, required finish, project finish].

    `limits` is scratch, four an activity: the latest start and finish its successors allow, and the latest they do not notice. Fills
    `extent` with the lowest late start.
    """
    calendar = ends[0]
    origin = ends[1]
    is_bound = len(bounds.kind) > 0
    is_due = len(bounds.due) > 0
    for i in range(len(duration)):
        limits[4 * i] = NEVER
        limits[4 * i + 1] = ends[2]
        limits[4 * i + 2] = NEVER
        limits[4 * i + 3] = ends[3]
    lowest = NEVER
    for i in range(len(duration) - 1, -1, -1):
        start = limits[4 * i]
        finish_by = limits[4 * i + 1]
        start_limit = limits[4 * i + 2]
        finish = finish_by
        if is_due:
            finish = min(finish, bounds.due[i])
        length = duration[i]
        begin = early[2 * i]
        end = early[2 * i + 1]
        work = (finish >> 1) - length
        latest = start >> 1
        if start & 1 == 0 and length > 0 and _has_break(table, calendar, origin + latest):
            latest -= 1
        work = min(work, latest)
        if is_bound and bounds.kind[i] in (SNLT, MSO):
            work = min(work, bounds.at[i] >> 1)
        work = max(work, -FARTHEST // 2)
        total_float[i] = work - (begin >> 1)
        room = (limits[4 * i + 3] >> 1) - (end >> 1)
        latest = start_limit >> 1
        if start_limit & 1 == 0 and length > 0 and _has_break(table, calendar, origin + latest):
            latest -= 1
        free_float[i] = max(min(room, latest - (begin >> 1)), 0)
        late_start = 2 * work + 1
        if length > 0:
            lowest = min(lowest, late_start)
            late_finish = 2 * (work + length)
            if late_finish < finish_by:
                late_finish += 1
        else:
            if work != begin >> 1:
                lowest = min(lowest, 2 * work)
            if late_start > min(start, finish):
                late_start -= 1
            late_finish = late_start
        for k in range(arcs.first[i], arcs.first[i + 1]):
            code = arcs.code[k]
            late = late_finish if code & 2 else late_start
            soon = end if code & 2 else begin
            lag = code >> 2
            late_work = late >> 1
            soon_work = soon >> 1
            if lag < 0 and late & soon & 1 == 0:
                if late & 1 == 0 and _has_break(table, calendar, origin + late_work):
                    late_work -= 1
                if soon & 1 == 0 and _has_break(table, calendar, origin + soon_work):
                    soon_work -= 1
            late = late if lag == 0 else 2 * (late_work - lag) + 1
            soon = soon if lag == 0 else 2 * (soon_work - lag) + 1
            place = 4 * arcs.predecessor[k] + 1 - (code & 1)
            limits[place] = min(limits[place], late)
            limits[place + 2] = min(limits[place + 2], soon)
    extent[0] = lowest


@compiled
def walls_of(table: CalendarTable, calendar: int, origin: int, positions: Positions, walls: Minutes) -> None:
    """The wall minutes of positions."""
    for i in range(len(positions)):
        work = origin + (positions[i] >> 1)
        if positions[i] & 1:
            walls[i] = wall_start(table, calendar, work)
        else:
            walls[i] = wall_finish(table, calendar, work)
