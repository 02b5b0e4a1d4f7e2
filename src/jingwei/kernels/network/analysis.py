"""Array kernels that explain a calculated network: what drives each activity, the longest path, independent float, as late as possible."""

from __future__ import annotations

from jingwei.kernels.calendar.passes import CalendarTable, lagged, unlagged, wall_finish, wall_start, work_at
from jingwei.kernels.jit import compiled, inlined
from jingwei.kernels.network.passes import (
    ALAP,
    ASSUMED,
    EVER,
    FINISHED,
    FNET,
    FNLT,
    FS,
    INACTIVE,
    MANUAL,
    MFO,
    NEVER,
    SF,
    SNET,
    SNLT,
    SS,
    STARTED,
    SUCCESSOR_CALENDAR,
    WAITING,
    Activities,
    Codes,
    Dates,
    Links,
    Minutes,
    Rules,
)

# Causes, as bits: what set the start of an activity, or of what is left of it.
BY_LINK, BY_PROJECT_START, BY_CONSTRAINT, BY_DATA_DATE, BY_NOT_BEFORE, BY_ACTUAL, BY_MANUAL = 1, 2, 4, 8, 16, 32, 64


@inlined
def _implied_start(table: CalendarTable, acts: Activities, links: Links, i: int, k: int, base_start: int, base_finish: int) -> int:
    """The working minute at which activity i (or what is left of it) could start if only link k bound it."""
    c = acts.calendar[i]
    kind = links.type[k]
    lag_calendar = links.lag_calendar[k]
    if lag_calendar == SUCCESSOR_CALENDAR:
        lag_calendar = c
    base = base_finish
    if kind in (SS, SF):
        base = base_start
    work = work_at(table, c, lagged(table, lag_calendar, base, links.lag[k]))
    if kind in (FS, SS):
        return work
    if acts.state[i] == STARTED:
        return work - acts.remaining[i]  # type: ignore[no-any-return]
    return work - acts.duration[i]  # type: ignore[no-any-return]


@inlined
def _links_bind(acts: Activities, rules: Rules, i: int) -> bool:
    state = acts.state[i]
    if state == STARTED:
        return rules.values[3] == 1 and acts.remaining[i] > 0  # type: ignore[no-any-return]
    return state == WAITING or state == ASSUMED  # type: ignore[no-any-return]


@compiled
def drivers(table: CalendarTable, acts: Activities, links: Links, rules: Rules, dates: Dates, drives: Codes, causes: Codes) -> None:
    """Mark every link that sets its successor's start (ties all count), and every activity with the bits of its causes."""
    for i in range(len(acts.state)):
        state = acts.state[i]
        causes[i] = 0
        for k in range(links.first[i], links.first[i + 1]):
            drives[k] = 0
        if state in (FINISHED, STARTED):
            causes[i] = BY_ACTUAL
        if state == MANUAL:
            causes[i] = BY_MANUAL
        if state in (FINISHED, MANUAL, INACTIVE):
            continue
        target = dates.remaining_work[i] if state == STARTED else dates.start_work[i]
        highest = EVER
        if _links_bind(acts, rules, i):
            for k in range(links.first[i], links.first[i + 1]):
                p = links.predecessor[k]
                if acts.state[p] == INACTIVE:
                    continue
                work = _implied_start(table, acts, links, i, k, dates.early_start[p], dates.early_finish[p])
                highest = max(highest, work)
                if work == target:
                    drives[k] = 1
                    causes[i] |= BY_LINK
        causes[i] |= _other_causes(table, acts, rules, dates, i, target, highest)
        if causes[i] == 0:
            causes[i] = BY_PROJECT_START


@inlined
def _other_causes(table: CalendarTable, acts: Activities, rules: Rules, dates: Dates, i: int, target: int, highest: int) -> int:
    """Causes other than links: constraint, data date, not-before; `highest` is the latest start any link asks for."""
    c = acts.calendar[i]
    state = acts.state[i]
    kind = acts.constraint[i]
    length = acts.remaining[i] if state == STARTED else acts.duration[i]
    cause = 0
    if acts.constraint_at[i] >= 0 and (state != STARTED or kind in (FNET, MFO)):
        asked = work_at(table, c, acts.constraint_at[i])
        if kind in (FNET, MFO, FNLT):
            asked -= length
        pulls = kind in (SNLT, FNLT)
        if asked == target and (not pulls or (rules.values[4] == 1 and highest > target)):
            cause |= BY_CONSTRAINT
    begins = dates.remaining_work[i]
    free = state != ASSUMED or begins > dates.start_work[i] + acts.duration[i] - acts.remaining[i]
    if free and (state == WAITING or acts.remaining[i] > 0):
        if rules.values[1] >= 0 and work_at(table, c, rules.values[1]) == begins:
            cause |= BY_DATA_DATE
        if acts.not_before[i] >= 0 and work_at(table, c, acts.not_before[i]) == begins:
            cause |= BY_NOT_BEFORE
    return cause


@compiled
def longest_path(acts: Activities, links: Links, dates: Dates, drives: Codes, on_path: Codes) -> None:
    """Mark the activities from which driving links lead to the project finish."""
    for i in range(len(acts.state)):
        on_path[i] = acts.state[i] != INACTIVE and dates.early_finish[i] == dates.finish[0]
    for i in range(len(acts.state) - 1, -1, -1):
        if on_path[i]:
            for k in range(links.first[i], links.first[i + 1]):
                if drives[k]:
                    on_path[links.predecessor[k]] = 1


@compiled
def independent_float(table: CalendarTable, acts: Activities, links: Links, rules: Rules, dates: Dates, room: Minutes) -> None:
    """Working minutes an activity can slip although all predecessors end as late as they may and no successor moves.

    Source: Battersby & Carruthers (1966): max(0, early start of successors - late finish of predecessors - duration).
    """
    for i in range(len(acts.state)):
        room[i] = dates.free_float[i]
        if not _links_bind(acts, rules, i):
            continue
        own = dates.remaining_work[i] if acts.state[i] == STARTED else dates.start_work[i]
        latest = own
        for k in range(links.first[i], links.first[i + 1]):
            p = links.predecessor[k]
            if acts.state[p] != INACTIVE:
                latest = max(latest, _implied_start(table, acts, links, i, k, dates.late_start[p], dates.late_finish[p]))
        room[i] = max(room[i] - (latest - own), 0)


@compiled
def late_as_possible(
    table: CalendarTable,
    acts: Activities,
    links: Links,
    rules: Rules,
    dates: Dates,
    start: Minutes,
    finish: Minutes,
    start_by: Minutes,
    finish_by: Minutes,
) -> None:
    """Planned dates: the early ones, but ALAP activities moved to where they would begin to delay a successor or the project.

    Of a project planned from its finish, activities with a no-earlier or no-later date move as well, all up to the required finish.
    Fills `start` and `finish` (wall minutes); `start_by` and `finish_by` are scratch.
    """
    from_finish = rules.values[6] == 1
    last = max(dates.finish[0], rules.values[2]) if from_finish else dates.finish[0]
    for i in range(len(acts.state)):
        start[i] = dates.early_start[i]
        finish[i] = dates.early_finish[i]
        start_by[i] = NEVER
        finish_by[i] = last
    for i in range(len(acts.state) - 1, -1, -1):
        c = acts.calendar[i]
        is_late = acts.constraint[i] == ALAP or (from_finish and acts.constraint[i] >= SNET)
        if is_late and acts.state[i] == WAITING:
            length = acts.duration[i]
            work = min(work_at(table, c, finish_by[i]) - length, dates.start_work[i] + max(dates.total_float[i], 0))
            if start_by[i] < NEVER:
                latest = work_at(table, c, start_by[i])
                if length > 0 and wall_start(table, c, latest) > start_by[i]:
                    latest -= 1
                work = min(work, latest)
            if work > dates.start_work[i]:
                finish[i] = wall_finish(table, c, work + length)
                start[i] = finish[i] if length == 0 else wall_start(table, c, work)
        if not _links_bind(acts, rules, i) and acts.state[i] != MANUAL:
            continue
        begins = start[i]
        if acts.state[i] == STARTED:
            begins = wall_start(table, c, dates.remaining_work[i])
        for k in range(links.first[i], links.first[i + 1]):
            p = links.predecessor[k]
            kind = links.type[k]
            lag_calendar = links.lag_calendar[k]
            if lag_calendar == SUCCESSOR_CALENDAR:
                lag_calendar = c
            if kind in (FS, SS):
                bound = unlagged(table, lag_calendar, begins, links.lag[k])
            else:
                bound = unlagged(table, lag_calendar, finish[i], links.lag[k])
            if kind in (SS, SF):
                start_by[p] = min(start_by[p], bound)
            else:
                finish_by[p] = min(finish_by[p], bound)
