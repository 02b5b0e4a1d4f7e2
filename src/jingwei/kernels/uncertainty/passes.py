"""The array passes of the simulation: random streams, draws, forward pass and criticality, a block of runs at a time.

Streams: each run has a xoshiro128++ generator (Blackman & Vigna 2018) whose state is made from (seed, run) by SplitMix64
(Steele et al. 2014), so runs are independent of each other and of who computes them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from jingwei.kernels.jit import compiled, inlined
from jingwei.kernels.uncertainty.model import points, z_limit

lanes = 128
_per_z = (points - 1) / (2 * z_limit)


class Model(NamedTuple):
    """Everything about the plan, activities in topological order. Links into activity k are `first[k]:first[k + 1]`.

    Link types: bit 0 = bound is on the successor's finish, bit 1 = measured from the predecessor's start.
    """

    table: Any
    table_low: Any
    is_certain: Any
    group: Any
    weight_group: Any
    weight_own: Any
    earliest: Any
    first: Any
    source: Any
    kind: Any
    lag: Any
    is_end: Any
    cost_fixed: Any
    cost_per_minute: Any
    risk_first: Any
    risk_of: Any
    risk_table: Any
    probability: Any
    risk_cost: Any
    has_risk_cost: Any
    groups: Any


@inlined
def _mix(x: Any) -> Any:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@compiled
def seed_lanes(seed: int, run: int, s0: Any, s1: Any, s2: Any, s3: Any) -> None:
    """States of the generators of `lanes` runs from number `run` on."""
    for lane in range(lanes):
        x = _mix(np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(run + lane))
        a = _mix(x + np.uint64(0x9E3779B97F4A7C15))
        b = _mix(x + np.uint64(0x3C6EF372FE94F82A))
        s0[lane] = np.uint32(a & np.uint64(0xFFFFFFFF))
        s1[lane] = np.uint32(a >> np.uint64(32))
        s2[lane] = np.uint32(b & np.uint64(0xFFFFFFFF))
        s3[lane] = np.uint32((b >> np.uint64(32)) | np.uint64(1))


@inlined
def _rotated(x: Any, bits: int) -> Any:
    return np.uint32((x << np.uint32(bits)) | (x >> np.uint32(32 - bits)))


@compiled
def draw(s0: Any, s1: Any, s2: Any, s3: Any, out: Any) -> None:
    """One uniform number in (0, 1) for each lane, of 24 bits."""
    for lane in range(lanes):
        result = np.uint32(_rotated(np.uint32(s0[lane] + s3[lane]), 7) + s0[lane])
        t = np.uint32(s1[lane] << np.uint32(9))
        s2[lane] ^= s0[lane]
        s3[lane] ^= s1[lane]
        s1[lane] ^= s2[lane]
        s0[lane] ^= s3[lane]
        s2[lane] ^= t
        s3[lane] = _rotated(s3[lane], 11)
        out[lane] = (np.float32(result >> np.uint32(8)) + np.float32(0.5)) * np.float32(1.0 / 16777216.0)


@compiled
def to_normal(quantiles: Any, values: Any) -> None:
    """Uniform numbers to standard normal ones, by a table of 4096 even steps whose outermost keep the mean of the tail."""
    for lane in range(lanes):
        place = values[lane] * np.float32(4096.0)
        cell = np.uint64(np.int32(place))
        low = quantiles[cell]
        values[lane] = low + (quantiles[cell + np.uint64(1)] - low) * (place - np.float32(np.int32(place)))


@compiled
def from_table(row: Any, values: Any) -> None:
    """Standard normal numbers to the quantity of a table, in place."""
    for lane in range(lanes):
        place = (values[lane] + np.float32(z_limit)) * np.float32(_per_z)
        place = min(max(place, np.float32(0.0)), np.float32(points - 1.001))
        cell = np.uint64(np.int32(place))
        low = row[cell]
        values[lane] = low + (row[cell + np.uint64(1)] - low) * (place - np.float32(np.int32(place)))


class Scratch(NamedTuple):
    """The work space of one block; every array has a row of `lanes` numbers."""

    s0: Any
    s1: Any
    s2: Any
    s3: Any
    z: Any
    start: Any
    finish: Any
    duration: Any
    critical: Any
    risk: Any
    factor: Any


@compiled
def run_block(model: Model, quantiles: Any, seed: int, run: int, count: int, scratch: Scratch, finish: Any, cost: Any, hits: Any, sums: Any) -> None:
    """Runs `run` to `run + count`: their finish and cost, how often each activity was critical, and sums for correlations."""
    activities = len(model.group)
    seed_lanes(seed, run, scratch.s0, scratch.s1, scratch.s2, scratch.s3)
    _draw_common(model, quantiles, scratch)
    total = scratch.risk[len(model.probability)]
    for k in range(activities):
        _duration(model, quantiles, scratch, k)
        _schedule(model, scratch, k)
        if model.cost_fixed[k] != 0.0 or model.cost_per_minute[k] != 0.0:
            fixed, rate, duration = model.cost_fixed[k], model.cost_per_minute[k], scratch.duration[k]
            for lane in range(lanes):
                total[lane] += fixed + rate * duration[lane]
    _criticality(model, scratch)
    for lane in range(count):
        finish[run + lane] = scratch.finish[activities, lane]
        cost[run + lane] = total[lane]
    for k in range(activities):
        critical, duration, last = scratch.critical[k], scratch.duration[k], scratch.finish[activities]
        n = sd = sdd = sdf = np.int64(0)
        for lane in range(count):
            n += critical[lane]
        hits[k] += n
        if not model.is_certain[k]:
            low = model.table_low[k]
            for lane in range(count):
                d = np.int64(duration[lane] - low)
                sd += d
                sdd += d * d
                sdf += d * np.int64(last[lane])
            sums[k, 0] += sd
            sums[k, 1] += sdd
            sums[k, 2] += sdf


@compiled
def _draw_common(model: Model, quantiles: Any, scratch: Scratch) -> None:
    """What a whole run shares: the factor of each group, which risks happen and what they cost."""
    for g in range(model.groups):
        draw(scratch.s0, scratch.s1, scratch.s2, scratch.s3, scratch.factor[g])
        to_normal(quantiles, scratch.factor[g])
    total = scratch.risk[len(model.probability)]
    for lane in range(lanes):
        total[lane] = 0.0
    for r in range(len(model.probability)):
        draw(scratch.s0, scratch.s1, scratch.s2, scratch.s3, scratch.risk[r])
        for lane in range(lanes):
            scratch.risk[r, lane] = 1.0 if scratch.risk[r, lane] < model.probability[r] else 0.0
        if model.has_risk_cost[r]:
            draw(scratch.s0, scratch.s1, scratch.s2, scratch.s3, scratch.z)
            to_normal(quantiles, scratch.z)
            from_table(model.risk_cost[r], scratch.z)
            for lane in range(lanes):
                total[lane] += scratch.risk[r, lane] * scratch.z[lane]


@compiled
def _duration(model: Model, quantiles: Any, scratch: Scratch, k: int) -> None:
    """The duration of one activity in each run, with the delays of the risks that happened."""
    into = scratch.duration[k]
    if model.is_certain[k]:
        for lane in range(lanes):
            into[lane] = model.table_low[k]
    else:
        draw(scratch.s0, scratch.s1, scratch.s2, scratch.s3, scratch.z)
        to_normal(quantiles, scratch.z)
        g = model.group[k]
        if g >= 0:
            z, factor, common, own = scratch.z, scratch.factor[g], model.weight_group[k], model.weight_own[k]
            for lane in range(lanes):
                z[lane] = common * factor[lane] + own * z[lane]
        from_table(model.table[k], scratch.z)
        for lane in range(lanes):
            into[lane] = np.int32(scratch.z[lane] + np.float32(0.5))
    for i in range(model.risk_first[k], model.risk_first[k + 1]):
        draw(scratch.s0, scratch.s1, scratch.s2, scratch.s3, scratch.z)
        to_normal(quantiles, scratch.z)
        from_table(model.risk_table[i], scratch.z)
        r = model.risk_of[i]
        for lane in range(lanes):
            into[lane] += np.int32(np.float32(scratch.risk[r, lane]) * scratch.z[lane] + np.float32(0.5))


@compiled
def _schedule(model: Model, scratch: Scratch, k: int) -> None:
    """Early start and finish of one activity from those before it."""
    start, finish, duration = scratch.start[k], scratch.finish[k], scratch.duration[k]
    for lane in range(lanes):
        start[lane] = model.earliest[k]
    for i in range(model.first[k], model.first[k + 1]):
        kind, lag = model.kind[i], model.lag[i]
        before = scratch.start[model.source[i]] if kind & 2 else scratch.finish[model.source[i]]
        if kind & 1:
            for lane in range(lanes):
                start[lane] = max(start[lane], before[lane] + lag - duration[lane])
        else:
            for lane in range(lanes):
                start[lane] = max(start[lane], before[lane] + lag)
    for lane in range(lanes):
        finish[lane] = start[lane] + duration[lane]


@compiled
def _criticality(model: Model, scratch: Scratch) -> None:
    """An activity is critical when it ends the plan, or when a link that drives a critical one comes from it: float zero."""
    activities = len(model.group)
    last = scratch.finish[activities]
    for lane in range(lanes):
        last[lane] = 0
    for k in range(activities):
        if model.is_end[k]:
            for lane in range(lanes):
                last[lane] = max(last[lane], scratch.finish[k, lane])
    for k in range(activities):
        here, finish = scratch.critical[k], scratch.finish[k]
        for lane in range(lanes):
            here[lane] = np.int32(finish[lane] == last[lane])
    for k in range(activities - 1, -1, -1):
        start, finish, here = scratch.start[k], scratch.finish[k], scratch.critical[k]
        for i in range(model.first[k], model.first[k + 1]):
            kind, lag, source = model.kind[i], model.lag[i], model.source[i]
            before = scratch.start[source] if kind & 2 else scratch.finish[source]
            after = finish if kind & 1 else start
            there = scratch.critical[source]
            for lane in range(lanes):
                there[lane] |= here[lane] & np.int32(before[lane] + lag == after[lane])
