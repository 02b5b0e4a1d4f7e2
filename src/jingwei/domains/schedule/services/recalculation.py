"""Compute a project's dates, store what differs, keep what it moved, and tell whom it concerns."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from jingwei.domains.schedule import causes, network, queries, troubles
from jingwei.domains.schedule.facts import ScheduleRecalculated
from jingwei.domains.schedule.models import Recalculation
from jingwei.domains.schedule.services.alarms import milestones_watch, plan_watch
from jingwei.domains.work import services as work
from jingwei.frame import scope
from jingwei.frame.models import Project
from jingwei.frame.records import turns
from jingwei.frame.records.turns import in_turn
from jingwei.frame.telling import events, facts
from jingwei.frame.telling.wording import Both
from jingwei.frame.work import jobs
from jingwei.kernels.calendar.stated import CalendarError
from jingwei.kernels.plan.plan import PlanDates, PlanError

job = "schedule.recalculate"
computed = ("late_start", "late_finish", "total_float_minutes", "free_float_minutes", "is_critical")


@in_turn
def project_recalculate(*, project_id: int) -> Recalculation | None:
    """Compute a project's dates and store those that moved; states what happened and tells open pages."""
    began = time.perf_counter()
    turns.take([project_id])
    project = Project.objects.filter(pk=project_id).first()
    jobs.claim(job, project_id)  # also of a project that is gone: nobody will ever satisfy its demands
    if project is None:
        return None
    loaded = network.load(project)
    if not loaded.rows:
        return _emptied(project)
    try:
        plan = network.calculate(loaded)
    except (PlanError, CalendarError) as problem:
        return _failed(loaded, problem)
    moved = _store(loaded, plan)
    record = _record(loaded, plan, moved, round((time.perf_counter() - began) * 1000))
    if moved or record.effects.get("mended"):
        events.publish("plan-changed", project_id=project.pk, needs="work.task.view", moved=len(moved), finish=_moved_finish(record, loaded))
    return record


def _moved_finish(record: Recalculation, loaded: network.Loaded) -> list[str] | None:
    """The day on which the project was to finish and the one on which it will; None where they are one day."""
    if record.finish_before is None or record.finish_after is None:
        return None
    days = [each.astimezone(ZoneInfo(loaded.calendar.zone)).date().isoformat() for each in (record.finish_before, record.finish_after)]
    return days if days[0] != days[1] else None


def _emptied(project: Project) -> Recalculation | None:
    """A plan without tasks has no dates; what kept it from being calculated went with them."""
    if queries.problem_of(project.pk) is None:
        return None
    plan_watch(project=project)
    record: Recalculation = Recalculation.objects.create(project=project, tenant_id=project.tenant_id, effects={"mended": True})
    return record


def _failed(loaded: network.Loaded, problem: Exception) -> Recalculation:
    """Keep why there are no dates, in both languages, and at which task."""
    told, project = troubles.in_words(problem, loaded.rows), loaded.project
    before = queries.problem_of(project.pk)
    plan_watch(project=project, why=lambda: troubles.in_words(problem, loaded.rows), is_new=before is None or before.task != troubles.task_of(problem))
    effects = {"problem": told, "said": Both(lambda: troubles.in_words(problem, loaded.rows)).plain, "task": troubles.task_of(problem)}
    record: Recalculation = Recalculation.objects.create(project=project, tenant_id=project.tenant_id, cause=told[:300], effects=effects)
    events.publish("plan-changed", project_id=project.pk, needs="work.task.view", moved=0)
    return record


def _store(loaded: network.Loaded, plan: PlanDates[int]) -> list[int]:
    """Write the dates that differ; returns the tasks whose start or finish moved."""
    rows: list[work.DateRow] = []
    moved = []
    for pk, *new, is_summary, exact, _minutes in plan.date_rows():
        old = loaded.rows[pk]
        percent = round(exact) if is_summary else None
        if new[:2] != [old["start"], old["finish"]]:
            moved.append(pk)
        elif new[2:] == [old[n] for n in computed] and (percent is None or percent == old["percent"]):
            continue
        rows.append((pk, *new, percent))
    # a trace of its own: taking back what a person did must not try to take back what followed from it
    with scope.because(origin="schedule", reason=_cause(loaded), trace=uuid.uuid4().hex):
        work.task_dates_store(rows=rows)
    return moved


def _cause(loaded: network.Loaded) -> str:
    """Why dates move now, in words: outages first, else what asked for it."""
    return causes.cause([outage.name for outage in loaded.outages.values()], scope.current().reason)


def _late(loaded: network.Loaded, plan: PlanDates[int]) -> dict[int, datetime]:
    """Open milestones behind their deadline, with their computed finish."""
    late = {}
    for pk, row in loaded.rows.items():
        if row["is_milestone"] and row["deadline"] and row["percent"] < 100 and row["status"] != "cancelled":
            finish = plan[pk].finish
            if finish and finish > row["deadline"]:
                late[pk] = finish
    return late


def _record(loaded: network.Loaded, plan: PlanDates[int], moved: Sequence[int], milliseconds: int) -> Recalculation:
    late = _late(loaded, plan)
    endangered, saved = milestones_watch(project=loaded.project, rows=loaded.rows, late=late, cause=lambda: _cause(loaded))
    known = [row["finish"] for row in loaded.rows.values() if row["finish"] and not row["is_summary"]]
    hours = {pk: round((late[pk] - loaded.rows[pk]["deadline"]).total_seconds() / 3600, 1) for pk in endangered}
    record = Recalculation(
        project=loaded.project, tenant_id=loaded.project.tenant_id, cause=_cause(loaded)[:300], moved=len(moved), finish_before=max(known, default=None),
        finish_after=plan.finish, milliseconds=milliseconds,
        effects={
            "endangered": [{"id": pk, "name": loaded.rows[pk]["name"], "hours": hours[pk]} for pk in endangered],
            "saved": [{"id": pk, "name": loaded.rows[pk]["name"]} for pk in saved if pk in loaded.rows],
            "outages": [{"key": o.key, "name": o.name, "reason": o.reason} for o in loaded.outages.values()],
        },
    )  # fmt: skip
    if queries.problem_of(loaded.project.pk) is not None:
        record.effects["mended"] = True
        plan_watch(project=loaded.project)
    if moved or endangered or saved or "mended" in record.effects:
        record.save()
    facts.state(ScheduleRecalculated(project_id=loaded.project.pk, moved=len(moved), endangered=tuple(endangered), saved=tuple(saved)))
    return record
