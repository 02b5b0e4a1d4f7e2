"""Proven lower bounds on the makespan: longest path, work of each resource between heads and tails, and destructive tests.

A destructive test supposes that the project ends by time T, tightens every task's window by what must run in the middle of it
(time-tabling), and looks for an interval into which more work must fall than fits (energetic reasoning: Baptiste, Le Pape &
Nuijten 1999). What contradicts itself proves T + 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from jingwei.kernels.jit import allocating
from jingwei.kernels.levelling.model import Integers, Problem

destructive_limit = 500_000  # tasks times steps: beyond, one test takes longer than people wait for the whole answer
energetic_limit = 200_000_000  # intervals times tasks times resources


def longest_path(problem: Problem) -> tuple[Integers, Integers]:
    """Head (earliest start) of each task, and tail: the least time from its start to the end of the project. Steps."""
    head, tail = np.zeros(problem.count, np.int64), problem.durations.copy()
    order = problem.order.tolist()
    lengths = problem.durations.tolist()
    first, after = problem.successor_first.tolist(), problem.successors.tolist()
    heads, tails = head.tolist(), tail.tolist()
    for i in order:
        for j in after[first[i] : first[i + 1]]:
            heads[j] = max(heads[j], heads[i] + lengths[i])
    for i in reversed(order):
        tails[i] = lengths[i] + max((tails[j] for j in after[first[i] : first[i + 1]]), default=0)
    return np.array(heads, np.int64), np.array(tails, np.int64)


def path_bound(problem: Problem) -> int:
    """The critical path without resources."""
    head, tail = longest_path(problem)
    return int((head + tail).max(initial=0))


def work_bound(problem: Problem) -> int:
    """For each resource: of tasks that start no sooner than one time and leave at least another after them, the work over the capacity."""
    head, tail = longest_path(problem)
    after = tail - problem.durations
    best = 0
    for k in range(problem.capacities.size):
        work = problem.demands[:, k] * problem.durations
        used = np.nonzero(work)[0]
        if not used.size:
            continue
        by_tail = used[np.argsort(-after[used], kind="stable")]
        releases = np.unique(head[used])
        for release in releases[:: max(1, releases.size // 500)].tolist():  # any choice of them gives a bound
            late = by_tail[head[by_tail] >= release]
            needed = -(-np.cumsum(work[late]) // int(problem.capacities[k]))
            best = max(best, int((release + needed + after[late]).max()))
    return best


def lower_bound(problem: Problem, *, at_most: int, goes_on: Callable[[], bool] = lambda: True) -> int:
    """The best of all bounds here, no more than `at_most` (a known makespan); stops raising it once `goes_on` says no."""
    bound = max(path_bound(problem), work_bound(problem))
    head, tail = longest_path(problem)
    arrays = (
        problem.durations, problem.demands, problem.capacities, problem.predecessor_first, problem.predecessors,
        problem.successor_first, problem.successors, problem.order,
    )  # fmt: skip
    if problem.count * at_most > destructive_limit:
        return min(bound, at_most)
    step = 1
    while bound < at_most and goes_on():  # doubling steps, then halving: contradictions at T hold below T
        trial = min(bound + step, at_most) - 1
        if contradicts(*arrays, head, trial - tail, trial):
            bound = trial + 1
            step *= 2
        elif step == 1:
            break
        else:
            step = max(1, step // 4)
    return min(bound, at_most)


@allocating
def contradicts(
    duration: Any, demand: Any, capacity: Any, before_first: Any, before: Any, after_first: Any, after: Any, order: Any, earliest: Any, latest: Any, finish: int
) -> bool:
    """Whether no schedule of makespan `finish` can exist as far as these tests see; windows of starts are [earliest, latest]."""
    n = duration.size
    low, high = earliest.copy(), latest.copy()
    for _ in range(50):
        if (low > high).any():
            return True
        changed = False
        for k in range(capacity.size):
            load = np.zeros(finish + 1, np.int64)
            for i in range(n):
                for t in range(high[i], low[i] + duration[i]):
                    load[t] += demand[i, k]
            if (load > capacity[k]).any():
                return True
            for i in range(n):
                need, length = demand[i, k], duration[i]
                if need == 0 or length == 0:
                    continue
                # the earliest start from which it fits beside what must run anyway
                while low[i] <= high[i] and _is_full(load, capacity[k], need, low[i], high[i], low[i], length):
                    low[i] += 1
                    changed = True
                while low[i] <= high[i] and _is_full(load, capacity[k], need, low[i], high[i], high[i], length):
                    high[i] -= 1
                    changed = True
                if low[i] > high[i]:
                    return True
        for q in range(n):
            i = order[q]
            for e in range(before_first[i], before_first[i + 1]):
                p = before[e]
                if low[p] + duration[p] > low[i]:
                    low[i] = low[p] + duration[p]
                    changed = True
        for q in range(n - 1, -1, -1):
            i = order[q]
            for e in range(after_first[i], after_first[i + 1]):
                j = after[e]
                if high[j] - duration[i] < high[i]:
                    high[i] = high[j] - duration[i]
                    changed = True
        if not changed:
            break
    return _is_overfull(duration, demand, capacity, low, high)


@allocating
def _is_full(load: Any, capacity: int, need: int, low: int, high: int, start: int, length: int) -> bool:
    """Whether a task started at `start` meets a step where what must run leaves too little; its own certain part [high, low + length) aside."""
    for t in range(start, start + length):
        own = need if high <= t < low + length else 0
        if load[t] - own + need > capacity:
            return True
    return False


@allocating
def _is_overfull(duration: Any, demand: Any, capacity: Any, low: Any, high: Any) -> bool:
    """Energetic test over intervals that begin at an earliest start or latest start and end at an earliest or latest finish."""
    n = duration.size
    begins = np.unique(np.concatenate((low, high)))
    ends = np.unique(np.concatenate((low + duration, high + duration)))
    if begins.size * ends.size * n * capacity.size > energetic_limit:
        return False
    for k in range(capacity.size):
        used = np.nonzero((demand[:, k] > 0) & (duration > 0))[0]
        for a in begins:
            for b in ends:
                if b <= a:
                    continue
                total = 0
                for i in used:
                    within = min(b - a, duration[i], low[i] + duration[i] - a, b - high[i])
                    if within > 0:
                        total += within * demand[i, k]
                if total > capacity[k] * (b - a):
                    return True
    return False
