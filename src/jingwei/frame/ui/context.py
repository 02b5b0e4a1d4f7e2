"""What every template knows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from jingwei.frame.models.zone import UnknownZone
from jingwei.frame.ui import menu


def page(request: HttpRequest) -> dict[str, Any]:
    """Organisation, rights, menu, projects and unread notifications of the person who asks."""
    access = getattr(request, "access", None)
    if getattr(request, "is_enrolling", False):  # nothing else is open yet: no menu, no events
        access = None
    if access is None or request.headers.get("HX-Request"):
        return {"tenant": getattr(request, "tenant", None), "access": access, "menu": []}
    from jingwei.frame.models import Notification

    unread = Notification.objects.filter(user=request.user, read_at=None).count()
    projects = list(menu.projects_shown(access)[:100])
    chosen = request.session.get("project_id")
    return {
        "tenant": request.tenant, "tenants": request.tenants, "access": access, "menu": menu.visible(request), "unread": unread, "switch_projects": projects,  # type: ignore[attr-defined]
        "unknown_zones": [p.code for p in projects if isinstance(p.zone, UnknownZone)],
        "chosen_project": next((p for p in projects if p.pk == chosen), None),
    }  # fmt: skip
