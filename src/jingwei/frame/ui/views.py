"""Keep a list as it is under a name, for oneself, for the people of a project or for everybody; and forget it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jingwei.frame import savedviews
from jingwei.frame.models import Project, SavedView
from jingwei.frame.resource import Resource
from jingwei.frame.ui.records import found
from jingwei.frame.values import whole
from jingwei.frame.web import Request


@require_POST
def save(request: Request, key: str) -> HttpResponse:
    """Keep the list as it is under a name."""
    resource = found(request, key)
    name, query = request.POST.get("name", "").strip()[:80], request.POST.get("query", "")[:2000]
    if name:
        is_shared, project_id = _shared_with(request, resource, query)
        view, _made = SavedView.unscoped.update_or_create(
            tenant_id=request.tenant.pk,
            user=request.user,
            resource=resource.key,
            name=name,
            defaults={"query": query, "is_shared": is_shared, "project_id": project_id},
        )
        if request.POST.get("default"):
            mine = SavedView.unscoped.filter(tenant_id=request.tenant.pk, user=request.user, resource=resource.key)
            mine.exclude(pk=view.pk).update(is_default=False)
            mine.filter(pk=view.pk).update(is_default=True)
    return redirect(f"{reverse('records', args=[key])}?{query}")


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
    """Forget a saved view of one's own."""
    found(request, key)
    SavedView.unscoped.filter(tenant_id=request.tenant.pk, pk=pk, user=request.user, resource=key).delete()
    return redirect("records", key=key)
