"""Verbs of the work: every rule of tasks and their links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.domains.work import effort, loops
from jingwei.domains.work.facts import DependencyChanged, TaskProgressed, TaskRemoved, TaskSaved
from jingwei.domains.work.models import Dependency, Task
from jingwei.frame import scope
from jingwei.frame.records import bulk
from jingwei.frame.telling import facts

tree_fields = {"parent", "position", "project"}
# what a rule may change beside the fields that were given
derived_fields = (
    "code",
    "status",
    "percent",
    "constraint",
    "duration_minutes",
    "actual_start",
    "actual_finish",
    "work_hours",
    "units_percent",
    "is_effort_driven",
)


@transaction.atomic
def task_save(*, instance: Task | None = None, **values: Any) -> Task:
    """Create or change a task. Status and progress are kept in step; the tree stays a tree; an empty code is filled."""
    task = instance or Task()
    percent_before = task.percent
    moves = _shape(task, values)
    check_task(task)
    if moves:
        loops.check_places(task.project_id, [task])
    appended = _number([task] if task.pk is None else [])
    task.save()
    if moves and task.project_id not in appended:
        tasks_renumber(project_id=task.project_id)
        task.refresh_from_db(fields=["wbs", "position", "is_summary"])
    _tell(task, percent_before)
    return task


@transaction.atomic
def tasks_save(*, rows: Sequence[tuple[Task | None, Mapping[str, Any]]], follows_effort: bool = True, checks_links: bool = True) -> list[Task]:
    """`task_save` for many: the same rules, one statement for the new and one for the changed.

    Without `follows_effort` duration, work and units are taken as given (from another program that keeps them in step itself), without
    `checks_links` the places of tasks among links are not looked at: for who writes the tree level by level, and then the links.
    """
    tasks = [instance or bulk.made(Task) for instance, _values in rows]
    percents = [task.percent for task in tasks]
    placed = [task for task, (_instance, values) in zip(tasks, rows, strict=True) if _shape(task, values, follows_effort=follows_effort)]
    for task in tasks:
        check_task(task)
    for project_id in {task.project_id for task in placed} if checks_links else ():
        loops.check_places(project_id, [task for task in placed if task.project_id == project_id])
    moved = {task.project_id for task in placed if task.pk is not None}
    fresh = [task for task in tasks if task.pk is None]
    appended = _number(fresh)
    bulk.save(tasks, {*(name for _instance, values in rows for name in values), *derived_fields})
    for project_id in moved | {task.project_id for task in fresh if task.project_id not in appended}:
        tasks_renumber(project_id=project_id)
    for task, percent_before in zip(tasks, percents, strict=True):
        _tell(task, percent_before)
    return tasks


def _tell(task: Task, percent_before: int) -> None:
    kind = {"project_id": task.project_id, "task_id": task.pk}
    facts.state(TaskProgressed(percent=task.percent, **kind) if task.percent != percent_before else TaskSaved(**kind))


def _shape(task: Task, values: Mapping[str, Any], *, follows_effort: bool = True) -> bool:
    """Take the values on and keep the task's rules; True when its place in the tree moves."""
    status_given = "status" in values and values["status"] != task.status
    percent_given = "percent" in values and values["percent"] != task.percent
    shares = None if task.pk is None else effort.Shares.of(task)
    moves = task.pk is None or any(name in values and values[name] != getattr(task, name) for name in tree_fields)
    for name, value in values.items():
        setattr(task, name, value)
    if "constraint" not in values or (task.pk is None and task.constraint == Task.Constraint.ASAP):
        _bind(task, is_dated=bool(values.get("constraint_at")))
    if moves:
        check_tree(task)
    _keep_step(task, status_given=status_given, percent_given=percent_given)
    if task.is_milestone:
        task.duration_minutes = 0
    # what a joined system says is taken as it comes: it keeps its own numbers in step, and its estimate is not to move our dates
    is_told = scope.current().origin.startswith("interface:")
    task.told = effort.follow(task, shares) if follows_effort and not is_told else ()
    if "calendar" in values:
        check_calendar(task)
    return moves


def _bind(task: Task, *, is_dated: bool) -> None:
    """The constraint nobody named: a date somebody gives means not before, or not behind it when the project is scheduled from its finish."""
    kinds = Task.Constraint
    if is_dated and task.constraint in (kinds.ASAP, kinds.ALAP):
        if task.project.is_from_finish:
            task.constraint = kinds.FNLT
        elif task.constraint == kinds.ASAP:
            task.constraint = kinds.SNET
    elif task.pk is None and task.project_id and task.project.is_from_finish:
        task.constraint = kinds.ALAP


def check_task(task: Task) -> None:
    """A rule: three points in order: optimistic, likely (the duration), pessimistic."""
    if task.optimistic_minutes is not None and task.optimistic_minutes > task.duration_minutes:
        raise ValidationError({"optimistic_minutes": _("The optimistic duration is longer than the duration.")})
    if task.pessimistic_minutes is not None and task.pessimistic_minutes < task.duration_minutes:
        raise ValidationError({"pessimistic_minutes": _("The pessimistic duration is shorter than the duration.")})


def _number(fresh: Sequence[Task]) -> set[int]:
    """Places at the end for new tasks; returns the projects whose new tasks are all plain appendices, numbered already."""
    appended: set[int] = set()
    for project_id in {task.project_id for task in fresh}:
        mine = [task for task in fresh if task.project_id == project_id]
        known = Task.objects.filter(project_id=project_id).aggregate(top=Max("position"), roots=Count("pk", filter=Q(parent=None)))
        is_plain = all(not task.position and task.parent_id is None for task in mine)
        for number, task in enumerate((task for task in mine if not task.position), 1):
            task.position = (known["top"] or 0) + number
            if is_plain:
                task.wbs = str(known["roots"] + number)
        if is_plain:
            appended.add(project_id)
    return appended


def check_calendar(task: Task) -> None:
    """A rule: a task is worked by calendars that stand alone."""
    if task.calendar is not None and task.calendar.layer != "task":
        raise ValidationError({"calendar": _("Choose a calendar of the layer “Tasks that name it”.")})


def check_place(task: Task) -> None:
    """A rule: where a task stands in the tree, nothing waits for itself."""
    loops.check_places(task.project_id, [task])


def check_tree(task: Task) -> None:
    """A rule: the tree stays a tree, of one project."""
    above, steps, seen = task.parent, 0, set[int]()
    while above is not None:
        if above.project_id != task.project_id:
            raise ValidationError({"parent": _("The parent belongs to another project.")})
        if above.pk == task.pk:
            raise ValidationError({"parent": _("A task cannot be a part of itself.")})
        if above.pk in seen:
            raise ValidationError({"parent": _("“%(name)s” is a part of itself. Put it elsewhere first.") % {"name": above.name}})
        seen.add(above.pk)
        above, steps = above.parent, steps + 1
        if steps > 30:
            raise ValidationError({"parent": _("The tree is deeper than 30 levels.")})


def _keep_step(task: Task, *, status_given: bool, percent_given: bool) -> None:
    """100 % is done, done is 100 %; what has progress has started."""
    if task.percent > 100:
        raise ValidationError({"percent": _("Progress is at most 100 %.")})
    done = Task.Status.DONE
    if status_given and task.status == done:
        task.percent = 100
    elif percent_given and task.percent == 100 and task.status != Task.Status.CANCELLED:
        task.status = done
    elif task.percent < 100 and task.status == done:
        if status_given and not percent_given:
            task.percent = 100
        else:
            task.status = Task.Status.DOING if task.percent else Task.Status.TODO
    if task.percent == 100 and task.status not in (done, Task.Status.CANCELLED):
        if status_given and not percent_given:
            task.percent = 90
        else:
            task.status = done
    if 0 < task.percent < 100 and task.status == Task.Status.TODO and percent_given:
        task.status = Task.Status.DOING
    now = timezone.now().replace(second=0, microsecond=0)
    if (percent_given or status_given) and not task.is_milestone:
        if task.percent > 0 and task.actual_start is None:
            task.actual_start = min(task.start, now) if task.start else now
        if task.percent == 100 and task.actual_finish is None:
            task.actual_finish = max(now, task.actual_start) if task.actual_start else now
        elif task.percent < 100:
            task.actual_finish = None


@transaction.atomic
def task_remove(*, instance: Task) -> None:
    """Delete a task with its parts and links."""
    tasks_remove(rows=[instance])


@transaction.atomic
def tasks_remove(*, rows: Sequence[Task]) -> None:
    """`task_remove` for many: what stands on them is looked for once, and each plan is numbered anew once."""
    removed = [(task.project_id, task.pk) for task in rows]
    for project_id in dict.fromkeys(project_id for project_id, _pk in removed):
        loops.check_without(project_id, tasks={pk for of, pk in removed if of == project_id})
    Task.objects.filter(pk__in=[pk for _project_id, pk in removed]).delete()
    for project_id in dict.fromkeys(project_id for project_id, _pk in removed):
        tasks_renumber(project_id=project_id)
    for project_id, pk in removed:
        facts.state(TaskRemoved(project_id=project_id, task_id=pk))


@transaction.atomic
def task_report_progress(*, instance: Task, percent: int) -> Task:
    """Say how far it is."""
    return task_save(instance=instance, percent=percent)


@transaction.atomic
def task_complete(*, instance: Task) -> Task:
    """It is done."""
    return task_save(instance=instance, status=Task.Status.DONE)


@transaction.atomic
def task_reopen(*, instance: Task) -> Task:
    """It is not done after all."""
    return task_save(instance=instance, status=Task.Status.DOING, percent=min(instance.percent, 90))


@transaction.atomic
def dependency_save(*, instance: Dependency | None = None, **values: Any) -> Dependency:
    """Link two tasks of one project; a loop is refused and named."""
    link = instance or Dependency()
    for name, value in values.items():
        setattr(link, name, value)
    check_ends(link)
    link.project_id = link.successor.project_id
    loops.check_link(link)
    link.save()
    facts.state(DependencyChanged(project_id=link.project_id))
    return link


def check_ends(link: Dependency) -> None:
    """A rule: a link joins two tasks of one project."""
    if link.predecessor.project_id != link.successor.project_id:
        raise ValidationError({"predecessor": _("Both tasks must belong to one project.")})


@transaction.atomic
def dependencies_write(*, rows: Sequence[tuple[Dependency | None, Mapping[str, Any]]]) -> list[Dependency]:
    """`dependency_save` for many: new links are looked through for loops once, by one walk over all of the project's."""
    fresh = [values for instance, values in rows if instance is None]
    if len(fresh) < len(rows) or len({values["successor"].project_id for values in fresh}) > 1 or len(fresh) < 2:
        return [dependency_save(instance=instance, **values) for instance, values in rows]
    links = [Dependency(project_id=values["successor"].project_id, **values) for values in fresh]
    project_id = links[0].project_id
    for link in links:
        check_ends(link)
    loops.check_links(project_id, links)
    bulk.save(links, ())
    facts.state(DependencyChanged(project_id=project_id))
    return links


@transaction.atomic
def dependencies_save(*, project_id: int, links: Sequence[tuple[Task, Task, str, int]]) -> tuple[int, list[tuple[Task, Task, str]]]:
    """Links from a list of (predecessor, successor, type, lag): new ones written, known ones changed. Returns how many, and those refused and why."""
    known = {(link.predecessor_id, link.successor_id): link for link in Dependency.objects.filter(project_id=project_id)}
    stood = {pair: link.type for pair, link in known.items()}
    parents = loops.parents_of(project_id)
    summaries = set(parents.values())
    kept: dict[tuple[int, int], Dependency] = {}
    refused: list[tuple[Task, Task, str]] = []
    for before, follower, kind, lag in links:
        if loops.are_one_line(parents, (before.pk, follower.pk, kind)):  # type: ignore[arg-type]
            refused.append((before, follower, _("a task cannot wait for itself or for what it is part of")))
            continue
        if kind in loops.ends_only and follower.pk in summaries:
            refused.append((before, follower, _("a summary ends when its parts end: a link into it leads to its start")))
            continue
        pair = (before.pk, follower.pk)
        link = kept.get(pair) or known.get(pair) or Dependency(project_id=project_id, predecessor=before, successor=follower)
        link.type, link.lag_minutes = kind, lag
        kept[pair] = link
    loops.check_meaning(summaries, {pair: kept[pair].type if pair in kept else kind for pair, kind in stood.items()})
    for pair in loops.refused_of(parents, stood, {pair: link.type for pair, link in kept.items()}):
        link = kept.pop(pair)
        refused.append((link.predecessor, link.successor, _("it closes a loop")))
    bulk.save(list(kept.values()), ("type", "lag_minutes"))
    facts.state(DependencyChanged(project_id=project_id))
    return len(kept), refused


@transaction.atomic
def tasks_turn(*, project_id: int, is_from_finish: bool) -> int:
    """Tasks that are as soon as possible become as late as possible, or the other way round; what has begun stays. Returns how many."""
    kinds = Task.Constraint
    before, after = (kinds.ASAP, kinds.ALAP) if is_from_finish else (kinds.ALAP, kinds.ASAP)
    turned = list(Task.objects.filter(project_id=project_id, constraint=before, percent=0, actual_start=None, is_summary=False))
    for task in turned:
        task.constraint = after
    bulk.save(turned, ("constraint",))
    return len(turned)


@transaction.atomic
def dependency_remove(*, instance: Dependency) -> None:
    """Remove a link."""
    project_id = instance.project_id
    loops.check_without(project_id, links=[instance.pk])
    instance.delete()
    facts.state(DependencyChanged(project_id=project_id))


@transaction.atomic
def tasks_renumber(*, project_id: int) -> None:
    """Give every task its place in the tree: position, WBS code, and whether it is a summary.

    Positions that are in order already stay, gaps and all: what is removed leaves its place free to come back to.
    """
    rows = list(Task.objects.filter(project_id=project_id).order_by("position", "id").values_list("pk", "parent_id", "position", "wbs", "is_summary"))
    children: dict[int | None, list[int]] = {}
    for pk, parent_id, *_rest in rows:
        children.setdefault(parent_id, []).append(pk)
    now = {pk: (position, wbs, is_summary) for pk, _parent, position, wbs, is_summary in rows}
    order: list[tuple[int, str, bool]] = []
    heap = [(pk, str(number)) for number, pk in reversed(list(enumerate(children.get(None, []), 1)))]
    while heap:
        pk, wbs = heap.pop()
        below = children.get(pk, [])
        order.append((pk, wbs, bool(below)))
        heap += [(child, f"{wbs}.{number}") for number, child in reversed(list(enumerate(below, 1)))]
    known = [now[pk][0] for pk, _wbs, _is_summary in order]
    places = known if all(a < b for a, b in pairwise([0, *known])) else range(1, len(order) + 1)
    changed = [(pk, place, wbs, is_summary) for (pk, wbs, is_summary), place in zip(order, places, strict=True) if now[pk] != (place, wbs, is_summary)]
    if changed:
        columns = list(zip(*changed, strict=True))
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM work_task WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [sorted(row[0] for row in changed)])
            cursor.execute(
                "UPDATE work_task t SET position = n.position, wbs = n.wbs, is_summary = n.is_summary "
                "FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::boolean[]) AS n(id, position, wbs, is_summary) WHERE t.id = n.id",
                [list(column) for column in columns],
            )


DateRow = tuple[int, datetime | None, datetime | None, datetime | None, datetime | None, int, int, bool, int | None]


@transaction.atomic
def task_dates_store(*, rows: Sequence[DateRow]) -> None:
    """Computed dates of many tasks in one statement: id, start, finish, late start, late finish, floats, critical, summary percent."""
    if not rows:
        return
    with connection.cursor() as cursor:
        # in one order, as everybody locks many tasks: who meets another half-way would wait for one that waits for him
        cursor.execute("SELECT 1 FROM work_task WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [[row[0] for row in rows]])
        cursor.execute(
            "UPDATE work_task t SET start = n.start, finish = n.finish, late_start = n.late_start, late_finish = n.late_finish, "
            "total_float_minutes = n.total_float, free_float_minutes = n.free_float, is_critical = n.critical, percent = coalesce(n.percent, t.percent), "
            "status = CASE WHEN n.percent IS NULL OR t.status IN ('cancelled', 'blocked') THEN t.status WHEN n.percent >= 100 THEN 'done' WHEN n.percent > 0 THEN 'doing' ELSE 'todo' END "
            "FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::int[], %s::int[], %s::boolean[], %s::int[]) "
            "AS n(id, start, finish, late_start, late_finish, total_float, free_float, critical, percent) WHERE t.id = n.id",
            [list(column) for column in zip(*rows, strict=True)],
        )
