"""The votes that a person is asked for now, his own and those of people whose deputy he is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jingwei.frame.approvals import people
from jingwei.frame.models import Case, Vote
from jingwei.frame.records.resource import resources
from jingwei.frame.rights.access import Access, access_of
from jingwei.frame.waiting import Waiting, most_of_a_kind, waits_for_me


def _open_to(access: Access, person: int | None = None, project_id: int | None = None) -> Q:
    """The open cases whose present stage these rights let somebody vote in; a deputy hears of those that he may look at himself."""
    theirs = access if person is None else access_of(person, access.tenant_id)
    out = Q(pk__in=())
    for resource in resources():
        for stage in resource.approval.stages if resource.approval is not None else ():
            found = Q(resource=resource.key, stage=stage.name)
            for places in (people.places_held(theirs, resource, stage), access.projects(resource.permission("view"))):
                found &= Q() if places is None else Q(project__in=places)
            if person is not None and (reached := people.reached(access, resource, stage)) is not None:
                found &= Q(project__in=reached)
            out |= found if project_id is None else found & Q(project=project_id)
    return out


def _unheard(person: int | None) -> Any:
    """Cases in whose present stage this person has not been heard."""
    given = Vote.objects.filter(case=OuterRef("pk"), stage=OuterRef("stage"), withdrawn_at=None)
    return ~Exists(given.annotate(voice=Coalesce(F("acting_for"), F("user"))).filter(voice=person))


def cases_for(access: Access) -> list[tuple[Case, Any, str]]:
    """(case, row, name of the person whose deputy one is), what is due first comes first."""
    if access.user_id is None or not any(each.approval is not None for each in resources()):
        return []
    stands_for = list(people.deputies(deputy_id=access.user_id))
    voted = Vote.objects.filter(case=OuterRef("pk"), stage=OuterRef("stage"), user=access.user_id, withdrawn_at=None)
    rows = (
        Case.objects.filter(~Exists(voted), state=Case.State.OPEN)
        .exclude(opened_by=access.user_id)
        .order_by(F("due_at").asc(nulls_last=True), "id")
        .select_related("project")
    )
    found: dict[int, tuple[Case, int | None, str]] = {}
    for case in rows.filter(_open_to(access) & _unheard(access.user_id))[: 2 * most_of_a_kind]:
        found[case.pk] = (case, None, "")
    for each in stands_for:
        for case in rows.filter(_open_to(access, each.person_id, each.project_id) & _unheard(each.person_id))[: 2 * most_of_a_kind]:
            found.setdefault(case.pk, (case, each.person_id, str(each.person)))
    return list(_not_theirs(access, list(found.values())))


def _not_theirs(access: Access, found: list[tuple[Case, int | None, str]]) -> Iterator[tuple[Case, Any, str]]:
    """Those that neither he nor the person whose deputy he is wrote or submitted."""
    by_resource: dict[str, list[Case]] = defaultdict(list)
    for case, _person, _name in found:
        by_resource[case.resource].append(case)
    rows: dict[tuple[str, int], Any] = {}
    authors: dict[tuple[str, int], set[int]] = {}
    for resource in resources():
        if cases := by_resource.get(resource.key):
            kept = list(resource.seen(access).filter(pk__in=[case.row_id for case in cases]))
            rows |= {(resource.key, row.pk): row for row in kept}
            authors |= {(resource.key, pk): theirs for pk, theirs in people.authors(resource, kept, cases).items()}
    for case, person, name in found:
        key = (case.resource, case.row_id)
        if key in rows and not {access.user_id, person} & authors[key]:
            yield case, rows[key], name


@waits_for_me("approval", _("To vote on"), order=10)
def votes(access: Access) -> Iterator[Waiting]:
    """Votes come first: others wait for them."""
    for case, row, name in cases_for(access):
        url = reverse("record-vote", args=[case.resource, case.row_id])
        note = str(_("for %(person)s") % {"person": name}) if name else ""
        yield Waiting(str(row), url, case.project.code if case.project else "", case.asked_at, case.due_at, note)
