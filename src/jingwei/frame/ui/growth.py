"""The page that says how large the installation is, how fast it grows and until when the disk lasts."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from jingwei.frame.rights.access import Lacking
from jingwei.frame.ui.menu import MenuItem, register
from jingwei.frame.web import Request
from jingwei.frame.work import growth, retention

permission = "frame.installation.administer"
register(MenuItem("settings", gettext_lazy("Storage and growth"), "/settings/growth/", "database", permission, 60, is_whole=True))


@require_GET
def page(request: Request) -> HttpResponse:
    """For administrators of the organisation: every table's size, pace and how long its rows are kept."""
    if request.access.projects(permission) is not None:  # it tells of the whole installation: a project's administrator does not see it
        raise Lacking(permission)
    found = growth.report()
    shown, rest = found.parts[: growth.largest], found.parts[growth.largest :]
    context = {
        "growth": found,
        "parts": shown,
        "rest_bytes": sum(part.bytes for part in rest),
        "rest_count": len(rest),
        "largest": max((part.bytes for part in shown), default=1) or 1,
        "kept": [(each.table, each.days) for each in retention.kept],
    }
    return render(request, "frame/growth.html", context)
