"""What a simulation found: percentiles, criticality, what drives the finish, joint confidence."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Simulation:
    """`finish` (working minutes from the plan's start; by the clock when it has several calendars) and `cost` by run; by activity: how often critical, and its correlation with the finish."""

    keys: tuple[Hashable, ...]
    finish: NDArray[np.int64]
    cost: NDArray[np.float64]
    criticality: dict[Hashable, float]
    correlation: dict[Hashable, float]
    seed: int

    @classmethod
    def of(cls, keys: tuple[Hashable, ...], finish: Any, cost: Any, hits: Any, sums: Any, is_certain: Any, seed: int) -> Simulation:
        """From the sums of the passes: hits, and Σd, Σd², Σdf of each activity's duration against the finish."""
        runs = len(finish)
        mean_f, var_f = float(finish.mean()), float(finish.astype(np.float64).var())
        mean_d = sums[:, 0] / runs
        var_d = np.maximum(sums[:, 1] / runs - mean_d**2, 0.0)
        covariance = sums[:, 2] / runs - mean_d * mean_f
        below = np.sqrt(var_d * var_f)
        correlation = np.where(below > 1e-12, covariance / np.maximum(below, 1e-12), 0.0)
        correlation[is_certain] = 0.0
        return cls(
            keys, finish, cost, dict(zip(keys, (hits / runs).tolist(), strict=True)), dict(zip(keys, np.clip(correlation, -1, 1).tolist(), strict=True)), seed
        )

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return len(self.finish)

    @property
    def cruciality(self) -> dict[Hashable, float]:
        """Criticality times the strength of the correlation (Williams 1992): what is worth watching."""
        return {key: self.criticality[key] * abs(self.correlation[key]) for key in self.keys}

    def finish_at(self, percent: float) -> int:
        """The finish that this share of the runs (0..100) does not exceed; a value that occurred."""
        return int(np.quantile(self.finish, percent / 100, method="inverted_cdf"))

    def cost_at(self, percent: float) -> float:
        """The cost that this share of the runs does not exceed."""
        return float(np.quantile(self.cost, percent / 100, method="inverted_cdf"))

    def confidence(self, finish: int) -> float:
        """Share of the runs (0..1) that end no later."""
        return float((self.finish <= finish).mean())

    def joint_confidence(self, finish: int, cost: float) -> float:
        """Share of the runs that end no later and cost no more (joint confidence level)."""
        return float(((self.finish <= finish) & (self.cost <= cost)).mean())

    def tornado(self, most: int = 15) -> list[tuple[Hashable, float]]:
        """The activities whose duration moves the finish most, by correlation, strongest first."""
        return sorted(((key, value) for key, value in self.correlation.items() if value), key=lambda each: (-abs(each[1]), str(each[0])))[:most]

    def histogram(self, bins: int = 40) -> tuple[list[int], list[int]]:
        """Edges (one more than bins) and counts of the finish."""
        counts, edges = np.histogram(self.finish, bins=bins)
        return [round(edge) for edge in edges.tolist()], counts.tolist()
