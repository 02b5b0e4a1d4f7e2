"""Monte-Carlo of 1,000 activities: runs a second with criticality, correlation and risk events, against numpy vectorised over the runs.

Run: python benchmarks/simulation.py [activities] [runs]. Numpy does the same passes a task at a time over all runs (beta draws, forward, backward,
criticality) without correlation and risks, which makes its work the lighter one. Medians of five and three.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from jingwei.kernels.calendar.compiled import calendar_table
from jingwei.kernels.calendar.passes import CalendarTable
from jingwei.kernels.calendar.stated import WorkCalendar, wall_minute
from jingwei.kernels.uncertainty import Impact, RiskEvent, Spread, UncertainActivity, UncertainLink, simulate

dice = random.Random(20261121)


def plan(count: int) -> tuple[list[UncertainActivity], list[UncertainLink], list[RiskEvent]]:
    """A layered network with about two predecessors each, a third of it in ten correlated groups, and twenty risks."""
    activities = []
    for i in range(count):
        mode = dice.randrange(480, 4800)
        activities.append(UncertainActivity(i, Spread("pert", mode * 0.75, mode, mode * 1.6), group=f"g{i % 10}" if i % 3 == 0 else None, cost_per_minute=2.0))
    links = [UncertainLink(before, i) for i in range(1, count) for before in {dice.randrange(max(0, i - 40), i) for _ in range(2)}]
    delay = Spread("triangular", 480, 960, 4800)
    risks = [RiskEvent(r, 0.2, (Impact(dice.randrange(count), delay), Impact(dice.randrange(count), delay)), Spread("pert", 1e3, 2e3, 9e3)) for r in range(20)]
    return activities, links, risks


def by_numpy(activities: list[UncertainActivity], links: list[UncertainLink], runs: int) -> np.ndarray:
    """The peer."""
    generator = np.random.default_rng(1)
    before: list[list[int]] = [[] for _ in activities]
    after: list[list[int]] = [[] for _ in activities]
    for link in links:
        before[link.successor].append(link.predecessor)  # type: ignore[index, arg-type]
        after[link.predecessor].append(link.successor)  # type: ignore[index, arg-type]
    durations, finish = [], []
    for i, activity in enumerate(activities):
        s = activity.duration
        share = (s.likely - s.low) / (s.high - s.low)
        durations.append(s.low + (s.high - s.low) * generator.beta(1 + 4 * share, 5 - 4 * share, runs))
        start = np.zeros(runs)
        for p in before[i]:
            np.maximum(start, finish[p], out=start)
        finish.append(start + durations[i])
    total = np.max(finish, axis=0)
    late: list[np.ndarray] = [total] * len(activities)
    for i in range(len(activities) - 1, -1, -1):
        latest = total.copy()
        for s in after[i]:
            np.minimum(latest, late[s] - durations[s], out=latest)
        late[i] = latest
    np.array([np.mean(late[i] - finish[i] < 1e-6) for i in range(len(activities))])
    return total


def on_three_calendars(activities: list[UncertainActivity]) -> tuple[list[UncertainActivity], CalendarTable, int]:
    """Every third activity works Monday to Saturday, every ninth around the clock; the table and the wall minute of the start."""
    zero = wall_minute(datetime(2026, 1, 5, 1, tzinfo=UTC), "Asia/Shanghai")
    days = ((480, 720), (780, 1020))
    calendars = (WorkCalendar(), WorkCalendar.weekly((days,) * 6 + ((),)), WorkCalendar.round_the_clock())
    table = calendar_table(calendars, date(2025, 12, 1), date(2036, 12, 31), "Asia/Shanghai")
    return [replace(each, calendar=2 if i % 9 == 0 else int(i % 3 == 0), earliest=zero) for i, each in enumerate(activities)], table, zero


def main(count: int, runs: int) -> None:
    """Compile, then measure both in one run."""
    activities, links, risks = plan(count)
    groups = {f"g{i}": 0.5 for i in range(10)}
    simulate(activities, links, runs=256, groups=groups, risks=risks)
    ours = []
    for _ in range(5):
        began = time.perf_counter()
        found = simulate(activities, links, runs=runs, seed=1, groups=groups, risks=risks)
        ours.append(time.perf_counter() - began)
    theirs = []
    for _ in range(3):
        began = time.perf_counter()
        by_numpy(activities, links, runs)
        theirs.append(time.perf_counter() - began)
    plain, peer = simulate(activities, links, runs=runs, seed=1, groups=dict.fromkeys(groups, 0.0)), by_numpy(activities, links, runs)
    print(f"Jingwei: {runs / statistics.median(ours):,.0f} runs a second with criticality, correlation, risks and cost; P80 {found.finish_at(80):,} minutes")
    print(f"numpy {np.__version__}: {runs / statistics.median(theirs):,.0f} runs a second with criticality only")
    print(
        f"same plan without groups and risks: mean {plain.finish.mean():,.0f} against {peer.mean():,.0f}, P80 {plain.finish_at(80):,} against {np.quantile(peer, 0.8):,.0f}"
    )
    varied, table, zero = on_three_calendars(activities)
    began = time.perf_counter()
    simulate(varied, links, runs=runs, seed=1, groups=groups, risks=risks, calendars=table, origin=zero)
    print(f"Jingwei, the same on three calendars by the clock: {runs / (time.perf_counter() - began):,.0f} runs a second")
    print(f"ratio Jingwei : numpy = {statistics.median(theirs) / statistics.median(ours):.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
