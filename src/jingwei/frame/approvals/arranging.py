"""What is arranged beside the declarations: who stands in for whom, and what an organisation or a project asks of a stage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from jingwei.frame.approvals import people
from jingwei.frame.lives.approval import Stage, days_at_most
from jingwei.frame.models import Deputy, Project, StageRule
from jingwei.frame.models.values import whole
from jingwei.frame.postgres import locks
from jingwei.frame.records.people import members
from jingwei.frame.records.resource import Resource, registry, resources
from jingwei.frame.rights.access import Access

permission = "frame.approval.change"
quorum_at_most = 50
deputy_days_at_most = 366
most_of_a_person = 20


@transaction.atomic
def deputy_name(*, access: Access, person: int | None, deputy: int | None, from_on: str, until_on: str, project: Project | None = None) -> Deputy:
    """Somebody stands in for a person, from day to day. One names one's own deputy; another person's only an administrator of the organisation, and never himself:
    nobody takes a voice that he was not given."""
    _require_arranger(access, person)
    known = {user.pk for user in members().filter(pk__in=[pk for pk in (person, deputy) if pk is not None])}
    if person is None or person not in known:
        raise ValidationError({"person": _("Choose a person of this organisation.")})
    if deputy is None or deputy not in known or deputy == person:
        raise ValidationError({"deputy": _("Choose another person of this organisation as deputy.")})
    if person != access.user_id and deputy == access.user_id:
        raise ValidationError({"deputy": _("Nobody makes himself the deputy of another. Let the person, or another administrator, do it.")})
    first, last = _day(from_on, "from_on"), _day(until_on, "until_on")
    if last < first or last < people.today() or (last - first).days > deputy_days_at_most:
        raise ValidationError({"until_on": _("The last day lies on or after the first, not in the past, and at most a year after it.")})
    locks.hold(f"deputies {access.tenant_id} {person}")  # the form sent twice names him once
    same = Deputy.objects.filter(person_id=person, deputy_id=deputy, project=project, from_on=first, until_on=last).first()
    if same is not None:
        return same  # type: ignore[no-any-return]
    if Deputy.objects.filter(person_id=person, until_on__gte=people.today()).count() >= most_of_a_person:
        raise ValidationError({"deputy": _("This person has %(most)s deputies already. Remove one first.") % {"most": most_of_a_person}})
    made = Deputy(person_id=person, deputy_id=deputy, project=project, from_on=first, until_on=last)
    made.save()
    return made


def _day(text: str, name: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not 1970 <= found.year <= 2200:
        raise ValidationError({name: _("Give a day such as 2026-11-20.")})
    return found


def _require_arranger(access: Access, person: int | None) -> None:
    """One arranges one's own; others' only with the right organisation-wide. A program with a limited token needs the right in any case."""
    if person is None or person != access.user_id or access.limits:
        access.require(permission, None)


def deputy_end(*, access: Access, row: Deputy) -> None:
    """End it: the person, the deputy himself, or an administrator of the organisation."""
    if access.user_id != row.deputy_id or access.limits:
        _require_arranger(access, row.person_id)
    row.delete()


def own_deputies(access: Access) -> QuerySet[Deputy]:
    """Who stands in for me, and for whom I do, now or later."""
    rows = Deputy.objects.filter(Q(person_id=access.user_id) | Q(deputy_id=access.user_id), until_on__gte=people.today())
    return rows.select_related("person", "deputy", "project").order_by("from_on", "pk")


def stages() -> Iterator[tuple[Resource, Stage]]:
    """Every declared stage."""
    for resource in resources():
        if resource.approval is not None:
            yield from ((resource, each) for each in resource.approval.stages)


def rules(access: Access) -> list[dict[str, Any]]:
    """What was adapted where these rights reach."""
    places = access.projects(permission)
    rows = StageRule.objects.select_related("project").order_by("resource", "stage", "project__code")
    rows = rows if places is None else rows.filter(project__in=places)
    titles = {(resource.key, stage.name): f"{resource.title} · {stage.title}" for resource, stage in stages()}
    return [{"rule": rule, "title": titles.get((rule.resource, rule.stage), rule.stage)} for rule in rows[:500]]


@transaction.atomic
def rule_keep(*, access: Access, key: str, stage: str, project: Project | None, quorum: str, days: str) -> None:
    """What a project, or the organisation, asks of a stage: never fewer voices than declared. An empty quorum goes back to the declaration."""
    access.require(permission, project.pk if project is not None else None)
    resource = registry.get(key)
    declared = {each.name: each for each in resource.approval.stages} if resource is not None and resource.approval is not None else {}
    if stage not in declared:
        raise ValidationError({"stage": _("Choose one of the stages that are declared.")})
    locks.hold(f"stage rules {access.tenant_id}")
    rows = StageRule.objects.filter(resource=key, stage=stage, project=project)
    if not quorum.strip():
        rows.delete()
        return
    least, voices, time = declared[stage].quorum, whole(quorum.strip()), whole(days.strip()) if days.strip() else None
    if voices is None or not least <= voices <= quorum_at_most:
        raise ValidationError(
            {"quorum": _("Voices needed: a whole number from %(least)s (as declared) to %(most)s.") % {"least": least, "most": quorum_at_most}}
        )
    if days.strip() and (time is None or not 1 <= time <= days_at_most):
        raise ValidationError({"days": _("Working days: a whole number from 1 to %(most)s, or empty for what is declared.") % {"most": days_at_most}})
    rule = rows.first() or StageRule(resource=key, stage=stage, project=project)
    rule.quorum, rule.days = voices, time
    rule.save()
