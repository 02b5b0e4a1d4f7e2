"""From the arrays a caller gives to the checked, topologically ordered arrays the kernels run on."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jingwei.kernels.calendar import DAY_MINUTES, day_of_number
from jingwei.kernels.jit import execute
from jingwei.kernels.network_input import LAG_IN_SUCCESSOR_CALENDAR, NO_DATE, ActivityArrays, Constraint, CycleError, LinkArrays, RunRules

if TYPE_CHECKING:
    from jingwei.kernels.network_passes import Activities, Links, Minutes

Indices = NDArray[np.int32]


def minutes_checked(values: ArrayLike, count: int, name: str) -> Minutes:
    array = np.asarray(values, np.int64)
    if array.shape != (count,):
        raise ValueError(f"{name} needs {count} entries, not {array.shape}")
    if array.size and array.min() < 0:
        raise ValueError(f"{name} must not be negative")
    return array


def state_codes(given: ActivityArrays, duration: Minutes, remaining: Minutes, arrays: dict[str, Minutes]) -> NDArray[np.int8]:
    """The state codes of network_passes, from what is known of each activity."""
    from jingwei.kernels import network_passes as passes

    started, finished = arrays["actual_start"] >= 0, arrays["actual_finish"] >= 0
    if np.any(finished & ~started):
        raise ValueError(f"actual finish without actual start: {np.nonzero(finished & ~started)[0][:10].tolist()}")
    if np.any(finished & (arrays["actual_finish"] < arrays["actual_start"])):
        raise ValueError("actual finish before actual start")
    state = np.full(duration.size, passes.WAITING, np.int8)
    begun = remaining < duration
    if given.begun is not None:
        begun |= np.asarray(given.begun, np.bool_)
    state[begun] = passes.ASSUMED
    state[arrays["manual_start"] >= 0] = passes.MANUAL
    state[started] = passes.STARTED
    state[finished] = passes.FINISHED
    if given.inactive is not None:
        state[np.asarray(given.inactive, np.bool_)] = passes.INACTIVE
    return state


def filled(given: ActivityArrays, count: int) -> dict[str, Minutes]:
    """Every optional array of minutes, with its default where it was not given."""
    arrays = {}
    for entry in fields(given):
        if entry.name in ("duration", "remaining", "begun", "inactive"):
            continue
        default = 0 if entry.name in ("calendar", "constraint") else NO_DATE
        value = getattr(given, entry.name)
        array = np.full(count, default, np.int64) if value is None else np.asarray(value, np.int64)
        if array.shape != (count,):
            raise ValueError(f"{entry.name} needs {count} entries, not {array.shape}")
        arrays[entry.name] = array
    dated = arrays["constraint"] >= Constraint.MSO
    if np.any(dated & (arrays["constraint_at"] < 0)):
        raise ValueError(f"constraint without a date: {np.nonzero(dated & (arrays['constraint_at'] < 0))[0][:10].tolist()}")
    return arrays


def compile_links(links: LinkArrays, count: int, calendar_count: int) -> tuple[Indices, Indices, Links, Indices]:
    """Topological order, its inverse, the links gathered by successor in that order, and their original numbers."""
    from jingwei.kernels import network_passes as passes

    predecessor, successor = np.asarray(links.predecessor, np.int32), np.asarray(links.successor, np.int32)
    size = predecessor.size
    if successor.size != size:
        raise ValueError(f"{size} predecessors, but {successor.size} successors")
    for ends in (predecessor, successor):
        if size and not 0 <= ends.min() <= ends.max() < count:
            raise ValueError(f"links must join activities 0 to {count - 1}")
    kind = np.zeros(size, np.int8) if links.type is None else np.asarray(links.type, np.int8)
    lag = np.zeros(size, np.int64) if links.lag_minutes is None else np.asarray(links.lag_minutes, np.int64)
    lag_calendar = np.full(size, LAG_IN_SUCCESSOR_CALENDAR, np.int32) if links.lag_calendar is None else np.asarray(links.lag_calendar, np.int32)
    if not kind.size == lag.size == lag_calendar.size == size:
        raise ValueError("every link array needs one entry a link")
    if size and (not 0 <= kind.min() <= kind.max() <= 3 or not -2 <= lag_calendar.min() <= lag_calendar.max() < calendar_count):
        raise ValueError("unknown link type or lag calendar")
    first, by_successor, order = np.zeros(count + 1, np.int32), np.zeros(size, np.int32), np.zeros(count, np.int32)
    if execute(passes.order_activities, (count, predecessor, successor), first, by_successor, order) < count:
        raise CycleError(find_cycle(count, predecessor, successor))
    rank = np.empty(count, np.int32)
    rank[order] = np.arange(count, dtype=np.int32)
    # Links are gathered by the original successor; gather them again in topological order of successors.
    link_number = by_successor[np.argsort(rank[successor[by_successor]], kind="stable")].astype(np.int32)
    counts = np.diff(first)[order]
    gathered = passes.Links(
        first=np.concatenate((np.zeros(1, np.int64), np.cumsum(counts))).astype(np.int32),
        predecessor=rank[predecessor[link_number]],
        type=kind[link_number],
        lag=lag[link_number],
        lag_calendar=lag_calendar[link_number],
    )
    return order, rank, gathered, link_number


def find_cycle(count: int, predecessor: Indices, successor: Indices) -> list[int]:
    """One cycle of a graph known to have one: peel off what has no predecessor, then walk backwards until a node repeats."""
    incoming: list[list[int]] = [[] for _ in range(count)]
    outgoing: list[list[int]] = [[] for _ in range(count)]
    for before, after in zip(predecessor.tolist(), successor.tolist(), strict=True):
        incoming[after].append(before)
        outgoing[before].append(after)
    waiting = [len(befores) for befores in incoming]
    ready = [i for i in range(count) if not waiting[i]]
    while ready:
        for after in outgoing[ready.pop()]:
            waiting[after] -= 1
            if not waiting[after]:
                ready.append(after)
    node = next(i for i in range(count) if waiting[i])
    walked: dict[int, int] = {}
    while node not in walked:
        walked[node] = len(walked)
        node = next(before for before in incoming[node] if waiting[before])
    return list(walked)[walked[node] :][::-1]


def first_horizon(activities: Activities, rules: RunRules) -> tuple[date, date]:
    """Days that most likely hold every date: from half a year before the first known one to two years after the last."""
    known = [np.array([rules.project_start, rules.data_date, rules.required_finish], np.int64)]
    known += [activities.actual_start, activities.actual_finish, activities.constraint_at, activities.deadline]
    known += [activities.not_before, activities.manual_start]
    dates = np.concatenate(known)
    dates = dates[dates >= 0]
    if rules.project_start < 0:
        raise ValueError("the project start must be a wall minute after 1970")
    return day_of_number(int(dates.min()) // DAY_MINUTES - 183), day_of_number(int(dates.max()) // DAY_MINUTES + 731)
