"""Saved views: who sees which, and with whom one may be shared. A query string tells what it filters by, so it is shown as a row would be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.http import QueryDict

from jingwei.frame import narrowing
from jingwei.frame.access import Access
from jingwei.frame.models import Project, SavedView
from jingwei.frame.resource import Resource, resource_of
from jingwei.frame.values import unreadable, whole


def seen(access: Access, resource: Resource) -> list[SavedView]:
    """One's own, those of projects where such rows may be read, and those for everybody."""
    rows = SavedView.unscoped.filter(tenant_id=access.tenant_id, resource=resource.key).filter(models.Q(user_id=access.user_id) | models.Q(is_shared=True))
    return [view for view in rows.select_related("user", "project").order_by("name", "pk") if _is_seen(access, resource, view)]


def _is_seen(access: Access, resource: Resource, view: SavedView) -> bool:
    if view.is_shared:
        return view.project_id is None or access.allows(resource.permission("view"), view.project_id)
    # one's own names whatever one may read oneself; a token of some projects is shown none of it
    return narrowing.narrowed(resource.permission("view"), None, access.limits) is None


def projects_to_share(access: Access, resource: Resource) -> list[Project]:
    """Projects whose people one may share a view of these rows with."""
    places = access.projects(resource.permission("view"))
    rows = Project.objects.all()
    return list((rows if places is None else rows.filter(pk__in=places))[:100])


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
