"""Levelling of abstract problems: known optima, bounds, determinism, limits, and feasibility whatever the problem."""

from __future__ import annotations

import csv
import os
import re
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jingwei.kernels.levelling import Problem, Progress, read_problem, solve, violations
from jingwei.kernels.levelling.bounds import lower_bound, path_bound, work_bound
from jingwei.kernels.levelling.islands import Archipelago
from jingwei.kernels.levelling.proving import prove


@st.composite
def problems(draw: st.DrawFn, most: int = 12) -> Problem:
    """Small projects with up to three resources, tasks of no length among them."""
    count, kinds = draw(st.integers(1, most)), draw(st.integers(1, 3))
    capacities = draw(st.lists(st.integers(1, 9), min_size=kinds, max_size=kinds))
    durations = draw(st.lists(st.integers(0, 7), min_size=count, max_size=count))
    demands = [[draw(st.integers(0, capacity)) for capacity in capacities] for _ in range(count)]
    pairs = [(i, j) for j in range(count) for i in range(j)]
    links = draw(st.lists(st.sampled_from(pairs), max_size=2 * count)) if pairs else []
    names = draw(st.permutations(range(count)))  # so that numbers are not already in topological order
    shuffled = [(names[i], names[j]) for i, j in links]
    return Problem.build(np.array(durations, np.int64)[np.argsort(names)], np.array(demands, np.int64)[np.argsort(names)], capacities, shuffled)


def best_by_trying_all(problem: Problem) -> int:
    """The optimum: serial generation over every order contains an optimal schedule (Kolisch 1996)."""
    best = int(problem.durations.sum())
    links = problem.links.tolist()
    for order in permutations(range(problem.count)):
        if any(order.index(i) > order.index(j) for i, j in links):
            continue
        starts: dict[int, int] = {}
        used: dict[int, list[int]] = {}
        for task in order:
            length, need = int(problem.durations[task]), problem.demands[task].tolist()
            at = max((starts[i] + int(problem.durations[i]) for i, j in links if j == task), default=0)
            while any(
                u + n > c for t in range(at, at + length) for u, n, c in zip(used.get(t, [0] * len(need)), need, problem.capacities.tolist(), strict=True)
            ):
                at += 1
            starts[task] = at
            for t in range(at, at + length):
                used[t] = [u + n for u, n in zip(used.get(t, [0] * len(need)), need, strict=True)]
        best = min(best, max(starts[i] + int(problem.durations[i]) for i in starts))
    return best


@settings(max_examples=25, deadline=None)
@given(problems(most=6))
def test_small_problems_are_solved_to_proven_optimality(problem: Problem) -> None:
    found = solve(problem, seconds=10)
    assert violations(problem, found.starts.tolist()) == []
    assert found.makespan == best_by_trying_all(problem) == found.lower_bound
    assert (found.status, found.gap) == ("optimal", 0)


@settings(max_examples=60, deadline=None)
@given(problems(), st.integers(0, 5))
def test_every_schedule_is_feasible_and_between_its_bounds(problem: Problem, seed: int) -> None:
    found = solve(problem, seed=seed, schedules=60)
    assert violations(problem, found.starts.tolist()) == []
    assert found.makespan == int((found.starts + problem.durations).max())
    assert max(path_bound(problem), work_bound(problem)) <= found.lower_bound <= found.makespan


@settings(max_examples=40, deadline=None)
@given(problems(most=5))
def test_no_bound_exceeds_the_optimum(problem: Problem) -> None:
    optimum = best_by_trying_all(problem)
    assert lower_bound(problem, at_most=optimum + 5) <= optimum


def test_more_resources_than_fit_into_one_word_are_all_kept() -> None:
    kinds = 12
    problem = Problem.build([2] * 6, np.full((6, kinds), 600), [1000] * kinds)
    found = solve(problem, schedules=50)
    assert found.makespan == 12
    assert violations(problem, found.starts.tolist()) == []


def test_a_demand_on_one_resource_only_is_seen_in_every_word() -> None:
    kinds = 12
    for k in range(kinds):
        demands = np.zeros((2, kinds), np.int64)
        demands[:, k] = 600
        assert solve(Problem.build([2, 2], demands, [1000] * kinds), schedules=10).makespan == 4


def test_nothing_to_do_takes_no_time() -> None:
    assert solve(Problem.build([], np.zeros((0, 1), np.int64), [1])).makespan == 0
    assert solve(Problem.build([0, 0], [[1], [1]], [1], [(0, 1)])).makespan == 0


def hard_problem(count: int = 40, seed: int = 5) -> Problem:
    dice = np.random.default_rng(seed)
    links = [(int(i), j) for j in range(5, count) for i in dice.integers(0, j, 2)]
    return Problem.build(dice.integers(1, 10, count), dice.integers(1, 8, (count, 4)), [11] * 4, links)


def test_the_same_seed_and_budget_give_the_same_schedule() -> None:
    problem = hard_problem()
    one, other = (solve(problem, seed=3, schedules=40_000) for _ in range(2))
    assert one.starts.tolist() == other.starts.tolist()
    assert one.schedules == other.schedules >= min(40_000, one.schedules)


def test_more_schedules_are_never_worse() -> None:
    problem = hard_problem(60)
    few, many = solve(problem, seed=1, schedules=200), solve(problem, seed=1, schedules=60_000)
    assert many.makespan < few.makespan


def test_cancelling_keeps_the_best_so_far() -> None:
    problem = hard_problem(60)
    asked: list[int] = []

    def should_stop() -> bool:
        asked.append(1)
        return len(asked) > 2

    found = solve(problem, seconds=60, should_stop=should_stop)
    assert found.status == "cancelled"
    assert found.seconds < 10
    assert violations(problem, found.starts.tolist()) == []


def test_progress_rises_and_the_time_limit_holds() -> None:
    seen: list[Progress] = []
    found = solve(hard_problem(60), seconds=1.0, progress=seen.append)
    assert [one.share for one in seen] == sorted(one.share for one in seen)
    assert [one.makespan for one in seen] == sorted((one.makespan for one in seen), reverse=True)
    assert seen and all(one.lower_bound <= one.makespan for one in seen)
    assert found.seconds < 6  # the limit with room for a busy machine


def test_a_proof_needs_no_schedule_to_begin_with() -> None:
    problem = Problem.build([3, 4, 2], [[2], [1], [2]], [2])
    proof = prove(problem, None, 0, 10)
    assert proof.is_closed and proof.starts is not None
    assert proof.lower_bound == 9 == int((proof.starts + problem.durations).max())


def test_islands_hand_out_starts_in_the_numbers_of_the_problem() -> None:
    problem = Problem.build([2, 3], [[0], [0]], [1], [(1, 0)])
    makespan, starts = Archipelago(problem, 0, 1).first()
    assert (makespan, starts.tolist()) == (5, [3, 0])


def folder() -> Path:
    """Where the instances lie: JINGWEI_SHARED_DATA/psplib. Without it the test is skipped, but fails in continuous integration."""
    root = os.environ.get("JINGWEI_SHARED_DATA")
    if root and (Path(root) / "psplib").is_dir():
        return Path(root) / "psplib"
    if os.environ.get("CI") == "true":
        pytest.fail("JINGWEI_SHARED_DATA does not name a folder with psplib/: levelling went unmeasured")
    pytest.skip("set JINGWEI_SHARED_DATA to a folder with psplib/ to level published instances")


def test_published_instances_meet_their_optima_and_never_beat_a_proven_bound() -> None:
    root = folder()
    known = {f"{row['set']}{row['par']}_{row['inst']}": row for row in csv.DictReader((root / "best_known.csv").read_text().splitlines())}
    deviations = []
    for path in sorted((root / "j30").glob("*.sm"))[::24] + sorted((root / "j60").glob("*.sm"))[::60]:
        row = known[re.sub(r"\.sm$", "", path.name)]
        problem = read_problem(path.read_text(encoding="latin-1"))
        found = solve(problem, schedules=20_000, seed=1)
        assert violations(problem, found.starts.tolist()) == []
        assert int(row["lb"]) <= found.makespan
        assert found.lower_bound <= int(row["best_known"])
        assert path_bound(problem) == int(row["cpm_lb"])
        deviations.append(found.makespan / int(row["best_known"]) - 1)
    assert sum(deviations) / len(deviations) < 0.01
