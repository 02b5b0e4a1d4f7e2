"""The access log of an organisation's people, for those who give roles in all of it."""

from __future__ import annotations

from django.db.models import Min, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from jingwei.frame.access import Lacking
from jingwei.frame.models import AccessEvent, User
from jingwei.frame.ui.menu import MenuItem, register
from jingwei.frame.ui.second_step import permission
from jingwei.frame.web import Request

register(MenuItem("settings", gettext_lazy("Access log"), "/settings/access/", "shield", permission, 20))
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
        for row in AccessEvent.objects.filter(user_id__in=people).order_by("-id")[: 4 * shown_at_most]
        if row.user_id is not None and row.at >= people[row.user_id].since
    ][:shown_at_most]
    for row in rows:  # which other organisations somebody works for is theirs to know
        if row.kind == AccessEvent.Kind.SWITCHED and row.detail != request.tenant.code:
            row.detail = ""
    return render(request, "frame/access_log.html", {"rows": [(row, people[row.user_id]) for row in rows if row.user_id is not None]})
