"""Who may vote: who holds a stage's right where the row is, and who is the deputy of somebody who does; never who wrote or submitted it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.approvals.declaration import declared, never_by
from jingwei.frame.lives.approval import Stage
from jingwei.frame.models import Case, Deputy, Membership, Tenant, User, Vote
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access, Lacking, access_of, grants_of_role
from jingwei.kernels.calendar.stated import zone_of

Places = Collection[int | None]


def permission_of(resource: Resource, stage: Stage) -> str:
    """What whoever votes in this stage must hold. For a stage of a role it only says what a limited token must reach."""
    return stage.permission or resource.permission(declared(resource)[1].yes)


def places_held(access: Access, resource: Resource, stage: Stage) -> frozenset[int] | None:
    """The projects in which these rights let somebody vote in this stage; None means everywhere."""
    permission, view = permission_of(resource, stage), access.projects(resource.permission("view"))
    held = access.projects(permission)
    if stage.role:
        rows = Membership.objects.filter(tenant_id=access.tenant_id, user_id=access.user_id or 0, user__is_active=True, role__key=stage.role)
        where = set(rows.values_list("project_id", flat=True))
        held = _within_limits(access, permission, None if None in where else frozenset(pk for pk in where if pk is not None))
    return view if held is None else held if view is None else held & view


def _within_limits(access: Access, permission: str, projects: frozenset[int] | None) -> frozenset[int] | None:
    """What is left of rights that are not a person's own when he works through a limited token."""
    reached = Access(access.tenant_id, access.user_id, frozenset({"*"}), limits=access.limits).projects(permission)
    return projects if reached is None else reached if projects is None else reached & projects


def reached(access: Access, resource: Resource, stage: Stage) -> frozenset[int] | None:
    """The projects in which a token lets its owner vote for others; None means everywhere."""
    return _within_limits(access, permission_of(resource, stage), None)


def holds(access: Access, resource: Resource, stage: Stage, places: Places) -> bool:
    """Whether these rights let somebody vote on a row that belongs to these places."""
    held = places_held(access, resource, stage)
    return held is None or (bool(places) and all(place is not None and place in held for place in places))


def today() -> Any:
    """The day of now in the organisation: deputies stand in from day to day."""
    zone = Tenant.objects.values_list("zone", flat=True).get(pk=scope.current().tenant_id)
    return timezone.localdate(timezone=zone_of(zone))


def deputies(**narrowed: Any) -> QuerySet[Deputy]:
    """Who stands in for whom today."""
    day = today()
    rows = Deputy.objects.filter(from_on__lte=day, until_on__gte=day, person__is_active=True, deputy__is_active=True)
    return rows.filter(**narrowed).select_related("person", "deputy").order_by("pk")


def _reaches(deputy: Deputy, places: Places) -> bool:
    return deputy.project_id is None or all(place == deputy.project_id for place in places)


def authors(resource: Resource, rows: Sequence[Any], cases: Iterable[Case] = ()) -> dict[int, set[int]]:
    """By row who may not vote on it: who wrote or submitted it. A bounded number of queries, however many rows."""
    life, _approval = declared(resource)
    out: dict[int, set[int]] = {row.pk: set() for row in rows}
    for each in never_by(resource):
        for pk, people in each.people(rows, life.field).items():
            out[pk] |= people
    for case in cases:
        if case.opened_by_id is not None and case.row_id in out:
            out[case.row_id].add(case.opened_by_id)
    return out


def candidates(resource: Resource, stage: Stage, places: Places, access: Access, acting_for: int | None = None) -> list[int | None]:
    """Whose voices are open to who works now, by right alone: None stands for his own; `acting_for` chooses that of a person whose deputy he is."""
    if access.user_id is None or not access.allows(resource.permission("view"), *places):
        return []
    if acting_for is None and holds(access, resource, stage, places):
        return [None]
    return [pk for pk in _stands_in_for(access, resource, stage, places) if acting_for in (None, pk)]


def may_vote(resource: Resource, stage: Stage, places: Places, access: Access, acting_for: int | None = None) -> bool:
    """Whether there is any."""
    return bool(candidates(resource, stage, places, access, acting_for))


def require(resource: Resource, stage: Stage, places: Places, access: Access, acting_for: int | None = None) -> None:
    """Raise PermissionDenied when there is none."""
    if not may_vote(resource, stage, places, access, acting_for):
        raise Lacking(permission_of(resource, stage))


def voice(case: Case, resource: Resource, stage: Stage, row: Any, access: Access, acting_for: int | None = None) -> int | None:
    """Whose voice it is when who works now votes: None = his own, else that of the person whose deputy he is.

    PermissionDenied when neither holds the right; ValidationError when it is theirs, or has been given. Every human being has one voice in a stage, and
    every person is heard in it once.
    """
    found, me = candidates(resource, stage, resource.places_of(row), access, acting_for), access.user_id
    if not found:
        raise Lacking(permission_of(resource, stage))
    theirs = authors(resource, [row], [case])[row.pk]
    if me in theirs or not (free := [pk for pk in found if pk not in theirs]):
        raise ValidationError(_("Another person must do this than those who wrote or submitted it."))
    given = Vote.objects.filter(case=case, stage=stage.name, withdrawn_at=None)
    heard = {acted_for or user: user for user, acted_for in given.values_list("user_id", "acting_for_id")}
    if me in heard.values():
        raise ValidationError(_("You have voted here already. Everybody has one voice."))
    if not (left := [pk for pk in free if (pk or me) not in heard]):
        raise ValidationError(_("A deputy has voted here for this person already. Everybody has one voice."))
    return left[0]


def _stands_in_for(access: Access, resource: Resource, stage: Stage, places: Places) -> list[int]:
    """The people whose deputy he is today, as far as they hold the right, and a limited token reaches it."""
    limited = reached(access, resource, stage)
    if limited is not None and not all(place in limited for place in places):
        return []
    people = dict.fromkeys(each.person_id for each in deputies(deputy_id=access.user_id) if _reaches(each, places))
    return [pk for pk in people if holds(access_of(pk, access.tenant_id), resource, stage, places)]


def holders(resource: Resource, stage: Stage, places: Places) -> dict[int, User]:
    """Everybody who holds the right of a stage there, by id. Two queries."""
    tenant = scope.current().tenant_id
    rows = Membership.objects.filter(Q(project=None) | Q(project__in=[place for place in places if place is not None]), tenant_id=tenant, user__is_active=True)
    by_person: dict[int, list[Membership]] = defaultdict(list)
    for each in rows.select_related("user", "role").order_by("user__username"):
        by_person[each.user_id].append(each)
    return {pk: held[0].user for pk, held in by_person.items() if _holds(held, resource, stage, places)}


def _holds(held: Sequence[Membership], resource: Resource, stage: Stage, places: Places) -> bool:
    """The same as `holds` for memberships that are read already."""
    everywhere = frozenset().union(*(grants_of_role(m.role) for m in held if m.project_id is None))
    by_project = {pk: everywhere.union(*(grants_of_role(m.role) for m in held if m.project_id == pk)) for pk in places if pk is not None}
    access = Access(held[0].tenant_id, held[0].user_id, everywhere, by_project)
    if stage.role:
        has_role = all(any(m.role.key == stage.role and m.project_id in (None, place) for m in held) for place in places)
        return has_role and access.allows(resource.permission("view"), *places)
    return all(access.allows(each, *places) for each in (permission_of(resource, stage), resource.permission("view")))


def asked(case: Case, resource: Resource, stage: Stage, row: Any) -> dict[int, User]:
    """Who may be heard in a stage by himself or by a deputy: its holders without those who wrote or submitted it."""
    theirs = authors(resource, [row], [case])[row.pk]
    return {pk: user for pk, user in holders(resource, stage, resource.places_of(row)).items() if pk not in theirs}


def with_deputies(people: Mapping[int, User], permission: str, places: Places, without: Collection[int] = ()) -> list[User]:
    """These people and those who stand in for them today there and hold the permission (to look at what it is about) themselves, each once."""
    out = {pk: user for pk, user in people.items() if pk not in without}
    for each in deputies(person_id__in=list(people)):
        if each.deputy_id not in without and _reaches(each, places) and access_of(each.deputy_id, each.tenant_id).allows(permission, *places):
            out.setdefault(each.deputy_id, each.deputy)
    return list(out.values())


def person(user_id: int | None) -> User | None:
    """A person by id."""
    return User.objects.filter(pk=user_id).first() if user_id is not None else None
