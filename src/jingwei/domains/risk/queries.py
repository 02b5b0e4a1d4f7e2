"""What others ask of the risk register."""

from __future__ import annotations

from collections.abc import Container
from datetime import date
from typing import Any

from django.db.models import QuerySet

from jingwei.domains.risk.models import Risk
from jingwei.kernels.uncertainty import Impact, RiskEvent, Spread

over = (Risk.Status.OCCURRED, Risk.Status.CLOSED)


def risks_of(project_id: int) -> QuerySet[Risk]:
    """A project's register."""
    return Risk.objects.filter(project_id=project_id).select_related("owner", "project").order_by("code")


def open_risks(project_id: int) -> QuerySet[Risk]:
    """Those that may still happen."""
    return risks_of(project_id).exclude(status__in=over)


def overdue_reviews(project_id: int, today: date) -> QuerySet[Risk]:
    """Open risks whose review should have been, the longest overdue first."""
    return open_risks(project_id).filter(review_on__lt=today).order_by("review_on", "code")


def risk_events(project_id: int, tasks: Container[Any]) -> tuple[tuple[RiskEvent, ...], int]:
    """Every open risk that can happen and would do something, as the simulation takes it, and how many impacts were left out because their task is not among `tasks`.

    The probability is the one that holds now; delays and costs vary by PERT between their ends.
    """
    events, left_out = [], 0
    for risk in open_risks(project_id).prefetch_related("impacts"):
        rows = list(risk.impacts.all())
        impacts = tuple(
            Impact(row.task_id, _spread(row.delay_low_minutes, row.delay_likely_minutes, row.delay_high_minutes)) for row in rows if row.task_id in tasks
        )
        left_out += len(rows) - len(impacts)
        cost = _spread(risk.cost_low, risk.cost_likely, risk.cost_high)
        if risk.probability_now and (impacts or cost.high > 0):
            events.append(RiskEvent(risk.code, risk.probability_now / 100, impacts, cost))
    return tuple(events), left_out


def _spread(low: Any, likely: Any, high: Any) -> Spread:
    return Spread("fixed" if low == high else "pert", float(low), float(likely), float(high))
