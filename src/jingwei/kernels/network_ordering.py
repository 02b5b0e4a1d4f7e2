"""Array kernels that order a network: links by predecessor, activities topologically, links gathered again by successor in that order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jingwei.kernels.jit import compiled

Indices = NDArray[np.int32]
Codes = NDArray[np.int8]
Minutes = NDArray[np.int64]
Entries = NDArray[np.int64]

LONGEST = 1 << 27  # minutes: more than any calendar has in the 200 years a plan may last, so what is longer need not be told apart


@compiled
def encode(kind: Codes, lag: Minutes, code: Indices) -> None:
    """Type and lag of every link as one number, four times the lag plus the type; an empty array means all zero."""
    for k in range(len(code)):
        minutes = 0
        if len(lag) > 0:
            minutes = min(max(lag[k], -LONGEST), LONGEST)
        code[k] = minutes * 4
        if len(kind) > 0:
            code[k] += kind[k]


@compiled
def spread(predecessor: Indices, successor: Indices, code: Indices, first: Indices, entries: Entries, incoming: Indices) -> None:
    """Links grouped by predecessor: those of activity i are entries[first[i]] to entries[first[i + 1]], each successor and code in one.

    `first` (activities + 2) and `incoming` (two an activity: links not passed yet, links in all) must be zero when handed in. One
    entry in place of two arrays halves the look-ups out of order, which is what large networks wait for.
    """
    for k in range(len(predecessor)):
        first[predecessor[k] + 2] += 1
        incoming[2 * successor[k]] += 1
    for i in range(2, len(first)):
        first[i] += first[i - 1]
    for i in range(len(incoming) // 2):
        incoming[2 * i + 1] = incoming[2 * i]
    for k in range(len(predecessor)):
        place = first[predecessor[k] + 1]
        first[predecessor[k] + 1] = place + 1
        entries[place] = successor[k] * 4294967296 + (code[k] + 2147483648)


@compiled
def arrange(out_first: Indices, entries: Entries, incoming: Indices, order: Indices, rank: Indices, first: Indices) -> int:
    """Topological order (Kahn, 1962), its inverse, and where the links into each activity begin; returns how many could be ordered."""
    ready = 0
    for i in range(len(order)):
        if incoming[2 * i] == 0:
            order[ready] = i
            rank[i] = ready
            ready += 1
    done = 0
    while done < ready:
        i = order[done]
        first[done + 1] = first[done] + incoming[2 * i + 1]
        done += 1
        for q in range(out_first[i], out_first[i + 1]):
            j = entries[q] >> 32
            left = incoming[2 * j] - 1
            incoming[2 * j] = left
            if left == 0:
                order[ready] = j
                rank[j] = ready
                ready += 1
    return done


@compiled
def gather(
    out_first: Indices, entries: Entries, order: Indices, rank: Indices, first: Indices, place: Indices, predecessor: Indices, code: Indices
) -> None:
    """Links by successor, both ends numbered in topological order. `place` starts as a copy of `first`; of one successor, the links
    come in the order of their predecessors."""
    for r in range(len(order)):
        i = order[r]
        for q in range(out_first[i], out_first[i + 1]):
            after = rank[entries[q] >> 32]
            at = place[after]
            place[after] = at + 1
            predecessor[at] = r
            code[at] = (entries[q] & 4294967295) - 2147483648
