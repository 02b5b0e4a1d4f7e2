"""The finish and the cost of a project as distributions: simulated from its plan, its estimates and its planned money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from jingwei.domains.cost import queries as cost
from jingwei.domains.risk import queries as register
from jingwei.domains.schedule import queries as schedule
from jingwei.frame.models import Project
from jingwei.frame.records.report import Asked
from jingwei.kernels.calendar.compiled import HorizonError
from jingwei.kernels.uncertainty import DefaultSpread, RiskEvent, Simulation, UncertaintyError, buffer_advice

percentiles = (10, 50, 80, 90)
bins = 36


class RiskAsked(Asked):
    """How to simulate. Percentages are of each task's likely duration and hold where nobody has estimated the task; `risks` = whether open risks may happen."""

    runs: int = Field(10_000, ge=100, le=200_000)
    seed: int = Field(1, ge=0, le=2**31 - 1)
    low: float = Field(90, gt=0, le=100)
    high: float = Field(130, ge=100, le=1000)
    kind: Literal["pert", "triangular", "uniform", "lognormal"] = "pert"
    correlation: float = Field(0.0, ge=0, le=0.95)
    risks: Literal["with", "without"] = "with"

    @model_validator(mode="after")
    def _spread(self) -> RiskAsked:
        if self.low == self.high:
            raise ValueError("low and high are the same: nothing would vary")
        return self


def risk_of(project: Project, asked: RiskAsked) -> dict[str, Any]:
    """Percentiles, histogram, what drives the finish, and the buffer to add. Raises ValidationError when the plan cannot be calculated,
    or when runs end so late that no calendar reaches there."""
    try:
        return _answer(project, asked)
    except HorizonError as problem:
        text = _("Some runs end decades after the plan: estimates this wide say nothing. Narrow “At worst”, or the pessimistic durations of the tasks.")
        raise ValidationError(text) from problem


def _answer(project: Project, asked: RiskAsked) -> dict[str, Any]:
    rates, constant = cost.costs_by_task(project)
    plan = schedule.uncertain_plan(project, DefaultSpread(asked.low, asked.high, asked.kind), rates)
    events, left_out = open_events(project, plan)
    try:
        bare = simulated(plan, asked, [replace(event, probability=0.0) for event in events])  # drawn alike, so only the risks make the difference
        found = simulated(plan, asked, events) if events and asked.risks == "with" else bare
    except UncertaintyError as problem:
        raise ValidationError(str(problem)) from problem
    if asked.risks == "without":
        events, left_out = (), 0
    zone = ZoneInfo(project.zone)
    planned = plan.model.minutes(plan.dates.finish)
    advice = buffer_advice(found, planned, working=plan.model.working)
    return {
        "project": project.code, "runs": found.runs, "seed": asked.seed, "estimated": plan.estimated, "tasks": len(found.keys),
        "planned": {"finish": _text(plan.dates.finish, zone), "confidence": round(100 * found.confidence(planned), 1)},
        "percentiles": [_percentile(found, plan, percent, constant, zone) for percent in percentiles],
        "joint_confidence_p80": round(100 * found.joint_confidence(found.finish_at(80), found.cost_at(80)), 1),
        "buffer": {"days": round(advice.minutes / plan.minutes_per_day, 1), "percent": round(advice.share_percent, 1), "verdict": advice.verdict},
        "chain": _chain(plan),
        "histogram": _histogram(found, plan, zone),
        "tornado": [{"task": key, "name": plan.names[int(str(key))], "correlation": round(value, 3)} for key, value in found.tornado(12)],
        "critical": _critical(found, plan),
        "has_costs": bool(constant or rates or any(event.cost.high > 0 for event in events)),
        "register": {"events": len(events), "left_out": left_out, "codes": [str(event.key) for event in events]} | _price_of(found, bare, plan, constant, zone),
    }  # fmt: skip


def without_money(found: dict[str, Any]) -> dict[str, Any]:
    """The answer for somebody who may not see costs."""
    bare = [{name: value for name, value in each.items() if name != "cost"} for each in found["percentiles"]]
    register_ = {name: value for name, value in found["register"].items() if name != "dearer"}
    register_["without"] = [{name: value for name, value in each.items() if name != "cost"} for each in register_.get("without", ())]
    kept = {name: value for name, value in found.items() if name not in ("joint_confidence_p80", "has_costs")}
    return {**kept, "percentiles": bare, "register": register_}


def without_risks(asked: RiskAsked) -> RiskAsked:
    """What somebody may ask who may not see the risk register: whoever could ask with it and without would see by how much the two differ."""
    return asked.model_copy(update={"risks": "without"})


def _chain(plan: schedule.UncertainPlan) -> dict[str, Any]:
    """PERT along the chain that leads to the finish, and the project buffer of a critical chain, in working days."""
    found, day = plan.model.chain_estimate(plan.dates.longest_path_keys), plan.minutes_per_day
    return {
        "mean_days": round(found.mean_minutes / day, 1),
        "deviation_days": round(found.deviation_minutes / day, 1),
        "buffer_days": round(found.buffer_minutes / day, 1),
    }


def simulated(plan: schedule.UncertainPlan, asked: RiskAsked, events: Sequence[RiskEvent]) -> Simulation:
    """The plan simulated as asked, with these risks."""
    return plan.model.run(runs=asked.runs, seed=asked.seed, groups={"plan": asked.correlation}, risks=events)


def open_events(project: Project, plan: schedule.UncertainPlan) -> tuple[tuple[RiskEvent, ...], int]:
    """The open risks of the register as events of this plan, and how many impacts were left out: those on finished work and on what is not in the plan."""
    model = {each.key for each in plan.model.activities}
    return register.risk_events(project.pk, {pk for pk in plan.names if pk in model and not _is_done(plan, pk)})


def _price_of(found: Simulation, bare: Simulation, plan: schedule.UncertainPlan, constant: float, zone: ZoneInfo) -> dict[str, Any]:
    """What the register costs: P80 without it, and how much later and dearer P80 is with it."""
    working = plan.model.working
    later, dearer = working(found.finish_at(80)) - working(bare.finish_at(80)), found.cost_at(80) - bare.cost_at(80)
    without = [_percentile(bare, plan, percent, constant, zone) for percent in percentiles]
    return {"without": without, "later_days": round(later / plan.minutes_per_day, 1), "dearer": round(dearer, 2)}


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
