"""Several critical paths: every open end of a network made critical, and the chain of driving links that leads to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jingwei.kernels.network.critical_path import Network, NetworkDates


@dataclass(frozen=True, slots=True)
class CriticalPath:
    """The activities that drive one end, in the order of their early starts; `float_minutes` is the room before the end delays the project."""

    end: int
    activities: tuple[int, ...]
    float_minutes: int


def open_ends(network: Network) -> NDArray[np.int64]:
    """The active activities that no active one waits for."""
    from jingwei.kernels.network.passes import INACTIVE

    active = np.asarray(network.activities.state) != INACTIVE
    links = network.links
    binding = np.repeat(active, np.diff(links.first))
    waited_for = np.zeros(network.count, np.bool_)
    waited_for[links.predecessor[binding]] = True
    return np.sort(network.order[active & ~waited_for]).astype(np.int64)


def with_every_end_critical(dates: NetworkDates) -> NetworkDates:
    """The same dates with floats measured from each open end instead of the project finish, as MS Project's "multiple critical paths".

    An end may then be as late as it is now planned (early, or later when it is ALAP); a deadline or constraint that is earlier still holds.
    """
    network = dates.network
    activities = dates.calculation.activities
    ends = network.rank[open_ends(network)]
    due = np.array(activities.deadline, np.int64)
    finish = np.asarray(dates.calculation.planned()[1])[ends]
    due[ends] = np.where(due[ends] >= 0, np.minimum(due[ends], finish), finish)
    changed = activities._replace(deadline=due, duration=np.asarray(activities.duration, np.int64), remaining=np.asarray(activities.remaining, np.int64))
    again: NetworkDates = replace(network, activities=changed).calculate(rules=dates.rules)
    return again


def critical_paths(dates: NetworkDates, ends: Sequence[int] | None = None) -> list[CriticalPath]:
    """The path to each end (all open ends unless told), least float first: whatever is joined to the end by driving links, ties included."""
    drives, _causes = dates.calculation.drivers
    links, network = dates.network.links, dates.network
    early, room = dates.early_start, dates.total_float
    found = []
    for end in open_ends(network).tolist() if ends is None else ends:
        place = int(network.rank[end])
        on_path, waiting = {place}, [place]
        while waiting:
            i = waiting.pop()
            for k in range(int(links.first[i]), int(links.first[i + 1])):
                before = int(links.predecessor[k])
                if drives[k] and before not in on_path:
                    on_path.add(before)
                    waiting.append(before)
        members = sorted((int(network.order[i]) for i in on_path), key=lambda i: (int(early[i]), int(network.rank[i])))
        found.append(CriticalPath(int(end), tuple(members), int(room[end])))
    return sorted(found, key=lambda path: (path.float_minutes, path.end))
