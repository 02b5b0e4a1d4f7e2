"""What is simulated: spreads of durations and costs, activities, links and risk events."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
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
points = 193  # of a quantile table, over standard normal z in [-z_limit, z_limit]
z_limit = 4.5
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
        return low + (high - low) * _beta_quantiles((mode - low) / (high - low), shares)

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


shapes = 256  # steps of the mode between the ends, in the family of PERT quantiles


@lru_cache(maxsize=1)
def _grid() -> tuple[Floats, Floats, Floats, Floats]:
    """A grid over 0..1 that is fine at the ends: points, logarithms of middle and of one less it, widths."""
    grid = 0.5 - 0.5 * np.cos(np.linspace(0, math.pi, 2049))
    middle = (grid[1:] + grid[:-1]) / 2
    return grid, np.log(middle), np.log1p(-middle), np.diff(grid)


def _beta_quantiles(mode: float, shares: Floats) -> Floats:
    """Quantiles of the PERT beta distribution over 0..1 with this mode, by its density summed over a grid."""
    grid, log_here, log_rest, width = _grid()
    mass = np.exp(4 * mode * log_here + 4 * (1 - mode) * log_rest) * width
    whole = np.concatenate(([0.0], np.cumsum(mass)))
    return np.interp(shares, whole / whole[-1], grid)


@lru_cache(maxsize=1)
def pert_family() -> Floats:
    """Quantile tables of PERT over 0..1 for every step of the mode; between steps they are mixed."""
    shares = normal_shares()
    return np.stack([_beta_quantiles(step / shapes, shares) for step in range(shapes + 1)])


def quantile_tables(spreads: Sequence[Spread]) -> NDArray[np.float32]:
    """The table of every spread: its quantiles at the points of `normal_shares`."""
    shares = normal_shares()
    out = np.empty((len(spreads), points), np.float32)
    pert = [i for i, each in enumerate(spreads) if each.kind == "pert" and not each.is_certain]
    for i, each in enumerate(spreads):
        if each.kind != "pert" or each.is_certain:
            out[i] = each.quantiles(shares)
    if pert:
        low, mode, high = (np.array([getattr(spreads[i], name) for i in pert]) for name in ("low", "likely", "high"))
        place = (mode - low) / (high - low) * shapes
        step = np.minimum(place.astype(np.int64), shapes - 1)
        rest = (place - step)[:, None]
        family = pert_family()
        out[pert] = low[:, None] + (high - low)[:, None] * (family[step] * (1 - rest) + family[step + 1] * rest)
    return out


@lru_cache(maxsize=1)
def normal_shares() -> Floats:
    """The shares below the points of a quantile table, evenly spaced in z, the ends taken as 0 and 1."""
    z = np.linspace(-z_limit, z_limit, points)
    shares = np.array([_normal.cdf(v) for v in z.tolist()])
    shares[0], shares[-1] = 0.0, 1.0
    return shares


@dataclass(frozen=True, slots=True)
class UncertainActivity:
    """One activity: its duration in working minutes (of what remains), the earliest start, cost, and the group it varies with."""

    key: Hashable
    duration: Spread
    calendar: int = ANY_CALENDAR
    earliest: int | None = None
    group: str | None = None
    cost_fixed: float = 0.0
    cost_per_minute: float = 0.0


@dataclass(frozen=True, slots=True)
class UncertainLink:
    """Finish-start and so on; the lag in working minutes of the successor's calendar."""

    predecessor: Hashable
    successor: Hashable
    type: LinkName = "FS"
    lag: int = 0


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
