"""Checks a schedule from first principles, sharing no code with what made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from jingwei.kernels.levelling.model import Problem
from jingwei.kernels.text import Text


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule broken at one time: a start before time 0, a task before its predecessor's finish, a resource beyond its capacity."""

    kind: Literal["start", "precedence", "capacity"]
    subject: str
    time: int
    text: Text


def violations(problem: Problem, starts: Sequence[int]) -> list[Violation]:
    """Everything wrong with a schedule, capacity step by step; empty when it is feasible. Raises ValueError for the wrong number of starts."""
    if len(starts) != len(problem.names):
        raise ValueError(f"{len(problem.names)} starts are needed, not {len(starts)}")
    begin = [int(start) for start in starts]
    end = [start + int(duration) for start, duration in zip(begin, problem.durations, strict=True)]
    found = [Violation("start", problem.names[i], time, Text("早于时刻 0 开始", "starts before time 0")) for i, time in enumerate(begin) if time < 0]
    for i, j in problem.links.tolist():
        if begin[j] < end[i]:
            before, after = problem.names[i], problem.names[j]
            text = Text(f"{after} 在 {begin[j]} 开始，而 {before} 在 {end[i]} 才完成", f"{after} starts at {begin[j]}, but {before} finishes at {end[i]}")
            found.append(Violation("precedence", after, begin[j], text))
    for k, (name, capacity) in enumerate(zip(problem.resource_names, problem.capacities.tolist(), strict=True)):
        used: dict[int, int] = {}
        for i, demand in enumerate(problem.demands[:, k].tolist()):
            if demand:
                for time in range(begin[i], end[i]):
                    used[time] = used.get(time, 0) + demand
        for time in sorted(used):
            if used[time] > capacity:
                text = Text(f"{name} 在 {time} 用了 {used[time]}，只有 {capacity}", f"{name} has {used[time]} in use at {time}, but only {capacity}")
                found.append(Violation("capacity", name, time, text))
    return found
