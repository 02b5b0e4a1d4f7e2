"""The array passes of levelling: serial schedule generation, justification and random orders.

Demands are packed: each resource has a lane of bits in a 63-bit word, its top bit a guard. What is free at a time step, guards set,
minus what a task needs leaves every guard set exactly when all fit: one subtraction instead of one comparison a resource.

Serial generation: Kelley 1963; double justification: Valls, Ballestín & Quintanilla 2005.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from jingwei.kernels.jit import compiled, inlined

word_bits = 62


class Instance(NamedTuple):
    """A problem for the passes: tasks in topological order; int64. `need` is (n × width), `full` and `guard` (width), flat."""

    duration: Any
    predecessor_first: Any
    predecessors: Any
    successor_first: Any
    successors: Any
    need: Any
    full: Any
    guard: Any
    weight: Any  # of each task: work it asks of the scarce resources, for choosing windows
    late_start: Any


class Island(NamedTuple):
    """The state of one search; everything a chunk of work needs to go on. `size` members of n tasks, flat.

    counters: 0 random state, 1 schedules made, 2 best makespan, 3 members made, 4 made since the last improvement, 5 restarts
    """

    orders: Any
    starts: Any
    fitness: Any
    tail: Any
    counters: Any
    tuning: Any
    best: Any
    free: Any
    child: Any
    spare: Any
    start_a: Any
    start_b: Any
    count_at: Any
    mark: Any
    key: Any


@inlined
def draw(counters: Any, bound: int) -> int:
    """A random whole number below `bound` (xorshift32, Marsaglia 2003)."""
    x = counters[0]
    x ^= (x << 13) & 0xFFFFFFFF
    x ^= x >> 17
    x ^= (x << 5) & 0xFFFFFFFF
    counters[0] = x
    return (x * bound) >> 32  # type: ignore[no-any-return]


# Indices are made unsigned where numba cannot see that they are never negative: it would test every one of them.


@inlined
def _placed(early: int, length: int, asked: int, capacity: int, guard: int, free: Any, reach: int) -> tuple[int, int]:
    """Book `length` steps from the first moment not before `early` at which all fit; answers it, and from where on nothing is used yet."""
    known = early  # [early, known) is known to fit
    while True:
        last = min(early + length, reach)
        u = last
        while u > known and (free[np.uint32(u - 1)] - asked) & guard == guard:
            u -= 1
        if u <= known:
            break
        known = last
        early = u
    last = early + length
    while reach < last:
        free[np.uint32(reach)] = capacity
        reach += 1
    for u in range(early, last):
        free[np.uint32(u)] -= asked
    return early, reach


@inlined
def _fits(asked: Any, guard: Any, free: Any, at: int) -> bool:
    for w in range(guard.size):  # noqa: SIM110  (numba compiles no generator)
        if (free[np.uint32(at + w)] - asked[w]) & guard[w] != guard[w]:
            return False
    return True


@inlined
def _placed_wide(early: int, length: int, asked: Any, capacity: Any, guard: Any, free: Any, reach: int) -> tuple[int, int]:
    """The same where the demands take several words."""
    width = guard.size
    known = early
    while True:
        last = min(early + length, reach)
        u = last
        while u > known and _fits(asked, guard, free, (u - 1) * width):
            u -= 1
        if u <= known:
            break
        known = last
        early = u
    last = early + length
    while reach < last:
        for w in range(width):
            free[np.uint32(reach * width + w)] = capacity[w]
        reach += 1
    for u in range(early, last):
        for w in range(width):
            free[np.uint32(u * width + w)] -= asked[w]
    return early, reach


@compiled
def generate(order: Any, finish: Any, before_first: Any, before: Any, duration: Any, need: Any, full: Any, guard: Any, free: Any) -> int:
    """Serial generation along `order`; fills `finish`, answers the makespan. `free` is scratch of (horizon × width)."""
    width = full.size
    reach = 0  # from here on nothing is used yet and `free` is not valid
    for each in order:
        i = np.uint32(each)
        early = 0
        for p in range(before_first[i], before_first[i + np.uint32(1)]):
            early = max(early, finish[np.uint32(before[np.uint32(p)])])
        length = duration[i]
        if length > 0 and width == 1:
            early, reach = _placed(early, length, need[i], full[0], guard[0], free, reach)
        elif length > 0:
            early, reach = _placed_wide(early, length, need[i * width : (i + 1) * width], full, guard, free, reach)
        finish[i] = early + length
    return reach


@compiled
def sort_by_finish(order: Any, sorted_order: Any, finish: Any, count_at: Any, makespan: int) -> None:
    """By finish, latest first; equal ones in reverse of `order`, so that what lasts no time stays on its side of a link."""
    n = order.size
    for t in range(makespan + 2):
        count_at[t] = 0
    for i in range(n):
        count_at[makespan - finish[i] + 1] += 1
    for t in range(1, makespan + 2):
        count_at[t] += count_at[t - 1]
    for k in range(n - 1, -1, -1):
        i = order[k]
        t = makespan - finish[i]
        sorted_order[count_at[t]] = i
        count_at[t] += 1


@inlined
def sort_by_start(order: Any, sorted_order: Any, start: Any, count_at: Any, makespan: int) -> None:
    """By start, earliest first, equal ones as in `order`."""
    n = order.size
    for t in range(makespan + 2):
        count_at[t] = 0
    for i in range(n):
        count_at[start[i] + 1] += 1
    for t in range(1, makespan + 2):
        count_at[t] += count_at[t - 1]
    for k in range(n):
        i = order[k]
        sorted_order[count_at[start[i]]] = i
        count_at[start[i]] += 1


@compiled
def improve(instance: Instance, island: Island, order: Any) -> int:
    """Schedule `order`, then justify right and left while that shortens it. The starts are left in `start_a`, `order` follows them."""
    counters, duration = island.counters, instance.duration
    first, before, after_first, after = instance.predecessor_first, instance.predecessors, instance.successor_first, instance.successors
    need, full, guard, free = instance.need, instance.full, instance.guard, island.free
    finish, other, spare = island.start_a, island.start_b, island.spare
    makespan = generate(order, finish, first, before, duration, need, full, guard, free)
    counters[1] += 1
    for _ in range(island.tuning[1]):
        sort_by_finish(order, spare, finish, island.count_at, makespan)
        mirrored = generate(spare, other, after_first, after, duration, need, full, guard, free)
        sort_by_finish(spare, order, other, island.count_at, mirrored)
        made = generate(order, finish, first, before, duration, need, full, guard, free)
        counters[1] += 2
        if made >= makespan:
            makespan = made
            break
        makespan = made
    for i in range(order.size):
        finish[i] -= duration[i]
    sort_by_start(order, spare, finish, island.count_at, makespan)
    for k in range(order.size):
        order[k] = spare[k]
    return makespan


@compiled
def sample_order(instance: Instance, island: Island, order: Any, eager: int) -> None:
    """A random order in which every task follows its predecessors; of `eager` drawn tasks the one with the least late start goes next."""
    n = order.size
    counters, waiting, ready = island.counters, island.mark, island.spare
    found = 0
    for i in range(n):
        waiting[i] = instance.predecessor_first[i + 1] - instance.predecessor_first[i]
        if waiting[i] == 0:
            ready[found] = i
            found += 1
    for q in range(n):
        chosen = draw(counters, found)
        for _ in range(eager - 1):
            other = draw(counters, found)
            if instance.late_start[ready[other]] < instance.late_start[ready[chosen]]:
                chosen = other
        i = ready[chosen]
        found -= 1
        ready[chosen] = ready[found]
        order[q] = i
        for k in range(instance.successor_first[i], instance.successor_first[i + 1]):
            j = instance.successors[k]
            waiting[j] -= 1
            if waiting[j] == 0:
                ready[found] = j
                found += 1
