"""Array kernels of the critical path on one calendar: both passes on its working minutes alone, without asking it for every date.

A position is twice a working minute, plus one for where that minute starts: 2w is where minute w - 1 ends (Friday 18:00), 2w + 1
where minute w starts (Monday 09:00). Without a break between them both are the same moment. Positions count from an origin, so that
they hold whatever days the calendar is compiled over. The general kernels, on the clock, are in `network_passes`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jingwei.kernels.calendar.passes import CalendarTable, wall_finish, wall_start
from jingwei.kernels.jit import compiled, inlined
from jingwei.kernels.network.input import LONGEST
from jingwei.kernels.network.ordering import Arcs
from jingwei.kernels.network.passes import FNET, FNLT, MFO, MSO, SNET, SNLT, Codes, Indices, Minutes

Positions = NDArray[np.int32]
Bits = NDArray[np.uint8]

NEVER = (1 << 30) + 1  # odd, as the start of a minute
EVER = -(1 << 30)
FARTHEST = 1 << 29  # positions beyond this are cut: the calendar ends long before


class Bounds(NamedTuple):
    """What dates say, as positions; each array is empty when no activity has such a date."""

    kind: Codes  # of the constraint
    at: Positions  # its date, or EVER
    due: Positions  # the latest finish a deadline or a constraint allows, or NEVER
    held: Positions  # not before, or EVER


@inlined
def _work_by(breaks: Bits, origin: int, position: int, steps_back: int) -> int:
    """The working minute of a position; with `steps_back` 1 instead of 0 the one before, where it starts later than the position.

    Without branches, as what they depend on cannot be foreseen; beyond the calendar its edge answers.
    """
    work = position >> 1
    place = min(max(origin + work, 0), 8 * len(breaks) - 1)
    return work - (steps_back & ~position & (breaks[place >> 3] >> (place & 7)))  # type: ignore[no-any-return]


@compiled
def cut_lengths(duration: Minutes, order: Indices, length: Positions) -> int:
    """Durations in topological order, cut where no calendar could hold them; returns how many are negative."""
    wrong = 0
    for r in range(len(length)):
        minutes = duration[order[r]]
        wrong += 1 if minutes < 0 else 0
        length[r] = min(minutes, LONGEST)
    return wrong


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


@inlined
def _held_by(breaks: Bits, origin: int, position: int, code: int) -> int:
    """The latest position from which a link still leaves its successor at `position`."""
    lag = code >> 2
    moved = 2 * (_work_by(breaks, origin, position, 1 if lag < 0 else 0) - lag) + 1
    return position if lag == 0 else moved


@compiled
def backward(
    arcs: Arcs, duration: Positions, bounds: Bounds, breaks: Bits, ends: Minutes, early: Positions, late: Positions, total_float: Positions, extent: Minutes
) -> None:
    """Total float. `breaks` are those of worktime.break_bits; `ends` is [working minute at the origin, required finish, project finish].

    `late` is scratch: the latest start and finish that leave every successor its own. Fills `extent` with the lowest late start.
    """
    origin = ends[0]
    is_bound = len(bounds.kind) > 0
    is_due = len(bounds.due) > 0
    lowest = NEVER
    for i in range(len(duration) - 1, -1, -1):
        start = NEVER
        finish_by = ends[1]
        for k in range(arcs.first_out[i], arcs.first_out[i + 1]):
            code = arcs.code_out[k]
            bound = _held_by(breaks, origin, late[2 * arcs.successor[k] + ((code >> 1) & 1)], code)
            start = min(start, bound if code & 1 else NEVER)
            finish_by = min(finish_by, NEVER if code & 1 else bound)
        finish = finish_by
        if is_due:
            finish = min(finish, bounds.due[i])
        length = duration[i]
        has_length = 1 if length > 0 else 0
        work = min((finish >> 1) - length, _work_by(breaks, origin, start, has_length))
        if is_bound and bounds.kind[i] in (SNLT, MSO):
            work = min(work, bounds.at[i] >> 1)
        work = max(work, -FARTHEST // 2)
        early_work = early[2 * i] >> 1
        total_float[i] = work - early_work
        late_start = 2 * work + 1
        if length > 0:
            lowest = min(lowest, late_start)
            late_finish = 2 * (work + length)
            late_finish += 1 if late_finish < finish_by else 0
        else:
            if work != early_work:
                lowest = min(lowest, 2 * work)
            if late_start > min(start, finish):
                late_start -= 1
            late_finish = late_start
        late[2 * i] = late_start
        late[2 * i + 1] = late_finish
    extent[0] = lowest


@compiled
def free_floats(arcs: Arcs, duration: Positions, breaks: Bits, ends: Minutes, early: Positions, free_float: Positions) -> None:
    """Free float: the room before the early dates of successors, or the project finish, would move. Arguments as of `backward`."""
    origin = ends[0]
    for i in range(len(duration)):
        start = NEVER
        finish = ends[2]
        for k in range(arcs.first_out[i], arcs.first_out[i + 1]):
            code = arcs.code_out[k]
            limit = _held_by(breaks, origin, early[2 * arcs.successor[k] + ((code >> 1) & 1)], code)
            start = min(start, limit if code & 1 else NEVER)
            finish = min(finish, NEVER if code & 1 else limit)
        by_start = _work_by(breaks, origin, start, 1 if duration[i] > 0 else 0) - (early[2 * i] >> 1)
        free_float[i] = max(min((finish >> 1) - (early[2 * i + 1] >> 1), by_start), 0)


@compiled
def walls_of(table: CalendarTable, calendar: int, origin: int, positions: Positions, walls: Minutes) -> None:
    """The wall minutes of positions."""
    for i in range(len(positions)):
        work = origin + (positions[i] >> 1)
        if positions[i] & 1:
            walls[i] = wall_start(table, calendar, work)
        else:
            walls[i] = wall_finish(table, calendar, work)
