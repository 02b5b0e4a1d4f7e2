"""The genetic search on one island: crossover, mutation, who lives on.

Activity lists with two-point crossover: Hartmann 1998; peak crossover: Valls, Ballestín & Quintanilla 2008.
"""

from __future__ import annotations

from typing import Any

from jingwei.kernels.jit import compiled, inlined
from jingwei.kernels.levelling.passes import Instance, Island, draw, improve, sample_order


@inlined
def tail_of(instance: Instance, start: Any) -> int:
    """A tie-breaker between equal makespans: work weighted by how late it ends (less is better)."""
    total = 0
    for i in range(start.size):
        total += instance.weight[i] * (start[i] + instance.duration[i])
    return total


@inlined
def keep(instance: Instance, island: Island, member: int, makespan: int) -> None:
    """Write the child's order and starts into the population."""
    n = instance.duration.size
    for k in range(n):
        island.orders[member * n + k] = island.child[k]
        island.starts[member * n + k] = island.start_a[k]
    island.fitness[member] = makespan
    island.tail[member] = tail_of(instance, island.start_a)


@inlined
def note_best(instance: Instance, island: Island, makespan: int) -> None:
    counters = island.counters
    counters[4] += 1
    if makespan < counters[2]:
        counters[2] = makespan
        counters[4] = 0
        for i in range(instance.duration.size):
            island.best[i] = island.start_a[i]


@compiled
def cross(instance: Instance, island: Island, a: int, b: int) -> None:
    """Two-point crossover: the outer parts as in member a, the middle in the order of member b."""
    n = instance.duration.size
    counters, child, mark, orders = island.counters, island.child, island.mark, island.orders
    for i in range(n):
        mark[i] = 0
    x = draw(counters, n)
    y = draw(counters, n)
    if x > y:
        x, y = y, x
    q = 0
    while q < x:
        i = orders[a * n + q]
        child[q] = i
        mark[i] = 1
        q += 1
    for k in range(n):
        if q >= y:
            break
        i = orders[b * n + k]
        if mark[i] == 0:
            child[q] = i
            mark[i] = 1
            q += 1
    for k in range(n):
        i = orders[a * n + k]
        if mark[i] == 0:
            child[q] = i
            q += 1


@compiled
def peak_cross(instance: Instance, island: Island, a: int, b: int, makespan: int) -> None:
    """Peak crossover (Valls et al. 2008): tasks that run while member b's resources are busiest stay together, in b's order."""
    n = instance.duration.size
    counters, child, mark, orders, load, key = island.counters, island.child, island.mark, island.orders, island.count_at, island.key
    for t in range(makespan + 1):
        load[t] = 0
    for i in range(n):
        begin = island.starts[b * n + i]
        if instance.duration[i] > 0:
            w = instance.weight[i] // instance.duration[i]
            for t in range(begin, begin + instance.duration[i]):
                load[t] += w
    most = 0
    for t in range(makespan):
        if load[t] > most:
            most = load[t]
    threshold = most * (70 + draw(counters, 25)) // 100
    # peak number of each task: the stretch of time steps above the threshold it first runs in
    for i in range(n):
        mark[i] = 0
    stretch = 0
    for t in range(makespan):
        if load[t] >= threshold:
            if t == 0 or load[t - 1] < threshold:
                stretch += 1
            key[t] = stretch
        else:
            key[t] = 0
    for i in range(n):
        child[i] = 0
    peak = island.start_b
    for i in range(n):
        peak[i] = 0
        begin = island.starts[b * n + i]
        for t in range(begin, begin + instance.duration[i]):
            if key[t] > 0:
                peak[i] = key[t]
                break
    # walk a's order; on meeting a task of a peak, put the whole peak (with what it waits for) there
    q = 0
    for k in range(n):
        i = orders[a * n + k]
        if mark[i]:
            continue
        number = peak[i]
        if number == 0 or draw(counters, 8) == 0:
            q = put_with_predecessors(instance, island, i, q)
        else:
            for m in range(n):
                j = orders[b * n + m]
                if peak[j] == number and mark[j] == 0:
                    q = put_with_predecessors(instance, island, j, q)


@compiled
def put_with_predecessors(instance: Instance, island: Island, task: int, q: int) -> int:
    """Append a task to the child after all it still waits for; answers the new length."""
    stack, mark, child = island.spare, island.mark, island.child
    depth = 0
    stack[0] = task
    while depth >= 0:
        i = stack[depth]
        if mark[i]:
            depth -= 1
            continue
        missing = -1
        for k in range(instance.predecessor_first[i], instance.predecessor_first[i + 1]):
            if mark[instance.predecessors[k]] == 0:
                missing = instance.predecessors[k]
                break
        if missing >= 0:
            depth += 1
            stack[depth] = missing
        else:
            mark[i] = 1
            child[q] = i
            q += 1
            depth -= 1
    return q


@compiled
def mutate(instance: Instance, island: Island, times: int) -> None:
    """Move tasks of the child to another place between their predecessors and successors."""
    child, counters = island.child, island.counters
    n = child.size
    for _ in range(times):
        place = draw(counters, n)
        task = child[place]
        # `mark` names those that bound it: 1 + task
        for k in range(instance.predecessor_first[task], instance.predecessor_first[task + 1]):
            island.mark[instance.predecessors[k]] = 2 + task
        for k in range(instance.successor_first[task], instance.successor_first[task + 1]):
            island.mark[instance.successors[k]] = 2 + task
        low = place
        while low > 0 and island.mark[child[low - 1]] != 2 + task:
            low -= 1
        high = place
        while high < n - 1 and island.mark[child[high + 1]] != 2 + task:
            high += 1
        target = low + draw(counters, high - low + 1)
        while place > target:
            child[place] = child[place - 1]
            place -= 1
        while place < target:
            child[place] = child[place + 1]
            place += 1
        child[place] = task


@inlined
def pick(island: Island, members: int) -> int:
    """The fitter of two members drawn."""
    a, b = draw(island.counters, members), draw(island.counters, members)
    return b if island.fitness[b] < island.fitness[a] else a


@compiled
def breed(instance: Instance, island: Island, members: int) -> None:
    """Fill `child` with a mutated cross of two members."""
    counters, tuning = island.counters, island.tuning
    a, b = pick(island, members), pick(island, members)
    if a == b:
        b = (b + 1 + draw(counters, members - 1)) % members
    if draw(counters, 100) < tuning[3]:
        peak_cross(instance, island, a, b, island.fitness[b])
    else:
        cross(instance, island, a, b)
    mutate(instance, island, draw(counters, tuning[2] + 1))


@compiled
def admit(instance: Instance, island: Island, members: int, makespan: int) -> None:
    """Let the child take the place of the worst of four members drawn, unless it is worse or there already."""
    counters, fitness, tail = island.counters, island.fitness, island.tail
    own_tail = tail_of(instance, island.start_a)
    worst = draw(counters, members)
    for _ in range(3):
        other = draw(counters, members)
        if fitness[other] > fitness[worst] or (fitness[other] == fitness[worst] and tail[other] > tail[worst]):
            worst = other
    if makespan > fitness[worst] or (makespan == fitness[worst] and own_tail > tail[worst]):
        return
    for m in range(members):
        if fitness[m] == makespan and tail[m] == own_tail:
            return
    keep(instance, island, worst, makespan)


@compiled
def evolve(instance: Instance, island: Island, budget: int, goal: int) -> int:
    """Go on until `budget` more schedules are made or the makespan is at most `goal`; answers the best makespan.

    tuning: 0 members, 1 rounds of justification, 2 mutations at most, 3 per cent of peak crossovers, 4 offspring without improvement
    before a restart. A restart keeps nothing but the best schedule.
    """
    counters, tuning = island.counters, island.tuning
    members = tuning[0]
    stop = counters[1] + budget
    while counters[1] < stop and counters[2] > goal:
        is_new = counters[3] < members
        if is_new:
            sample_order(instance, island, island.child, 1 + draw(counters, 3))
        else:
            breed(instance, island, members)
        makespan = improve(instance, island, island.child)
        note_best(instance, island, makespan)
        if is_new:
            keep(instance, island, counters[3], makespan)
            counters[3] += 1
        else:
            admit(instance, island, members, makespan)
        if counters[4] > tuning[4]:
            counters[4] = 0
            counters[5] += 1
            counters[3] = 0
    return int(counters[2])
