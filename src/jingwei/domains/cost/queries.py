"""What others ask of the costs."""

from __future__ import annotations

from typing import Any

from django.db.models import Sum

from jingwei.domains.cost.models import Line


def totals_by_project(project_ids: list[int]) -> Any:
    """Planned, committed and actual of each project; reversed lines do not count."""
    rows = Line.objects.filter(project_id__in=project_ids).exclude(status=Line.Status.REVERSED)
    return rows.values("project_id", "kind").annotate(total=Sum("amount")).order_by()


def totals_by_period(project_ids: list[int]) -> Any:
    """The same by month."""
    rows = Line.objects.filter(project_id__in=project_ids).exclude(status=Line.Status.REVERSED)
    return rows.values("period", "kind").annotate(total=Sum("amount")).order_by("period")
