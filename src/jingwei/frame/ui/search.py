"""Search over everything a person may see, and the palette behind Ctrl-K."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from jingwei.frame.listing import searched
from jingwei.frame.models import Notification, Project
from jingwei.frame.resource import resources
from jingwei.frame.ui.palette import commands_for
from jingwei.frame.values import whole
from jingwei.frame.web import Request

per_resource = 6


def found(request: Request, words: str) -> list[dict[str, Any]]:
    """Hits by resource: one query each."""
    out = []
    for resource in resources():
        if not resource.search or not request.access.anywhere(resource.permission("view")):
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


@require_GET
def search(request: Request) -> HttpResponse:
    """The page, or JSON for the palette."""
    words = request.GET.get("q", "").strip()[:200]
    if request.access is None:
        return redirect("/")
    groups = found(request, words) if words else []
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"commands": commands_for(request, words), "groups": groups})
    return render(
        request,
        "frame/search.html",
        {"words": words, "groups": groups, "lines": [line for line in commands_for(request, words) if "action" not in line] if words else []},
    )


@require_GET
def notices(request: Request) -> HttpResponse:
    """The inbox of notifications."""
    return render(request, "frame/notices.html", {"notices": Notification.objects.filter(user=request.user)[:100]})


@require_POST
def read_notices(request: Request) -> HttpResponse:
    """Mark one or all as read."""
    rows = Notification.objects.filter(user=request.user, read_at=None)
    if (pk := whole(request.POST.get("pk", ""))) is not None:
        rows = rows.filter(pk=pk)
    rows.update(read_at=timezone.now())
    return redirect("notices")


@require_POST
def choose_project(request: Request) -> HttpResponse:
    """Work on one project from now on, or on all."""
    chosen = whole(request.POST.get("project", ""))
    project = Project.objects.filter(pk=chosen).first() if chosen is not None else None
    request.session["project_id"] = project.pk if project else None
    back = request.POST.get("next", "/")
    return redirect(back if back.startswith("/") and not back.startswith("//") else "/")
