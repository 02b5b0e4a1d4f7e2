"""From a plan to its simulated outcomes: checks, tables, blocks over threads, sums in a fixed order."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from jingwei.kernels.uncertainty import arrays
from jingwei.kernels.uncertainty.model import RiskEvent, Spread, UncertainActivity, UncertainLink, UncertaintyError
from jingwei.kernels.uncertainty.results import Simulation
from jingwei.kernels.uncertainty.tables import normal_row, quantile_rows

if TYPE_CHECKING:
    from jingwei.kernels.calendar.passes import CalendarTable

_kinds = {"FS": 0, "FF": 1, "SS": 2, "SF": 3}
chunk_blocks = 2


def simulate(
    activities: Sequence[UncertainActivity],
    links: Sequence[UncertainLink],
    *,
    runs: int = 10_000,
    seed: int = 1,
    groups: Mapping[str, float] | None = None,
    risks: Sequence[RiskEvent] = (),
    threads: int | None = None,
    progress: Callable[[float], bool] | None = None,
    calendars: CalendarTable | None = None,
    origin: int = 0,
) -> Simulation:
    """Simulate a plan `runs` times. Times are working minutes from the plan's start.

    With `calendars` they are minutes by the clock: each activity works by the calendar it names, and `earliest` and `origin` (the plan's
    start) are wall minutes. The table's `overflow` tells when a run left its days.

    `groups` gives the correlation (0..1) of the durations within each named group. `progress(share)` is called now and then;
    when it answers False the runs made so far are returned. Raises UncertaintyError naming what is wrong, PlanCycle as that too.
    """
    from jingwei.kernels.uncertainty import passes
    from jingwei.kernels.uncertainty.streams import lanes

    if runs < 1 or runs > 10_000_000:
        raise UncertaintyError("runs must be 1 to 10,000,000")
    order, position = _ordered(activities, links)
    model = _model([activities[i] for i in order], links, position, dict(groups or {}), risks, calendars, origin)
    normal = normal_row()
    count = len(activities)
    finish, cost = np.zeros(runs, np.int64), np.zeros(runs, np.float64)
    span = lanes * chunk_blocks
    starts = list(range(0, runs, span))

    space = threading.local()  # each thread keeps its scratch: fresh pages for every chunk cost more than the work

    def work(first: int) -> tuple[Any, Any]:
        if not hasattr(space, "scratch"):
            space.scratch = _scratch(count, len(risks), model.groups, calendars is not None)
        with np.errstate(over="ignore"):  # without numba the generators' wrap-around would be reported
            return block(first, space.scratch)

    def block(first: int, scratch: Any) -> tuple[Any, Any]:
        hits, sums = np.zeros(count, np.int64), np.zeros((count, 3), np.int64)
        for run in range(first, min(first + span, runs), lanes):
            passes.run_block(model, normal, seed, run, min(lanes, runs - run), scratch, finish, cost, hits, sums)
        return hits, sums

    hits, sums, done = np.zeros(count, np.int64), np.zeros((count, 3), np.int64), 0
    with ThreadPoolExecutor(max_workers=threads or os.cpu_count() or 1) as pool:
        for number, (more_hits, more_sums) in enumerate(pool.map(work, starts)):  # in the order of the runs: sums never depend on threads
            hits += more_hits
            sums += more_sums
            done = min(starts[number] + span, runs)
            if progress is not None and not progress(done / runs):
                pool.shutdown(cancel_futures=True)
                break
    keys = tuple(activities[i].key for i in order)
    return Simulation.of(keys, finish[:done], cost[:done], hits, sums, model.is_certain & (np.diff(model.risk_first) == 0), seed)


@lru_cache(maxsize=1)
def _no_calendars() -> CalendarTable:
    from jingwei.kernels.calendar.passes import CalendarTable

    return CalendarTable._make(np.zeros(2, np.int64) for _ in CalendarTable._fields)


def _ordered(activities: Sequence[UncertainActivity], links: Sequence[UncertainLink]) -> tuple[list[int], dict[Hashable, int]]:
    """Activities in topological order, and each key's place in it."""
    number: dict[Hashable, int] = {}
    for i, activity in enumerate(activities):
        if activity.key in number:
            raise UncertaintyError(f"{activity.key}: this key is used twice")
        number[activity.key] = i
    waits, after = [0] * len(activities), [[] for _ in activities]  # type: list[int], list[list[int]]
    for link in links:
        for end in (link.predecessor, link.successor):
            if end not in number:
                raise UncertaintyError(f"a link names {end}, which is no activity")
        after[number[link.predecessor]].append(number[link.successor])
        waits[number[link.successor]] += 1
    ready = [i for i, count in enumerate(waits) if not count]
    order: list[int] = []
    for i in ready:
        order.append(i)
        for j in after[i]:
            waits[j] -= 1
            if not waits[j]:
                ready.append(j)
    if len(order) < len(activities):
        stuck = [str(activities[i].key) for i, count in enumerate(waits) if count]
        raise UncertaintyError("activities wait for each other: " + ", ".join(stuck[:20]))
    return order, {activities[i].key: place for place, i in enumerate(order)}


def _model(
    activities: Sequence[UncertainActivity], links: Sequence[UncertainLink], position: dict[Hashable, int], groups: dict[str, float],
    risks: Sequence[RiskEvent], calendars: CalendarTable | None, origin: int,
) -> Any:  # fmt: skip
    names = {name: number for number, name in enumerate(sorted(groups))}
    for name, correlation in groups.items():
        if not 0 <= correlation <= 1:
            raise UncertaintyError(f"group {name}: the correlation must be 0 to 1")
    for each in activities:
        each.duration.check(each.key)
    for risk in risks:
        for spread in (risk.cost, *(impact.delay for impact in risk.impacts)):
            spread.check(f"risk {risk.key}")
    group, own, common = [], [], []
    for activity in activities:
        if activity.group is not None and activity.group not in names:
            raise UncertaintyError(f"{activity.key}: there is no correlation group {activity.group}")
        group.append(names[activity.group] if activity.group is not None else -1)
        correlation = groups[activity.group] if activity.group is not None else 0.0
        common.append(math.sqrt(correlation))
        own.append(math.sqrt(1 - correlation))
    first, source, kind, lag, lag_calendar = _links(links, position, len(activities))
    risk_first, risk_of, risk_rows = _impacts(risks, position, len(activities))
    return arrays.Model(
        quantile_rows([a.duration for a in activities], [a.group is not None for a in activities]), np.array([round(a.duration.likely if a.duration.is_certain else a.duration.low) for a in activities], np.int32),
        np.array([a.duration.is_certain for a in activities], np.bool_), np.array(group, np.int64), np.array(common, np.float32), np.array(own, np.float32),
        np.array([a.earliest or 0 for a in activities], np.int32),
        np.array([-1 if a.earliest_finish is None else a.earliest_finish for a in activities], np.int32), first, source, kind, lag, np.ones(len(activities), np.bool_),
        np.array([a.cost_fixed for a in activities], np.float64), np.array([a.cost_per_minute for a in activities], np.float64),
        risk_first, risk_of, risk_rows, np.array([r.probability for r in risks], np.float32),
        quantile_rows([r.cost for r in risks]),
        np.array([r.cost.high > 0 for r in risks], np.bool_), len(names),
        np.array([a.calendar for a in activities] if calendars is not None else [], np.int64), lag_calendar, calendars or _no_calendars(), origin,
    )  # fmt: skip


def _links(links: Sequence[UncertainLink], position: dict[Hashable, int], count: int) -> tuple[Any, Any, Any, Any, Any]:
    """Links grouped by successor: where each group starts, then predecessor, type, lag and its calendar."""
    ends = np.array([position[link.successor] for link in links], np.int64)
    order = np.argsort(ends, kind="stable")
    first = np.zeros(count + 1, np.int64)
    np.add.at(first, ends + 1, 1)
    chosen = [links[i] for i in order.tolist()]
    return (
        np.cumsum(first), np.array([position[link.predecessor] for link in chosen], np.int64), np.array([_kinds[link.type] for link in chosen], np.int64),
        np.array([link.lag for link in chosen], np.int32), np.array([link.lag_calendar for link in chosen], np.int64),
    )  # fmt: skip


def _impacts(risks: Sequence[RiskEvent], position: dict[Hashable, int], count: int) -> tuple[Any, Any, Any]:
    found: list[tuple[int, int, Spread]] = []
    for number, risk in enumerate(risks):
        if not 0 <= risk.probability <= 1:
            raise UncertaintyError(f"risk {risk.key}: the probability must be 0 to 1")
        for impact in risk.impacts:
            if impact.activity not in position:
                raise UncertaintyError(f"risk {risk.key} names {impact.activity}, which is no activity")
            found.append((position[impact.activity], number, impact.delay))
    found.sort(key=lambda each: each[:2])
    first = np.zeros(count + 1, np.int64)
    for place, _number, _delay in found:
        first[place + 1] += 1
    return np.cumsum(first), np.array([number for _place, number, _delay in found], np.int64), quantile_rows([delay for *_rest, delay in found])


def _scratch(count: int, risks: int, groups: int, is_by_calendar: bool) -> Any:
    from jingwei.kernels.uncertainty.streams import lanes

    row = [np.zeros(lanes, kind) for kind in (*[np.uint32] * 6, np.float32, np.float32, np.int32)]
    by_activity = [np.zeros((count + 1, lanes), kind) for kind in (np.int32, np.int32, np.uint8)]
    duration = np.zeros((count if is_by_calendar else 1, lanes), np.int32)
    shared = [np.zeros((risks + 1, lanes), np.float64), np.zeros((max(groups, 1), lanes), np.float32)]
    return arrays.Scratch._make([*row, duration, *by_activity, *shared])
