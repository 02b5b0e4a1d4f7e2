"""What is shown in the application, and to whom: an unread notice of the same key is renewed instead of repeated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from jingwei.frame import scope
from jingwei.frame.models import Notification, User
from jingwei.frame.postgres.prepared import Prepared, given
from jingwei.frame.rights.access import Access, accesses_of
from jingwei.frame.telling import events


def may_know(access: Access, needs: str, project_id: int | None) -> bool:
    """Whether what needs that right, and is about that project (None: the organisation), is still for these eyes."""
    seen = access.project_ids
    if not access.roles or (project_id is not None and seen is not None and project_id not in seen):
        return False
    if not needs:
        return True
    return access.anywhere(needs) if project_id is None else access.allows(needs, project_id)


def able(users: Iterable[User], needs: str, project_id: int | None) -> list[User]:
    """Those of them who may know what needs that right; all when it needs none. One query."""
    people = list({user.pk: user for user in users}.values())
    if not needs or not people:
        return people
    held = accesses_of([user.pk for user in people], scope.current().tenant_id)
    return [user for user in people if may_know(held[user.pk], needs, project_id)]


def show(user: User, *, notice: str, values: dict[str, Any], level: str, url: str, key: str, project_id: int | None, needs: str) -> None:
    """Show a notice to a person, who may know it."""
    same = Notification.objects.filter(user=user, key=key, read_at=None) if key else Notification.objects.none()
    fresh = {"notice": notice, "values": values, "level": level, "needs": needs, "project_id": project_id, "title_zh": "", "title_en": ""}
    if not same.update(count=F("count") + 1, updated_at=timezone.now(), **fresh):
        Notification(user=user, url=url, key=key, **fresh).save()
    events.publish("notified", user_id=user.pk)


def shown(user: User, access: Access, most: int = 100) -> list[Notification]:
    """His notices that he may know by his rights of now, the newest first."""
    rows = Notification.objects.filter(user=user)[: 5 * most]
    return [row for row in rows if may_know(access, row.needs, row.project_id)][:most]


def unread(user_id: int | None, access: Access) -> int:
    """How many of them he has not read; a thousand at most."""
    current = scope.current()
    within_some = current.project_ids is not None
    rows = _unread(Notification.objects.filter(user_id=user_id)) if within_some else _unread_of(user=user_id, tenant=current.tenant_id)
    return sum(may_know(access, needs, project_id) for needs, project_id in rows)


def _unread(rows: QuerySet[Notification]) -> QuerySet[Any, Any]:
    return rows.filter(read_at=None).values_list("needs", "project_id")[:1000]


_unread_of = Prepared(lambda: _unread(Notification.unscoped.filter(tenant_id=given("tenant"), user_id=given("user"))))
