"""The array passes of the simulation: draws, forward pass and criticality, a block of `lanes` runs at a time.

Whole numbers are kept at 32 bits by hand: numba would compute them with 64, at half the speed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jingwei.kernels.jit import compiled
from jingwei.kernels.uncertainty.arrays import Model, Scratch
from jingwei.kernels.uncertainty.passes_by_calendar import criticality_by_calendar, schedule_by_calendar
from jingwei.kernels.uncertainty.streams import draw, from_normal, lanes, seed_lanes, to_normal, to_quantity


@compiled
def run_block(model: Model, normal: Any, seed: int, run: int, count: int, scratch: Scratch, finish: Any, cost: Any, hits: Any, sums: Any) -> None:
    """Runs `run` to `run + count`: their finish and cost, how often each activity was critical, and sums for correlations."""
    activities = len(model.group)
    seed_lanes(seed, run, scratch.s0, scratch.s1, scratch.s2, scratch.s3)
    _draw_common(model, normal, scratch)
    total, is_by_calendar = scratch.risk[len(model.probability)], len(model.calendar) > 0
    for k in range(activities):
        duration = scratch.duration[k if is_by_calendar else 0]
        _draw_duration(model, normal, scratch, k, duration)
        if is_by_calendar:
            schedule_by_calendar(model, scratch, k)
        else:
            _schedule(model, scratch, k, duration)
        if model.cost_fixed[k] != 0.0 or model.cost_per_minute[k] != 0.0:
            fixed, rate = model.cost_fixed[k], model.cost_per_minute[k]
            for lane in range(lanes):
                total[lane] += fixed + rate * duration[lane]
    if is_by_calendar:
        criticality_by_calendar(model, scratch)
    else:
        _criticality(model, scratch)
    last = scratch.finish[activities]
    for lane in range(count):
        last[lane] -= model.origin
        finish[run + lane] = last[lane]
        cost[run + lane] = total[lane]
    for k in range(activities):
        _count(scratch.critical[k], count, hits, k)
        if model.is_certain[k] and model.risk_first[k] == model.risk_first[k + 1]:
            continue
        if is_by_calendar:
            _sum(scratch.zero, scratch.duration[k], last, model.low[k], count, sums[k])
        else:
            _sum(scratch.start[k], scratch.finish[k], last, model.low[k], count, sums[k])


@compiled
def _count(critical: Any, count: int, hits: Any, k: int) -> None:
    n = np.int64(0)
    for lane in range(count):
        n += critical[lane]
    hits[k] += n


@compiled
def _sum(start: Any, finish: Any, last: Any, low: int, count: int, sums: Any) -> None:
    """Of durations over `low`: their sum, the sum of their squares, and of their products with the finish of the plan."""
    sd = sdd = sdf = np.int64(0)
    for lane in range(count):
        d = np.int64(np.int32(finish[lane] - start[lane] - low))
        sd += d
        sdd += d * d
        sdf += d * np.int64(np.int32(last[lane]))
    sums[0] += sd
    sums[1] += sdd
    sums[2] += sdf


@compiled
def _draw_common(model: Model, normal: Any, scratch: Scratch) -> None:
    """What a whole run shares: the factor of each group, which risks happen and what they cost."""
    bits, cell, rest, drawn = scratch.bits, scratch.cell, scratch.rest, scratch.drawn
    for g in range(model.groups):
        draw(scratch.s0, scratch.s1, scratch.s2, scratch.s3, bits)
        to_normal(normal, bits, cell, rest, scratch.factor[g])
    total = scratch.risk[len(model.probability)]
    for lane in range(lanes):
        total[lane] = 0.0
    for r in range(len(model.probability)):
        draw(scratch.s0, scratch.s1, scratch.s2, scratch.s3, bits)
        happens = scratch.risk[r]
        for lane in range(lanes):
            happens[lane] = 1.0 if np.float64(bits[lane]) < model.probability[r] * 4294967296.0 else 0.0
        if model.has_risk_cost[r]:
            draw(scratch.s0, scratch.s1, scratch.s2, scratch.s3, bits)
            to_quantity(model.risk_cost[r], bits, cell, rest, drawn)
            for lane in range(lanes):
                total[lane] += happens[lane] * drawn[lane]


@compiled
def _draw_duration(model: Model, normal: Any, scratch: Scratch, k: int, into: Any) -> None:
    """The duration of one activity in each run, with the delays of the risks that happened."""
    bits, cell, rest, drawn = scratch.bits, scratch.cell, scratch.rest, scratch.drawn
    if model.is_certain[k]:
        for lane in range(lanes):
            into[lane] = model.low[k]
    else:
        draw(scratch.s0, scratch.s1, scratch.s2, scratch.s3, bits)
        g = model.group[k]
        if g >= 0:
            to_normal(normal, bits, cell, rest, drawn)
            factor, common, own = scratch.factor[g], model.weight_group[k], model.weight_own[k]
            for lane in range(lanes):
                drawn[lane] = common * factor[lane] + own * drawn[lane]
            from_normal(model.table[k], cell, rest, drawn)
        else:
            to_quantity(model.table[k], bits, cell, rest, drawn)
        for lane in range(lanes):
            into[lane] = np.int32(drawn[lane] + np.float32(0.5))
    for i in range(model.risk_first[k], model.risk_first[k + 1]):
        draw(scratch.s0, scratch.s1, scratch.s2, scratch.s3, bits)
        to_quantity(model.risk_table[i], bits, cell, rest, drawn)
        happens = scratch.risk[model.risk_of[i]]
        for lane in range(lanes):
            into[lane] += np.int32(np.float32(happens[lane]) * drawn[lane] + np.float32(0.5))


@compiled
def _schedule(model: Model, scratch: Scratch, k: int, duration: Any) -> None:
    """Early start and finish of one activity from those before it."""
    start, finish = scratch.start[k], scratch.finish[k]
    for lane in range(lanes):
        start[lane] = model.earliest[k]
    if model.earliest_finish[k] > 0:
        until = model.earliest_finish[k]
        for lane in range(lanes):
            start[lane] = max(np.int32(start[lane]), np.int32(until - duration[lane]))
    for i in range(model.first[k], model.first[k + 1]):
        kind, lag = model.kind[i], model.lag[i]
        before = scratch.start[model.source[i]] if kind & 2 else scratch.finish[model.source[i]]
        if kind & 1:
            for lane in range(lanes):
                start[lane] = max(np.int32(start[lane]), np.int32(before[lane] + lag - duration[lane]))
        else:
            for lane in range(lanes):
                start[lane] = max(np.int32(start[lane]), np.int32(before[lane] + lag))
    for lane in range(lanes):
        finish[lane] = np.int32(start[lane] + duration[lane])


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
            here[lane] = np.uint8(finish[lane] == last[lane])
    for k in range(activities - 1, -1, -1):
        start, finish, here = scratch.start[k], scratch.finish[k], scratch.critical[k]
        for i in range(model.first[k], model.first[k + 1]):
            kind, lag, source = model.kind[i], model.lag[i], model.source[i]
            before = scratch.start[source] if kind & 2 else scratch.finish[source]
            after = finish if kind & 1 else start
            there = scratch.critical[source]
            for lane in range(lanes):
                there[lane] |= here[lane] & np.uint8(np.int32(before[lane] + lag) == after[lane])
