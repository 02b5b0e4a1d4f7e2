"""Levelling published instances (PSPLIB): ours beside a plain CP-SAT model and, if installed, PyJobShop, the same instances in one run.

Run: JINGWEI_SHARED_DATA=… python benchmarks/levelling.py [set:instances[:offset] ...] [--seconds 5], for example j30:20 j60:20 j120:40. The peer
PyJobShop joins with `uv run --with pyjobshop python benchmarks/levelling.py`. Instances are drawn by random.Random(42) from the sorted names.
Every schedule is checked step by step by a checker that shares no code with the solvers. Deviation is from the best known makespan; "proven"
counts schedules the solver itself proved optimal. Memory is the peak growth of a process of its own for each solver.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import multiprocessing
import os
import platform
import random
import re
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from jingwei.kernels.levelling import Problem, read_problem, solve, violations

WORKERS = 2


@dataclass(frozen=True)
class Outcome:
    """What one solver made of one instance."""

    makespan: int
    starts: list[int]
    bound: int
    is_proven: bool
    seconds: float


def ours(problem: Problem, seconds: float) -> Outcome:
    found = solve(problem, seconds, seed=1, workers=WORKERS)
    return Outcome(found.makespan, found.starts.tolist(), found.lower_bound, found.status == "optimal", found.seconds)


def plain_model(problem: Problem, seconds: float) -> Outcome:
    """CP-SAT as its examples do it: intervals, precedences, one cumulative a resource."""
    from ortools.sat.python import cp_model

    began = time.perf_counter()
    model, horizon = cp_model.CpModel(), int(problem.durations.sum())
    starts = [model.new_int_var(0, horizon, "") for _ in range(problem.count)]
    intervals = [model.new_fixed_size_interval_var(start, int(length), "") for start, length in zip(starts, problem.durations, strict=True)]
    for i, j in problem.links.tolist():
        model.add(starts[j] >= starts[i] + int(problem.durations[i]))
    for k, capacity in enumerate(problem.capacities.tolist()):
        used = np.nonzero(problem.demands[:, k])[0].tolist()
        model.add_cumulative([intervals[i] for i in used], [int(problem.demands[i, k]) for i in used], capacity)
    finish = model.new_int_var(0, horizon, "")
    model.add_max_equality(finish, [start + int(length) for start, length in zip(starts, problem.durations, strict=True)])
    model.minimize(finish)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds, solver.parameters.num_workers, solver.parameters.random_seed = seconds, WORKERS, 1
    status = solver.solve(model)
    assert status in (cp_model.OPTIMAL, cp_model.FEASIBLE), "CP-SAT found no schedule"
    placed = [solver.value(start) for start in starts]
    bound = int(np.ceil(solver.best_objective_bound))
    return Outcome(solver.value(finish), placed, bound, status == cp_model.OPTIMAL, time.perf_counter() - began)


def pyjobshop(problem: Problem, seconds: float) -> Outcome:
    from pyjobshop import Model

    began = time.perf_counter()
    model = Model()
    resources = [model.add_renewable(int(capacity)) for capacity in problem.capacities]
    tasks = [model.add_task() for _ in range(problem.count)]
    for task, length, demands in zip(tasks, problem.durations.tolist(), problem.demands.tolist(), strict=True):
        model.add_mode(task, resources, length, demands)
    for i, j in problem.links.tolist():
        model.add_end_before_start(tasks[i], tasks[j])
    result = model.solve(time_limit=seconds, num_workers=WORKERS, display=False)
    starts = [task.start for task in result.best.tasks]
    bound = int(np.ceil(result.lower_bound)) if result.lower_bound is not None else 0
    return Outcome(int(result.objective), starts, bound, result.status.value == "Optimal", time.perf_counter() - began)


SOLVERS: dict[str, Callable[[Problem, float], Outcome]] = {"Jingwei": ours, "CP-SAT plain": plain_model, "PyJobShop": pyjobshop}


def measure(name: str, texts: list[str], seconds: float, answers: multiprocessing.Queue) -> None:
    """One solver over all instances, in a process of its own so that its memory can be told."""
    warm = Problem.build([1, 1], [[1], [1]], [1])
    SOLVERS[name](warm, 1.0)
    began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcomes = [SOLVERS[name](read_problem(text), seconds) for text in texts]
    answers.put((outcomes, began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


def compare(chosen: str, root: Path, seconds: float, names: list[str]) -> None:
    kind, _, rest = chosen.partition(":")
    number, _, offset = rest.partition(":")
    known = {f"{row['set']}{row['par']}_{row['inst']}": row for row in csv.DictReader((root / "best_known.csv").read_text().splitlines())}
    files = sorted((root / kind).glob("*.sm"))
    random.Random(42).shuffle(files)
    files = files[int(offset or 0) :][: int(number or len(files))]
    texts = [path.read_text(encoding="latin-1") for path in files]
    rows = [known[re.sub(r"\.sm$", "", path.name)] for path in files]
    best = [int(row["best_known"]) for row in rows]
    provable = sum(int(row["proven_optimal"]) for row in rows)
    print(f"\n{kind.upper()}: {len(files)} instances, {seconds:g} s each, {WORKERS} threads; optimum known of {provable}")
    print(f"  {'solver':<14}{'deviation':>10}{'over CPM':>10}{'proven':>8}{'mean s':>8}{'peak MB':>9}{'grown MB':>10}{'load':>7}")
    deviations = {}
    context = multiprocessing.get_context("spawn")
    for name in names:
        answers: multiprocessing.Queue = context.Queue()
        process = context.Process(target=measure, args=(name, texts, seconds, answers))
        process.start()
        outcomes, began, peak = answers.get()
        process.join()
        for path, text, row, outcome in zip(files, texts, rows, outcomes, strict=True):
            problem = read_problem(text)
            wrong = violations(problem, outcome.starts)
            assert not wrong, f"{name}, {path.name}: {wrong[0].text.en}"
            assert outcome.makespan == int((np.array(outcome.starts) + problem.durations).max())
            assert int(row["lb"]) <= outcome.makespan and outcome.bound <= int(row["best_known"]), f"{name}, {path.name}: beyond a proven bound"
        deviations[name] = statistics.mean(outcome.makespan / least - 1 for outcome, least in zip(outcomes, best, strict=True))
        over_path = statistics.mean(outcome.makespan / int(row["cpm_lb"]) - 1 for outcome, row in zip(outcomes, rows, strict=True))
        proven, taken = sum(outcome.is_proven for outcome in outcomes), statistics.mean(outcome.seconds for outcome in outcomes)
        print(
            f"  {name:<14}{deviations[name]:>10.3%}{over_path:>10.2%}{proven:>8}{taken:>8.2f}{peak / 1024:>9.0f}{(peak - began) / 1024:>10.0f}"
            f"{os.getloadavg()[0]:>7.1f}",
            flush=True,
        )
    for name in names[1:]:
        if deviations[names[0]] > 0:
            print(f"  deviation {name} : {names[0]} = {deviations[name] / deviations[names[0]]:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", default=["j30:20", "j60:20", "j120:40"])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--ours", action="store_true", help="without the peers")
    options = parser.parse_args()
    root = Path(os.environ.get("JINGWEI_SHARED_DATA", "")) / "psplib"
    if not root.is_dir():
        print("skipped: JINGWEI_SHARED_DATA does not name a folder with psplib/")
        return
    names = ["Jingwei"] if options.ours else ["Jingwei", "CP-SAT plain"]
    if not options.ours and importlib.util.find_spec("pyjobshop"):
        names.append("PyJobShop")
    tools = ", ".join(f"{name} {version(name)}" for name in ("ortools", "numba", "numpy", *(["pyjobshop"] if "PyJobShop" in names else [])))
    print(f"Levelling, Python {platform.python_version()}, {tools}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for chosen in options.sets:
        compare(chosen, root, options.seconds, names)


if __name__ == "__main__":
    main()
