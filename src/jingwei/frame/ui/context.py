"""What every template knows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from jingwei.frame.models.zone import UnknownZone
from jingwei.frame.ui import help, menu, navigation


def page(request: HttpRequest) -> dict[str, Any]:
    """Organisation, rights, places, the project of the page, projects and unread notifications of the person who asks."""
    access = getattr(request, "access", None)
    if getattr(request, "is_enrolling", False):  # nothing else is open yet: no menu, no events
        access = None
    if access is None or request.headers.get("HX-Request"):
        return {"tenant": getattr(request, "tenant", None), "access": access, "menu": [], "help_address": help.address_of(request.path)}
    from jingwei.frame.telling import inbox

    unread = inbox.unread(request.user.pk, access)
    projects = menu.projects_at_hand(request)
    shown = vars(request).get("page_project")
    project = next((each for each in projects if each.pk == shown), None) or (menu.projects_shown(access).filter(pk=shown).first() if shown else None)
    places = navigation.entries(request, project)
    return {
        "help_address": help.address_of(request.path), "tenant": request.tenant, "tenants": request.tenants, "access": access, "menu": places, "unread": unread, "switch_projects": projects,  # type: ignore[attr-defined]
        "unknown_zones": [p.code for p in projects if isinstance(p.zone, UnknownZone)],
        "chosen_project": project, "is_far": project is not None and project not in projects, "create_here": navigation.creatable(access, project),
        "place_tabs": next((entry.lines for entry in places if entry.is_here and len(entry.lines) > 1), ()),
    }  # fmt: skip
