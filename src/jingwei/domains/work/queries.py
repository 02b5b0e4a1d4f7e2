"""What others ask of the work."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet

from jingwei.domains.work.models import Dependency, Task


def tasks_of(project_id: int) -> QuerySet[Task]:
    """Tasks in the order of the tree."""
    return Task.objects.filter(project_id=project_id).order_by("position", "id")


def links_of(project_id: int) -> QuerySet[Dependency]:
    """Links between a project's tasks."""
    return Dependency.objects.filter(project_id=project_id)


def tasks_in(project_ids: Any) -> QuerySet[Task]:
    """Tasks of several projects."""
    return Task.objects.filter(project_id__in=project_ids)


def endangered(tasks: QuerySet[Task] | None = None) -> QuerySet[Task]:
    """Open tasks and milestones whose computed finish is later than their deadline. The one definition."""
    rows = Task.objects.all() if tasks is None else tasks
    return rows.filter(deadline__isnull=False, finish__gt=F("deadline"), percent__lt=100).exclude(status=Task.Status.CANCELLED)


def endangered_milestones(project_id: int) -> QuerySet[Task]:
    """The same, milestones of one project only."""
    return endangered(Task.objects.filter(project_id=project_id, is_milestone=True)).order_by("deadline")


def task(task_id: int) -> Task | None:
    """One task."""
    return Task.objects.filter(pk=task_id).first()
