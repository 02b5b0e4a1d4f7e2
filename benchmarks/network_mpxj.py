"""The plan with two calendars, exceptions, constraints and progress, through the general kernels and through MPXJ's MicrosoftScheduler.

Called by network.py --mpxj. The kernel's time includes checking and compiling the arrays; MPXJ's is schedule() alone, its project having
been built before: which objects there are to fill differs as well, so the ratio is one of the whole job, not of arithmetic.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.networks import PEERS, Arrays, layered_network, told
from jingwei.kernels.calendar.stated import DayException, WorkCalendar, day_number
from jingwei.kernels.network.critical_path import ActivityArrays, LinkArrays, NetworkDates, RunRules, compile_network

_START = day_number(date(2026, 1, 5)) * 1440 + 480
_DAY = ((480, 720), (780, 1020))
_MEMORY_MB = 11_000


@cache
def calendars() -> tuple[list[WorkCalendar], list[date]]:
    """A week of five days and one of six, with five holidays each quarter for sixty years."""
    days = [date(2026 + n // 4, 1 + 3 * (n % 4), 2) + timedelta(days=d) for n in range(240) for d in range(5)]
    off = tuple(DayException(day) for day in days)
    return [WorkCalendar.weekly((_DAY,) * n + ((),) * (7 - n), exceptions=off, region="none") for n in (5, 6)], days  # type: ignore[arg-type]


def progressed(count: int) -> tuple[Arrays, RunRules]:
    """The layered network with dates: 3 % start no earlier, 1 % finish no later, and everything before day 60 done or under way."""
    arrays = layered_network(count)
    rng = np.random.default_rng(11)
    arrays["calendar"] = rng.integers(0, 2, count)
    bare = schedule(arrays, RunRules(_START))
    kind = rng.choice(np.array([0] * 96 + [4] * 3 + [7]), count)
    arrays["constraint"] = kind
    arrays["constraint_at"] = np.where(kind == 4, bare.early_start + rng.integers(0, 20, count) * 1440, np.where(kind == 7, bare.late_finish, -1))
    now = _START + 60 * 1440
    begun, ended = bare.early_start < now, bare.early_finish <= now
    arrays["actual_start"] = np.where(begun, bare.early_start, -1)
    arrays["actual_finish"] = np.where(ended, bare.early_finish, -1)
    arrays["remaining"] = np.where(ended, 0, np.where(begun, arrays["duration"] // 2, arrays["duration"]))
    return arrays, RunRules(_START, late_dates="resumption")


def schedule(arrays: Arrays, rules: RunRules) -> NetworkDates:
    """Checked, compiled and calculated by the general kernels, with total floats and early dates."""
    names = ("duration", "calendar", "constraint", "constraint_at", "actual_start", "actual_finish", "remaining")
    activities = ActivityArrays(**{name: arrays[name] for name in names if name in arrays})
    links = LinkArrays(arrays["predecessor"], arrays["successor"], arrays["type"], arrays["lag"])
    return compile_network(activities, links, calendars()[0], rules).calculate()


def compare_mpxj(count: int, folder: Path, python: str) -> None:
    """Both on the same plan; how many early dates agree to the working minute is told."""
    arrays, rules = progressed(count)
    for name, values in {**arrays, "holidays": [day_number(day) for day in calendars()[1]], "start": [_START, _START + 60 * 1440]}.items():
        np.asarray(values, np.int64).tofile(folder / name)
    schedule(arrays, rules)
    times: list[float] = []
    for _ in range(5):
        began = time.perf_counter()
        dates = schedule(arrays, rules)
        times.append((time.perf_counter() - began) * 1000)
    print(f"\n{count:,} activities, {arrays['lag'].size:,} links, two calendars, constraints, progress; load {os.getloadavg()[0]:.1f}")
    told("Jingwei: check, compile, schedule", times)
    answer = subprocess.run([python, str(PEERS / "mpxj_schedule.py"), str(folder), str(_MEMORY_MB)], capture_output=True, text=True)
    if answer.returncode:
        print(f"  MPXJ failed: {answer.stderr.strip().splitlines()[-1:]}")
        return
    peer: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    told("MPXJ 16 MicrosoftScheduler.schedule()", peer["times"], f"; built in {peer['built']:.0f} s before; process {peer['memory_mb']:,.0f} MB")
    theirs = np.fromfile(folder / "mpxj", np.int64).reshape(-1, 2)
    same = (theirs[:, 0] == dates.early_start) & (theirs[:, 1] == dates.early_finish)
    ratio = min(peer["times"]) / statistics.median(times)
    print(f"  {'ratio, best of MPXJ to our median':<44}{ratio:>12,.1f}; {same.mean():.1%} of activities have the same early dates")
