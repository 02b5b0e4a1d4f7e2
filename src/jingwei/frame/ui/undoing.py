"""The offer to take back what a person just did: a message with a button, and what the button undoes."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jingwei.frame import scope
from jingwei.frame.models import History, Project
from jingwei.frame.records import undo
from jingwei.frame.web import Request


def offer_undo(request: Request, text: str, trace: str = "") -> None:
    """Say what was done and offer to undo it; without a trace, everything that this request wrote."""
    request.session["undo"] = trace or scope.current().trace
    messages.success(request, text, extra_tags="undo")


def offer_undo_of_edit(request: Request, text: str) -> None:
    """Say that it is saved; when anything was written, with the offer to undo it."""
    if _has_written():
        offer_undo(request, text)
    else:
        messages.success(request, text)


def with_undo(request: Request, answer: HttpResponse, text: str) -> HttpResponse:
    """The answer to one edit where a value is shown; when anything was written, the page offers to undo it in a short message."""
    if _has_written():
        request.session["undo"] = scope.current().trace
        answer["HX-Trigger"] = json.dumps({"jingwei:undoable": {"text": text, "address": reverse("undo"), "label": _("Undo")}})
    return answer


@require_POST
def take_back(request: Request) -> HttpResponse:
    """Undo the last thing this person did."""
    trace = request.session.get("undo", "")  # kept until it was answered: who is told to come again comes with the same
    makes_project = bool(trace) and History.objects.filter(trace=trace, resource=Project._meta.label_lower, action=History.Action.INSERT).exists()
    left = undo.undo(trace, request.access)
    request.session.pop("undo", None)
    if left:
        messages.error(request, " ".join(left))
    else:
        messages.success(request, _("Undone."))
    back = request.POST.get("next", "/") if left or not makes_project else reverse("records", args=["frame.project"])  # its pages are gone with it
    return redirect(back if back.startswith("/") and not back.startswith("//") else "/")


def _has_written() -> bool:
    current = scope.current()
    return History.unscoped.filter(tenant_id=current.tenant_id, trace=current.trace).exists()
