"""The finish and the cost of a project as distributions: simulated from its plan, its estimates and its planned money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from pydantic import Field, model_validator

from jingwei.domains.cost import queries as cost
from jingwei.domains.schedule import queries as schedule
from jingwei.domains.work import queries as work
from jingwei.frame.models import Project
from jingwei.frame.report import Asked
from jingwei.kernels.uncertainty import DefaultSpread, Simulation, UncertaintyError, buffer_advice

timed_accounts = ("labour", "subcontract", "equipment")  # what costs more when work takes longer
percentiles = (10, 50, 80, 90)
bins = 36


class RiskAsked(Asked):
    """How to simulate. Percentages are of each task's likely duration and hold where nobody has estimated the task."""

    runs: int = Field(10_000, ge=100, le=200_000)
    seed: int = Field(1, ge=0, le=2**31 - 1)
    low: float = Field(90, gt=0, le=100)
    high: float = Field(130, ge=100, le=1000)
    kind: Literal["pert", "triangular", "uniform", "lognormal"] = "pert"
    correlation: float = Field(0.0, ge=0, le=0.95)

    @model_validator(mode="after")
    def _spread(self) -> RiskAsked:
        if self.low == self.high:
            raise ValueError("low and high are the same: nothing would vary")
        return self


def risk_of(project: Project, asked: RiskAsked) -> dict[str, Any]:
    """Percentiles, histogram, what drives the finish, and the buffer to add. Raises ValidationError when the plan cannot be calculated."""
    rates, constant = costs_by_task(project)
    plan = schedule.uncertain_plan(project, DefaultSpread(asked.low, asked.high, asked.kind), rates)
    try:
        found = plan.model.run(runs=asked.runs, seed=asked.seed, groups={"plan": asked.correlation})
    except UncertaintyError as problem:
        raise ValidationError(str(problem)) from problem
    zone = ZoneInfo(project.zone)
    planned = plan.model.minutes(plan.dates.finish)
    advice = buffer_advice(found, planned, working=plan.model.working)
    return {
        "project": project.code, "runs": found.runs, "seed": asked.seed, "estimated": plan.estimated, "tasks": len(found.keys),
        "planned": {"finish": _text(plan.dates.finish, zone), "confidence": round(100 * found.confidence(planned), 1)},
        "percentiles": [_percentile(found, plan, percent, constant, zone) for percent in percentiles],
        "joint_confidence_p80": round(100 * found.joint_confidence(found.finish_at(80), found.cost_at(80)), 1),
        "buffer": {"days": round(advice.minutes / plan.minutes_per_day, 1), "percent": round(advice.share_percent, 1), "verdict": advice.verdict},
        "histogram": _histogram(found, plan, zone),
        "tornado": [{"task": key, "name": plan.names[int(str(key))], "correlation": round(value, 3)} for key, value in found.tornado(12)],
        "critical": _critical(found, plan),
        "has_costs": bool(constant or rates),
    }  # fmt: skip


def costs_by_task(project: Project) -> tuple[dict[int, tuple[float, float]], float]:
    """Planned money by task, (fixed, per working minute), and what stays whatever happens.

    Paid work costs more as it takes longer: what is planned for a branch or for the project is spread over the working time below it.
    """
    minutes, below = _working_time(project)
    rates: dict[int, tuple[float, float]] = {}
    constant = 0.0
    for task, account, total in cost.planned_by_task(project.pk):
        leaves = below.get(task, []) if task is not None else list(minutes)
        length = sum(minutes[leaf] for leaf in leaves)
        if account not in timed_accounts or not length:
            constant += float(total)
            continue
        for leaf in leaves:
            fixed, rate = rates.get(leaf, (0.0, 0.0))
            rates[leaf] = (fixed, rate + float(total) / length)
    return rates, constant


def _working_time(project: Project) -> tuple[dict[int, int], dict[int, list[int]]]:
    """Working minutes of every piece of work, and the pieces below every task, itself included."""
    tasks = {row["pk"]: row for row in work.earning_facts(project.pk)}
    minutes = {pk: row["duration_minutes"] for pk, row in tasks.items() if not row["is_summary"] and row["duration_minutes"]}
    below: dict[int, list[int]] = defaultdict(list)
    for pk in minutes:
        above: int | None = pk
        while above is not None and above in tasks:
            below[above].append(pk)
            above = tasks[above]["parent_id"]
    return minutes, below


def _text(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def _percentile(found: Simulation, plan: schedule.UncertainPlan, percent: int, constant: float, zone: ZoneInfo) -> dict[str, Any]:
    return {"percent": percent, "finish": _text(plan.model.moment(found.finish_at(percent)), zone), "cost": round(found.cost_at(percent) + constant, 2)}


def _histogram(found: Simulation, plan: schedule.UncertainPlan, zone: ZoneInfo) -> dict[str, Any]:
    """Runs by the date they end on, and the share that has ended by then."""
    edges, counts = found.histogram(bins)
    ends = [_text(plan.model.moment(edge), zone) for edge in edges[1:]]
    shares: list[float] = []
    for count in counts:
        shares.append((shares[-1] if shares else 0.0) + 100 * count / found.runs)
    p80 = next((number for number, share in enumerate(shares) if share >= 80), len(shares) - 1)
    return {"ends": ends, "counts": counts, "shares": [round(share, 2) for share in shares], "p80": p80}


def _critical(found: Simulation, plan: schedule.UncertainPlan) -> Sequence[dict[str, Any]]:
    """What was critical most often, with its cruciality; certain and finished work is left out."""
    cruciality = found.cruciality
    keys = sorted(found.keys, key=lambda key: (-found.criticality[key], -cruciality[key], str(key)))
    shown = [key for key in keys if found.criticality[key] > 0 and not _is_done(plan, key)][:25]
    return [
        {"task": key, "name": plan.names[int(str(key))], "criticality": round(100 * found.criticality[key], 1), "cruciality": round(100 * cruciality[key], 1)}
        for key in shown
    ]


def _is_done(plan: schedule.UncertainPlan, key: Any) -> bool:
    return plan.dates[key].percent >= 100
