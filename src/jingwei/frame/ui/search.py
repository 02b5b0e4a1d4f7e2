"""Search over everything a person may see, and the palette behind Ctrl-K."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from jingwei.frame.listing import plain, searched, whole
from jingwei.frame.models import Notification, Project
from jingwei.frame.resource import resources
from jingwei.frame.ui import menu
from jingwei.frame.ui.ways import way_back

per_resource = 6


def found(request: HttpRequest, words: str) -> list[dict[str, Any]]:
    """Hits by resource: one query each."""
    out = []
    for resource in resources():
        if not resource.search or not request.access.allows(resource.permission("view")):
            continue
        rows = list(resource.rows(request.access).filter(searched(resource, words))[:per_resource])
        if rows:
            hits = [{"title": str(row), "url": reverse("record", args=[resource.key, row.pk])} for row in rows]
            out.append(
                {
                    "title": str(resource.title_plural),
                    "icon": resource.icon,
                    "hits": hits,
                    "url": f"{reverse('records', args=[resource.key])}?{urlencode({'q': words})}",
                }
            )
    return out


def commands_for(request: HttpRequest, words: str) -> list[dict[str, str]]:
    """Pages and actions whose name contains the words."""
    wanted = words.lower()
    lines = [{"title": str(item.title), "url": item.address, "icon": item.icon} for _title, items in menu.visible(request) for item in items]
    for resource in resources():
        if request.access.allows(resource.permission("add")):
            lines.append({"title": _("New: %(what)s") % {"what": resource.title}, "url": reverse("record-new", args=[resource.key]), "icon": "plus"})
    return [line for line in lines if wanted in line["title"].lower()][:12]


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """The page, or JSON for the palette."""
    words = plain(request.GET.get("q", "")).strip()[:200]
    if request.access is None:
        return redirect("/")
    groups = found(request, words) if words else []
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"commands": commands_for(request, words), "groups": groups})
    return render(request, "frame/search.html", {"words": words, "groups": groups, "lines": commands_for(request, words) if words else []})


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """The inbox of notifications."""
    return render(request, "frame/notices.html", {"notices": Notification.objects.filter(user=request.user)[:100]})


@require_GET
def bell(request: HttpRequest) -> HttpResponse:
    """The bell with its count."""
    return render(request, "frame/_bell.html", {"unread": Notification.objects.filter(user=request.user, read_at=None).count()})


@require_POST
def read_notices(request: HttpRequest) -> HttpResponse:
    """Mark one or all as read."""
    rows = Notification.objects.filter(user=request.user, read_at=None)
    one = Notification.objects.filter(user=request.user, pk=whole(request.POST.get("pk", "")) or 0).first()
    if one is not None:
        rows = rows.filter(pk=one.pk)
    rows.update(read_at=timezone.now())
    return redirect(one.url if one is not None and one.url.startswith("/") and not one.url.startswith("//") else "notices")


@require_POST
def choose_project(request: HttpRequest) -> HttpResponse:
    """Work on one project from now on, or on all."""
    chosen = whole(request.POST.get("project", ""))
    project = Project.objects.filter(pk=chosen).first() if chosen else None
    request.session["project_id"] = project.pk if project else None
    return redirect(way_back(request))


@require_POST
def choose_tenant(request: HttpRequest) -> HttpResponse:
    """Work in another organisation that one belongs to."""
    chosen = whole(request.POST.get("tenant", ""))
    if chosen not in [tenant.pk for tenant in request.tenants]:  # type: ignore[attr-defined]
        raise PermissionDenied(_("You are not a member of that organisation."))
    request.session["tenant_id"], request.session["project_id"] = chosen, None
    return redirect("/")
