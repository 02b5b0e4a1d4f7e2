"""A file's plan simulated: its deterministic network with spreads on what is still to do. Without any spread the finish is the calculated one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jingwei.kernels.plan.from_finish import carried_out
from jingwei.kernels.plan.plan import PlanDates
from jingwei.kernels.planfile.model import FileError, PlanFile
from jingwei.kernels.planfile.mspdi import minutes
from jingwei.kernels.planfile.scheduling import network_of, options_of, schedule_file
from jingwei.kernels.uncertainty import DefaultSpread, Spread, plan_model

PERCENTILES = (10, 50, 80, 90)
three_points = ("Duration1", "Duration2", "Duration3")


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
    if not plan.from_start:
        activities, links, setting = network_of(plan)
        dates = carried_out(dates, activities, links, setting.placing.calendars, **options_of(plan))
    spreads = _estimates(plan, dates)
    default = DefaultSpread(100 - spread_percent, 100 + spread_percent)
    model = plan_model(dates, spreads, default, costs=_costs(plan, dates))
    found = model.run(runs=runs, seed=seed)
    tasks = {task.uid for task in plan.tasks}
    has_cost = any(activity.cost_fixed or activity.cost_per_minute for activity in model.activities)
    criticality: dict[str, float] = {}
    correlation: dict[str, float] = {}
    for key in found.keys:
        uid = str(key).split("/")[0]
        if uid in tasks:
            criticality[uid] = max(criticality.get(uid, 0.0), found.criticality[key])
            correlation[uid] = max(correlation.get(uid, 0.0), found.correlation[key], key=abs)
    return SimulatedPlan(
        planned_finish=dates.finish,
        planned_confidence=found.confidence(model.minutes(dates.finish)),
        finish={percent: model.moment(found.finish_at(percent)) for percent in PERCENTILES},
        cost={percent: round(found.cost_at(percent), 2) for percent in PERCENTILES} if has_cost else None,
        criticality=criticality,
        correlation=correlation,
        runs=found.runs,
        seed=seed,
        estimated_tasks=len({str(key).split("/")[0] for key in spreads}),
    )


def _estimates(plan: PlanFile, dates: PlanDates[str]) -> dict[str, Spread]:
    """The spreads of tasks with three points, by key of the plan; of a task done in several parts each varies as the task does."""
    shown = {name: plan.custom_fields.get(field, name) for field, name in plan.field_names.items()}
    names = [shown.get(name, name) for name in three_points]
    tasks = {task.uid: task for task in plan.tasks}
    found = {}
    for key, each in dates.items():
        task = tasks.get(key.split("/")[0])
        told = [task.custom.get(name, "") for name in names] if task is not None else []
        if task is None or each.is_summary or not all(told) or not task.duration_minutes or each.percent >= 100:
            continue
        values = [minutes(value) for value in told]
        if not 0 <= values[0] <= values[1] <= values[2]:
            raise FileError(
                f"task {task.id} {task.name}: Duration1 to 3 must be optimistic ≤ likely ≤ pessimistic, not {', '.join(told)}",
                f"任务 {task.id} {task.name}：Duration1 至 3 须为 乐观 ≤ 最可能 ≤ 悲观，现为 {', '.join(told)}",
            )
        low, likely, high = (value / task.duration_minutes * each.duration_minutes for value in values)
        found[key] = Spread("fixed" if low == high else "pert", low, likely, high)
    return found


def _costs(plan: PlanFile, dates: PlanDates[str]) -> dict[str, tuple[float, float]]:
    """What tasks cost, (fixed, per working minute); MSPDI counts hundredths."""
    found = {}
    for task in plan.tasks:
        each = dates.get(task.uid)
        if each is not None and task.cost and not each.is_summary:
            cost, length = float(task.cost) / 100, each.duration_minutes
            found[task.uid] = (0.0, cost / length) if length else (cost, 0.0)
    return found
