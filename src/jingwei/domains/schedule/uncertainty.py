"""A project's plan as what can be simulated: three-point estimates of its tasks, a default spread for the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.domains.schedule import network, troubles
from jingwei.domains.work import queries as work
from jingwei.frame.models import Project
from jingwei.kernels.calendar.stated import CalendarError
from jingwei.kernels.plan.plan import PlanDates, PlanError
from jingwei.kernels.uncertainty import DefaultSpread, PlanModel, Spread, UncertaintyError, plan_model

everything = "plan"  # the one correlation group: what all tasks have in common


@dataclass(frozen=True)
class UncertainPlan:
    """The model to run, the dates without uncertainty, and the tasks' names; `estimated` = how many have an estimate of their own."""

    model: PlanModel
    dates: PlanDates[int]
    names: dict[int, str]
    estimated: int
    minutes_per_day: int


def uncertain_plan(project: Project, default: DefaultSpread, costs: Mapping[int, tuple[float, float]] | None = None) -> UncertainPlan:
    """Take the plan as it stands. `costs` = (fixed, per working minute) by task. Raises ValidationError when it cannot be calculated."""
    loaded = network.load(project)
    if not loaded.rows:
        raise ValidationError(_("The project has no tasks yet."))
    try:
        dates = network.carried_forward(loaded)
        spreads = {
            pk: _spread(loaded.rows[pk]["duration_minutes"], low, high, default)
            for pk, (low, high) in work.estimates(project.pk).items() if pk in loaded.rows and not loaded.rows[pk]["is_milestone"]
        }  # fmt: skip
        groups = dict.fromkeys(loaded.rows, everything)
        model = plan_model(dates, spreads, default, groups=groups, costs=costs)
    except (PlanError, CalendarError, UncertaintyError) as problem:
        raise ValidationError(troubles.in_words(problem, loaded.rows)) from problem
    names = {pk: str(row["name"]) for pk, row in loaded.rows.items()}
    return UncertainPlan(model, dates, names, len(spreads), network.minutes_per_day(loaded.calendar))


def _spread(likely: int, low: int | None, high: int | None, default: DefaultSpread) -> Spread:
    """What was estimated; the end nobody named comes from the default."""
    usual = default.of(likely)
    least, most = usual.low if low is None else low, usual.high if high is None else high
    kind = "pert" if default.kind == "fixed" else default.kind
    return Spread(kind, min(least, likely), likely, max(most, likely))
