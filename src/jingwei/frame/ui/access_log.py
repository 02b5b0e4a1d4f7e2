"""The access log of an organisation's people, for those who give roles in all of it."""

from __future__ import annotations

from django.db.models import Min, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from jingwei.frame.models import AccessEvent, Tenant, User
from jingwei.frame.rights.access import Lacking
from jingwei.frame.ui.menu import MenuItem, register
from jingwei.frame.ui.second_step import permission
from jingwei.frame.web import Request

register(MenuItem("settings", gettext_lazy("Access log"), "/settings/access/", "shield", permission, 20, is_whole=True))
shown_at_most = 300


@require_safe
def page(request: Request) -> HttpResponse:
    """The latest lines about people of this organisation; of others, and of names that nobody has, nothing is told here."""
    if request.access.projects(permission) is not None:
        raise Lacking(permission)
    mine = User.objects.filter(memberships__tenant=request.tenant)
    people = {user.pk: user for user in mine.annotate(since=Min("memberships__created_at", filter=Q(memberships__tenant=request.tenant)))}
    rows = [
        row
        for row in AccessEvent.objects.filter(_told_in(request.tenant), user_id__in=people).order_by("-id")[: 4 * shown_at_most]
        if row.user_id is not None and row.at >= people[row.user_id].since
    ][:shown_at_most]
    for row in rows:
        if row.kind == AccessEvent.Kind.SWITCHED and row.tenant_id != request.tenant.pk:
            row.detail = ""
    return render(request, "frame/access_log.html", {"rows": [(row, people[row.user_id]) for row in rows if row.user_id is not None]})


def _told_in(tenant: Tenant) -> Q:
    """What an organisation is told: what happened in it, and what belongs to the account itself. Which other organisations somebody works for, and
    what he does there, is theirs to know; that he changed (not where to) is told to all of his."""
    elsewhere = [kind for kind in AccessEvent.in_organisation if kind != AccessEvent.Kind.SWITCHED]
    return ~Q(kind__in=elsewhere) | Q(tenant_id=tenant.pk)
