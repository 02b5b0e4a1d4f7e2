"""A schedule file brought into a project: kept as it came, shown first, then written through the work's own verbs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.domains.directory import queries as directory
from jingwei.domains.directory import services as projects
from jingwei.domains.schedule import files
from jingwei.domains.schedule.models import PlanImport
from jingwei.domains.schedule.services.recalculation import project_recalculate
from jingwei.domains.work import queries as work
from jingwei.domains.work import services as tasks
from jingwei.domains.worktime import services as worktime
from jingwei.frame import scope
from jingwei.frame.models import Project
from jingwei.frame.records import turns
from jingwei.frame.records.turns import in_turn
from jingwei.kernels.planfile import FileAssignment, FileTask, PlanFile


@in_turn
def file_keep(*, project: Project, name: str, content: bytes) -> PlanImport:
    """Keep a file as it came, if it can be read at all. Raises ValidationError that says what to do."""
    files.plan_of(content, name)
    kept = PlanImport(project=project, name=name[:200], content=content, came_by_id=scope.current().user_id)
    kept.save()
    return kept


@in_turn
def file_import(*, instance: PlanImport, sets_project: bool = True, makes_calendars: bool = True) -> PlanImport:
    """Write a kept file's tasks and links into its project and recalculate. The same file again changes what came from it before.

    With `sets_project` the project is scheduled from its finish, or with a critical path for every end, when the file is;
    with `makes_calendars` the calendars its tasks name are made, unless one of that name is there.
    """
    turns.take([instance.project_id])
    done = PlanImport.objects.filter(pk=instance.pk).values_list("done_at", flat=True).first()  # somebody may have been before us while we waited
    if done is not None:
        raise ValidationError(_("This file was imported already."))
    project = Project.objects.get(pk=instance.project_id)
    plan = files.plan_of(bytes(instance.content), instance.name)
    with scope.because(reason=_("File %(name)s") % {"name": instance.name}):
        wanted = files.scheduling(plan)
        if sets_project and any(getattr(project, name) != value for name, value in wanted.items()) and not (project.is_from_finish and plan.from_start):
            project = projects.project_save(instance=project, **wanted)
        made, fresh = _tasks(project, plan, _calendars(plan) if makes_calendars else {})
        written, refused = tasks.dependencies_save(project_id=project.pk, links=_links(plan, made))
        project_recalculate(project_id=project.pk)
    instance.done_at = timezone.now()
    instance.counts = {
        "new": fresh, "changed": len(made) - fresh, "links": written,
        "refused": [{"from": before.name, "to": follower.name, "why": why} for before, follower, why in refused[:200]],
    }  # fmt: skip
    instance.save()
    return instance


def _calendars(plan: PlanFile) -> dict[str, Any]:
    """The calendars that tasks of a file name, by the file's id."""
    named = {task.calendar for task in plan.tasks if task.calendar in plan.calendars}
    return {uid: worktime.task_calendar_keep(name=plan.calendar_names.get(uid) or f"#{uid}", laid=plan.calendars[uid]) for uid in sorted(filter(None, named))}


def _tasks(project: Project, plan: PlanFile, calendars: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Tasks by the file's id, and how many are new. Parents are written before what is below them."""
    known = {task.external_ref: task for task in work.tasks_of(project.pk).exclude(external_ref="")}
    assignee: dict[str, int] = {}
    names = {r.uid: r.name for r in plan.resources}
    staff = directory.staff_named(names.values())
    for each in plan.assignments:
        if each.resource and len(meant := staff.get(names.get(each.resource, ""), [])) == 1:  # of several of one name it is nobody
            assignee.setdefault(each.task, meant[0])
    by_level: dict[int, list[FileTask]] = defaultdict(list)
    depth: dict[str, int] = {}
    for task in plan.tasks:
        depth[task.uid] = depth.get(task.parent or "", 0) + 1
        by_level[depth[task.uid]].append(task)
    top = max((task.position for task in known.values()), default=0) or work.tasks_of(project.pk).count()
    place = {task.uid: top + number for number, task in enumerate(plan.tasks, 1)}
    shares = _shares(plan)
    made: dict[str, Any] = {}
    fresh = 0
    for level in sorted(by_level):
        rows = []
        for task in by_level[level]:
            instance = known.get(files.reference(task))
            values = _values(project, plan, task, made, assignee.get(task.uid))
            if not task.is_summary:
                values |= shares.get(task.uid, {})
            if calendars or instance is None:
                values["calendar"] = calendars.get(task.calendar or "")
            if instance is None:
                values |= {"project": project, "position": place[task.uid], "external_ref": files.reference(task)}
                fresh += 1
            rows.append((instance, values))
        for task, row in zip(by_level[level], tasks.tasks_save(rows=rows, follows_effort=False, checks_links=False), strict=True):
            made[task.uid] = row
    if project.is_from_finish and not plan.from_start:
        # new tasks are as late as possible in such a project, but the file says which are not
        tasks.tasks_save(rows=[(made[task.uid], {"constraint": "ASAP"}) for task in plan.tasks if task.constraint == "ASAP"])
    return made, fresh


def _values(project: Project, plan: PlanFile, task: FileTask, made: Mapping[str, Any], assignee_id: int | None) -> dict[str, Any]:
    """A task of a file in the words of the work."""
    zone = ZoneInfo(project.zone)

    def aware(moment: datetime | None) -> datetime | None:
        return moment.replace(tzinfo=zone) if moment else None

    constraint, at = (task.constraint, task.constraint_at) if task.constraint_at or task.constraint in ("ASAP", "ALAP") else ("ASAP", None)
    if constraint == "ASAP" and project.is_from_finish and plan.from_start:
        constraint = "ALAP"
    if task.is_manual and task.manual_start and not task.is_summary:
        constraint, at = "SNET", task.manual_start
    values: dict[str, Any] = {
        "name": task.name[:300] or f"#{task.id}", "parent": made.get(task.parent or ""), "duration_minutes": _duration(task), "is_milestone": task.is_milestone and not task.is_summary,
        "percent": round(min(max(task.percent, 0), 100)), "constraint": constraint, "constraint_at": aware(at), "deadline": aware(task.deadline),
        "actual_start": aware(task.actual_start), "actual_finish": aware(task.actual_finish) if task.percent >= 100 else None, "priority": min(max(task.priority, 0), 1000),
    }  # fmt: skip
    values |= {"task_type": task.type, "is_effort_driven": task.is_effort_driven or task.type == "fixed_work"}
    if task.is_inactive:
        values["status"] = "cancelled"
    if assignee_id is not None:
        values["assignee_id"] = assignee_id
    return values


def _shares(plan: PlanFile) -> dict[str, dict[str, Any]]:
    """Units and planned work of tasks that one resource does; of those that several do only the duration is taken over."""
    kinds = {resource.uid: resource.kind for resource in plan.resources}
    working: dict[str, list[FileAssignment]] = defaultdict(list)
    for each in plan.assignments:
        if kinds.get(each.resource or "") == "work":
            working[each.task].append(each)
    found = {}
    for uid, (first, *others) in working.items():
        if not others and 0 < first.units <= 99:
            found[uid] = {"units_percent": Decimal(str(round(first.units * 100, 2)))}
            if 0 < first.work_minutes < 60 * 9_999_999:
                found[uid]["work_hours"] = Decimal(str(round(first.work_minutes / 60, 2)))
    return found


def _duration(task: FileTask) -> int:
    """Working minutes; an elapsed week is taken as five days of eight hours."""
    return round(task.duration_minutes * (5 * 480) / (7 * 1440)) if task.duration_is_elapsed else task.duration_minutes


def _links(plan: PlanFile, made: Mapping[str, Any]) -> list[tuple[Any, Any, str, int]]:
    found: list[tuple[Any, Any, str, int]] = []
    minutes = {task.uid: task.duration_minutes for task in plan.tasks}
    for link in plan.links:
        if link.predecessor in made and link.successor in made:
            lag = link.lag_minutes if link.lag_percent is None else round(minutes[link.predecessor] * link.lag_percent / 100)
            found.append((made[link.predecessor], made[link.successor], link.type, lag))
    return found
