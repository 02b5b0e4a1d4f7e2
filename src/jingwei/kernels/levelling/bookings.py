"""Who is booked when: one resource's use as steps over wall minutes, on shifts of real calendars."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from jingwei.kernels.calendar.compiled import CompiledCalendar
from jingwei.kernels.jit import compiled


class Shifts(NamedTuple):
    """Working time of a task: starts and ends of shifts (wall minutes), working minutes before each."""

    start: Any
    end: Any
    before: Any


class Ledger:
    """The use of one resource. Outside its working time all of it counts as used, so that nothing is planned there.

    `times[:size]` are the wall minutes at which the use changes, `used` the units in use from each on.
    """

    def __init__(self, capacity: int, calendar: CompiledCalendar) -> None:
        self.capacity = capacity
        self.working = Shifts(calendar.start, calendar.end, calendar.before)
        edges = np.stack((calendar.start, calendar.end), axis=1).ravel()
        levels = np.tile(np.array([0, capacity], np.int64), calendar.start.size)
        if not edges.size:
            edges, levels = np.array([calendar.first_minute], np.int64), np.array([capacity], np.int64)
        # Shifts that touch would give the same minute twice: the earlier of the two says nothing.
        last_of_minute = np.append(edges[1:] != edges[:-1], True)
        self._times = np.concatenate(([np.iinfo(np.int64).min], edges[last_of_minute]))
        self._used = np.concatenate(([capacity], levels[last_of_minute]))
        self._size = np.array([self._times.size], np.int64)

    def copy(self) -> Ledger:
        """An independent ledger with the same bookings."""
        twin = object.__new__(Ledger)
        twin.capacity, twin.working = self.capacity, self.working
        twin._times, twin._used, twin._size = self._times.copy(), self._used.copy(), self._size.copy()
        return twin

    def first_fit(self, shifts: Shifts, work: int, length: int, units: int, latest: int, only_joint: bool) -> int:
        """The first working minute of the task, from `work` to `latest`, at which it fits for its whole length; -1 when there is none."""
        joint = self.working if only_joint else _NO_SHIFTS
        return int(first_fit(self._times, self._used, self._size, self.capacity - units, shifts, joint, work, length, latest, only_joint))

    def book(self, shifts: Shifts, work: int, length: int, units: int, only_joint: bool) -> None:
        """Use `units` during `length` working minutes of the task from `work` on; `only_joint`: only where the resource works too."""
        k = int(np.searchsorted(shifts.before, work, side="right")) - 1
        last = int(np.searchsorted(shifts.before, work + length, side="left"))
        needed = int(self._size[0]) + 2 * (last - k + 1) * (8 if only_joint else 1) + 4
        if only_joint and length:
            inside = np.searchsorted(self.working.start, [int(shifts.start[k]), int(shifts.end[last - 1])])
            needed += 2 * int(inside[1] - inside[0] + 2)
        if needed > self._times.size:
            room = np.zeros(needed, np.int64)
            self._times, self._used = np.concatenate((self._times, room)), np.concatenate((self._used, room))
        book(self._times, self._used, self._size, units, shifts, self.working if only_joint else _NO_SHIFTS, work, length, only_joint)

    def overloads(self) -> list[tuple[int, int, int]]:
        """(start, end, units too many) of every stretch of wall time with more in use than there is."""
        size = int(self._size[0])
        times, used = self._times[:size], self._used[:size]
        over = np.nonzero(used[:-1] > self.capacity)[0]
        merged: list[tuple[int, int, int]] = []
        for k in over.tolist():
            start, end, units = int(times[k]), int(times[k + 1]), int(used[k]) - self.capacity
            if merged and merged[-1][1] == start and merged[-1][2] == units:
                merged[-1] = (merged[-1][0], end, units)
            else:
                merged.append((start, end, units))
        return merged

    def first_conflict(self, shifts: Shifts, work: int, length: int, units: int) -> int:
        """The first wall minute of a task's run at which `units` more do not fit; -1 when there is none."""
        k = int(np.searchsorted(shifts.before, work, side="right")) - 1
        at, left = int(shifts.start[k] + work - shifts.before[k]), length
        times, used = self._times[: int(self._size[0])], self._used
        while left > 0:
            end = min(int(shifts.end[k]), at + left)
            left -= end - at
            s = int(np.searchsorted(times, at, side="right")) - 1
            while s < times.size and times[s] < end:
                if used[s] + units > self.capacity:
                    return max(int(times[s]), at)
                s += 1
            k += 1
            if left > 0:
                at = int(shifts.start[k])
        return -1


_NO_SHIFTS = Shifts(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))


@compiled
def place_of(values: Any, size: int, value: int) -> int:
    """The last of values[:size] that is at most `value`, or -1."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if values[middle] <= value:
            low = middle + 1
        else:
            high = middle
    return low - 1


@compiled
def first_fit(times: Any, used: Any, size: Any, most: int, shifts: Shifts, joint: Shifts, work: int, length: int, latest: int, only_joint: bool) -> int:
    """See Ledger.first_fit; `most` is what may be in use beside the task."""
    count = size[0]
    total = shifts.before[shifts.before.size - 1] + shifts.end[shifts.end.size - 1] - shifts.start[shifts.start.size - 1] if shifts.before.size else 0
    while work <= latest and work + length <= total:
        k = place_of(shifts.before, shifts.before.size, work)
        left = length
        at = shifts.start[k] + work - shifts.before[k]
        busy_until = -1
        while left > 0:
            end = min(shifts.end[k], at + left)
            left -= end - at
            s = place_of(times, count, at)
            while s < count and times[s] < end:
                if used[s] > most:
                    stretch_end = times[s + 1] if s + 1 < count else shifts.end[shifts.end.size - 1] + 1
                    if not only_joint:
                        busy_until = stretch_end
                    else:  # only what meets the resource's working time counts
                        j = place_of(joint.start, joint.start.size, max(at, times[s]))
                        for m in range(max(j, 0), min(j + 2, joint.start.size)):
                            if joint.start[m] < min(end, stretch_end) and joint.end[m] > max(at, times[s]):
                                busy_until = min(stretch_end, joint.end[m])
                s += 1
            k += 1
            if busy_until >= 0 or left == 0:
                break
            at = shifts.start[k]
        if busy_until < 0:
            return work
        k = place_of(shifts.start, shifts.start.size, busy_until)
        if k < 0:
            work = 0
        else:
            work = shifts.before[k] + min(busy_until, shifts.end[k]) - shifts.start[k]
    return -1


@compiled
def split_at(times: Any, used: Any, size: Any, at: int) -> int:
    """Make `at` one of the times; answers its place."""
    k = place_of(times, size[0], at)
    if k >= 0 and times[k] == at:
        return k
    for m in range(size[0], k + 1, -1):
        times[m] = times[m - 1]
        used[m] = used[m - 1]
    times[k + 1] = at
    used[k + 1] = used[k]
    size[0] += 1
    return k + 1


@compiled
def raise_between(times: Any, used: Any, size: Any, start: int, end: int, units: int) -> None:
    """Add to the use over [start, end)."""
    if start >= end:
        return
    first = split_at(times, used, size, start)
    last = split_at(times, used, size, end)
    for k in range(first, last):
        used[k] += units


@compiled
def book(times: Any, used: Any, size: Any, units: int, shifts: Shifts, joint: Shifts, work: int, length: int, only_joint: bool) -> None:
    """See Ledger.book."""
    if length <= 0:
        return
    k = place_of(shifts.before, shifts.before.size, work)
    at = shifts.start[k] + work - shifts.before[k]
    left = length
    while left > 0:
        end = min(shifts.end[k], at + left)
        left -= end - at
        if only_joint:
            j = max(place_of(joint.start, joint.start.size, at), 0)
            while j < joint.start.size and joint.start[j] < end:
                raise_between(times, used, size, max(at, joint.start[j]), min(end, joint.end[j]), units)
                j += 1
        else:
            raise_between(times, used, size, at, end, units)
        k += 1
        if left > 0:
            at = shifts.start[k]


def shifts_of(calendar: CompiledCalendar) -> Shifts:
    """The shifts of a compiled calendar as the kernels take them."""
    return Shifts(calendar.start, calendar.end, calendar.before)
