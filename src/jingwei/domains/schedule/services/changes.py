"""Changes of the plan as a person draws them: previewed, committed in one transaction and one trace, taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from jingwei.domains.schedule.models import Recalculation
from jingwei.domains.schedule.services.recalculation import project_recalculate
from jingwei.domains.work import queries
from jingwei.domains.work import services as work
from jingwei.frame.models import Project
from jingwei.frame.records import commands, extra_taken, turns
from jingwei.frame.records.resource import resource
from jingwei.frame.records.turns import in_turn
from jingwei.frame.records.undo_along import Left
from jingwei.frame.rights.access import Access

Read = Callable[[Sequence[int], Sequence[int]], tuple[Any, Any]]  # ids of tasks and of links → both as the page takes them


@dataclass(frozen=True, slots=True)
class Edits:
    """What a person wants of the plan. A change is {"task": id, field: value}, with "version" where the row was seen; a new task {"name", "after": id or None}, with
    "values" of further fields and a "key" by which new links may name it.

    Fields are those of the resource "work.task", and go the way of everything that is typed: its rights, its checks.
    """

    changes: Sequence[Mapping[str, Any]] = ()
    new_links: Sequence[Mapping[str, Any]] = ()
    gone_links: Sequence[int] = ()
    new_tasks: Sequence[Mapping[str, Any]] = ()
    gone_tasks: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: the rows that differ, as `read` gave them, the ids that are new or gone, and the effect on dates."""

    tasks: Any
    links: Any
    new_tasks: Sequence[int] = ()
    gone_tasks: Sequence[int] = ()
    gone_links: Sequence[int] = ()
    effect: Mapping[str, Any] = field(default_factory=dict)


def ids_read(tasks: Sequence[int], links: Sequence[int]) -> tuple[Any, Any]:
    """For callers that show nothing: the ids of what differs."""
    return list(tasks), list(links)


class NotTakenBack(Exception):
    """What could not be undone, in words."""

    def __init__(self, left: Sequence[str]) -> None:
        super().__init__("; ".join(left))
        self.left = left


class _Undo(Exception):
    pass


def plan_preview(*, project: Project, edits: Edits, access: Access, read: Read = ids_read) -> Outcome:
    """What a change of the plan would do: carried out for real, then rolled back, so it can never differ from the commit."""
    outcome: Outcome | None = None
    try:
        with transaction.atomic():
            outcome = _observed(project, lambda: _carry_out(project, edits, access), read)
            raise _Undo
    except _Undo:
        assert outcome is not None
        return outcome


@in_turn
def plan_commit(*, project: Project, edits: Edits, access: Access, read: Read = ids_read) -> Outcome:
    """Change the plan under one trace and recalculate at once. Raises commands.Stale when a task is not as it was seen."""
    return _observed(project, lambda: _carry_out(project, edits, access), read)


@in_turn
def plan_take_back(*, project: Project, undo: Callable[[], Left], read: Read = ids_read) -> Outcome:
    """Undo something and recalculate; raises NotTakenBack, and nothing is changed."""

    def carry_out() -> list[str]:
        if left := undo():
            raise NotTakenBack(left)
        work.tasks_renumber(project_id=project.pk)
        return left.told

    return _observed(project, carry_out, read)


def _observed(project: Project, carry_out: Callable[[], Sequence[str] | None], read: Read) -> Outcome:
    """Carry something out, recalculate, and tell what differs. Prints of the rows find the difference, whatever wrote it."""
    turns.take([project.pk])
    tasks, links = queries.task_prints(project.pk), queries.link_prints(project.pk)
    late = set(queries.endangered(queries.tasks_of(project.pk)).values_list("pk", flat=True))
    finish = queries.finish_of(project.pk)
    told = list(carry_out() or ())
    record = project_recalculate(project_id=project.pk)
    if record is not None and "problem" in record.effects:  # a plan that was broken before: no date follows, and that is said
        told.append(record.effects["problem"])
    tasks_now, links_now = queries.task_prints(project.pk), queries.link_prints(project.pk)
    rows, joined = read(_differing(tasks, tasks_now), _differing(links, links_now))
    return Outcome(
        tasks=rows,
        links=joined,
        new_tasks=[pk for pk in tasks_now if pk not in tasks],
        gone_tasks=[pk for pk in tasks if pk not in tasks_now],
        gone_links=[pk for pk in links if pk not in links_now],
        effect={**_effect(project, record, finish, late), "told": told},
    )


def _differing(before: Mapping[int, int], after: Mapping[int, int]) -> list[int]:
    return [pk for pk, print_ in after.items() if before.get(pk) != print_]


def _effect(project: Project, record: Recalculation | None, finish: Any, late: set[int]) -> dict[str, Any]:
    fresh = queries.endangered(queries.tasks_of(project.pk)).exclude(pk__in=late)
    return {
        "moved": record.moved if record else 0,
        "finish_before": finish,
        "finish_after": record.finish_after if record else None,
        "endangered": [{"id": t.pk, "name": t.name, "deadline": t.deadline, "finish": t.finish} for t in fresh],
    }


def _carry_out(project: Project, edits: Edits, access: Access) -> list[str]:
    """Do it; returns what followed from it by the work's own rules, in words."""
    tasks, links = resource("work.task"), resource("work.dependency")
    told: list[str] = []
    made_by_key: dict[Any, int] = {}
    for pk in edits.gone_links:  # first: what they stood in the way of may come with them
        found = queries.links_of(project.pk).filter(pk=pk).first()
        if found is not None:
            commands.remove(links, found, access)
    for change in edits.changes:
        values = {name: value for name, value in change.items() if name not in ("task", "version")}
        told += commands.change(tasks, _task(project, change["task"]), values, access, version=change.get("version")).told
    for new in edits.new_tasks:
        above = _task(project, new["after"]) if new["after"] else None
        with extra_taken.nothing_required():
            place = {"project": project.pk, "name": new["name"], "parent": above.parent_id if above else None}
            made = commands.create(tasks, place | new.get("values", {}), access)
        if above is not None:
            work.task_save(instance=made, position=above.position)  # where a task stands in the tree is typed in nowhere
        made_by_key[new.get("key", "")] = made.pk
    for pk in edits.gone_tasks:
        commands.remove(tasks, _task(project, pk), access)
    for link in edits.new_links:
        ends = {end: _task(project, made_by_key.get(link[name], link[name])).pk for end, name in (("predecessor", "from"), ("successor", "to"))}
        commands.create(links, {**ends, "type": link.get("type", "FS"), "lag_minutes": link.get("lag_minutes", 0)}, access)
    return told


def _task(project: Project, pk: Any) -> Any:
    task = queries.task(int(pk))
    if task is None or task.project_id != project.pk:
        raise ValidationError({"task": _("There is no such task in this project.")})
    return task
