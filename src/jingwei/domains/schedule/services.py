"""Verbs of the schedule: recalculate, take a baseline, preview and commit changes of the plan."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from jingwei.domains.schedule import network
from jingwei.domains.schedule.facts import ScheduleRecalculated
from jingwei.domains.schedule.models import Baseline, BaselineTask, Recalculation
from jingwei.domains.work import services as work
from jingwei.frame import events, facts, jobs, scope
from jingwei.frame.models import Project
from jingwei.kernels.plan import PlanCycleError, PlanDates, PlanError

job = "schedule.recalculate"


@transaction.atomic
def project_recalculate(*, project_id: int) -> Recalculation | None:
    """Compute a project's dates and store those that moved; states what happened and tells open pages."""
    began = time.perf_counter()
    project = Project.objects.select_for_update(of=("self",)).filter(pk=project_id).first()
    if project is None:
        return None
    jobs.claim(job, project_id)
    loaded = network.load(project)
    if not loaded.rows:
        return None
    try:
        plan = network.calculate(loaded)
    except (PlanError, PlanCycleError) as problem:
        return Recalculation.objects.create(project=project, tenant_id=project.tenant_id, cause=str(problem)[:300], effects={"problem": str(problem)})
    moved = _store(loaded, plan)
    record = _record(loaded, plan, moved, round((time.perf_counter() - began) * 1000))
    if moved:
        events.publish("plan-changed", project_id=project.pk, moved=len(moved))
    return record


def _store(loaded: network.Loaded, plan: PlanDates[int]) -> list[int]:
    """Write the dates that differ; returns the tasks whose start or finish moved."""
    rows: list[work.DateRow] = []
    moved = []
    for pk, old in loaded.rows.items():
        new = plan[pk]
        percent = round(new.percent) if new.is_summary else None
        row = (pk, new.start, new.finish, new.late_start, new.late_finish, new.total_float_minutes, new.free_float_minutes, new.is_critical, percent)
        known = tuple(old[n] for n in ("pk", "start", "finish", "late_start", "late_finish", "total_float_minutes", "free_float_minutes", "is_critical"))
        if row[:8] != known or (percent is not None and percent != old["percent"]):
            rows.append(row)
        if (new.start, new.finish) != (old["start"], old["finish"]):
            moved.append(pk)
    with scope.because(origin="schedule", reason=_cause(loaded)):
        work.task_dates_store(rows=rows)
    return moved


def _cause(loaded: network.Loaded) -> str:
    """Why dates move now, in words: outages first, else what asked for it."""
    down = [outage.name for outage in loaded.outages.values()]
    if down:
        return _("interface down: %(names)s") % {"names": ", ".join(down)}
    return scope.current().reason or _("the plan changed")


def _late(loaded: network.Loaded, finish_of: Mapping[int, datetime | None]) -> dict[int, float]:
    """Open milestones behind their deadline, with the hours they are behind."""
    late = {}
    for pk, row in loaded.rows.items():
        finish = finish_of.get(pk)
        if row["is_milestone"] and row["deadline"] and finish and finish > row["deadline"] and row["percent"] < 100:
            late[pk] = round((finish - row["deadline"]).total_seconds() / 3600, 1)
    return late


def _record(loaded: network.Loaded, plan: PlanDates[int], moved: Sequence[int], milliseconds: int) -> Recalculation:
    before = _late(loaded, {pk: row["finish"] for pk, row in loaded.rows.items()})
    after = _late(loaded, {pk: plan[pk].finish for pk in loaded.rows})
    known = [row["finish"] for row in loaded.rows.values() if row["finish"] and not row["is_summary"]]
    endangered, saved = sorted(set(after) - set(before)), sorted(set(before) - set(after))
    record = Recalculation(
        project=loaded.project, tenant_id=loaded.project.tenant_id, cause=_cause(loaded)[:300], moved=len(moved), finish_before=max(known, default=None),
        finish_after=plan.finish, milliseconds=milliseconds,
        effects={
            "endangered": [{"id": pk, "name": loaded.rows[pk]["name"], "hours": after[pk]} for pk in endangered],
            "saved": [{"id": pk, "name": loaded.rows[pk]["name"]} for pk in saved],
            "outages": [{"key": o.key, "name": o.name, "reason": o.reason} for o in loaded.outages.values()],
        },
    )  # fmt: skip
    if moved or endangered or saved:
        record.save()
    facts.state(ScheduleRecalculated(project_id=loaded.project.pk, moved=len(moved), endangered=tuple(endangered), saved=tuple(saved)))
    return record


@transaction.atomic
def baseline_take(*, project: Project, name: str) -> Baseline:
    """Keep the plan as it is now, and compare with it from now on."""
    Baseline.objects.filter(project=project, is_current=True).update(is_current=False)
    baseline = Baseline(project=project, tenant_id=project.tenant_id, name=name)
    baseline.save()
    rows = network.load(project).rows.values()
    BaselineTask.objects.bulk_create(
        BaselineTask(
            tenant_id=project.tenant_id,
            project=project,
            baseline=baseline,
            task_id=r["pk"],
            start=r["start"],
            finish=r["finish"],
            duration_minutes=r["duration_minutes"],
        )
        for r in rows
    )
    return baseline


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
