"""Times the critical path with calendars, constraints-free, at 10,000 and 100,000 activities, beside networkx and rustworkx if installed.

Run: python benchmarks/network.py [activities ...]. Medians of 7 warm runs. The peers order the graph and walk it forward and backward
in Python over whole minutes, without calendars, dates or link types: they do less than the kernel beside them.
"""

from __future__ import annotations

import importlib.util
import platform
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np

from jingwei.kernels.calendar import WorkCalendar, wall_minute
from jingwei.kernels.jit import numba_is_wanted
from jingwei.kernels.network import ActivityArrays, LinkArrays, RunRules, compile_network
from jingwei.kernels.plan import Activity, Dependency, schedule_plan

START = datetime(2026, 1, 5, 1, tzinfo=UTC)
REPEATS = 7


def layered_network(count: int, seed: int = 7) -> tuple[Any, Any, Any]:
    """Predecessors, successors and durations (minutes): layers of about sqrt(count), two predecessors each from the three layers before."""
    rng = np.random.default_rng(seed)
    width = max(10, int(count**0.5))
    layer = np.arange(count) // width
    later = np.nonzero(layer > 0)[0]
    lowest, end = np.maximum(0, (layer[later] - 3) * width), layer[later] * width
    picks = [(lowest + rng.random(later.size) * (end - lowest)).astype(np.int64) for _ in range(2)]
    links = np.unique(np.concatenate(picks) * count + np.concatenate([later, later]))
    names = rng.permutation(count)
    duration = np.empty(count, np.int64)
    duration[names] = rng.integers(1, 20, count) * 480
    return names[links // count], names[links % count], duration


def median_ms(action: Callable[[], object]) -> float:
    """Median time of an action after one run to warm up, in milliseconds."""
    action()
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        action()
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000


def python_passes(order: list[int], before: list[list[int]], after: list[list[int]], duration: list[int]) -> tuple[int, int]:
    """Finish and number of critical activities by two plain walks."""
    early = [0] * len(order)
    for i in order:
        early[i] = max((early[p] + duration[p] for p in before[i]), default=0)
    finish = max(start + length for start, length in zip(early, duration, strict=True))
    late = [finish] * len(order)
    for i in reversed(order):
        late[i] = min((late[s] - duration[s] for s in after[i]), default=finish)
    return finish, sum(late[i] - early[i] == duration[i] for i in order)


def networkx_walk(predecessor: list[int], successor: list[int], duration: list[int]) -> tuple[int, int]:
    import networkx

    graph = networkx.DiGraph()
    graph.add_nodes_from(range(len(duration)))
    graph.add_edges_from(zip(predecessor, successor, strict=True))
    count = range(len(duration))
    return python_passes(list(networkx.topological_sort(graph)), [list(graph.pred[i]) for i in count], [list(graph.succ[i]) for i in count], duration)


def rustworkx_walk(predecessor: list[int], successor: list[int], duration: list[int]) -> tuple[int, int]:
    import rustworkx

    graph: Any = rustworkx.PyDAG()
    graph.add_nodes_from(duration)
    graph.extend_from_edge_list(list(zip(predecessor, successor, strict=True)))
    count = range(len(duration))
    before, after = [list(graph.predecessor_indices(i)) for i in count], [list(graph.successor_indices(i)) for i in count]
    return python_passes(list(rustworkx.topological_sort(graph)), before, after, duration)


def measure(count: int) -> None:
    predecessor, successor, duration = layered_network(count)
    calendars, rules = [WorkCalendar()], RunRules(wall_minute(START))
    arrays, links = ActivityArrays(duration), LinkArrays(predecessor, successor)
    network = compile_network(arrays, links, calendars, rules)
    dates = network.calculate()
    print(f"\n{count:,} activities, {predecessor.size:,} links, {int(dates.critical.sum())} critical")
    rows = [
        ("compile network (check, order)", lambda: compile_network(arrays, links, calendars, rules)),
        ("calculate: both passes, floats", lambda: network.calculate(durations=duration)),
        ("compile and calculate", lambda: compile_network(arrays, links, calendars, rules).calculate().total_float),
        ("all drivers and the longest path", lambda: network.calculate().longest_path),
    ]
    for label, action in rows:
        print(f"  {label:<36}{median_ms(action):>10.2f} ms")
    if count <= 20_000:
        activities = [Activity(i, int(minutes)) for i, minutes in enumerate(duration)]
        dependencies = [Dependency(int(before), int(after)) for before, after in zip(predecessor, successor, strict=True)]
        print(f"  {'plan by key, every aware date':<36}{median_ms(lambda: list(schedule_plan(activities, dependencies, start=START).values())):>10.2f} ms")
    listed = predecessor.tolist(), successor.tolist(), duration.tolist()
    for name, walk in (("networkx", networkx_walk), ("rustworkx", rustworkx_walk)):
        if importlib.util.find_spec(name) is None:
            print(f"  {name:<36}{'skipped':>10} (not installed)")
            continue
        assert walk(*listed)[1] == int(dates.critical.sum()), f"{name} finds other critical activities"
        print(f"  {name + ', no calendar':<36}{median_ms(lambda walk=walk: walk(*listed)):>10.2f} ms")  # type: ignore[misc]


def main() -> None:
    kind = "numba" if numba_is_wanted() else "plain Python"
    print(f"Critical path, {kind}, Python {platform.python_version()}, numpy {np.__version__}, {platform.processor() or platform.machine()}")
    for count in [int(text) for text in sys.argv[1:]] or [10_000, 100_000]:
        measure(count)


if __name__ == "__main__":
    main()
