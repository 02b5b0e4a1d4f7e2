"""Notifications: something a person should know; repeats of the same thing fold into one line with a count."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F
from django.utils import timezone

from jingwei.frame import scope
from jingwei.frame.models import Membership, Notification, User
from jingwei.frame.telling import events


def notify(users: Iterable[User], title_zh: str, title_en: str, *, level: str = "note", url: str = "", key: str = "", project_id: int | None = None) -> int:
    """Tell people; an unread notice of the same key is renewed instead of repeated. One about a project is shown as long as they belong to it."""
    told = 0
    for user in users:
        same = Notification.objects.filter(user=user, key=key, read_at=None) if key else Notification.objects.none()
        if not same.update(count=F("count") + 1, title_zh=title_zh[:300], title_en=title_en[:300], level=level, updated_at=timezone.now()):
            Notification(user=user, title_zh=title_zh[:300], title_en=title_en[:300], level=level, url=url, key=key, project_id=project_id).save()
        events.publish("notified", user_id=user.pk)
        told += 1
    return told


def people_of(project_id: int, *roles: str) -> list[User]:
    """Those who hold one of the roles in a project or in the whole organisation."""
    rows = Membership.objects.filter(tenant_id=scope.current().tenant_id, role__key__in=roles, user__is_active=True).select_related("user")
    return list({m.user_id: m.user for m in rows if m.project_id in (None, project_id)}.values())


def told_of(key: str) -> list[User]:
    """Those who have a notice of that key and may still log in."""
    return list(User.objects.filter(pk__in=Notification.objects.filter(key=key).values("user_id"), is_active=True))
