"""From the arrays a caller gives to the checked, topologically ordered arrays the kernels run on."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jingwei.kernels.calendar.stated import DAY_MINUTES, day_of_number
from jingwei.kernels.jit import execute
from jingwei.kernels.network.input import LAG_IN_SUCCESSOR_CALENDAR, NO_DATE, ActivityArrays, Constraint, CycleError, LinkArrays, RunRules

if TYPE_CHECKING:
    from jingwei.kernels.network.ordering import Arcs
    from jingwei.kernels.network.passes import Activities, Links, Minutes

Indices = NDArray[np.int32]


def repeated(value: int, count: int, kind: Any = np.int64) -> NDArray[Any]:
    """An array of one value that takes no room; read-only, and not for kernels (see `plain_activities`)."""
    return np.broadcast_to(np.array(value, kind), (count,))


def is_all(values: NDArray[Any], value: int) -> bool:
    """Whether an array holds nothing but one value; at once where it takes no room."""
    if values.size and values.strides == (0,):
        return bool(values[0] == value)
    return bool((values == value).all())


def plain_activities(activities: Activities) -> Activities:
    """The arrays of activities as kernels need them, entry by entry in memory."""
    kinds = (np.int32, np.int64, np.int64, np.int8, np.int64, np.int64, np.int8, np.int64, np.int64, np.int64, np.int64)
    return type(activities)(*(_plain(array, kind) for array, kind in zip(activities, kinds, strict=True)))


def _plain(values: Any, kind: Any) -> NDArray[Any]:
    """Entry by entry, and to be written to: a repeated array of one entry counts as contiguous, and would let numba compile everything once more."""
    array = np.ascontiguousarray(values, kind)
    return array if array.flags.writeable else array.copy()


def gathered(values: NDArray[Any], order: Indices, kind: Any = np.int64) -> NDArray[Any]:
    """An array in topological order."""
    if values.size and values.strides == (0,):
        return repeated(int(values[0]), values.size, kind)
    ordered: NDArray[Any] = values.astype(kind, copy=False)[order]
    return ordered


def minutes_checked(values: ArrayLike, count: int, name: str) -> Minutes:
    array = np.asarray(values, np.int64)
    if array.shape != (count,):
        raise ValueError(f"{name} needs {count} entries, not {array.shape}")
    if array.size and array.min() < 0:
        raise ValueError(f"{name} must not be negative")
    return array


def state_codes(given: ActivityArrays, duration: Minutes, remaining: Minutes, arrays: dict[str, Minutes]) -> NDArray[np.int8]:
    """The state codes of network_passes, from what is known of each activity."""
    from jingwei.kernels.network import passes

    told = (given.remaining, given.begun, given.actual_start, given.actual_finish, given.manual_start, given.inactive)
    if all(array is None for array in told):
        return repeated(passes.WAITING, duration.size, np.int8)
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
    """Every optional array of minutes; where it was not given its default, once for all (see `plain_activities`)."""
    arrays = {}
    for entry in fields(given):
        if entry.name in ("duration", "remaining", "begun", "inactive"):
            continue
        default = 0 if entry.name in ("calendar", "constraint") else NO_DATE
        value = getattr(given, entry.name)
        array = repeated(default, count) if value is None else np.asarray(value, np.int64)
        if array.shape != (count,):
            raise ValueError(f"{entry.name} needs {count} entries, not {array.shape}")
        arrays[entry.name] = array
    if given.constraint is None:
        return arrays
    dated = arrays["constraint"] >= Constraint.MSO
    if np.any(dated & (arrays["constraint_at"] < 0)):
        raise ValueError(f"constraint without a date: {np.nonzero(dated & (arrays['constraint_at'] < 0))[0][:10].tolist()}")
    return arrays


@dataclass(frozen=True)
class Structure:
    """The links of a network as given (int32) and as arcs by successor, in topological order."""

    predecessor: Indices
    successor: Indices
    lag_calendar: Indices | None  # as given, None when all lags count in the successor's calendar
    order: Indices
    arcs: Arcs

    @cached_property
    def link_number(self) -> Indices:
        """Of every arc, which of the given links it is."""
        return arranged(len(self.order), self.predecessor, self.successor, np.arange(self.predecessor.size, dtype=np.int32))[2].code

    @cached_property
    def links(self) -> Links:
        """The arcs as the general kernels take them."""
        from jingwei.kernels.network import passes

        code = self.arcs.code
        if self.lag_calendar is None:
            lag_calendar = np.full(code.size, LAG_IN_SUCCESSOR_CALENDAR, np.int32)
        else:
            lag_calendar = self.lag_calendar[self.link_number]
        return passes.Links(self.arcs.first, self.arcs.predecessor, (code & 3).astype(np.int8), (code >> 2).astype(np.int64), lag_calendar)


def compile_links(links: LinkArrays, count: int, calendar_count: int) -> tuple[Structure, Indices]:
    """The links checked and gathered in topological order, and the rank of every activity in it. Raises CycleError, ValueError."""
    from jingwei.kernels.network import ordering

    predecessor, successor = _ends(links, count)
    size = predecessor.size
    kind = np.zeros(0, np.int8) if links.type is None else np.ascontiguousarray(links.type, np.int8)
    lag = np.zeros(0, np.int64) if links.lag_minutes is None else np.ascontiguousarray(links.lag_minutes, np.int64)
    lag_calendar = None if links.lag_calendar is None else np.asarray(links.lag_calendar, np.int32)
    given = [array for array, value in ((kind, links.type), (lag, links.lag_minutes), (lag_calendar, links.lag_calendar)) if value is not None]
    if any(array is None or array.shape != (size,) for array in given):
        raise ValueError("every link array needs one entry a link")
    if kind.size and not 0 <= kind.min() <= kind.max() <= 3:
        raise ValueError("unknown link type")
    if lag_calendar is not None and size and not -2 <= lag_calendar.min() <= lag_calendar.max() < calendar_count:
        raise ValueError("unknown lag calendar")
    if lag_calendar is not None and is_all(lag_calendar, LAG_IN_SUCCESSOR_CALENDAR):
        lag_calendar = None
    code = np.zeros(size, np.int32)
    if kind.size or lag.size:
        execute(ordering.encode, (kind, lag), code)
    order, rank, arcs = arranged(count, predecessor, successor, code)
    if len(order) < count:
        raise CycleError(find_cycle(count, predecessor, successor))
    return Structure(predecessor, successor, lag_calendar, order, arcs), rank


def _ends(links: LinkArrays, count: int) -> tuple[Indices, Indices]:
    """Both ends of every link, checked."""
    predecessor, successor = np.asarray(links.predecessor), np.asarray(links.successor)
    if predecessor.ndim != 1 or successor.shape != predecessor.shape:
        raise ValueError(f"{predecessor.size} predecessors, but {successor.size} successors")
    for ends in (predecessor, successor):
        if ends.size and not 0 <= ends.min() <= ends.max() < count:
            raise ValueError(f"links must join activities 0 to {count - 1}")
    return np.ascontiguousarray(predecessor, np.int32), np.ascontiguousarray(successor, np.int32)


def arranged(count: int, predecessor: Indices, successor: Indices, code: Indices) -> tuple[Indices, Indices, Arcs]:
    """Topological order (shorter than the count where there is a cycle), rank, and the links in that order, each with its code."""
    from jingwei.kernels.network import ordering

    size = predecessor.size
    out_first, entries, incoming = np.zeros(count + 2, np.int32), np.empty(size, np.int64), np.zeros(2 * count, np.int32)
    execute(ordering.spread, (predecessor, successor, code), out_first, entries, incoming)
    order, spans, sorted_entries = np.zeros(count + 1, np.int32), np.zeros(2 * count, np.int32), np.empty(size, np.int64)
    first = np.zeros(count + 2, np.int32)
    done = execute(ordering.arrange, (out_first, entries), incoming, order, spans, sorted_entries, first)
    by_successor, by_predecessor = (first[: count + 1], *_room(size)), (np.zeros(count + 1, np.int32), *_room(size))
    arcs = ordering.Arcs(*by_successor, *by_predecessor)
    rank = incoming[0::2].copy()
    if done == count:
        execute(ordering.gather, (rank, spans, sorted_entries), arcs, np.empty(count + 1, np.int32))
    return order[:done], rank, arcs


def _room(size: int) -> tuple[Indices, Indices]:
    return np.empty(size, np.int32), np.empty(size, np.int32)


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
    told = (activities.actual_start, activities.actual_finish, activities.constraint_at, activities.deadline, activities.not_before)
    known += [array for array in (*told, activities.manual_start) if not is_all(array, NO_DATE)]
    dates = np.concatenate(known)
    dates = dates[dates >= 0]
    if rules.project_start < 0:
        raise ValueError("the project start must be a wall minute after 1970")
    return day_of_number(int(dates.min()) // DAY_MINUTES - 183), day_of_number(int(dates.max()) // DAY_MINUTES + 731)
