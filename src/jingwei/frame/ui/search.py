"""Search over everything a person may see, and the palette behind Ctrl-K."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from jingwei.frame.models import Notification, Project
from jingwei.frame.models.values import whole
from jingwei.frame.records.resource import resources
from jingwei.frame.records.search import Hit
from jingwei.frame.records.search import find as search_for
from jingwei.frame.telling import inbox
from jingwei.frame.telling.choices import choices_of
from jingwei.frame.telling.wording import words_of
from jingwei.frame.ui import menu
from jingwei.frame.ui.navigation import elsewhere
from jingwei.frame.ui.palette import commands_for
from jingwei.frame.web import Request

per_resource = 6


def found(request: Request, words: str) -> list[dict[str, Any]]:
    """Hits by resource, the kind of the best one first."""
    groups: dict[str, dict[str, Any]] = {}
    hits = search_for(words, request.access, resources(), most=per_resource)
    codes = _codes_of(request, hits)
    for hit in hits:
        key = hit.resource.key
        within = codes.get(hit.project_id, "") if hit.resource.model is not Project else ""
        if key not in groups:
            address = f"{reverse('records', args=[key])}?{urlencode({'q': words})}"
            groups[key] = {"title": str(hit.resource.title_plural), "icon": hit.resource.icon, "hits": [], "url": address}
        groups[key]["hits"].append({"title": hit.title, "url": reverse("record", args=[key, hit.pk]), "project": within})
    return list(groups.values())


def _codes_of(request: Request, hits: Iterable[Hit]) -> dict[int | None, str]:
    """The codes of the projects in which they are; a project is not told to be in itself."""
    wanted = {hit.project_id for hit in hits if hit.project_id is not None and hit.resource.model is not Project}
    codes: dict[int | None, str] = {project.pk: project.code for project in menu.projects_at_hand(request)} if wanted else {}
    rest = wanted - set(codes)
    return codes | (dict(Project.objects.filter(pk__in=rest).values_list("pk", "code")) if rest else {})


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
    """The inbox of notifications, worded in the reader's language and zone."""
    rows = inbox.shown(request.user, request.access) if request.access is not None else []
    with timezone.override(choices_of([request.user])[request.user.pk].zone):
        return render(request, "frame/notices.html", {"notices": [(row, words_of(row)) for row in rows]})


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
    """To the same page of another project, or of all of them."""
    chosen = whole(request.POST.get("project", ""))
    project = Project.objects.filter(pk=chosen).first() if chosen is not None else None
    request.session["project_id"] = project.pk if project else None
    return redirect(elsewhere(request.POST.get("next", "/"), project, request.access))
