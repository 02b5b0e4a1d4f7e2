"""Changes of the plan as a person draws them: previewed, committed in one transaction and one trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from jingwei.domains.schedule import network
from jingwei.domains.schedule.services.recalculation import project_recalculate
from jingwei.domains.work import services as work
from jingwei.frame.models import Project


class _Undo(Exception):
    pass


def plan_preview(*, project: Project, changes: Sequence[Mapping[str, Any]], links: Mapping[str, Any]) -> dict[str, Any]:
    """What a change of the plan would do: carried out for real, then rolled back, so it can never differ from the commit."""
    effect: dict[str, Any] = {}
    try:
        with transaction.atomic():
            effect = _carry_out(project, changes, links)
            raise _Undo
    except _Undo:
        return effect


@transaction.atomic
def plan_commit(*, project: Project, changes: Sequence[Mapping[str, Any]], links: Mapping[str, Any]) -> dict[str, Any]:
    """Change the plan through the work's own verbs, under one trace, and recalculate at once."""
    return _carry_out(project, changes, links)


def _carry_out(project: Project, changes: Sequence[Mapping[str, Any]], links: Mapping[str, Any]) -> dict[str, Any]:
    from jingwei.domains.work import queries

    before = {row["pk"]: row for row in queries.tasks_of(project.pk).values(*network.task_fields)}
    late_before = set(queries.endangered(queries.tasks_of(project.pk)).values_list("pk", flat=True))
    for change in changes:
        task = queries.task(int(change["task"]))
        if task is None or task.project_id != project.pk:
            raise ValidationError({"task": _("There is no such task in this project.")})
        work.task_save(instance=task, **{name: value for name, value in change.items() if name != "task"})
    for link in links.get("add", ()):
        ends = {pk: queries.task(pk) for pk in (int(link["from"]), int(link["to"]))}
        if None in ends.values():
            raise ValidationError({"links": _("There is no such task in this project.")})
        work.dependency_save(
            predecessor=ends[int(link["from"])], successor=ends[int(link["to"])], type=link.get("type", "FS"), lag_minutes=int(link.get("lag_minutes", 0))
        )
    for pk in links.get("remove", ()):
        found = queries.links_of(project.pk).filter(pk=pk).first()
        if found is not None:
            work.dependency_remove(instance=found)
    record = project_recalculate(project_id=project.pk)
    after = {row["pk"]: row for row in queries.tasks_of(project.pk).values(*network.task_fields)}
    changed = [pk for pk, row in after.items() if before.get(pk) != row]
    late = queries.endangered(queries.tasks_of(project.pk)).exclude(pk__in=late_before)
    return {
        "rows": list(queries.tasks_of(project.pk).filter(pk__in=changed).select_related("assignee", "interface")),
        "effect": {
            "moved": sum(1 for pk in after if pk in before and (before[pk]["start"], before[pk]["finish"]) != (after[pk]["start"], after[pk]["finish"])),
            "finish_before": max((r["finish"] for r in before.values() if r["finish"]), default=None),
            "finish_after": record.finish_after if record else None,
            "endangered": [{"id": t.pk, "name": t.name, "deadline": t.deadline, "finish": t.finish} for t in late],
        },
    }  # fmt: skip
