"""Times the critical path with all four link types and lags beside networkx, rustworkx and MPXJ's scheduler, all in one run.

Run: uv run --with networkx --with rustworkx python -m benchmarks.network [activities ...]; with --mpxj PYTHON an interpreter that has
mpxj (and Java) schedules the plan with calendars, constraints and progress too. Every tool has a process of its own; the graph
libraries get lists ready made, the kernel arrays. Medians of warm runs; the results of every activity are compared.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.networks import PEERS, layered_network, told
from jingwei.kernels.calendar.stated import WorkCalendar, wall_minute
from jingwei.kernels.jit import numba_is_wanted
from jingwei.kernels.network.critical_path import RunRules
from jingwei.kernels.plan.incremental import HeldPlan
from jingwei.kernels.plan.plan import Activity, Dependency

START = datetime(2026, 1, 5, 1, tzinfo=UTC)


def measured(tool: str, folder: str, repeats: int, python: str = sys.executable, script: str = "critical_path.py") -> dict[str, Any]:
    """One tool in its own process."""
    answer = subprocess.run([python, str(PEERS / script), tool, folder, str(repeats)], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return found


def compare(count: int, folder: str) -> None:
    """Build, both passes and floats from raw links."""
    arrays = layered_network(count)
    for name, values in arrays.items():
        np.asarray(values, np.int64).tofile(Path(folder) / name)
    repeats = 9 if count <= 100_000 else 5
    ours = measured("jingwei", folder, repeats)
    print(f"\n{count:,} activities, {arrays['lag'].size:,} links of four types with lags, {ours['check'][2]:,} critical; load {os.getloadavg()[0]:.1f}")
    whole = told("Jingwei: compile, both passes, total float", ours["whole"], f"; memory +{ours['memory_mb']:,.0f} MB")
    for label, key in (
        ("of that, compile", "compile"),
        ("durations changed, recalculated", "recalculate"),
        ("recalculated, every date and float told", "every date"),
        ("the general passes (any calendars, progress)", "general passes"),
    ):
        told("  " + label, ours[key])
    for tool in ("rustworkx", "networkx"):
        if importlib.util.find_spec(tool) is None:
            print(f"  {tool:<44}{'skipped':>12} (not installed)")
            continue
        peer = measured(tool, folder, 5 if count <= 100_000 else 3 if tool == "rustworkx" else 1)
        if peer["check"] != ours["check"]:
            raise SystemExit(f"{tool} finds other dates: {peer['check']} and {ours['check']}")
        median = told(f"{tool}, passes in Python, no calendar", peer["whole"], f"; memory +{peer['memory_mb']:,.0f} MB; same dates and floats")
        print(f"  {'ratio':<44}{median / whole:>12,.1f}", flush=True)


def one_edit(count: int = 10_000) -> None:
    """One duration changes in a held plan with calendars, constraints and a fifth of it done; its dates are those of the new plan."""
    dice = random.Random(5)
    arrays = layered_network(count)
    rules = RunRules(wall_minute(START), wall_minute(datetime(2026, 2, 2, 1, tzinfo=UTC)))
    rows = [Activity(i, int(minutes), percent=dice.choice([0, 0, 0, 0, 50])) for i, minutes in enumerate(arrays["duration"])]
    ends = zip(*(arrays[name].tolist() for name in ("predecessor", "successor", "type", "lag")), strict=True)
    kinds: Any = ("FS", "SS", "FF", "SF")
    links = [Dependency(a, b, kinds[kind], lag) for a, b, kind, lag in ends]
    for label, plan in (("nothing begun", [Activity(each.key, each.duration_minutes) for each in rows]), ("a fifth under way", rows)):
        held = HeldPlan.build(plan, links, {"project": WorkCalendar()}, rules)
        held.dates(rules)
        keys = iter(dice.sample(range(count), 40))

        def edit(held: HeldPlan[int] = held, keys: Any = keys, plan: Any = plan) -> None:
            key = next(keys)
            dates = held.with_changes({key: Activity(key, plan[key].duration_minutes + 480)}, rules).dates(rules)
            assert dates.dates.total_float.size == count

        told(f"one edit among {count:,}, {label}", times_of(edit, 30))


def times_of(action: Callable[[], object], repeats: int) -> list[float]:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        action()
        times.append((time.perf_counter() - began) * 1000)
    return times


def main() -> None:
    kind = "numba" if numba_is_wanted() else "plain Python"
    print(f"Critical path, {kind}, Python {platform.python_version()}, numpy {np.__version__}, {os.cpu_count()} cores, load {os.getloadavg()}")
    words = sys.argv[1:]
    python = words.pop(words.index("--mpxj") + 1) if "--mpxj" in words else None
    counts = [int(text) for text in words if text != "--mpxj"] or [10_000, 100_000]
    one_edit()
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            compare(count, folder)
    if python:
        from benchmarks.network_mpxj import compare_mpxj

        for count in counts:
            with tempfile.TemporaryDirectory() as folder:
                compare_mpxj(count, Path(folder), python)


if __name__ == "__main__":
    main()
