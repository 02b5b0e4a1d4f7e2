"""Summary tasks: dates and progress of a tree of activities, from the leaves up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jingwei.kernels.network.input import NO_DATE, CycleError

Minutes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rollup:
    """Per activity, leaves unchanged: wall minutes (-1 where nothing below has dates), percent 0-100, working minutes, leaves below."""

    start: Minutes
    finish: Minutes
    percent: NDArray[np.float64]
    duration_minutes: Minutes
    leaves: Minutes


def depths_of(parent: ArrayLike) -> Minutes:
    """How many ancestors each activity has; `parent` is an index or -1. Raises CycleError when something is its own ancestor."""
    above = np.asarray(parent, np.int64)
    depth = np.zeros(above.size, np.int64)
    ancestor = above.copy()
    inside, left = ancestor >= 0, above.size + 1
    while (count := int(np.count_nonzero(inside))) and count < left:  # of a tree each round leaves some behind, of a ring none
        depth[inside] += 1
        ancestor[inside] = above[ancestor[inside]]
        inside, left = ancestor >= 0, count
    if not count:
        return depth
    node = int(np.nonzero(inside)[0][0])
    walked: dict[int, int] = {}
    while node not in walked:
        walked[node] = len(walked)
        node = int(above[node])
    raise CycleError(list(walked)[walked[node] :][::-1])


def roll_up(parent: ArrayLike, start: ArrayLike, finish: ArrayLike, percent: ArrayLike, duration_minutes: ArrayLike) -> Rollup:
    """Start = earliest, finish = latest, percent = mean over the leaves weighted by duration (plain mean where all are milestones).

    All arrays have one entry an activity; what a summary itself holds is ignored. Source: MS Project's percent complete of summaries.
    """
    above = np.asarray(parent, np.int64)
    is_summary = np.zeros(above.size, np.bool_)
    is_summary[above[above >= 0]] = True
    starts, finishes = np.array(start, np.int64), np.array(finish, np.int64)
    far = np.iinfo(np.int64).max
    earliest = np.where(is_summary | (starts < 0), far, starts)
    latest = np.where(is_summary | (finishes < 0), NO_DATE, finishes)
    weight = np.where(is_summary, 0, np.asarray(duration_minutes, np.int64))
    share = np.where(is_summary, 0.0, np.asarray(percent, np.float64))
    earned, total, leaves = weight * share, share.copy(), np.where(is_summary, 0, 1).astype(np.int64)
    depth = depths_of(above)
    for level in range(int(depth.max(initial=0)), 0, -1):
        below = np.nonzero(depth == level)[0]
        into = above[below]
        np.minimum.at(earliest, into, earliest[below])
        np.maximum.at(latest, into, latest[below])
        for sums in (weight, earned, total, leaves):
            np.add.at(sums, into, sums[below])
    weighted = np.divide(earned, weight, out=np.zeros(above.size), where=weight > 0)
    mean = np.divide(total, leaves, out=np.zeros(above.size), where=leaves > 0)
    result = np.where(is_summary, np.where(weight > 0, weighted, mean), share)
    return Rollup(np.where(earliest == far, NO_DATE, earliest), latest, result, weight, leaves)
