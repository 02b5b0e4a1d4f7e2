"""Saved views: who sees which, and with whom one may be shared. A query string tells what it filters by, so it is shown as a row would be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext as _

from jingwei.frame import narrowing
from jingwei.frame.models import Membership, Project, SavedView
from jingwei.frame.models.values import unreadable, whole
from jingwei.frame.postgres import locks
from jingwei.frame.postgres.prepared import Prepared, given
from jingwei.frame.records.resource import Resource, resource_of
from jingwei.frame.rights.access import Access

most_of_a_person, most_shared = 50, 200  # of one list
shown_at_most = 20  # on the list itself; its page of views has the rest
over_others = "frame.membership.change"


def seen(access: Access, resource: Resource, words: str = "") -> models.QuerySet[SavedView]:
    """One's own, then those of projects where such rows may be read and those for everybody; of people who still have a role there."""
    view, me = resource.permission("view"), access.user_id
    places = access.projects(view)
    shared = models.Q(is_shared=True) & models.Q(_of_present_people)
    if places is not None:
        shared &= models.Q(project=None) | models.Q(project__in=places)
    # one's own names whatever one may read oneself; a token of some projects is shown none of it
    own = models.Q(user_id=me) if narrowing.narrowed(view, None, access.limits) is None else models.Q(pk__in=())
    rows = SavedView.unscoped.filter(tenant_id=access.tenant_id, resource=resource.key).filter(own | shared)
    rows = rows.filter(models.Q(name__icontains=words) | models.Q(user__username__icontains=words)) if words else rows
    first = models.Case(models.When(user_id=me, then=0), default=1)
    return rows.select_related("user", "project").order_by(first, "name", "pk")


def start(access: Access, resource: Resource) -> SavedView | None:
    """The view with which a list opens for oneself; a token of some projects is shown none."""
    if narrowing.narrowed(resource.permission("view"), None, access.limits) is not None:
        return None
    found: SavedView | None = _default.first(tenant=access.tenant_id, resource=resource.key, user=access.user_id)
    return found


_default = Prepared(
    lambda: SavedView.unscoped.filter(tenant_id=given("tenant"), resource=given("resource"), user_id=given("user"), is_default=True).order_by("name", "pk")[:1]
)


# a role in the organisation, or in the project that it is shared with
_of_present_people = models.Exists(
    Membership.objects.filter(tenant=models.OuterRef("tenant"), user=models.OuterRef("user"), user__is_active=True).filter(
        models.Q(project=None) | models.Q(project=models.OuterRef("project"))
    )
)


def room_for(access: Access, resource: Resource, name: str, *, shared: bool) -> None:
    """Refuse one more than a person, or a list, may have; held till the end of the transaction, so that no two count at once."""
    locks.hold(f"views:{access.tenant_id}:{resource.key}")
    rows = SavedView.unscoped.filter(tenant_id=access.tenant_id, resource=resource.key)
    before = rows.filter(user_id=access.user_id, name=name).first()
    if before is None and rows.filter(user_id=access.user_id).count() >= most_of_a_person:
        raise ValidationError(_("You keep %(most)s views of this list. Remove one that you no longer need.") % {"most": most_of_a_person})
    if shared and not (before is not None and before.is_shared) and rows.filter(_of_present_people, is_shared=True).count() >= most_shared:
        raise ValidationError(
            _("There are %(most)s shared views of this list. Keep this one for yourself, or ask an administrator to remove some.") % {"most": most_shared}
        )


def may_remove(access: Access, view: SavedView) -> bool:
    """One's own; and what others share, by who may change the members of those who see it."""
    return view.user_id == access.user_id or (view.is_shared and access.allows(over_others, view.project_id))


def projects_to_share(access: Access, resource: Resource, at_hand: list[Project]) -> list[Project]:
    """Projects whose people one may share a view of these rows with: those at hand where every project is."""
    places = access.projects(resource.permission("view"))
    return at_hand if places is None else list(Project.objects.filter(pk__in=places)[:100])


def may_share_with_all(access: Access, resource: Resource) -> bool:
    """Whether one may share with everybody: such rows may be read organisation-wide."""
    return access.allows(resource.permission("view"))


def places_named(resource: Resource, query: str) -> set[int]:
    """The projects that a query string names: by themselves or by one of their rows."""
    asked: Mapping[str, Any] = QueryDict(query.encode("utf-8", "ignore").decode())
    out: set[int] = set()
    for name in resource.filters:
        text, field = str(asked.get(name, "")), resource.model_field(name)
        if not text or unreadable(text) or not isinstance(field, models.ForeignKey) or isinstance(field.related_model, str):
            continue
        target, number = resource_of(field.related_model), whole(text)
        row = field.related_model._base_manager.filter(pk=number).first() if number is not None else target.named(text) if target is not None else None
        place = row.pk if isinstance(row, Project) else target.project_of(row) if target is not None and row is not None else None
        out |= {place} if place is not None else set()
    return out
