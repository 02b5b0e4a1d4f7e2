"""Keep a list as it is under a name, for oneself, for the people of a project or for everybody; look through what is kept, and forget it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from jingwei.frame.models import Project, SavedView
from jingwei.frame.models.values import whole
from jingwei.frame.records import savedviews
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Lacking
from jingwei.frame.ui.records import found
from jingwei.frame.web import Request


@require_http_methods(["GET", "POST"])
def collection(request: Request, key: str) -> HttpResponse:
    """All views of a list, to search and to remove; or keep the list as it is under a name."""
    resource = found(request, key)
    if request.method == "POST":
        return _save(request, resource)
    words = request.GET.get("q", "").replace("\0", "").strip()[:80]
    page = Paginator(savedviews.seen(request.access, resource, words), 40).get_page(request.GET.get("page"))
    rows = [(view, savedviews.may_remove(request.access, view)) for view in page]
    return render(request, "frame/records/views.html", {"resource": resource, "rows": rows, "page": page, "words": words})


def _save(request: Request, resource: Resource) -> HttpResponse:
    name, query = request.POST.get("name", "").strip()[:80], request.POST.get("query", "")[:2000]
    if name:
        is_shared, project_id = _shared_with(request, resource, query)
        try:
            with transaction.atomic():
                savedviews.room_for(request.access, resource, name, shared=is_shared)
                _keep(request, resource, name, {"query": query, "is_shared": is_shared, "project_id": project_id})
            messages.success(request, _("The view “%(name)s” is kept; you find it under “Views”.") % {"name": name})
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
    return redirect(f"{reverse('records', args=[resource.key])}?{query}")


def _keep(request: Request, resource: Resource, name: str, values: dict[str, Any]) -> None:
    mine = SavedView.unscoped.filter(tenant_id=request.tenant.pk, user=request.user, resource=resource.key)
    view, _made = SavedView.unscoped.update_or_create(tenant_id=request.tenant.pk, user=request.user, resource=resource.key, name=name, defaults=values)
    if request.POST.get("default"):
        mine.exclude(pk=view.pk).update(is_default=False)
        mine.filter(pk=view.pk).update(is_default=True)


def _shared_with(request: Request, resource: Resource, query: str) -> tuple[bool, int | None]:
    """Whether it is shared, and with the people of which project. What names a project is shared with its people only."""
    asked = str(request.POST.get("shared", ""))
    if not asked:
        return False, None
    permission, place = resource.permission("view"), None
    if asked != "all":
        project = Project.objects.filter(pk=pk).first() if (pk := whole(asked)) is not None else None
        if project is None:
            raise Http404
        place = project.pk
    request.access.require(permission, place)
    named = savedviews.places_named(resource, query)
    if not named or named == {place}:
        return True, place
    if place is None and len(named) == 1:
        messages.info(request, _("The view names a project, so the people of that project see it and nobody else."))
        return True, named.pop()
    messages.warning(request, _("The view names another project than it was to be shared with. It was kept for you alone."))
    return False, None


@require_POST
def drop(request: Request, key: str, pk: int) -> HttpResponse:
    """Forget a saved view: one's own, or a shared one of those whose members one administers."""
    resource = found(request, key)
    mine = SavedView.unscoped.filter(tenant_id=request.tenant.pk, pk=pk, user=request.user, resource=key)
    view = mine.first() or savedviews.seen(request.access, resource).filter(pk=pk).first()
    if view is not None:
        if not savedviews.may_remove(request.access, view):
            raise Lacking(savedviews.over_others)
        SavedView.unscoped.filter(pk=view.pk).delete()
        messages.success(request, _("“%(name)s” is removed.") % {"name": view.name})
    return redirect("view-save", key=key)
