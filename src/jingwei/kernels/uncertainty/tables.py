"""Quantile tables: what a random number becomes. One row a quantity, read by the look-ups of `streams`.

Two grids. The *direct* one is read with raw random bits: even steps within each halving of the distance to the nearer end, so that the
tails are as finely told as the middle. The *normal* one is read with standard normal numbers, for what varies together with others.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from jingwei.kernels.uncertainty.model import Floats, Spread, beta_quantiles

Row = NDArray[np.float32]
octaves = 16  # halvings told apart: shares below 2**-17 (one in 131,072) count as that
coarse_bits = 3  # of a row of a quantity: 2**3 steps an octave
fine_bits = 6  # of the one row of the standard normal
points = 2 * (octaves << coarse_bits) + 3
z_limit = 4.5
_normal = NormalDist()
_shapes = 256  # steps of the mode between the ends, in the family of PERT quantiles


def direct_shares(step_bits: int) -> Floats:
    """The share below each point of the direct grid: lower half, upper half (both from the end to the middle), one to spare."""
    step = np.arange((octaves << step_bits) + 1)
    whole, part = step >> step_bits, step & ((1 << step_bits) - 1)
    below = np.ldexp(0.5 * (1 + part / (1 << step_bits)), whole - octaves)
    return np.concatenate((below, 1 - below, [0.5]))


@lru_cache(maxsize=1)
def normal_row() -> Row:
    """Quantiles of the standard normal on the fine direct grid."""
    return np.array([_normal.inv_cdf(share) for share in direct_shares(fine_bits).tolist()], np.float32)


@lru_cache(maxsize=2)
def _shares(is_grouped: bool) -> Floats:
    """The shares below the points of a row: direct, or evenly spaced in z with the ends taken as 0 and 1."""
    if not is_grouped:
        return direct_shares(coarse_bits)
    z = np.linspace(-z_limit, z_limit, points)
    shares = np.array([_normal.cdf(v) for v in z.tolist()])
    shares[0], shares[-1] = 0.0, 1.0
    return shares


@lru_cache(maxsize=2)
def _pert_family(is_grouped: bool) -> tuple[Row, Row]:
    """Rows of PERT over 0..1 for every step of the mode, and what they differ by from the next; between steps they are mixed."""
    rows = np.stack([beta_quantiles(step / _shapes, _shares(is_grouped)) for step in range(_shapes + 1)])
    return rows[:-1].astype(np.float32), np.diff(rows, axis=0).astype(np.float32)


def quantile_rows(spreads: Sequence[Spread], is_grouped: Sequence[bool] | None = None) -> Row:
    """The row of every spread: on the normal grid where `is_grouped`, else on the direct one."""
    out = np.empty((len(spreads), points), np.float32)
    grouped = [False] * len(spreads) if is_grouped is None else is_grouped
    for kind in (False, True):
        pert = [i for i, each in enumerate(spreads) if grouped[i] == kind and each.kind == "pert" and not each.is_certain]
        if pert:
            out[pert] = _pert_rows([spreads[i] for i in pert], kind)
    for i, each in enumerate(spreads):
        if each.kind != "pert" or each.is_certain:
            out[i] = each.quantiles(_shares(grouped[i]))
    return out


def _pert_rows(spreads: Sequence[Spread], is_grouped: bool) -> Row:
    low, mode, high = np.array([(each.low, each.likely, each.high) for each in spreads]).T
    place = (mode - low) / (high - low) * _shapes
    step = np.minimum(place.astype(np.int64), _shapes - 1)
    family, difference = _pert_family(is_grouped)
    rows: Row = difference[step]
    rows *= (place - step).astype(np.float32)[:, None]
    rows += family[step]
    rows *= (high - low).astype(np.float32)[:, None]
    rows += low.astype(np.float32)[:, None]
    return rows
