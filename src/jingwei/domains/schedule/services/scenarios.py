"""What-ifs: made, changed, carried out as one commit that can be undone, thrown away."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

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
    """Say what would be different about a task; neither of both = as it is now."""
    _opened(instance)
    task = work.task(task_id)
    if task is None or task.project_id != instance.project_id or task.is_summary:
        raise ValidationError({"task": _("There is no such task in this project.")})
    if duration_minutes is not None and not 0 <= duration_minutes <= 10_000_000:
        raise ValidationError({"duration": _("The duration cannot be negative.")})
    values: dict[str, Any] = {}
    if duration_minutes is not None and duration_minutes != task.duration_minutes:
        values["duration_minutes"] = duration_minutes
    if not_before is not None:
        values["not_before"] = not_before.isoformat()
    changes = {key: kept for key, kept in instance.changes.items() if key != str(task_id)}
    instance.changes = changes | ({str(task_id): values} if values else {})
    instance.save()
    return instance


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
def scenario_spare(*, instance: Scenario, cost: Mapping[str, Any]) -> Scenario:
    """It would not."""
    _opened(instance)
    if cost in instance.costs:
        instance.costs.remove(cost)
        instance.save()
    return instance


@in_turn
def scenario_leave_out(*, instance: Scenario, key: str) -> Scenario:
    """The what-if without a task that it would add."""
    _opened(instance)
    instance.changes = {other: values for other, values in instance.changes.items() if other != key or not additions.is_new(key)}
    instance.save()
    return instance


def _opened(scenario: Scenario) -> None:
    """Lock it and read it anew: what another says at the same time stays, and it is carried out once."""
    try:
        scenario.refresh_from_db(from_queryset=Scenario.objects.select_for_update(of=("self",), no_key=True))
    except Scenario.DoesNotExist:
        raise ValidationError(_("This what-if was thrown away meanwhile.")) from None
    if scenario.applied_at is not None:
        raise ValidationError(_("This what-if was carried out already."))


@in_turn
def scenario_apply(*, instance: Scenario, access: Access | None = None) -> Outcome:
    """Carry it out: every change in one commit, with the what-if as its reason, by the rights of whoever does it (None: the house itself).
    Raises PermissionDenied naming the right that is missing for something that would be written."""
    turns.take([instance.project_id])
    _opened(instance)
    if not instance.changes and not instance.costs:
        raise ValidationError(_("Nothing would be different."))
    with scope.because(reason=_("What-if %(name)s") % {"name": instance.name}):
        outcome = changes_apply(project=instance.project, changes=instance.changes, costs=instance.costs, label=instance.name, access=access)
    instance.applied_at = timezone.now()
    instance.save()
    return outcome


@in_turn
def changes_apply(*, project: Project, changes: Changes, costs: Sequence[Mapping[str, Any]] = (), label: str = "", access: Access | None = None) -> Outcome:
    """Carry out what a what-if holds in one commit; the caller says why. The money is the costs' own, who hear of it inside the transaction.

    `access` needs the rights of what is written. Without one it is the house that writes: what was voted on is carried out by whoever may take that step.
    """
    access = access or system_access(project.tenant_id)
    _require_all(project, changes, access)
    if costs:
        facts.state(PlanCarriedOut(project_id=project.pk, label=label, costs=tuple(costs), access=access))
    edits = []
    for pk, values in additions.of_tasks(changes).items():
        change: dict[str, Any] = {"task": pk}
        if values.get("duration_minutes") is not None:
            change |= {"duration_minutes": values["duration_minutes"]} | _estimates(pk, values["duration_minutes"])
        if values.get("not_before"):
            change |= {"constraint": "SNET", "constraint_at": datetime.fromisoformat(values["not_before"])}
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
        minutes, moment = values.get("duration_minutes", 0), values.get("not_before")
        if not isinstance(minutes, int) or isinstance(minutes, bool) or not 0 <= minutes <= 10_000_000:
            raise ValidationError({"changes": _("duration_minutes is a whole number from 0 on.")})
        if moment is not None and not _is_moment(moment):
            raise ValidationError({"changes": _("not_before is a moment with its zone, such as 2026-11-21T09:00:00+08:00.")})
        kept[str(whole(key))] = dict(values)
    return kept


def _is_moment(text: Any) -> bool:
    try:
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _estimates(task_id: int, minutes: int) -> dict[str, int]:
    """The task's three-point estimate in proportion to its new duration; else one of its ends could lie on the wrong side of it."""
    task = work.task(task_id)
    if task is None or not task.duration_minutes:
        return {}
    ends = {"optimistic_minutes": task.optimistic_minutes, "pessimistic_minutes": task.pessimistic_minutes}
    return {name: round(end * minutes / task.duration_minutes) for name, end in ends.items() if end is not None}


@in_turn
def scenario_remove(*, instance: Scenario) -> None:
    """Throw it away."""
    instance.delete()


def _is_carried_out(line: History) -> bool:
    return line.action == History.Action.UPDATE and bool((line.after or {}).get("applied_at"))


undo.takers[Scenario._meta.label_lower] = undo.plain(Scenario, "work.task.change")
undo.steps[Scenario._meta.label_lower] = _is_carried_out
