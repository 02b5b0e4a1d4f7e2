"""The network the critical path is timed on, where the peers lie, and how a time is told."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import numpy as np

PEERS = Path(__file__).resolve().parent / "peers"
Arrays = dict[str, Any]


def layered_network(count: int, seed: int = 7) -> Arrays:
    """Layers of about sqrt(count) activities, two predecessors each from the three layers before, numbered at random.

    Seven links in ten are FS, the others SS, FF, SF alike; lags lie between a day back and two days ahead; durations in minutes.
    """
    rng = np.random.default_rng(seed)
    width = max(10, int(count**0.5))
    layer = np.arange(count) // width
    later = np.nonzero(layer > 0)[0]
    lowest, end = np.maximum(0, (layer[later] - 3) * width), layer[later] * width
    picks = [(lowest + rng.random(later.size) * (end - lowest)).astype(np.int64) for _ in range(2)]
    links = np.unique(np.concatenate(picks) * count + np.concatenate([later, later]))
    names = rng.permutation(count)
    duration = np.empty(count, np.int64)
    duration[names] = rng.integers(1, 20, count) * 480
    kind = rng.choice(np.array([0] * 7 + [1, 2, 3]), links.size)
    lag = rng.integers(-2, 5, links.size) * 240
    return {"predecessor": names[links // count], "successor": names[links % count], "type": kind, "lag": lag, "duration": duration}


def told(label: str, times: list[float], more: str = "") -> float:
    median = statistics.median(times)
    print(f"  {label:<44}{median:>12,.1f} ms  (best {min(times):,.1f}, {len(times)} runs){more}", flush=True)
    return median
