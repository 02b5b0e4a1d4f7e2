"""What every template knows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from jingwei.frame.ui import menu


def page(request: HttpRequest) -> dict[str, Any]:
    """Organisation, rights, menu and unread notifications of the person who asks."""
    access = getattr(request, "access", None)
    if access is None:
        return {"tenant": None, "access": None, "menu": []}
    from jingwei.frame.models import Notification

    unread = Notification.objects.filter(user=request.user, read_at=None).count()
    return {"tenant": request.tenant, "access": access, "menu": menu.visible(request), "unread": unread}  # type: ignore[attr-defined]
