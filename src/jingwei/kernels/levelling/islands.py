"""Prepares problems for the array passes and runs islands of search on them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from jingwei.kernels.levelling.breeding import evolve
from jingwei.kernels.levelling.model import Integers, Problem
from jingwei.kernels.levelling.passes import Instance, Island, word_bits

default_tuning = (400, 3, 8, 25, 60_000)  # see breeding.evolve; measured on 30 instances of 120 tasks
rounds_between_visits = 12
_unknown = np.iinfo(np.int64).max


class Archipelago:
    """Islands that search side by side and hand their best to the next one; the same for a seed, number of islands and rounds."""

    def __init__(self, problem: Problem, seed: int, islands: int) -> None:
        self.instance = compile_instance(problem)
        self.problem = problem
        self.rounds = 0
        self.islands = [new_island(self.instance, seed * 1009 + number) for number in range(islands)]
        self.chunk = max(20, 600_000 // max(problem.count, 1))  # schedules a round: about a twentieth of a second

    @property
    def schedules(self) -> int:
        """How many were made on all islands."""
        return sum(int(island.counters[1]) for island in self.islands)

    @property
    def best_makespan(self) -> int:
        """Of all islands."""
        return min(int(island.counters[2]) for island in self.islands)

    def best_starts(self) -> Integers:
        """Starts of the best schedule, by the problem's own numbers."""
        best = min(self.islands, key=lambda island: int(island.counters[2]))
        starts = np.empty(self.problem.count, np.int64)
        starts[self.problem.order] = best.best
        return starts

    def first(self) -> tuple[int, Integers]:
        """One schedule, so that there is an answer whatever happens."""
        evolve(self.instance, self.islands[0], 1, 0)
        return self.best_makespan, self.best_starts()

    def advance(self, threads: ThreadPoolExecutor, goal: int, schedules: int | None = None) -> int:
        """One round on every island, no more than `schedules` in all; answers the best makespan."""
        each = self.chunk if schedules is None else max(1, min(self.chunk, -(-schedules // len(self.islands))))
        list(threads.map(lambda island: evolve(self.instance, island, each, goal), self.islands))
        self.rounds += 1
        if self.rounds % rounds_between_visits == 0:
            self._visit()
        return self.best_makespan

    def _visit(self) -> None:
        """Each island's fittest member takes a place on the next island, where it is drawn like any other."""
        n, members = self.problem.count, default_tuning[0]
        settled = [island for island in self.islands if island.counters[3] == members]
        guests = [int(np.lexsort((island.tail, island.fitness))[0]) for island in settled]
        copies = [
            (island.orders[g * n : g * n + n].copy(), island.starts[g * n : g * n + n].copy(), island.fitness[g], island.tail[g])
            for island, g in zip(settled, guests, strict=True)
        ]
        for place, island in enumerate(settled[1:] + settled[:1] if len(settled) > 1 else []):
            order, starts, fitness, tail = copies[place]
            if not ((island.fitness == fitness) & (island.tail == tail)).any():
                worst = int(np.lexsort((island.tail, island.fitness))[-1])
                island.orders[worst * n : worst * n + n], island.starts[worst * n : worst * n + n] = order, starts
                island.fitness[worst], island.tail[worst] = fitness, tail


def compile_instance(problem: Problem) -> Instance:
    """Tasks renumbered topologically, demands packed into words."""
    order = problem.order
    rank = np.empty(problem.count, np.int64)
    rank[order] = np.arange(problem.count)
    duration = problem.durations[order]
    demands = np.where(duration[:, None] > 0, problem.demands[order], 0)
    links = rank[problem.links] if problem.links.size else problem.links
    need, full, guard = _pack(demands, problem.capacities)
    first, after = _rows(links[:, 0], links[:, 1], problem.count)
    before_first, before = _rows(links[:, 1], links[:, 0], problem.count)
    late = np.zeros(problem.count, np.int64)
    early = np.zeros(problem.count, np.int64)
    for j in range(problem.count):
        for k in range(before_first[j], before_first[j + 1]):
            early[j] = max(early[j], early[before[k]] + duration[before[k]])
    finish = int((early + duration).max(initial=0))
    for i in range(problem.count - 1, -1, -1):
        late[i] = min((late[after[k]] for k in range(first[i], first[i + 1])), default=finish) - duration[i]
    use = (demands * duration[:, None]).sum(axis=0) / np.maximum(problem.capacities, 1)
    scarcity = (use / max(float(use.max(initial=0)), 1e-9)) ** 2
    share = (demands / np.maximum(problem.capacities, 1) * scarcity).sum(axis=1)
    weight = (np.round(share * 1000).astype(np.int64)) * duration
    return Instance(duration, before_first, before, first, after, need, full, guard, weight, late)


def _pack(demands: Integers, capacities: Integers) -> tuple[Integers, Integers, Integers]:
    """Words of demands (n × width, flat), of what is free with the guards set, and of the guards."""
    used = [k for k in range(capacities.size) if demands[:, k].any()]
    words: list[list[tuple[int, int]]] = [[]]
    room = word_bits
    for k in used:
        bits = int(capacities[k]).bit_length() + 1
        if bits > room:
            words.append([])
            room = word_bits
        words[-1].append((k, word_bits - room))
        room -= bits
    width = len(words)
    need = np.zeros((demands.shape[0], width), np.int64)
    full, guard = np.zeros(width, np.int64), np.zeros(width, np.int64)
    for w, lanes in enumerate(words):
        for k, shift in lanes:
            need[:, w] += demands[:, k] << shift
            guard[w] |= 1 << (shift + int(capacities[k]).bit_length())
            full[w] += int(capacities[k]) << shift
    return need.ravel(), full | guard, guard


def _rows(keys: Integers, values: Integers, count: int) -> tuple[Integers, Integers]:
    first = np.concatenate(([0], np.cumsum(np.bincount(keys, minlength=count)))).astype(np.int64)
    return first, np.ascontiguousarray(values[np.lexsort((values, keys))], np.int64)


def new_island(instance: Instance, seed: int, tuning: tuple[int, ...] = default_tuning) -> Island:
    """An empty search."""
    n, members = instance.duration.size, tuning[0]
    horizon = int(instance.duration.sum()) + 3
    counters = np.zeros(6, np.int64)
    counters[0] = (seed * 2654435761 + 0x9E3779B9) & 0xFFFFFFFF or 1
    counters[2] = _unknown

    def room(size: int) -> Integers:
        return np.zeros(size, np.int64)

    return Island(
        orders=room(n * members),
        starts=room(n * members),
        fitness=room(members),
        tail=room(members),
        counters=counters,
        tuning=np.array(tuning, np.int64),
        best=room(n),
        free=room(horizon * instance.full.size),
        child=room(n),
        spare=room(n),
        start_a=room(n),
        start_b=room(n),
        count_at=room(horizon),
        mark=room(n),
        key=room(horizon),
    )
