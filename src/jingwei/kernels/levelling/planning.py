"""Levels real plans: several projects, shared resources with calendars and skills; the network kernel keeps every link and calendar.

A task is delayed by holding it back (`not_before`) in the critical-path kernel, so that link types, lags, constraints and calendars mean
the same before and after levelling. Tasks are taken one by one, each after its predecessors, by priority and then by least late start;
each goes to the first moment from which its resources are free for its whole length. Time that is left tries other orders within
equal priorities and keeps the best.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from jingwei.kernels.calendar.stated import DEFAULT_ZONE, WorkCalendar, wall_minute
from jingwei.kernels.levelling.planning_engine import Engine
from jingwei.kernels.levelling.planning_input import MOST_URGENT, LevellingError, PlanAssignment, PlanLevelling, PlanResource, PlanTask
from jingwei.kernels.levelling.planning_layout import Layout
from jingwei.kernels.levelling.planning_placement import Placement
from jingwei.kernels.levelling.planning_report import report
from jingwei.kernels.levelling.solving import Progress
from jingwei.kernels.network.critical_path import RunRules
from jingwei.kernels.plan.network import PlanNetwork
from jingwei.kernels.plan.plan import Dependency
from jingwei.kernels.text import Text


def level_plan(
    tasks: Sequence[PlanTask],
    dependencies: Sequence[Dependency[Hashable]],
    resources: Sequence[PlanResource],
    assignments: Sequence[PlanAssignment],
    calendars: Mapping[str, WorkCalendar] | None = None,
    *,
    start: datetime,
    project_starts: Mapping[Hashable, datetime] | None = None,
    data_date: datetime | None = None,
    within_slack: bool = False,
    seconds: float = 2.0,
    seed: int = 0,
    rounds: int | None = None,
    zone: str = DEFAULT_ZONE,
    progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> PlanLevelling:
    """Preview how tasks must move so that no resource has more to do than it can; nothing is changed.

    Task keys are unique over all projects. A project starts at `start` or at its own moment in `project_starts`. `within_slack`: no
    task moves beyond its total float, so no project ends later; what then does not fit stays overloaded and is named. `rounds`
    limits the orders tried instead of `seconds`: the same seed then gives the same answer. Progress counts minutes since the start.
    Assignments on summary tasks are no demand of their own: `summary_assignments` names those that are left out.
    Raises LevellingError (unknown or impossible demands), and what schedule_plan raises for plans that cannot be scheduled.
    """
    known = dict(calendars or {})
    network = _network(tasks, dependencies, known, start, project_starts or {}, data_date, zone)
    engine = Engine(network, Layout.of(tasks, resources, assignments, known, zone), within_slack)
    before = engine.baseline()
    best = Placement(engine, engine.late_start).attempt()
    began, tried, dice, is_cancelled = time.monotonic(), 1, random.Random(seed), False
    while best.could_improve and (tried < rounds if rounds is not None else time.monotonic() - began < seconds):
        if should_stop is not None and should_stop():
            is_cancelled = True
            break
        spread = dice.choice((0.02, 0.05, 0.1, 0.2))
        guide = best.starts if dice.random() < 0.7 else engine.late_start
        span = max(int(engine.late_start.max() - engine.late_start.min()), 1)
        noise = np.array([dice.gauss(0, spread * span) for _ in range(guide.size)])
        trial = Placement(engine, guide + noise).attempt()
        tried += 1
        if trial.worth <= best.worth:
            best = trial
        if progress is not None:
            share = tried / rounds if rounds is not None else (time.monotonic() - began) / max(seconds, 1e-9)
            first = engine.project_start
            progress(Progress(time.monotonic() - began, min(share, 1.0), best.finish - first, best.lower_bound - first))
    return report(engine, before, best, tried, is_cancelled)


def summary_assignments(tasks: Sequence[PlanTask], assignments: Sequence[PlanAssignment]) -> tuple[tuple[PlanAssignment, Text], ...]:
    """The assignments that level_plan leaves out because they are on summary tasks, each with a sentence to tell."""
    parents = {task.activity.parent for task in tasks}
    shared = {task.activity.key for task in tasks if task.activity.is_shared}
    return tuple(
        (
            each,
            Text(
                f"任务 {each.task} 是摘要任务，其资源分配未计入：请分配到其下的任务",
                f"task {each.task} is a summary, so its assignment is not counted: assign the tasks below it",
            ),
        )
        for each in assignments
        if each.task in parents and each.task not in shared
    )


def _network(
    tasks: Sequence[PlanTask],
    dependencies: Sequence[Dependency[Hashable]],
    calendars: Mapping[str, WorkCalendar],
    start: datetime,
    project_starts: Mapping[Hashable, datetime],
    data_date: datetime | None,
    zone: str,
) -> PlanNetwork[Hashable]:
    """All projects in one network, each held back to its own start."""
    earliest = min([start, *project_starts.values()])
    activities = []
    for task in tasks:
        if not 0 <= task.priority <= MOST_URGENT:
            raise LevellingError(
                f"任务 {task.activity.key} 的优先级须在 0 与 1000 之间", f"the priority of task {task.activity.key} must lie within 0 and 1000"
            )
        activity = task.activity
        begins = project_starts.get(task.project, start)
        if begins > earliest and activity.actual_start is None:
            activity = replace(activity, not_before=max(begins, activity.not_before or begins))
        activities.append(activity)
    rules = RunRules(wall_minute(earliest, zone), -1 if data_date is None else wall_minute(data_date, zone))
    return PlanNetwork.build(activities, dependencies, calendars, rules, zone)
