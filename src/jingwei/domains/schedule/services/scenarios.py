"""What-ifs: made, changed, carried out as one commit that can be undone, thrown away."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.domains.directory import queries as directory
from jingwei.domains.schedule import additions
from jingwei.domains.schedule.additions import Added, Changes
from jingwei.domains.schedule.facts import PlanCarriedOut
from jingwei.domains.schedule.models import Scenario
from jingwei.domains.schedule.scenario import compare
from jingwei.domains.schedule.services.changes import Edits, Outcome, plan_commit
from jingwei.domains.work import queries as work
from jingwei.frame import scope
from jingwei.frame.models import History, Project
from jingwei.frame.records import turns, undo
from jingwei.frame.records.turns import in_turn
from jingwei.frame.rights.access import Access, system_access
from jingwei.frame.telling import facts
from jingwei.kernels import bounds
from jingwei.kernels.bounds import is_seen, whole


@in_turn
def scenario_make(*, project: Project, name: str) -> Scenario:
    """An empty what-if."""
    if not is_seen(name):
        raise ValidationError({"name": _("Give it a name.")})
    if Scenario.objects.filter(project=project, name=name.strip()[:120]).exists():
        raise ValidationError({"name": _("There is a what-if of this name already.")})
    made = Scenario(project=project, name=name.strip()[:120], made_by_id=scope.current().user_id)
    made.save()
    return made


@in_turn
def scenario_change(*, instance: Scenario, task_id: int, duration_minutes: int | None = None, not_before: datetime | None = None) -> Scenario:
    """Say what would be different about a task; neither of both = as it is now, also of one that is gone."""
    _opened(instance)
    values: dict[str, Any] = {}
    if duration_minutes is not None or not_before is not None:
        values = _different(instance.project_id, task_id, duration_minutes, not_before)
    changes = {key: kept for key, kept in instance.changes.items() if key != str(task_id)}
    instance.changes = changes | ({str(task_id): values} if values else {})
    instance.save()
    return instance


def _different(project_id: int, task_id: int, duration_minutes: int | None, not_before: datetime | None) -> dict[str, Any]:
    task = work.task(task_id)
    if task is None or task.project_id != project_id or task.is_summary:
        raise ValidationError({"task": _("There is no such task in this project.")})
    values: dict[str, Any] = {}
    if duration_minutes is not None:
        additions.check_length(duration_minutes, "duration")
        if duration_minutes != task.duration_minutes:
            values["duration_minutes"] = duration_minutes
    if not_before is not None:
        values["not_before"] = not_before.isoformat()
        _check_moment(values["not_before"], "not_before")
    return values


@in_turn
def scenario_add(*, instance: Scenario, **values: Any) -> Scenario:
    """One more task in the what-if: name, duration_minutes, after, before, assignee. One that would close a loop is refused."""
    _opened(instance)
    key = additions.free_key(instance.changes)
    changes = instance.changes | {key: additions.checked(values, _leaves(instance.project_id), "name")}
    compare(instance.project, changes)
    instance.changes = changes
    instance.save()
    return instance


@in_turn
def scenario_spend(*, instance: Scenario, cost: Mapping[str, Any]) -> Scenario:
    """The what-if would spend this beyond the plan; whether it is money is for the costs to say."""
    _opened(instance)
    instance.costs = [*instance.costs, dict(cost)]
    instance.save()
    return instance


@in_turn
def scenario_spare(*, instance: Scenario, is_meant: Callable[[Sequence[Mapping[str, Any]]], int | None]) -> Scenario:
    """It would not: without the cost whose place among those that are there now `is_meant` gives; as it is where it gives none."""
    _opened(instance)
    if (place := is_meant(instance.costs)) is not None:
        del instance.costs[place]
        instance.save()
    return instance


@in_turn
def scenario_leave_out(*, instance: Scenario, key: str, name: str = "") -> Scenario:
    """The what-if without a task that it would add; with `name` only while it is the one so called, for a key is free again once its task is left out."""
    _opened(instance)
    if additions.is_new(key) and key in instance.changes and name in ("", instance.changes[key]["name"]):
        instance.changes = {other: values for other, values in instance.changes.items() if other != key}
        instance.save()
    return instance


@in_turn
def scenario_seen(*, instance: Scenario, version: int | None) -> Scenario:
    """The what-if as it was looked at, held: what others would make of it. Raises ValidationError when it was changed since, or carried out."""
    turns.take([instance.project_id])
    _opened(instance, version)
    return instance


def _opened(scenario: Scenario, version: int | None = None) -> None:
    """Lock it and read it anew: what another says at the same time stays, it is carried out once, and (with the `version` looked at) only as it was seen."""
    try:
        scenario.refresh_from_db(from_queryset=Scenario.objects.select_for_update(of=("self",), no_key=True))
    except Scenario.DoesNotExist:
        raise ValidationError(_("This what-if was thrown away meanwhile.")) from None
    if scenario.applied_at is not None:
        raise ValidationError(_("This what-if was carried out already."))
    if version is not None and version != scenario.version:
        raise ValidationError(_("“%(name)s” was changed since you looked at it. Look at it as it is now, then try again.") % {"name": scenario.name})


@in_turn
def scenario_apply(*, instance: Scenario, access: Access | None = None, version: int | None = None) -> Outcome:
    """Carry it out as it was seen: every change in one commit, with the what-if as its reason, by the rights of whoever does it (None: the house itself).
    Its money stays told in the currency it had then. Raises PermissionDenied naming the right that is missing for something that would be written."""
    scenario_seen(instance=instance, version=version)
    if not instance.changes and not instance.costs:
        raise ValidationError(_("Nothing would be different."))
    with scope.because(reason=_("What-if %(name)s") % {"name": instance.name}):
        outcome = changes_apply(project=instance.project, changes=instance.changes, costs=instance.costs, label=instance.name, access=access)
    instance.applied_at = timezone.now()
    instance.costs = [{**each, "currency": instance.project.currency} for each in instance.costs]
    instance.save()
    return outcome


@in_turn
def changes_apply(*, project: Project, changes: Changes, costs: Sequence[Mapping[str, Any]] = (), label: str = "", access: Access | None = None) -> Outcome:
    """Carry out what a what-if holds in one commit; the caller says why. The money is the costs' own, who hear of it inside the transaction.

    `access` needs the rights of what is written. Without one it is the house that writes: what was voted on is carried out by whoever may take that step.
    Raises ValidationError naming the tasks and people that are gone.
    """
    access = access or system_access(project.tenant_id)
    _require_all(project, changes, access)
    _check_there(project, changes)
    if costs:
        facts.state(PlanCarriedOut(project_id=project.pk, label=label, costs=tuple(costs), access=access))
    edits = []
    for pk, values in additions.of_tasks(changes).items():
        change: dict[str, Any] = {"task": pk}
        if values.get("duration_minutes") is not None:
            change |= {"duration_minutes": values["duration_minutes"]} | _estimates(pk, values["duration_minutes"])
        if (moment := additions.not_before(values)) is not None:
            change |= {"constraint": "SNET", "constraint_at": moment}
        edits.append(change)
    here = set(work.tasks_of(project.pk).values_list("pk", flat=True))
    new, links = _additions(project, additions.added(changes), here)
    return plan_commit(project=project, edits=Edits(changes=edits, new_tasks=new, new_links=links), access=access)


def _require_all(project: Project, changes: Changes, access: Access) -> None:
    """The rights of what would be written to the plan, before anything is."""
    added = additions.added(changes)
    wanted = {
        "work.task.change": additions.of_tasks(changes), "work.task.add": added, "work.dependency.add": [each for each in added if each.after or each.before],
    }  # fmt: skip
    for permission, written in wanted.items():
        if written:
            access.require(permission, project.pk)


def _check_there(project: Project, changes: Changes) -> None:
    """The tasks that would change and whoever would do the new ones are still there."""
    problems = dict[str, str]()
    if gone := work.gone_from(project.pk, additions.of_tasks(changes)):
        text = _("Not in this plan any more, or a summary by now: %(tasks)s. Leave out what would be different about them, then try again.")
        problems["task"] = text % {"tasks": ", ".join(f"“{name}”" for name in gone.values())}
    lost = [new.name for new in additions.added(changes) if new.assignee_id and directory.person(new.assignee_id) is None]
    if lost:
        text = _("Who would do these new tasks is not known here any more: %(tasks)s. Leave them out and add them again with somebody else.")
        problems["assignee"] = text % {"tasks": ", ".join(f"“{name}”" for name in lost)}
    if problems:
        raise ValidationError(problems)


def _additions(project: Project, wanted: Sequence[Added], here: Collection[int]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """New tasks with their links, in the words of an edit; a link to a task that is gone meanwhile goes with it."""
    new, links = [], []
    for each in wanted:
        after, before = ([pk for pk in ids if pk in here] for ids in (each.after, each.before))
        values: dict[str, Any] = {"duration_minutes": each.duration_minutes, "assignee": each.assignee_id}
        if project.is_from_finish:
            values["constraint"] = "ALAP"
        new.append({"key": each.key, "name": each.name, "after": next(iter(after), None), "values": values})
        links += [{"from": pk, "to": each.key} for pk in after] + [{"from": each.key, "to": pk} for pk in before]
    return new, links


def _leaves(project_id: int) -> set[int]:
    """What may change, and what a new task may follow or precede."""
    return set(work.tasks_of(project_id).filter(is_summary=False).values_list("pk", flat=True))


def checked_changes(project: Project, changes: Any) -> dict[str, dict[str, Any]]:
    """What a change request asks for, if it is what a what-if may hold of tasks of this project. Raises ValidationError at `changes`."""
    if not isinstance(changes, Mapping):
        raise ValidationError({"changes": _("Give an object: task id → what changes.")})
    known = _leaves(project.pk)
    kept: dict[str, dict[str, Any]] = {}
    for key, values in changes.items():
        if additions.is_new(key):
            kept[key] = additions.checked(values, known)
            continue
        if whole(key) not in known:
            raise ValidationError({"changes": _("There is no such task in this project: %(task)s.") % {"task": key}})
        if not isinstance(values, Mapping) or not values or set(values) - {"duration_minutes", "not_before"}:
            raise ValidationError({"changes": _("A task changes by duration_minutes and not_before only.")})
        additions.check_length(values.get("duration_minutes", 0))
        if values.get("not_before") is not None:
            _check_moment(values["not_before"], "changes")
        kept[str(whole(key))] = dict(values)
    return kept


def _check_moment(text: Any, place: str) -> None:
    """Raise ValidationError at `place` unless it is a moment that we plan in."""
    if bounds.planned_moment(text) is None:
        words = _("not_before is a moment with its zone in the years %(first)s to %(last)s, such as 2026-11-21T09:00:00+08:00.")
        raise ValidationError({place: words % {"first": bounds.first_day.year, "last": bounds.last_day.year}})


def _estimates(task_id: int, minutes: int) -> dict[str, int]:
    """The task's three-point estimate in proportion to its new duration; else one of its ends could lie on the wrong side of it."""
    task = work.task(task_id)
    if task is None or not task.duration_minutes:
        return {}
    ends = {"optimistic_minutes": task.optimistic_minutes, "pessimistic_minutes": task.pessimistic_minutes}
    return {name: round(end * minutes / task.duration_minutes) for name, end in ends.items() if end is not None}


@in_turn
def scenario_remove(*, instance: Scenario, version: int | None = None) -> None:
    """Throw it away, as it was seen."""
    if version is not None:
        scenario_seen(instance=instance, version=version)
    instance.delete()


def _is_carried_out(line: History) -> bool:
    return line.action == History.Action.UPDATE and bool((line.after or {}).get("applied_at"))


undo.takers[Scenario._meta.label_lower] = undo.plain(Scenario, "work.task.change")
undo.steps[Scenario._meta.label_lower] = _is_carried_out
