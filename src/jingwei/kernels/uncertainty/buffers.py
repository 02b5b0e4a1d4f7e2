"""Buffers: what to add to a plan so that it holds, and how that compares with the usual rule of thumb."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from jingwei.kernels.uncertainty.model import Spread
from jingwei.kernels.uncertainty.results import Simulation

usual_low, usual_high = 15.0, 20.0  # per cent of the planned duration that practice adds


@dataclass(frozen=True, slots=True)
class Buffer:
    """Working minutes to add for a confidence; `share_percent` of the planned duration, and how that stands to the usual 15 to 20 %."""

    minutes: int
    share_percent: float
    confidence_percent: float
    verdict: str


def buffer_advice(
    simulation: Simulation, planned_minutes: int, confidence_percent: float = 80.0, *, working: Callable[[int], int] = lambda minutes: minutes
) -> Buffer:
    """The buffer that makes the finish hold with this confidence. Verdict: below, within or above the usual 15 to 20 %.

    `working` makes working minutes of the positions the simulation counts in (`PlanModel.working`).
    """
    planned = working(planned_minutes)
    minutes = max(0, working(simulation.finish_at(confidence_percent)) - planned)
    share = 100.0 * minutes / planned if planned else 0.0
    verdict = "below" if share < usual_low else "within" if share <= usual_high else "above"
    return Buffer(minutes, share, confidence_percent, verdict)


def critical_chain_buffer(safe: Sequence[float], aggressive: Sequence[float]) -> float:
    """The project buffer of a critical chain by the root of the summed squares of what was cut from each estimate (Newbold 1998)."""
    return math.sqrt(sum((s - a) ** 2 for s, a in zip(safe, aggressive, strict=True)))


def pert_estimate(spread: Spread) -> tuple[float, float]:
    """Mean and standard deviation of a three-point estimate: (low + 4 likely + high) / 6 and (high - low) / 6."""
    return (spread.low + 4 * spread.likely + spread.high) / 6, (spread.high - spread.low) / 6


@dataclass(frozen=True, slots=True)
class ChainEstimate:
    """Of activities one after another, working minutes: the expected total and its standard deviation (PERT), and what a critical chain keeps
    as its project buffer when each is planned with even chances instead of 90 %."""

    mean_minutes: float
    deviation_minutes: float
    buffer_minutes: float


def estimate_chain(spreads: Sequence[Spread]) -> ChainEstimate:
    """Means add up, variances too (Malcolm et al. 1959); the buffer is Newbold's. Activities are taken as independent."""
    estimates = [pert_estimate(spread) for spread in spreads]
    cut = [spread.quantiles(np.array([0.5, 0.9])) for spread in spreads]
    return ChainEstimate(
        sum(mean for mean, _deviation in estimates),
        math.sqrt(sum(deviation**2 for _mean, deviation in estimates)),
        critical_chain_buffer([float(each[1]) for each in cut], [float(each[0]) for each in cut]),
    )
