"""Members and their roles, the permission matrix, and a person's own API tokens."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from jingwei.frame.models import Membership, Project, Role, SetupLink, Tenant, User
from jingwei.frame.records import people
from jingwei.frame.records.resource import resources
from jingwei.frame.rights import administering
from jingwei.frame.rights.access import Access, access_of, called, grants_of, grants_of_role, is_granted, standard_roles, title_of_role
from jingwei.frame.rights.names import named, told_when_taken
from jingwei.frame.telling import facts
from jingwei.frame.telling.facts import MemberEnrolled
from jingwei.frame.ui.menu import MenuItem, register
from jingwei.frame.web import Request

permission = "frame.membership.change"
register(MenuItem("settings", gettext_lazy("Members and roles"), "/settings/members/", "users", permission, 10))


def matrix() -> list[dict[str, Any]]:
    """Every permission of every resource against the standard roles."""
    return [
        {
            "title": resource.title_plural,
            "lines": [(str(called[p][1]), [is_granted(grants_of(role), p) for role in standard_roles]) for p in resource.permissions],
        }
        for resource in resources()
    ]


@require_http_methods(["GET", "POST"])
def members(request: Request) -> HttpResponse:
    """Who is in, as what, as far as this person administers; invite somebody by a one-time link."""
    request.access.require_anywhere(permission)
    invitation = _invite(request) if request.method == "POST" else ""
    rows = _administered(request).select_related("user", "role", "project").order_by("user__username", "project__code")
    places = request.access.projects(permission)
    projects = Project.objects.all() if places is None else Project.objects.filter(pk__in=places)
    context = {
        "rows": rows, "roles": _grantable(request, None if places is None else sorted(places)), "projects": projects, "may_grant_all": places is None,
        "invitation": invitation, "matrix": matrix(), "role_names": [name for name, _grants in standard_roles.values()],
    }  # fmt: skip
    return render(request, "frame/members.html", context)


def _administered(request: Request) -> QuerySet[Membership]:
    """The memberships that this person administers: of his projects, or all of the organisation."""
    rows, places = Membership.objects.filter(tenant=request.tenant), request.access.projects(permission)
    return rows if places is None else rows.filter(project_id__in=places)


def _grantable(request: Request, places: list[int] | None) -> list[Role]:
    """Roles that hold nothing which this person does not hold himself where he may grant."""
    roles = Role.objects.filter(tenant=request.tenant).order_by("pk")
    where: list[int | None] = [None] if places is None else [*places]
    return [role for role in roles if any(request.access.covers(grants_of_role(role), place) for place in where)]


@transaction.atomic
def _invite(request: Request) -> str:
    """Give a role; a person who is new gets a one-time link. Nobody grants a role to themselves, nor what they do not hold, nor beyond their scope."""
    _held_alone(request)
    name = User.normalize_username(str(request.POST.get("username", "")).strip())
    role = _numbered(Role.objects.filter(tenant=request.tenant), request.POST.get("role"))
    project = _numbered(Project.objects.all(), request.POST.get("project"))
    if role is None or not re.fullmatch(r"[\w.@+-]{2,150}", name) or (request.POST.get("project") and project is None):
        messages.error(request, _("Give a user name and a role."))
        return ""
    place = project.pk if project else None
    request.access.require(permission, place)
    if name.casefold() == request.user.get_username().casefold():
        messages.error(request, _("Nobody grants a role to themselves. Ask another administrator."))
        return ""
    if not request.access.covers(grants_of_role(role), place):
        messages.error(request, _("“%(role)s” may do more than you may here. Ask who holds it to give it.") % {"role": title_of_role(role)})
        return ""
    user = named(name)
    if user is None and not request.POST.get("full_name") and (known := people.called(name, people.members())):
        told = ", ".join(f"{each} ({each.username})" for each in known)
        text = _("“%(name)s” is in already: %(people)s. Write the user name, or the full name too when somebody else is meant.")
        messages.error(request, text % {"name": name, "people": told})
        return ""
    if user is None:
        user = User(username=name, first_name=str(request.POST.get("full_name", ""))[:150])
        user.set_unusable_password()
        try:
            with told_when_taken():
                user.save()
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return ""
    elif not _belongs(user, request.tenant):
        messages.error(request, _("This name is taken. Choose another."))
        return ""
    Membership.objects.get_or_create(tenant=request.tenant, user=user, role=role, project=project)
    if user.is_pending and not _covers_all(request.access, request.tenant, user):
        _end_what_gained(request.tenant, user)
    enrolled = MemberEnrolled(user_id=user.pk, may_join=request.access.allows("directory.person.change"))
    facts.state(enrolled)
    messages.success(request, " ".join([_("%(name)s is now %(role)s.") % {"name": name, "role": title_of_role(role)}, *enrolled.told]))
    return _link(request, user) if user.is_pending else ""


def _held_alone(request: Request) -> None:
    """From here on with the rights of this moment: another administrator may have taken them away while the request waited."""
    request.access = administering.held_alone(request.user, request.tenant)
    request.access.require_anywhere(permission)


def _numbered(rows: QuerySet[Any], given: Any) -> Any | None:
    text = str(given or "")
    return rows.filter(pk=int(text)).first() if text.isascii() and text.isdigit() and len(text) < 19 else None


def _belongs(user: User, tenant: Tenant) -> bool:
    """Whether somebody may be given a role here: a person of this organisation, or of none any more. Nobody is enrolled elsewhere unasked."""
    if user.is_pending:
        return _waits_for(user, tenant)
    return user.memberships.filter(tenant=tenant).exists() or not user.memberships.exists()


def _waits_for(user: User, tenant: Tenant) -> bool:
    """Whether a person who has not come in yet was invited by this organisation and by no other."""
    invited = set(SetupLink.objects.filter(user=user, tenant__isnull=False).values_list("tenant_id", flat=True))
    return invited | set(user.memberships.values_list("tenant_id", flat=True)) == {tenant.pk}


def _covers_all(access: Access, tenant: Tenant, user: User) -> bool:
    """Whether somebody could have given a person every role he has here."""
    held = Membership.objects.filter(tenant=tenant, user=user).select_related("role")
    return all(access.allows(permission, m.project_id) and access.covers(grants_of_role(m.role), m.project_id) for m in held)


def _end_what_gained(tenant: Tenant, user: User) -> None:
    """A role was added by somebody who may not replace the invitation. A link stays whose sender could have given all of it himself: nobody who knows it
    gains anything. Any other would open what its sender does not hold."""
    for link in SetupLink.open_of(user).select_related("issued_by"):
        if link.issued_by is None or not _covers_all(access_of(link.issued_by, tenant), tenant, user):
            SetupLink.open_of(user).filter(pk=link.pk).update(expires_at=timezone.now())


def _link(request: Request, user: User) -> str:
    """A fresh link for somebody who has not come in yet; the one sent before ends. Whoever opens it is that person, with every right the person
    has: so only somebody who could have given them all may have it."""
    has_role = Membership.objects.filter(tenant=request.tenant, user=user).exists()
    is_ours = _covers_all(request.access, request.tenant, user)
    if not is_ours or not has_role or not user.is_active or not _waits_for(user, request.tenant):
        text = _(
            "%(name)s was invited by others and has not come in yet. The link sent before still holds; an administrator of the organisation sends a new one."
        )
        if not SetupLink.open_of(user).exists():
            text = _(
                "%(name)s was invited by others and has not come in yet. The link sent before has ended; an administrator of the organisation sends a new one."
            )
        messages.info(request, text % {"name": user.username})
        return ""
    return request.build_absolute_uri(f"/setup/{SetupLink.issue(request.tenant, hours=72, user=user, by=request.user)}/")


@require_POST
@transaction.atomic
def link(request: Request, pk: int) -> HttpResponse:
    """Send the invitation again: a fresh link, shown once."""
    _held_alone(request)
    row = _administered(request).filter(pk=pk).select_related("user").first()
    if row is None:
        raise Http404
    if not row.user.is_pending:
        messages.info(request, _("%(name)s has come in already.") % {"name": row.user.username})
        return redirect("members")
    made = _link(request, row.user)
    return render(request, "frame/member_link.html", {"invitation": made, "row": row}) if made else redirect("members")


@require_POST
@transaction.atomic
def drop(request: Request, pk: int) -> HttpResponse:
    """Take a role away; never one's own, nor the last one that administers the organisation."""
    _held_alone(request)
    row = _administered(request).filter(pk=pk).select_related("user", "role").first()
    if row is None:
        raise Http404
    if row.user_id == request.user.pk:
        messages.error(request, _("Ask another administrator to take your own role away."))
        return redirect("members")
    try:
        _taken(request, row)
        messages.success(request, _("Taken away."))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect("members")


@transaction.atomic
def _taken(request: Request, row: Membership) -> None:
    may_end = _covers_all(request.access, request.tenant, row.user)
    row.delete()
    if administering.administers(row):
        administering.require_administrator(request.tenant)
    if row.user.is_pending and (may_end or not row.user.memberships.exists()):
        SetupLink.end(row.user)  # of others' invitations nothing is ended: what is left of them stays theirs
