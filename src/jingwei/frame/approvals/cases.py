"""Cases: opened when a row is submitted, asked anew when what is voted on changes, closed when the row goes another way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.approvals import telling, working_days
from jingwei.frame.approvals.declaration import declared, waits_in
from jingwei.frame.lives.approval import Stage
from jingwei.frame.lives.lifecycle import StepTaken
from jingwei.frame.models import Case, Project, StageRule, Vote
from jingwei.frame.records import hearers, undo
from jingwei.frame.records.resource import Resource, registry
from jingwei.frame.telling import facts


def print_of(resource: Resource, row: Any) -> str:
    """What is voted on, as the database has it: the fields that void, and all parts. Two prints differ when it was changed, by whatever way."""
    _life, approval = declared(resource)
    names = _columns(resource, approval.voids_on)
    told: list[Any] = [list(resource.model.objects.filter(pk=row.pk).values_list(*names))] if names else []
    for each in resource.children:
        told.append(list(getattr(row, each.name).order_by("pk").values_list("pk", *_columns(resource.child(each), each.fields))))
    return hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).hexdigest()[:32]


def _columns(resource: Resource, names: Sequence[str]) -> list[str]:
    fields: list[Any] = [resource.model._meta.get_field(name) for name in names]
    return [field.attname for field in fields]


def of_row(resource: Resource, row: Any) -> QuerySet[Case]:
    """Every case of a row, the newest first."""
    return Case.objects.filter(resource=resource.key, row_id=row.pk).order_by("-id")


def open_of(resource: Resource, row: Any) -> Case | None:
    """The open case of a row, locked."""
    return of_row(resource, row).select_for_update(of=("self",)).filter(state=Case.State.OPEN).first()


def of_case(case: Case) -> tuple[Resource, Stage, Any] | None:
    """What a case is about: the resource, its present stage, the row; None when it is declared no more, or the row is gone."""
    resource = registry.get(case.resource)
    if resource is None or resource.approval is None:
        return None
    row = resource.model.objects.select_related(*resource.references).filter(pk=case.row_id).first()
    stages = {each.name: each for each in resource.approval.stages}
    return (resource, stages[case.stage], row) if row is not None and case.stage in stages else None


def rule_of(case: Case, resource: Resource, stage: Stage) -> tuple[int, int | None]:
    """(voices needed, days): as declared, or as the project, else the organisation, has adapted it; never fewer voices than declared."""
    rules = StageRule.objects.filter(Q(project=None) | Q(project=case.project_id), resource=resource.key, stage=stage.name)
    found = sorted(rules, key=lambda rule: rule.project_id is None)[:1]
    quorum, days = (found[0].quorum, found[0].days) if found else (1, None)
    return max(stage.quorum, quorum), days or declared(resource)[1].days


def ask(case: Case, resource: Resource, stage: Stage, row: Any) -> None:
    """Begin a stage: whoever may vote is told, and has its time."""
    days, now = rule_of(case, resource, stage)[1], timezone.now()
    project = Project.objects.filter(pk=case.project_id).first() if case.project_id is not None else None
    case.stage, case.asked_at, case.reminded_at, case.escalated_at = stage.name, now, None, None
    case.due_at = working_days.due_after(project, now, days) if days else None
    case.save()
    telling.asked(case, resource, stage, row)


def _open(resource: Resource, row: Any) -> None:
    case = Case(resource=resource.key, row_id=row.pk, project_id=resource.project_of(row), opened_by_id=scope.current().user_id, print=print_of(resource, row))
    ask(case, resource, next(declared(resource)[1].asked_of(row)), row)


def end(case: Case, resource: Resource, row: Any, state: str, word: str = "") -> None:
    """Close it; who asked hears how it ended."""
    case.state, case.ended_at = state, timezone.now()
    case.save()
    telling.ended(case, resource, row, word)


def _void(case: Case, resource: Resource, row: Any, print_now: str) -> None:
    """What was voted on is no more: the votes are withdrawn, and it is asked anew from the first stage on."""
    voters = withdraw_votes(case)
    case.round, case.print, case.project_id = case.round + 1, print_now, resource.project_of(row)
    ask(case, resource, next(declared(resource)[1].asked_of(row)), row)
    telling.voided(case, resource, row, voters)


def withdraw_votes(case: Case) -> list[int]:
    """Votes of a case that count, count no more; who gave them."""
    given = Vote.objects.filter(case=case, withdrawn_at=None)
    voters = list(given.values_list("user_id", flat=True).distinct())
    given.update(withdrawn_at=timezone.now())
    return voters


def rows_written(resource: Resource, rows: Sequence[Any]) -> bool:
    """Hold the open cases of rows that were written against what they are now: voided, closed, or as before. Whether one was asked anew."""
    if resource.approval is None or not rows:
        return False
    found = Case.objects.select_for_update(of=("self",)).filter(resource=resource.key, row_id__in=[row.pk for row in rows], state=Case.State.OPEN)
    by_row, life, has_voided = {case.row_id: case for case in found.order_by("pk")}, declared(resource)[0], False
    for row in rows:
        if (case := by_row.get(row.pk)) is None:
            continue
        if life.state_of(row) != waits_in(resource):
            end(case, resource, row, Case.State.WITHDRAWN)
            continue
        now = print_of(resource, row)
        if not case.print:  # it came from a time before approvals: what stands there now is what is voted on
            case.print = now
            case.save(update_fields=["print"])
        elif now != case.print or resource.project_of(row) != case.project_id:
            _void(case, resource, row, now)
            has_voided = True
    return has_voided


def rows_removed(resource: Resource, ids: Sequence[int]) -> None:
    """Rows that are gone are decided on no more."""
    if resource.approval is not None:
        Case.objects.filter(resource=resource.key, row_id__in=ids, state=Case.State.OPEN).update(state=Case.State.WITHDRAWN, ended_at=timezone.now())


@facts.reacts_to(StepTaken)
def step_taken(fact: StepTaken) -> None:
    """A submitted row is asked about; one that has gone another way is not any more."""
    resource = registry.get(fact.resource)
    if resource is None or resource.approval is None:
        return
    row = resource.model.objects.select_related(*resource.references).get(pk=fact.row_id)
    is_waiting = declared(resource)[0].state_of(row) == waits_in(resource)
    if fact.step == resource.approval.on and is_waiting and not of_row(resource, row).filter(state=Case.State.OPEN).exists():
        _open(resource, row)
    else:
        rows_written(resource, [row])


def _not_taken_back() -> str:
    return _("A vote is not taken back.")


hearers.of_written.append(rows_written)
hearers.of_removed.append(rows_removed)
undo.takers |= {model._meta.label_lower: undo.never(_not_taken_back) for model in (Case, Vote)}
