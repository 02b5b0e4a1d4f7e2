"""Levels a problem: islands of genetic search for a good schedule, bounds and CP-SAT for the proof, within the time the caller sets."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from jingwei.kernels.levelling.bounds import lower_bound, path_bound, work_bound
from jingwei.kernels.levelling.islands import Archipelago
from jingwei.kernels.levelling.model import Integers, Problem

Status = Literal["optimal", "feasible", "cancelled"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the search is: share of the time or schedules used (0 to 1), the best makespan and bound so far (steps)."""

    seconds: float
    share: float
    makespan: int
    lower_bound: int


@dataclass(frozen=True, slots=True)
class Solution:
    """A feasible schedule: starts by task (steps), its makespan, what is proven, and how it was found."""

    makespan: int
    starts: Integers
    lower_bound: int
    status: Status
    seconds: float
    schedules: int

    @property
    def gap(self) -> float:
        """How much longer than the proven bound, as a share of the makespan; 0 when optimal."""
        return (self.makespan - self.lower_bound) / self.makespan if self.makespan else 0.0


def solve(
    problem: Problem,
    seconds: float = 5.0,
    seed: int = 0,
    workers: int = 2,
    progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    *,
    schedules: int | None = None,
) -> Solution:
    """The best schedule found within `seconds` on `workers` threads; stops sooner when it is proven optimal.

    `progress` is told about twenty times a second; `should_stop` is asked as often and its True keeps the best so far. With
    `schedules` the heuristic alone runs for that many schedules, whatever the time: the same seed and workers give the same answer.
    """
    _warm_up()
    return _Run(problem, seconds, seed, max(1, workers), progress, should_stop, schedules).solution()


@cache
def _warm_up() -> None:
    """Load the machine code (or compile it, once after installation) before any clock runs."""
    tiny = Problem.build([1, 1], [[1], [1]], [1], [(0, 1)])
    Archipelago(tiny, 0, 1).first()
    lower_bound(tiny, at_most=4)


class _Run:
    """One call of solve: its clock, what is known so far, and who wants to hear of it."""

    def __init__(
        self,
        problem: Problem,
        seconds: float,
        seed: int,
        workers: int,
        progress: Callable[[Progress], None] | None,
        should_stop: Callable[[], bool] | None,
        schedules: int | None,
    ) -> None:
        self.began = time.monotonic()
        self.problem, self.seed, self.workers, self.schedules = problem, seed, workers, schedules
        self.seconds, self.progress, self.should_stop = seconds, progress, should_stop
        self.bound = max(path_bound(problem), work_bound(problem))
        self.is_stopped = False
        self.makespan = 0
        self.islands = Archipelago(problem, seed, workers)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.began

    def solution(self) -> Solution:
        if self.problem.count == 0:
            return Solution(0, np.zeros(0, np.int64), 0, "optimal", self.elapsed, 0)
        self.makespan, starts = self.islands.first()
        with ThreadPoolExecutor(self.workers) as threads:
            if self.schedules is not None:
                self._search(threads, float("inf"), self.schedules)
            else:
                self._search(threads, self.seconds * 0.05)
                self._raise_bound()
                begin, end = _shares_of_proof(self.problem, self.bound, self.makespan)
                self._search(threads, self.seconds * begin)
                if begin < 1 and self._goes_on(self.seconds):
                    starts = self._prove(self.seconds * end)
                self._search(threads, self.seconds)
        if self.islands.best_makespan <= self.makespan:
            self.makespan, starts = self.islands.best_makespan, self.islands.best_starts()
        status: Status = "optimal" if self.makespan <= self.bound else "cancelled" if self.is_stopped else "feasible"
        return Solution(self.makespan, starts, self.bound, status, self.elapsed, self.islands.schedules)

    def _goes_on(self, until: float) -> bool:
        if self.should_stop is not None and not self.is_stopped:
            self.is_stopped = self.should_stop()
        return not self.is_stopped and self.makespan > self.bound and self.elapsed < until

    def _tell(self) -> None:
        if self.progress is not None:
            share = self.islands.schedules / self.schedules if self.schedules else self.elapsed / max(self.seconds, 1e-9)
            self.progress(Progress(self.elapsed, min(share, 1.0), self.makespan, self.bound))

    def _search(self, threads: ThreadPoolExecutor, until: float, schedules: int | None = None) -> None:
        while self._goes_on(until) and (schedules is None or self.islands.schedules < schedules):
            left = None if schedules is None else schedules - self.islands.schedules
            self.makespan = min(self.makespan, self.islands.advance(threads, self.bound, left))
            self._tell()

    def _raise_bound(self) -> None:
        until = self.elapsed + (self.seconds - self.elapsed) * 0.1
        if self._goes_on(self.seconds):
            self.bound = max(self.bound, lower_bound(self.problem, at_most=self.makespan, goes_on=lambda: self._goes_on(until)))
            self._tell()

    def _prove(self, until: float) -> Integers:
        from jingwei.kernels.levelling.proving import prove

        def watch(makespan: int, bound: int) -> bool:
            self.makespan, self.bound = min(self.makespan, makespan or self.makespan), max(self.bound, bound)
            self._tell()
            return self._goes_on(until)

        starts = self.islands.best_starts()
        proof = prove(self.problem, starts, self.bound, until - self.elapsed, workers=self.workers, seed=self.seed, watch=watch)
        self.bound = max(self.bound, proof.lower_bound)
        if proof.starts is None:
            self.makespan = self.islands.best_makespan
            return starts
        self.makespan = int((proof.starts + self.problem.durations).max())
        return proof.starts


def _shares_of_proof(problem: Problem, bound: int, makespan: int) -> tuple[float, float]:
    """From which to which share of the time CP-SAT is tried; the heuristic has the rest. From 1 where a proof is not to be hoped for.

    Seen on published instances: up to about 40 tasks CP-SAT closes nearly everything; up to 100 it does where the bounds are within a
    tenth, soon or not at all; beyond, only what is nearly closed already.
    """
    gap = (makespan - bound) / max(makespan, 1)
    if problem.count <= 40:
        return 0.05, 1.0
    if problem.count <= 100:
        return (0.25, 0.65) if gap <= 0.1 else (1.0, 1.0)
    return (0.6, 1.0) if gap <= 0.01 else (1.0, 1.0)
