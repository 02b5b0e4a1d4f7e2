"""What is simulated: spreads of durations and costs, activities, links and risk events."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

SpreadName = Literal["fixed", "pert", "triangular", "uniform", "lognormal"]
LinkName = Literal["FS", "SS", "FF", "SF"]
Floats = NDArray[np.float64]
ANY_CALENDAR = 0
BY_THE_CLOCK = -1
_normal = NormalDist()


class UncertaintyError(ValueError):
    """An estimate, link or risk that cannot be simulated; says whose and why."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How a quantity varies. `low`, `likely`, `high`: the ends and the mode; of lognormal the 10 %, 50 % and 90 % quantiles.

    PERT is the beta distribution with shape 4 (Malcolm et al. 1959): mean (low + 4 likely + high) / 6.
    """

    kind: SpreadName
    low: float
    likely: float
    high: float

    @classmethod
    def fixed(cls, value: float) -> Spread:
        """No spread at all."""
        return cls("fixed", value, value, value)

    def check(self, whose: object) -> None:
        """Raise UncertaintyError unless low ≤ likely ≤ high, all finite and none negative."""
        if not all(math.isfinite(v) for v in (self.low, self.likely, self.high)):
            raise UncertaintyError(f"{whose}: the estimate must be finite numbers")
        if not 0 <= self.low <= self.likely <= self.high:
            raise UncertaintyError(f"{whose}: the estimate must be 0 ≤ low ≤ likely ≤ high, not {self.low:g}, {self.likely:g}, {self.high:g}")
        if self.kind == "lognormal" and self.low <= 0:
            raise UncertaintyError(f"{whose}: a lognormal estimate starts above zero")

    @property
    def is_certain(self) -> bool:
        """Nothing varies."""
        return self.kind == "fixed" or self.low == self.high

    def quantiles(self, shares: Floats) -> Floats:
        """The value below which each share (0..1) of the outcomes lies."""
        low, mode, high = self.low, self.likely, self.high
        if self.is_certain:
            return np.full(shares.shape, mode)
        if self.kind == "uniform":
            return low + (high - low) * shares
        if self.kind == "triangular":
            cut = (mode - low) / (high - low)
            rising = low + np.sqrt(shares * (high - low) * (mode - low))
            falling = high - np.sqrt((1 - shares) * (high - low) * (high - mode))
            return np.where(shares < cut, rising, falling)
        if self.kind == "lognormal":
            sigma = math.log(high / low) / (2 * _normal.inv_cdf(0.9))
            z = np.array([_normal.inv_cdf(min(max(s, 1e-12), 1 - 1e-12)) for s in shares.tolist()])
            return np.asarray(mode * np.exp(sigma * z), np.float64)
        return low + (high - low) * beta_quantiles((mode - low) / (high - low), shares)

    @property
    def mean(self) -> float:
        """The expected value."""
        if self.is_certain:
            return self.likely
        if self.kind == "uniform":
            return (self.low + self.high) / 2
        if self.kind == "triangular":
            return (self.low + self.likely + self.high) / 3
        if self.kind == "lognormal":
            sigma = math.log(self.high / self.low) / (2 * _normal.inv_cdf(0.9))
            return self.likely * math.exp(sigma**2 / 2)
        return (self.low + 4 * self.likely + self.high) / 6


@lru_cache(maxsize=1)
def _grid() -> tuple[Floats, Floats, Floats, Floats]:
    """A grid over 0..1 that is fine at the ends: points, logarithms of middle and of one less it, widths."""
    grid = 0.5 - 0.5 * np.cos(np.linspace(0, math.pi, 2049))
    middle = (grid[1:] + grid[:-1]) / 2
    return grid, np.log(middle), np.log1p(-middle), np.diff(grid)


def beta_quantiles(mode: float, shares: Floats) -> Floats:
    """Quantiles of the PERT beta distribution over 0..1 with this mode, by its density summed over a grid."""
    grid, log_here, log_rest, width = _grid()
    mass = np.exp(4 * mode * log_here + 4 * (1 - mode) * log_rest) * width
    whole = np.concatenate(([0.0], np.cumsum(mass)))
    return np.interp(shares, whole / whole[-1], grid)


@dataclass(frozen=True, slots=True)
class UncertainActivity:
    """One activity: its duration in working minutes (of what remains), the earliest start, cost, and the group it varies with.

    `calendar`: an index into the calendars of the simulation, or BY_THE_CLOCK; only read when it has several.
    """

    key: Hashable
    duration: Spread
    calendar: int = ANY_CALENDAR
    earliest: int | None = None
    group: str | None = None
    cost_fixed: float = 0.0
    cost_per_minute: float = 0.0
    earliest_finish: int | None = None


@dataclass(frozen=True, slots=True)
class UncertainLink:
    """Finish-start and so on; the lag in working minutes of `lag_calendar`, chosen as the calendar of an activity is."""

    predecessor: Hashable
    successor: Hashable
    type: LinkName = "FS"
    lag: int = 0
    lag_calendar: int = ANY_CALENDAR


@dataclass(frozen=True, slots=True)
class Impact:
    """What a risk does to one activity when it happens: more working minutes."""

    activity: Hashable
    delay: Spread


@dataclass(frozen=True, slots=True)
class RiskEvent:
    """A discrete risk of the register: it happens with `probability` (0..1) once a run, delays activities and costs money."""

    key: Hashable
    probability: float
    impacts: tuple[Impact, ...] = ()
    cost: Spread = Spread("fixed", 0.0, 0.0, 0.0)
