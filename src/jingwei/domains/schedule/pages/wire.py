"""The plan as the picture takes it: tasks and links as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from jingwei.domains.schedule.pages.opening import local_text
from jingwei.domains.work import queries as work
from jingwei.frame.models import Project


def task_rows(tasks: Iterable[Any], baseline: dict[int, Any], zone: ZoneInfo) -> list[dict[str, Any]]:
    out = []
    for t in tasks:
        was = baseline.get(t.pk, (None, None))
        out.append({
            "id": t.pk, "wbs": t.wbs, "parent": t.parent_id, "name": t.name, "start": local_text(t.start, zone), "finish": local_text(t.finish, zone),
            "duration_minutes": t.duration_minutes, "percent": t.percent, "is_milestone": t.is_milestone, "is_summary": t.is_summary, "is_critical": t.is_critical,
            "total_float_minutes": t.total_float_minutes or 0, "baseline_start": local_text(was[0], zone), "baseline_finish": local_text(was[1], zone),
            "deadline": local_text(t.deadline, zone), "is_endangered": t.is_endangered, "constraint": t.constraint, "status": t.status,
            "assignee": t.assignee.name if t.assignee else None,
            "interface": {"key": t.interface.key, "state": t.interface.state if t.interface.state in ("ok", "degraded", "down") else "ok"} if t.interface else None,
            "version": t.version,
        })  # fmt: skip
    return out


def link_rows(project: Project) -> list[dict[str, Any]]:
    return [
        {"id": pk, "from": a, "to": b, "type": kind, "lag_minutes": lag}
        for pk, a, b, kind, lag in work.links_of(project.pk).values_list("pk", "predecessor_id", "successor_id", "type", "lag_minutes")
    ]
