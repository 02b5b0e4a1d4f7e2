"""Members and their roles, the permission matrix, and a person's own API tokens."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from jingwei.frame.access import grants_of, is_granted, standard_roles
from jingwei.frame.models import Membership, Project, Role, SetupLink, User
from jingwei.frame.resource import resources
from jingwei.frame.ui.menu import MenuItem, register
from jingwei.frame.web import Request

permission = "frame.membership.change"
register(MenuItem("settings", gettext_lazy("Members and roles"), "/settings/members/", "users", permission, 10))


def matrix() -> list[dict[str, Any]]:
    """Every permission of every resource against the standard roles."""
    return [
        {
            "title": resource.title_plural,
            "lines": [(p.rpartition(".")[2], [is_granted(grants_of(role), p) for role in standard_roles]) for p in resource.permissions],
        }
        for resource in resources()
    ]


@require_http_methods(["GET", "POST"])
def members(request: Request) -> HttpResponse:
    """Who is in, as what; invite somebody by a one-time link."""
    request.access.require(permission)
    invitation = _invite(request) if request.method == "POST" else ""
    rows = Membership.objects.filter(tenant=request.tenant).select_related("user", "role", "project").order_by("user__username", "project__code")
    context = {
        "rows": rows, "roles": Role.objects.filter(tenant=request.tenant).order_by("pk"), "projects": Project.objects.all(), "invitation": invitation,
        "matrix": matrix(), "role_names": [name for name, _grants in standard_roles.values()],
    }  # fmt: skip
    return render(request, "frame/members.html", context)


def _invite(request: Request) -> str:
    """Give a role; a person who is new gets a one-time link. Nobody grants a role to themselves."""
    name = str(request.POST.get("username", "")).strip()
    role = Role.objects.filter(tenant=request.tenant, pk=request.POST.get("role") or 0).first()
    project = Project.objects.filter(pk=request.POST.get("project") or 0).first() if request.POST.get("project") else None
    if role is None or not re.fullmatch(r"[\w.@+-]{2,150}", name):
        messages.error(request, _("Give a user name and a role."))
        return ""
    if name == request.user.get_username():
        messages.error(request, _("Nobody grants a role to themselves. Ask another administrator."))
        return ""
    user, is_new = User.objects.get_or_create(username=name, defaults={"first_name": str(request.POST.get("full_name", ""))[:150]})
    if is_new:
        user.set_unusable_password()
        user.save()
    Membership.objects.get_or_create(tenant=request.tenant, user=user, role=role, project=project)
    messages.success(request, _("%(name)s is now %(role)s.") % {"name": name, "role": role.name})
    if user.has_usable_password():
        return ""
    return request.build_absolute_uri(f"/setup/{SetupLink.issue(request.tenant, hours=72, user=user)}/")


@require_POST
def drop(request: Request, pk: int) -> HttpResponse:
    """Take a role away; never one's own last one."""
    request.access.require(permission)
    row = Membership.objects.filter(tenant=request.tenant, pk=pk).first()
    if row is None:
        raise Http404
    if row.user_id == request.user.pk:
        messages.error(request, _("Ask another administrator to take your own role away."))
    else:
        row.delete()
        messages.success(request, _("Taken away."))
    return redirect("members")
