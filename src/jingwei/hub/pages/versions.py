"""The versions of an interface: who published what when, what differs between any two, and the way back."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from jingwei.frame.models.values import whole
from jingwei.frame.web import Request
from jingwei.hub.models import Interface, InterfaceVersion
from jingwei.hub.pages.deciding import complain
from jingwei.hub.pages.interfaces import interface_or_404
from jingwei.hub.pages.values_shown import Fields
from jingwei.hub.register import changes, services
from jingwei.hub.register.overtaking import Overtaken

shown_at_most = 200


@require_GET
def versions(request: Request, key: str) -> HttpResponse:
    """All versions, and the difference of two: the last two unless others are chosen."""
    return _compared(request, interface_or_404(request, key))


def _compared(request: Request, interface: Interface, problem: str = "") -> HttpResponse:
    rows = list(interface.versions.select_related("author")[:shown_at_most])
    by_number = {row.number: row for row in rows}
    new = _chosen(request, "new", by_number, rows[0] if rows else None)
    old = _chosen(request, "old", by_number, next((row for row in rows if new is not None and row.number < new.number), None))
    context = {
        "interface": interface, "versions": rows, "old": old, "new": new,
        "changes": changes.changes(old.spec, new.spec, Fields(interface, new.spec)) if old is not None and new is not None else [],
        "may_change": request.access.allows("hub.interface.change", interface.project_id), "problem": problem,
    }  # fmt: skip
    return render(request, "hub/versions.html", context, status=409 if problem else 200)


def _chosen(request: Request, name: str, by_number: dict[int, InterfaceVersion], default: InterfaceVersion | None) -> InterfaceVersion | None:
    wanted = request.GET.get(name, "")
    if not wanted:
        return default
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 9 and int(wanted) in by_number):
        raise Http404
    return by_number[int(wanted)]


@require_POST
def switch(request: Request, key: str) -> HttpResponse:
    """Publish the content of an earlier version as a new one."""
    interface = interface_or_404(request, key, "change")
    number = str(request.POST.get("number", ""))
    if not (number.isascii() and number.isdigit() and len(number) < 9):
        raise Http404
    try:
        version = services.version_switch(interface=interface, number=int(number), upon=whole(str(request.POST.get("upon") or "")))
        messages.success(request, _("Version %(number)s is published; it has the content of version %(old)s.") % {"number": version.number, "old": number})
    except Overtaken as problem:
        return _compared(request, interface_or_404(request, key, "change"), str(problem))
    except ValidationError as problem:
        complain(request, problem)
    except PermissionDenied as problem:
        messages.error(request, str(problem))
    return redirect("hub:versions", key=key)
