"""Array kernels that order a network: links by predecessor, activities topologically, links gathered again by successor in that order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jingwei.kernels.jit import compiled
from jingwei.kernels.network.input import LONGEST

Indices = NDArray[np.int32]
Codes = NDArray[np.int8]
Minutes = NDArray[np.int64]
Entries = NDArray[np.int64]


class Arcs(NamedTuple):
    """Links in topological order, gathered by successor and again by predecessor; a code is four times the lag plus the type."""

    first: Indices
    predecessor: Indices
    code: Indices
    first_out: Indices
    successor: Indices
    code_out: Indices


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
def arrange(out_first: Indices, entries: Entries, incoming: Indices, order: Indices, spans: Indices, sorted_entries: Entries, first: Indices) -> int:
    """Topological order (Kahn, 1962), a wave of ready activities at a time; returns how many could be ordered.

    Fills `order` (one more than there are activities), `sorted_entries` (entries in that order, those of the r-th activity ending at
    spans[2r + 1]), `first` (two more: how many links enter each) and leaves the rank of activity i in incoming[2i].
    Each step of a wave reads what is scattered in memory without waiting for the step before: no branch depends on it.
    """
    ready = 0
    for i in range(len(incoming) // 2):
        if incoming[2 * i + 1] == 0:
            order[ready] = i
            incoming[2 * i] = ready
            ready += 1
    done = 0
    written = 0
    while done < ready:
        wave = ready
        for r in range(done, wave):
            i = order[r]
            spans[2 * r] = out_first[i]
            spans[2 * r + 1] = out_first[i + 1]
        passed = written
        for r in range(done, wave):
            for q in range(spans[2 * r], spans[2 * r + 1]):
                sorted_entries[written] = entries[q]
                written += 1
            spans[2 * r + 1] = written
        for e in range(passed, written):
            j = sorted_entries[e] >> 32
            left = incoming[2 * j] - 1
            order[ready] = j
            first[ready + 1] = incoming[2 * j + 1]
            incoming[2 * j] = ready if left == 0 else left
            ready += 1 if left == 0 else 0
        done = wave
    return done


@compiled
def gather(rank: Indices, spans: Indices, sorted_entries: Entries, arcs: Arcs, place: Indices) -> None:
    """Links by successor and by predecessor, both ends numbered in topological order; of one successor, in the order of predecessors.

    Adds up `arcs.first`, of which arrange left the counts; `place` is scratch of the same size.
    """
    for i in range(len(arcs.first) - 1):
        arcs.first[i + 1] += arcs.first[i]
        place[i] = arcs.first[i]
    e = 0
    for r in range(len(rank)):
        while e < spans[2 * r + 1]:
            after = rank[sorted_entries[e] >> 32]
            code = (sorted_entries[e] & 4294967295) - 2147483648
            at = place[after]
            place[after] = at + 1
            arcs.predecessor[at] = r
            arcs.code[at] = code
            arcs.successor[e] = after
            arcs.code_out[e] = code
            e += 1
        arcs.first_out[r + 1] = e
