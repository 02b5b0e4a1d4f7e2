"""What others ask of the costs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet, Sum

from jingwei.domains.cost.earning import EarnedValue, Earning
from jingwei.domains.cost.models import Line, Snapshot
from jingwei.frame.models import Project


def totals_by_project(project_ids: list[int]) -> Any:
    """Planned, committed and actual of each project; reversed lines do not count."""
    rows = Line.objects.filter(project_id__in=project_ids).exclude(status=Line.Status.REVERSED)
    return rows.values("project_id", "kind").annotate(total=Sum("amount")).order_by()


def totals_by_period(project_ids: list[int]) -> Any:
    """The same by month."""
    rows = Line.objects.filter(project_id__in=project_ids).exclude(status=Line.Status.REVERSED)
    return rows.values("period", "kind").annotate(total=Sum("amount")).order_by("period")


def drafts(project_ids: list[int] | None) -> QuerySet[Line]:
    """Actual lines that wait to be posted in these projects (None = all), the oldest period first."""
    rows = Line.objects.filter(status=Line.Status.DRAFT, kind=Line.Kind.ACTUAL).select_related("project").order_by("period", "number")
    return rows if project_ids is None else rows.filter(project_id__in=project_ids)


def newest(project_ids: list[int] | None) -> QuerySet[Line]:
    """Actual lines that came last, reversed ones left out."""
    rows = Line.objects.filter(kind=Line.Kind.ACTUAL).exclude(status=Line.Status.REVERSED).select_related("project").order_by("-period", "-id")
    return rows if project_ids is None else rows.filter(project_id__in=project_ids)


def planned_by_task(project_id: int) -> list[tuple[int | None, str, Any]]:
    """Planned money of a project by task (None = the project as a whole) and account."""
    rows = Line.objects.filter(project_id=project_id, kind=Line.Kind.PLANNED).exclude(status=Line.Status.REVERSED)
    return [(task, account, total) for task, account, total in rows.values_list("task_id", "account").annotate(total=Sum("amount")).order_by()]


def earned_value_of(project: Project) -> EarnedValue:
    """Earned value of a project as it stands now, frozen periods as they were kept. A fixed number of queries."""
    return Earning(project).result()


def snapshots(project_id: int) -> QuerySet[Snapshot]:
    """Frozen periods, the newest first."""
    return Snapshot.objects.filter(project_id=project_id).select_related("taken_by").order_by("-period")
