"""What others ask of the work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, Case, Count, F, Func, Max, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast, NullIf
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jingwei.domains.directory import queries as directory
from jingwei.domains.work.models import Dependency, Task
from jingwei.frame.models import Project
from jingwei.frame.records.past import last_here
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import Access
from jingwei.frame.waiting import Waiting, most_of_a_kind, waits_for_me


def tasks_of(project_id: int) -> QuerySet[Task]:
    """Tasks in the order of the tree."""
    return Task.objects.filter(project_id=project_id).order_by("position", "id")


def links_of(project_id: int) -> QuerySet[Dependency]:
    """Links between a project's tasks."""
    return Dependency.objects.filter(project_id=project_id)


def tasks_in(project_ids: Any) -> QuerySet[Task]:
    """Tasks of several projects."""
    return Task.objects.filter(project_id__in=project_ids)


def constraint_called(kind: str) -> str:
    """A constraint as people call it."""
    return str(Task.Constraint(kind).label)


def tasks_named(ids: Iterable[int]) -> QuerySet[Task]:
    """Tasks of these ids with what people call them by."""
    return Task.objects.filter(pk__in=list(ids)).only("pk", "code", "name")


def names_in(project_id: int, ids: Iterable[int]) -> dict[int, str]:
    """Tasks by code and name as this project may call them: those it has, and of those that are gone what they were called there."""
    wanted = set(ids)
    here = {task.pk: f"{task.code} {task.name}" for task in tasks_named(wanted).filter(project_id=project_id)}
    gone = wanted - set(here)
    return here | {pk: name for pk, name in (gone_from(project_id, gone) if gone else {}).items() if not name.startswith("#")}


def gone_from(project_id: int, ids: Iterable[int]) -> dict[int, str]:
    """Those of these tasks that no plan of the project has any more, by code and name as they were when they were deleted, moved away, or became a summary."""
    wanted = set(ids)
    here = dict(tasks_of(project_id).filter(pk__in=wanted).values_list("pk", "is_summary"))
    gone = sorted(wanted - {pk for pk, is_summary in here.items() if not is_summary})
    known = last_here(resource("work.task"), gone, project_id) if gone else {}
    return {pk: f"{known[pk].get('code', '')} {known[pk].get('name', '')}".strip() if pk in known else f"#{pk}" for pk in gone}


def endangered_condition() -> Q:
    """Open tasks and milestones whose computed finish is later than their deadline. The one definition."""
    return Q(deadline__isnull=False, finish__gt=F("deadline"), percent__lt=100) & ~Q(status=Task.Status.CANCELLED)


def endangered(tasks: QuerySet[Task] | None = None) -> QuerySet[Task]:
    """The endangered ones among tasks, or among all."""
    return (Task.objects.all() if tasks is None else tasks).filter(endangered_condition())


def task_prints(project_id: int) -> dict[int, int]:
    """Task by task a 64-bit print of its row: two that differ tell that somebody wrote to it in between, whoever and by whatever way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, hash_record_extended(t, 0) FROM work_task t WHERE project_id = %s", (project_id,))
        return dict(cursor.fetchall())


def link_prints(project_id: int) -> dict[int, int]:
    """The same for the links."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, hash_record_extended(d, 0) FROM work_dependency d WHERE project_id = %s", (project_id,))
        return dict(cursor.fetchall())


def endangered_milestones(project_id: int) -> QuerySet[Task]:
    """The same, milestones of one project only."""
    return endangered(Task.objects.filter(project_id=project_id, is_milestone=True)).order_by("deadline")


def task(task_id: int) -> Task | None:
    """One task."""
    return Task.objects.filter(pk=task_id).first()


def progress_by_project(project_ids: list[int]) -> Any:
    """Tasks, progress weighted by duration, and computed finish of each project: one query."""
    parts = Task.objects.filter(project_id__in=project_ids, is_summary=False).exclude(status=Task.Status.CANCELLED)
    weight = Sum(F("duration_minutes"))
    done = Sum(Cast("percent", BigIntegerField()) * F("duration_minutes"))  # a product of two 32-bit numbers fails where it is no 32-bit number itself
    return parts.values("project_id").annotate(tasks=Count("id"), percent=done * 1.0 / NullIf(weight, 0), finish=Max("finish")).order_by()


def waiting_for(project_id: int, interface_ids: list[int]) -> list[Task]:
    """Open tasks that wait for one of these interfaces, the latest first."""
    if not interface_ids:
        return []
    return list(Task.objects.filter(project_id=project_id, interface_id__in=interface_ids, percent__lt=100).order_by("-finish")[:20])


def bound_to(project_id: int, interface_id: int) -> list[Task]:
    """Open tasks that wait for an interface whenever it is down, in the order of their finish."""
    rows = Task.objects.filter(project_id=project_id, interface_id=interface_id, percent__lt=100).exclude(status=Task.Status.CANCELLED)
    return list(rows.order_by(F("finish").asc(nulls_last=True), "position"))


def milestones_behind(project_id: int, task_ids: Collection[int]) -> list[Task]:
    """Open milestones that come after these tasks, over links of any kind, in the order of their finish."""
    follows: dict[int, list[int]] = defaultdict(list)
    for before, after in Dependency.objects.filter(successor__project_id=project_id).values_list("predecessor_id", "successor_id"):
        follows[before].append(after)
    for part, whole in Task.objects.filter(project_id=project_id, parent__isnull=False).values_list("pk", "parent_id"):
        follows[part].append(whole)  # a summary ends when its parts do
    reached, waiting = set(task_ids), list(task_ids)
    while waiting:
        for each in follows[waiting.pop()]:
            if each not in reached:
                reached.add(each)
                waiting.append(each)
    rows = Task.objects.filter(project_id=project_id, is_milestone=True, pk__in=reached, percent__lt=100).exclude(status=Task.Status.CANCELLED)
    return list(rows.order_by(F("finish").asc(nulls_last=True), "position"))


def last_of(ids: Iterable[int]) -> QuerySet[Task]:
    """The open piece of work among these that ends last."""
    rows = Task.objects.filter(pk__in=list(ids), percent__lt=100, is_summary=False, finish__isnull=False).exclude(status=Task.Status.CANCELLED)
    return rows.order_by("-finish", "-duration_minutes")[:1]


def driving(before: Collection[int], milestone: Task) -> dict[int, Task]:
    """Of the tasks before a milestone those that drive it: open work with no more float than it has."""
    if milestone.total_float_minutes is None:
        return {}
    rows = Task.objects.filter(pk__in=list(before), percent__lt=100, is_summary=False, total_float_minutes__lte=milestone.total_float_minutes)
    return {task.pk: task for task in rows.exclude(status=Task.Status.CANCELLED)}


def late_told(access: Access, task: Task) -> tuple[str, dict[str, Any]] | None:
    """On the page of a task that ends behind its deadline: by how much, and where one sees why."""
    if task.deadline is None or task.finish is None or task.finish <= task.deadline or task.percent >= 100 or task.status == Task.Status.CANCELLED:
        return None
    return "work/_late.html", {"task": task, "project": task.project}


def led_to(project_id: int) -> Callable[[int], set[int]]:
    """For tasks of a project: everything that must be done before one, by links of its own, of what it is part of, and of their parts. Two queries."""
    parents = dict(Task.objects.filter(project_id=project_id).values_list("pk", "parent_id"))
    parts: dict[int, list[int]] = defaultdict(list)
    before: dict[int, list[int]] = defaultdict(list)
    for pk, parent in parents.items():
        if parent is not None:
            parts[parent].append(pk)
    for first, then in links_of(project_id).values_list("predecessor_id", "successor_id"):
        before[then].append(first)

    def found(pk: int) -> set[int]:
        seen: set[int] = set()
        waiting = [pk]
        while waiting:
            each: int | None = waiting.pop()
            while each is not None:  # a link of a branch holds for all in it
                fresh = [one for one in before[each] if one not in seen]
                seen.update(fresh)
                waiting += fresh
                for one in fresh:
                    inside = list(parts[one])
                    while inside:
                        part = inside.pop()
                        if part not in seen:
                            seen.add(part)
                            waiting.append(part)
                            inside += parts[part]
                each = parents.get(each)
        return seen - {pk}

    return found


def finish_of(project_id: int) -> Any:
    """The latest finish of a project's pieces of work; None without any."""
    return Task.objects.filter(project_id=project_id, is_summary=False).aggregate(finish=Max("finish"))["finish"]


def next_critical(project_id: int) -> QuerySet[Task]:
    """Open critical tasks in the order of their start."""
    return Task.objects.filter(project_id=project_id, is_critical=True, is_summary=False, percent__lt=100).select_related("assignee").order_by("start")


def milestones_of(project_id: int) -> QuerySet[Task]:
    """Milestones in the order of their finish."""
    return Task.objects.filter(project_id=project_id, is_milestone=True).order_by("finish", "position")


def finishing_between(project_ids: list[int], first: Any, last: Any) -> QuerySet[Task]:
    """Open tasks that finish in a span of time."""
    rows = Task.objects.filter(project_id__in=project_ids, is_summary=False, percent__lt=100, finish__gte=first, finish__lte=last)
    return rows.select_related("assignee", "project").order_by("finish")


def board_of(project_id: int) -> QuerySet[Task]:
    """Cards of the board: no summaries, the urgent first."""
    return Task.objects.filter(project_id=project_id, is_summary=False).select_related("assignee").order_by("finish", "position")


def open_work(project_id: int) -> QuerySet[Task]:
    """Tasks somebody may work on today: begun ones first, then by their start."""
    rows: QuerySet[Task] = Task.objects.filter(project_id=project_id, is_summary=False, is_milestone=False, percent__lt=100).exclude(
        status=Task.Status.CANCELLED
    )
    return rows.annotate(begun=Case(When(status=Task.Status.DOING, then=0), default=1)).order_by("begun", "start", "position")


def progress_facts(project_id: int) -> list[tuple[Any, ...]]:
    """Each piece of work for a curve: id, duration in working minutes, percent, start, finish, actual start, actual finish. One query."""
    rows = Task.objects.filter(project_id=project_id, is_summary=False, duration_minutes__gt=0).exclude(status=Task.Status.CANCELLED)
    return list(rows.values_list("pk", "duration_minutes", "percent", "start", "finish", "actual_start", "actual_finish").order_by())


def mine_now(person_id: int | None, until: Any) -> QuerySet[Task]:
    """Open work of a person that has begun, should have, or ends before `until`; what ends first comes first."""
    if person_id is None:
        return Task.objects.none()
    rows = Task.objects.filter(assignee_id=person_id, is_summary=False, percent__lt=100).exclude(status=Task.Status.CANCELLED)
    return rows.filter(Q(status=Task.Status.DOING) | Q(start__lte=until) | Q(finish__lte=until)).select_related("project").order_by("finish", "position")


@waits_for_me("work.mine", _("My tasks that are due"), order=40)
def tasks_waiting(access: Access) -> Iterator[Waiting]:
    """Tasks of mine that have begun, should have, or end within three days."""
    places, person = access.projects("work.task.view"), directory.person_of(access.user_id)
    rows = mine_now(person.pk if person else None, timezone.now() + timedelta(days=3))
    for task in (rows if places is None else rows.filter(project_id__in=places))[:most_of_a_kind]:
        yield Waiting(task.name, f"/w/work.task/{task.pk}/", task.project.code, task.start, task.finish, f"{task.percent} %")


def staffed_ids(project_id: int) -> set[int]:
    """Tasks that somebody is to do."""
    return set(Task.objects.filter(project_id=project_id, assignee__isnull=False).values_list("pk", flat=True))


def booked(project_ids: list[int]) -> list[dict[str, Any]]:
    """Open tasks that somebody is to do, or anybody with a skill; summaries too, with who and how urgent. One query."""
    rows = Task.objects.filter(Q(assignee__isnull=False) | ~Q(skill=""), project_id__in=project_ids, percent__lt=100).exclude(status=Task.Status.CANCELLED)
    return list(rows.values("pk", "assignee_id", "assignee__name", "skill", "priority", "units_percent"))


def projects_seen(access: Access) -> QuerySet[Project]:
    """Open projects whose tasks these rights show."""
    allowed = access.projects("work.task.view")
    rows = Project.objects.exclude(status=Project.Status.CLOSED)
    return rows if allowed is None else rows.filter(pk__in=allowed)


def assignees(project_ids: Any) -> set[int]:
    """People to whom work of these projects is given, whenever it lies. One query."""
    rows = Task.objects.filter(project_id__in=project_ids, assignee__isnull=False, is_summary=False).exclude(status=Task.Status.CANCELLED)
    return set(rows.order_by().values_list("assignee_id", flat=True).distinct())


class WallMinute(Func):
    """A moment → minutes since 1970-01-01 00:00 on a zone's clock, in the database: ten thousand dates cost no Python. One without end is none."""

    template = "(nullif(nullif(extract(epoch from timezone(%(expressions)s)), 'infinity'), '-infinity')::bigint / 60)"
    output_field = BigIntegerField()

    def __init__(self, field: str, zone: str) -> None:
        super().__init__(Value(zone), F(field))


@dataclass(frozen=True, slots=True)
class Planned:
    """A piece of work that somebody is to do: planned working minutes (its planned work; without it, its duration at its units) from start to finish, in wall minutes."""

    task: int
    project: int
    person: int
    calendar: int | None
    duration: int
    minutes: float
    percent: int
    start: int
    finish: int


def planned_work(project_ids: Any, first: datetime, last: datetime, zone: str) -> list[Planned]:
    """Work that people are to do and that touches the time from first to last, done or not, on the clock of a zone. One query."""
    rows = Task.objects.filter(project_id__in=project_ids, assignee__isnull=False, is_summary=False, is_milestone=False, start__lt=last, finish__gt=first)
    rows = rows.exclude(status=Task.Status.CANCELLED).annotate(begins=WallMinute("start", zone), ends=WallMinute("finish", zone))
    names = ("pk", "project_id", "assignee_id", "calendar_id", "duration_minutes", "percent", "begins", "ends", "work_hours", "units_percent")
    return [
        Planned(pk, project, person, calendar, duration, float(hours) * 60 if hours else duration * float(units) / 100, percent, begins, ends)
        for pk, project, person, calendar, duration, percent, begins, ends, hours, units in rows.order_by().values_list(*names)
        if begins is not None and ends is not None
    ]


def estimates(project_id: int) -> dict[int, tuple[int | None, int | None]]:
    """Optimistic and pessimistic working minutes by task, of those that have one of them."""
    rows = Task.objects.filter(project_id=project_id).filter(Q(optimistic_minutes__isnull=False) | Q(pessimistic_minutes__isnull=False))
    return {pk: (low, high) for pk, low, high in rows.values_list("pk", "optimistic_minutes", "pessimistic_minutes")}


def earning_facts(project_id: int) -> list[dict[str, Any]]:
    """Every task that counts, with what earned value asks of it. One query."""
    rows = Task.objects.filter(project_id=project_id).exclude(status=Task.Status.CANCELLED).order_by("position")
    names = ("pk", "parent_id", "name", "duration_minutes", "percent", "is_summary", "is_milestone", "start", "finish", "actual_start", "actual_finish")
    return list(rows.values(*names))


def file_facts(project_id: int) -> list[dict[str, Any]]:
    """Every task in the order of the tree, with what a schedule file says of it. One query."""
    names = ("pk", "position", "name", "parent_id", "wbs", "duration_minutes", "percent", "is_milestone", "is_summary", "status", "priority")
    return list(
        tasks_of(project_id).values(
            *names, "assignee_id", "assignee__name", "calendar_id", "calendar__name", "task_type", "is_effort_driven", "units_percent", "work_hours"
        )
    )
