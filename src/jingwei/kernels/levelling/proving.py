"""The exact side of levelling: OR-Tools CP-SAT proves or improves what the heuristic found."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jingwei.kernels.levelling.bounds import longest_path
from jingwei.kernels.levelling.model import Integers, Problem

if TYPE_CHECKING:  # imported when first used: it takes a third of a second
    from ortools.sat.python import cp_model


@dataclass(frozen=True)
class Proof:
    """What CP-SAT knows at the end: the best starts it saw (None if none), a proven lower bound, whether that closes the question."""

    starts: Integers | None
    lower_bound: int
    is_closed: bool


def prove(
    problem: Problem,
    best: Integers | None,
    lower_bound: int,
    seconds: float,
    *,
    workers: int = 2,
    seed: int = 0,
    watch: Callable[[int, int], bool] = lambda makespan, bound: True,
) -> Proof:
    """Look for a schedule no longer than the `best` known, or prove that there is none better.

    The known one only bounds the domains. Given as a hint it made proofs of published instances two to four times slower.
    `watch(makespan, bound)` is called some twenty times a second (0 while none is known); the search ends when it answers False.
    """
    from ortools.sat.python import cp_model

    head, tail = longest_path(problem)
    known = int((best + problem.durations).max()) if best is not None and problem.count else int(problem.durations.sum())
    model = cp_model.CpModel()
    finish = model.new_int_var(lower_bound, known, "finish")
    starts, intervals = [], []
    for i, length in enumerate(problem.durations.tolist()):
        start = model.new_int_var(int(head[i]), known - int(tail[i]), f"s{i}")
        starts.append(start)
        intervals.append(model.new_fixed_size_interval_var(start, length, f"i{i}"))
        if problem.successor_first[i] == problem.successor_first[i + 1]:
            model.add(finish >= start + length)
    for i, j in problem.links.tolist():
        model.add(starts[j] >= starts[i] + int(problem.durations[i]))
    for k, capacity in enumerate(problem.capacities.tolist()):
        used = [i for i in np.nonzero(problem.demands[:, k])[0].tolist() if problem.durations[i] > 0]
        if used:
            model.add_cumulative([intervals[i] for i in used], [int(problem.demands[i, k]) for i in used], capacity)
    model.minimize(finish)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(seconds, 0.01)
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed
    return _watched(solver, model, starts, lower_bound, watch)


def _watched(solver: cp_model.CpSolver, model: cp_model.CpModel, starts: list[cp_model.IntVar], lower_bound: int, watch: Callable[[int, int], bool]) -> Proof:
    """Solve in a thread of its own while this one asks whether to go on."""
    from ortools.sat.python import cp_model

    seen = _Seen(lower_bound)

    class Listener(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            seen.makespan = round(self.objective_value)

    solver.best_bound_callback = seen.note_bound
    listener, answer = Listener(), []
    thread = threading.Thread(target=lambda: answer.append(solver.solve(model, listener)))
    thread.start()
    while thread.is_alive():
        thread.join(0.05)
        if thread.is_alive() and not watch(seen.makespan, seen.bound):
            solver.stop_search()
    if not answer:
        raise RuntimeError("CP-SAT ended without an answer")
    if answer[0] not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Proof(None, seen.bound, False)
    seen.note_bound(solver.best_objective_bound)
    return Proof(np.array([solver.value(start) for start in starts], np.int64), seen.bound, answer[0] == cp_model.OPTIMAL)


class _Seen:
    """The best makespan and bound reported so far."""

    def __init__(self, bound: int) -> None:
        self.makespan, self.bound = 0, bound

    def note_bound(self, bound: float) -> None:
        self.bound = max(self.bound, int(np.ceil(bound - 1e-6)))
