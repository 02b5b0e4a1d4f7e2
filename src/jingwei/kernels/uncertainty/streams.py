"""Random streams and look-ups for a block of runs, `lanes` side by side.

Streams: each run has a xoshiro128++ generator (Blackman & Vigna 2018) whose state is made from (seed, run) by SplitMix64
(Steele et al. 2014), so runs are independent of each other and of who computes them.

The loops are short and alike on purpose: those without a look-up become vector instructions, which a look-up in the same loop would prevent.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jingwei.kernels.jit import compiled, inlined
from jingwei.kernels.uncertainty.tables import coarse_bits, fine_bits, octaves, points, z_limit

lanes = 256
_least = (127 + 31 - octaves) << 23  # a 32-bit float of this pattern is the least share told apart, times 2**31
_per_z = (points - 1) / (2 * z_limit)
_shift_coarse, _half_coarse = 23 - coarse_bits, (octaves << coarse_bits) + 1
_shift_fine, _half_fine = 23 - fine_bits, (octaves << fine_bits) + 1


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
    """32 random bits for each lane."""
    for lane in range(lanes):
        out[lane] = np.uint32(_rotated(np.uint32(s0[lane] + s3[lane]), 7) + s0[lane])
        t = np.uint32(s1[lane] << np.uint32(9))
        s2[lane] ^= s0[lane]
        s3[lane] ^= s1[lane]
        s1[lane] ^= s2[lane]
        s0[lane] ^= s3[lane]
        s2[lane] ^= t
        s3[lane] = _rotated(s3[lane], 11)


@inlined
def _locate(bits: Any, shift: int, half: int, cell: Any, rest: Any) -> None:
    """Where random bits fall on a direct grid. The first bit chooses the half; the others, read as a 32-bit float, carry the octave in
    the exponent and the place within it in the fraction."""
    for lane in range(lanes):
        share = np.float32(np.int32(bits[lane] & np.uint32(0x7FFFFFFF)))
        place = max(np.int32(share.view(np.int32) - np.int32(_least)), np.int32(0))
        cell[lane] = np.uint32((place >> np.int32(shift)) + np.int32(bits[lane] >> np.uint32(31)) * np.int32(half))
        rest[lane] = np.float32(place & np.int32((1 << shift) - 1)) * np.float32(1.0 / (1 << shift))


@inlined
def _interpolate(row: Any, cell: Any, rest: Any, values: Any) -> None:
    for lane in range(lanes):
        place = cell[lane]
        low = row[place]
        values[lane] = low + (row[place + np.uint32(1)] - low) * rest[lane]


@compiled
def to_quantity(row: Any, bits: Any, cell: Any, rest: Any, values: Any) -> None:
    """Random bits to the quantity of a row on the direct grid."""
    _locate(bits, _shift_coarse, _half_coarse, cell, rest)
    _interpolate(row, cell, rest, values)


@compiled
def to_normal(row: Any, bits: Any, cell: Any, rest: Any, values: Any) -> None:
    """Random bits to standard normal numbers."""
    _locate(bits, _shift_fine, _half_fine, cell, rest)
    _interpolate(row, cell, rest, values)


@compiled
def from_normal(row: Any, cell: Any, rest: Any, values: Any) -> None:
    """Standard normal numbers to the quantity of a row on the normal grid, in place."""
    for lane in range(lanes):
        place = (values[lane] + np.float32(z_limit)) * np.float32(_per_z)
        place = min(max(place, np.float32(0.0)), np.float32(points - 1.001))
        whole = np.int32(place)
        cell[lane] = np.uint32(whole)
        rest[lane] = place - np.float32(whole)
    _interpolate(row, cell, rest, values)
