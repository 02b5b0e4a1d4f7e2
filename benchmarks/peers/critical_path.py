"""One tool on one network in a process of its own, for benchmarks/network.py: TOOL FOLDER REPEATS, a line of JSON on standard output.

The folder holds predecessor, successor, type, lag and duration as raw int64. Tools: jingwei, networkx, rustworkx. The graph libraries
know no links but finish-to-start, so both passes over all four types with lags are plain Python beside them. Growth of memory is the
peak while building and calculating once, less what the process held before with the input in memory (VmHWM, VmRSS of Linux).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

Edge = tuple[int, int, tuple[int, int]]  # predecessor, successor, (type, lag); FS, SS, FF, SF are 0 to 3


def passes(order: list[int], into: Callable[[int], Any], out_of: Callable[[int], Any], duration: list[int]) -> tuple[list[int], list[int]]:
    """Early starts and total floats by two plain walks; `into` and `out_of` give the edges of an activity."""
    early = [0] * len(duration)
    for i in order:
        start = 0
        for p, _, (kind, lag) in into(i):
            bound = early[p] + lag
            if not kind & 1:  # from its finish: FS, FF
                bound += duration[p]
            if kind & 2:  # into the finish: FF, SF
                bound -= duration[i]
            if bound > start:
                start = bound
        early[i] = start
    finish = max(map(int.__add__, early, duration))
    late = [0] * len(duration)
    for i in reversed(order):
        latest = finish - duration[i]
        for _, s, (kind, lag) in out_of(i):
            bound = late[s] - lag
            if kind & 2:
                bound += duration[s]
            if not kind & 1:
                bound -= duration[i]
            if bound < latest:
                latest = bound
        late[i] = latest
    return early, list(map(int.__sub__, late, early))


def by_networkx(edges: list[Edge], duration: list[int]) -> tuple[list[int], list[int]]:
    import networkx

    graph = networkx.MultiDiGraph()
    graph.add_nodes_from(range(len(duration)))
    graph.add_edges_from((a, b, {"w": link}) for a, b, link in edges)
    order = list(networkx.topological_sort(graph))
    return passes(order, lambda i: graph.in_edges(i, data="w"), lambda i: graph.out_edges(i, data="w"), duration)


def by_rustworkx(edges: list[Edge], duration: list[int]) -> tuple[list[int], list[int]]:
    import rustworkx

    graph: Any = rustworkx.PyDAG()
    graph.add_nodes_from(duration)
    graph.extend_from_weighted_edge_list(edges)
    return passes(list(rustworkx.topological_sort(graph)), graph.in_edges, graph.out_edges, duration)


def peak_mb(action: Callable[[], Any]) -> tuple[float, Any]:
    """How far memory grew while something ran, in MB, and what it gave."""
    status = Path("/proc/self/status")

    def line(name: str) -> int:
        return next(int(text.split()[1]) for text in status.read_text().splitlines() if text.startswith(name))

    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = line("VmRSS")
    found = action()
    return (line("VmHWM") - before) / 1024, found


def timed(action: Callable[[], Any], repeats: int) -> list[float]:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        action()
        times.append((time.perf_counter() - began) * 1000)
    return times


def jingwei(arrays: dict[str, Any], repeats: int) -> dict[str, Any]:
    """The kernel: with a week and public holidays for the times, round the clock for values equal to whole-minute arithmetic."""
    from jingwei.kernels.calendar.stated import ROUND_THE_CLOCK, WorkCalendar
    from jingwei.kernels.network.critical_path import ActivityArrays, LinkArrays, Network, RunRules, compile_network

    links = LinkArrays(arrays["predecessor"], arrays["successor"], arrays["type"], arrays["lag"])
    rules, week = RunRules(29_454_300), [WorkCalendar()]  # 2026-01-05 09:00

    def compiled(calendars: Any = week) -> Network:
        return compile_network(ActivityArrays(arrays["duration"]), links, calendars, rules)

    small = LinkArrays([0], [1], [0], [0])
    compile_network(ActivityArrays([1, 1]), small, week, rules).calculate()  # machine code is loaded before anything is measured
    grown, dates = peak_mb(lambda: compiled().calculate())
    network = dates.network
    again = arrays["duration"].copy()
    again[: max(1, again.size // 100)] += 480
    clock = compiled([WorkCalendar.weekly(ROUND_THE_CLOCK, region="none")]).calculate()
    return {
        "whole": timed(lambda: compiled().calculate(), repeats),
        "compile": timed(compiled, repeats),
        "recalculate": timed(lambda: network.calculate(durations=again), repeats),
        "every date": timed(lambda: _told(network.calculate()), repeats),
        "general passes": timed(lambda: network.calculate(on_the_clock=True), max(2, repeats // 2)),
        "memory_mb": grown,
        "check": checksum(clock.early_start - rules.project_start, clock.total_float),
    }


def _told(dates: Any) -> None:
    for name in ("early_start", "early_finish", "late_start", "late_finish", "total_float", "free_float", "critical"):
        getattr(dates, name)


def checksum(early: Any, room: Any) -> list[int]:
    """Both results for every activity in a few numbers: sums weighted by position, and how many are critical."""
    weight = np.arange(1, len(early) + 1) % 1009
    early, room = np.asarray(early, np.int64), np.asarray(room, np.int64)
    return [int((early * weight).sum()), int((room * weight).sum()), int((room == 0).sum()), int(early.max())]


def main(tool: str, folder: Path, repeats: int) -> None:
    arrays = {name: np.fromfile(folder / name, np.int64) for name in ("predecessor", "successor", "type", "lag", "duration")}
    if tool == "jingwei":
        print(json.dumps(jingwei(arrays, repeats)))
        return
    walk = {"networkx": by_networkx, "rustworkx": by_rustworkx}[tool]
    pairs = zip(arrays["type"].tolist(), arrays["lag"].tolist(), strict=True)
    edges: list[Edge] = list(zip(arrays["predecessor"].tolist(), arrays["successor"].tolist(), pairs, strict=True))
    duration = arrays["duration"].tolist()
    walk([(0, 1, (0, 0))], [1, 1])
    grown, (early, room) = peak_mb(lambda: walk(edges, duration))
    print(json.dumps({"whole": timed(lambda: walk(edges, duration), repeats), "memory_mb": grown, "check": checksum(early, room)}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
