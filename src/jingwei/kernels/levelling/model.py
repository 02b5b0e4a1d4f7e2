"""What is to be levelled: tasks with durations and demands, resources with capacities, and who waits for whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jingwei.kernels.text import Text

Integers = NDArray[np.int64]


class ProblemError(ValueError):
    """A problem that cannot be used as given; `field` names the array at fault, `text` says it in both languages."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        self.field, self.text = field, Text(zh, en)
        super().__init__(f"{field}: {en}")


class DemandError(ProblemError):
    """A task that needs more of a resource than there ever is: no schedule exists."""

    def __init__(self, task: str, resource: str, demand: int, capacity: int) -> None:
        self.task, self.resource, self.demand, self.capacity = task, resource, demand, capacity
        super().__init__(
            "demands",
            f"任务 {task} 需要资源 {resource} {demand} 个单位，但只有 {capacity} 个",
            f"task {task} needs {demand} of resource {resource}, but there are only {capacity}",
        )


@dataclass(frozen=True)
class Problem:
    """A resource-constrained project: n tasks, k renewable resources; time in whole steps.

    `durations` (n), `demands` (n, k) units while the task runs, `capacities` (k). The successors of task i are
    `successors[successor_first[i]:successor_first[i + 1]]`, its predecessors likewise: a task starts when all its predecessors
    have finished. Made by `Problem.build`, which checks everything.
    """

    durations: Integers
    demands: Integers
    capacities: Integers
    successor_first: Integers
    successors: Integers
    predecessor_first: Integers
    predecessors: Integers
    names: tuple[str, ...]
    resource_names: tuple[str, ...]

    @classmethod
    def build(
        cls,
        durations: ArrayLike,
        demands: ArrayLike,
        capacities: ArrayLike,
        links: Iterable[tuple[int, int]] = (),
        *,
        names: Sequence[str] = (),
        resource_names: Sequence[str] = (),
    ) -> Problem:
        """Check and arrange. Names default to 1, 2, … Raises ProblemError naming the field, DemandError for an unfulfillable demand."""
        lengths = _whole(durations, "durations", 1)
        limits = _whole(capacities, "capacities", 1)
        count, kinds = lengths.size, limits.size
        needs = np.zeros((count, 0), np.int64) if kinds == 0 else _whole(demands, "demands", 2)
        if needs.shape != (count, kinds):
            raise ProblemError("demands", f"应为 {count}×{kinds}，实为 {needs.shape}", f"must be {count} by {kinds}, not {needs.shape}")
        called = tuple(names) or tuple(str(i + 1) for i in range(count))
        resources = tuple(resource_names) or tuple(f"R{k + 1}" for k in range(kinds))
        for field, given, expected in (("names", called, count), ("resource_names", resources, kinds)):
            if len(given) != expected:
                raise ProblemError(field, f"应有 {expected} 个，实有 {len(given)} 个", f"must be {expected}, not {len(given)}")
        ends = _ends(links, count)
        problem = cls(lengths, needs, limits, *_grouped(ends[:, 0], ends[:, 1], count), *_grouped(ends[:, 1], ends[:, 0], count), called, resources)
        problem._check_order()
        problem._check_demands()
        return problem

    @property
    def count(self) -> int:
        """How many tasks."""
        return int(self.durations.size)

    @property
    def links(self) -> Integers:
        """(m, 2): predecessor and successor of each link."""
        return np.stack((np.repeat(np.arange(self.count), np.diff(self.successor_first)), self.successors), axis=1)

    @cached_property
    def order(self) -> Integers:
        """The tasks, each after its predecessors; fewer than all of them if some wait for each other."""
        waiting = np.diff(self.predecessor_first).tolist()
        first, after = self.successor_first.tolist(), self.successors.tolist()
        ready = [i for i, number in enumerate(waiting) if number == 0]
        for i in ready:  # grows while it is walked
            for j in after[first[i] : first[i + 1]]:
                waiting[j] -= 1
                if waiting[j] == 0:
                    ready.append(j)
        return np.array(ready, np.int64)

    def _check_order(self) -> None:
        if self.order.size < self.count:
            stuck = sorted(set(range(self.count)) - set(self.order.tolist()))
            called = ", ".join(self.names[i] for i in stuck[:10])
            raise ProblemError("links", f"任务互相等待：{called}", f"tasks wait for each other: {called}")

    def _check_demands(self) -> None:
        # What lasts no time occupies nothing.
        beyond = np.argwhere((self.demands > self.capacities) & (self.durations > 0)[:, None])
        if beyond.size:
            i, k = beyond[0].tolist()
            raise DemandError(self.names[i], self.resource_names[k], int(self.demands[i, k]), int(self.capacities[k]))


def _whole(values: ArrayLike, field: str, dimensions: int) -> Integers:
    """As whole numbers, none negative."""
    array = np.asarray(values)
    if array.ndim != dimensions:
        raise ProblemError(field, f"应为 {dimensions} 维", f"must have {dimensions} dimension(s)")
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise ProblemError(field, "必须是整数", "must be whole numbers")
    if array.size and array.min() < 0:
        raise ProblemError(field, "不能为负", "must not be negative")
    return np.ascontiguousarray(array, np.int64)


def _ends(links: Iterable[tuple[int, int]], count: int) -> Integers:
    ends = np.array([tuple(link) for link in links], np.int64).reshape(-1, 2)
    if ends.size and not (ends.min() >= 0 and ends.max() < count):
        raise ProblemError("links", f"任务编号须在 0 与 {count - 1} 之间", f"tasks are numbered 0 to {count - 1}")
    return np.unique(ends, axis=0) if ends.size else ends


def _grouped(keys: Integers, values: Integers, count: int) -> tuple[Integers, Integers]:
    """Values by key: where each key's values begin, and the values."""
    first = np.concatenate(([0], np.cumsum(np.bincount(keys, minlength=count)))).astype(np.int64)
    return first, np.ascontiguousarray(values[np.argsort(keys, kind="stable")])
