"""The plan as the picture takes it: tasks and links as rows under one list of columns, moments as minutes of the project's own clock."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import BooleanField, Case, F, QuerySet, Value, When
from django.db.models.fields.json import JSONField
from django.db.models.functions import JSONObject

from jingwei.domains.schedule.models import Baseline
from jingwei.domains.work import queries as work
from jingwei.domains.work.queries import WallMinute
from jingwei.frame.models import Project
from jingwei.frame.rights.access import Access

dates = ("start", "finish", "deadline", "constraint_at")
plain = (
    "wbs", "name", "duration_minutes", "percent", "is_milestone", "is_summary", "is_critical", "total_float_minutes", "constraint", "status", "work_hours", "units_percent", "version",
)  # fmt: skip
task_columns = ("id", "parent", "is_endangered", "assignee", "assignee_id", "calendar_id", "interface", *plain, *dates)


def task_sheet(project: Project, access: Access, only: Collection[int] | None = None) -> dict[str, Any]:
    """Tasks, all or `only` some, in the order of the tree: {"columns": names, "rows": lists in that order}. One query.
    Which interface a task waits for is told to those who may look at interfaces."""
    rows = work.tasks_of(project.pk)
    if only is not None:
        rows = rows.filter(pk__in=only)
    return {"columns": list(task_columns), "rows": _values(rows, project.zone, sees_interfaces=access.allows("hub.interface.view", project.pk))}


def _values(rows: QuerySet[Any], zone: str, *, sees_interfaces: bool) -> list[Any]:
    late = work.endangered_condition()
    health = Case(When(interface__state__in=("ok", "degraded", "down"), then=F("interface__state")), default=Value("ok"))
    rows = rows.annotate(
        late=Case(When(late, then=True), default=False, output_field=BooleanField()),
        hangs_on=Case(When(interface=None, then=None), default=JSONObject(key=F("interface__key"), state=health), output_field=JSONField(null=True))
        if sees_interfaces
        else Value(None, JSONField(null=True)),
        **{f"{name}_wall": WallMinute(name, zone) for name in dates},
    )
    return list(
        rows.values_list("pk", "parent_id", "late", "assignee__name", "assignee_id", "calendar_id", "hangs_on", *plain, *(f"{name}_wall" for name in dates))
    )


def link_sheet(project: Project, only: Iterable[int] | None = None) -> list[dict[str, Any]]:
    """Links, all or `only` some."""
    rows = work.links_of(project.pk)
    if only is not None:
        rows = rows.filter(pk__in=list(only))
    names = ("id", "from", "to", "type", "lag_minutes")
    return [dict(zip(names, row, strict=True)) for row in rows.values_list("pk", "predecessor_id", "successor_id", "type", "lag_minutes")]


def baseline_sheet(project: Project, baseline: Baseline | None) -> list[Any]:
    """A baseline's tasks: [task, start, finish, duration in working minutes]."""
    if baseline is None:
        return []
    walls: dict[str, Any] = {f"{name}_wall": WallMinute(name, project.zone) for name in ("start", "finish")}
    columns: tuple[str, ...] = ("task_id", *walls, "duration_minutes")
    return list(baseline.tasks.annotate(**walls).values_list(*columns))
