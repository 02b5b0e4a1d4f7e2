"""A file's plan simulated: its deterministic network with spreads on what is still to do, counted in the project calendar's minutes.

Without any spread the simulated finish is the calculated one, except where work goes on while the project's calendar rests (nights).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jingwei.kernels.calendar import moment_of
from jingwei.kernels.network_input import NO_DATE, Constraint
from jingwei.kernels.plan import PlanDates
from jingwei.kernels.planfile.model import FileError, FileTask, PlanFile
from jingwei.kernels.planfile.mspdi import minutes
from jingwei.kernels.planfile.scheduling import schedule_file
from jingwei.kernels.uncertainty import Simulation, Spread, UncertainActivity, UncertainLink, simulate
from jingwei.kernels.worktime import CompiledCalendar, compile_calendar

PERCENTILES = (10, 50, 80, 90)
three_points = ("Duration1", "Duration2", "Duration3")
link_names = ("FS", "SS", "FF", "SF")


@dataclass(frozen=True)
class SimulatedPlan:
    """Percentiles of the finish (the file's clock, marked as UTC) and of the cost (None when the file has none), criticality 0..1 by task."""

    planned_finish: datetime
    planned_confidence: float
    finish: dict[int, datetime]
    cost: dict[int, float] | None
    criticality: dict[str, float]
    correlation: dict[str, float]
    runs: int
    seed: int
    estimated_tasks: int


def simulate_file(plan: PlanFile, *, runs: int = 10_000, seed: int = 1, spread_percent: float = 20.0) -> SimulatedPlan:
    """Simulate a plan. Tasks with the custom fields Duration1 to 3 take them as optimistic, likely, pessimistic; others vary by
    ± `spread_percent` (PERT). What is done, and where it was done, is certain. Raises FileError, UncertaintyError, PlanError.
    """
    if not 0 <= spread_percent <= 100:
        raise FileError(f"the spread must be 0 to 100 percent, not {spread_percent:g}", f"浮动须在 0 到 100 % 之间，不能是 {spread_percent:g}")
    dates = schedule_file(plan)
    model = _Model(plan, dates, spread_percent / 100)
    found: Simulation = simulate(model.activities, model.links, runs=runs, seed=seed)
    has_cost = any(activity.cost_fixed or activity.cost_per_minute for activity in model.activities)
    criticality: dict[str, float] = {}
    correlation: dict[str, float] = {}
    for key in found.keys:
        uid = str(key).split("/")[0]
        if isinstance(key, str) and uid in model.tasks:
            criticality[uid] = max(criticality.get(uid, 0.0), found.criticality[key])
            correlation[uid] = max(correlation.get(uid, 0.0), found.correlation[key], key=abs)
    return SimulatedPlan(
        planned_finish=dates.finish,
        planned_confidence=found.confidence(model.work(dates.dates.project_finish)),
        finish={percent: model.moment(found.finish_at(percent)) for percent in PERCENTILES},
        cost={percent: round(found.cost_at(percent), 2) for percent in PERCENTILES} if has_cost else None,
        criticality=criticality,
        correlation=correlation,
        runs=found.runs,
        seed=seed,
        estimated_tasks=model.estimated,
    )


class _Model:
    """The activities and links of a simulation, from the compiled network of the plan."""

    def __init__(self, plan: PlanFile, dates: PlanDates[str], share: float) -> None:
        from jingwei.kernels import network_passes as passes

        self.plan, self.dates, self.share = plan, dates, share
        self.tasks: dict[str, FileTask] = {task.uid: task for task in plan.tasks}
        shown = {name: plan.custom_fields.get(field, name) for field, name in plan.field_names.items()}
        self.names = tuple(shown.get(name, name) for name in three_points)
        self.estimated = 0
        compiled = dates.network.compiled
        first, last = compiled.horizon
        reach = last + timedelta(days=max((last - first).days, 366) * 3)
        self.calendars = [compile_calendar(calendar, first, reach, "UTC") for calendar in compiled.calendars]
        self.project: CompiledCalendar = self.calendars[0]
        acts = compiled.activities
        self.early_start = dates.dates.early_start[compiled.order].tolist()
        self.early_finish = dates.dates.early_finish[compiled.order].tolist()
        active = [place for place in range(compiled.count) if acts.state[place] != passes.INACTIVE]
        known = [dates.dates.rules.project_start, *(self.early_start[place] for place in active)]
        self.base = self.project.work_at(min(known))
        keys = [*dates.network.keys, *range(len(dates.network.keys), compiled.count)]
        self.key: list[Any] = [keys[i] for i in compiled.order.tolist()]
        pinned = (Constraint.MSO, Constraint.MFO) if dates.dates.rules.honours_constraints else ()
        placed = (passes.FINISHED, passes.STARTED, passes.MANUAL)
        fixed = {place for place in active if acts.state[place] in placed or acts.constraint[place] in pinned}
        self.activities = [self._activity(acts, place, place in fixed, acts.state[place] == passes.FINISHED) for place in active]
        known_places = set(active)
        self.links = [link for place in active if place not in fixed for link in self._links(compiled.links, acts, place, known_places)]

    def work(self, wall: int) -> int:
        """Project minutes since the beginning."""
        return self.project.work_at(wall) - int(self.base)

    def moment(self, work: int) -> datetime:
        """When so many project minutes are over."""
        return moment_of(self.project.wall_finish(self.base + work) if work else self.project.wall_start(self.base), "UTC")

    def _activity(self, acts: Any, place: int, is_fixed: bool, is_finished: bool) -> UncertainActivity:
        length = self.work(self.early_finish[place]) - self.work(self.early_start[place])
        earliest = 0
        if is_fixed:
            earliest = self.work(self.early_start[place])
        else:
            at = int(acts.constraint_at[place])
            if at != NO_DATE and acts.constraint[place] in (Constraint.SNET, Constraint.MSO):
                earliest = self.work(at)
            elif at != NO_DATE and acts.constraint[place] in (Constraint.FNET, Constraint.MFO):
                earliest = self.work(at) - length
            if self.dates.dates.rules.data_date != NO_DATE:
                earliest = max(earliest, self.work(self.dates.dates.rules.data_date))
            if acts.not_before[place] != NO_DATE:
                earliest = max(earliest, self.work(int(acts.not_before[place])))
        is_finished = is_finished or (is_fixed and acts.constraint[place] == Constraint.MFO)  # pinned at its end: a longer one begins earlier
        whole, left = int(acts.duration[place]), int(acts.remaining[place])
        ahead = 0.0 if is_finished or not whole else length * min(left / whole, 1.0)
        task = self.tasks.get(str(self.key[place]).split("/")[0]) if isinstance(self.key[place], str) else None
        spread = self._spread(task, length, ahead)
        cost = _money(task, self.key[place])
        per_minute = cost / length if length else 0.0
        return UncertainActivity(self.key[place], spread, earliest=max(earliest, 0), cost_fixed=0.0 if length else cost, cost_per_minute=per_minute)

    def _spread(self, task: FileTask | None, length: int, ahead: float) -> Spread:
        if ahead <= 0 or task is None:
            return Spread.fixed(length)
        told = [task.custom.get(name, "") for name in self.names]
        low, likely, high = 1 - self.share, 1.0, 1 + self.share
        if all(told) and task.duration_minutes:
            values = [minutes(value) for value in told]
            if not 0 <= values[0] <= values[1] <= values[2]:
                raise FileError(
                    f"task {task.id} {task.name}: Duration1 to 3 must be optimistic ≤ likely ≤ pessimistic, not {', '.join(told)}",
                    f"任务 {task.id} {task.name}：Duration1 至 3 须为 乐观 ≤ 最可能 ≤ 悲观，现为 {', '.join(told)}",
                )
            low, likely, high = (value / task.duration_minutes for value in values)
            self.estimated += 1
        done = length - ahead
        points = [done + ahead * factor for factor in (low, likely, high)]
        return Spread("fixed" if points[0] == points[2] else "pert", points[0], points[1], points[2])

    def _links(self, links: Any, acts: Any, place: int, active: set[int]) -> list[UncertainLink]:
        found = []
        for k in range(int(links.first[place]), int(links.first[place + 1])):
            before = int(links.predecessor[k])
            if before not in active:
                continue
            kind = link_names[int(links.type[k])]
            lag = self._lag(links, k, place, acts, self.early_start[before] if kind in ("SS", "SF") else self.early_finish[before])
            found.append(UncertainLink(self.key[before], self.key[place], kind, lag))  # type: ignore[arg-type]
        return found

    def _lag(self, links: Any, k: int, place: int, acts: Any, wall: int) -> int:
        """A lag in project minutes, as long as it is where the plan has it now."""
        lag, calendar = int(links.lag[k]), int(links.lag_calendar[k])
        if not lag:
            return 0
        if calendar == -1:
            return self.work(wall + lag) - self.work(wall)
        counted = self.calendars[int(acts.calendar[place]) if calendar == -2 else calendar]
        work = counted.work_at(wall) + lag
        return self.work(counted.wall_finish(work) if lag > 0 else counted.wall_start(work)) - self.work(wall)


def _money(task: FileTask | None, key: Any) -> float:
    """What a task costs; MSPDI counts hundredths."""
    if task is None or "/" in str(key) or not task.cost:
        return 0.0
    return float(task.cost) / 100
