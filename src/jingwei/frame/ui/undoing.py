"""The offer to take back what a person just did: a message with a button that names what it undoes. The session knows what was offered, and nothing else is taken back."""

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

offers_at_most = 20
mark = "undo:"  # before the trace, in the tags of a message


def offered(request: Request, trace: str = "") -> str:
    """Note that it may be taken back; without a trace, everything that this request wrote. Gives the trace, for the button."""
    trace = trace or scope.current().trace
    request.session["undo"] = [*(each for each in _offers(request) if each != trace), trace][-offers_at_most:]
    return trace


def _offers(request: Request) -> list[str]:
    kept = request.session.get("undo", [])
    return [kept] if isinstance(kept, str) else list(kept)  # sessions of before know only the last


def trace_in(tags: str | None) -> str:
    """The trace in the tags of a message, when it offers to take something back."""
    return tags.removeprefix(mark) if tags and tags.startswith(mark) else ""


def offer_undo(request: Request, text: str, trace: str = "") -> None:
    """Say what was done and offer to undo it; without a trace, everything that this request wrote."""
    messages.success(request, text, extra_tags=mark + offered(request, trace))


def offer_undo_of_edit(request: Request, text: str) -> None:
    """Say that it is saved; when anything was written, with the offer to undo it."""
    if _has_written():
        offer_undo(request, text)
    else:
        messages.success(request, text)


def with_undo(request: Request, answer: HttpResponse, text: str) -> HttpResponse:
    """The answer to one edit where a value is shown; when anything was written, the page offers to undo it in a short message."""
    if _has_written():
        told = {"text": text, "address": reverse("undo"), "label": _("Undo"), "trace": offered(request)}
        answer["HX-Trigger"] = json.dumps({"jingwei:undoable": told})
    return answer


@require_POST
def take_back(request: Request) -> HttpResponse:
    """Undo what the button was offered for; where none is named, the last thing this person did."""
    offers = _offers(request)
    trace = request.POST.get("trace") or next(reversed(offers), "")
    back = request.POST.get("next", "/")
    if trace in offers:
        makes_project = History.objects.filter(trace=trace, resource=Project._meta.label_lower, action=History.Action.INSERT).exists()
        left = undo.undo(trace, request.access)
        _answer(request, trace, left)
        back = back if left or not makes_project else reverse("records", args=["frame.project"])  # its pages are gone with it
    else:
        messages.error(request, _("This is taken back here no more: it was taken back already, or much has been done since.") if trace else undo.nothing_left())
    return redirect(back if back.startswith("/") and not back.startswith("//") else "/")


def _answer(request: Request, trace: str, left: undo.Left) -> None:
    """Say what came of it. What was refused as a whole is offered still; whatever else was tried is over."""
    may_try_again = left.is_whole and bool(left)
    if not may_try_again:
        still = [each for each in _offers(request) if each != trace]
        request.session.pop("undo", None)
        if still:
            request.session["undo"] = still
    if left:
        messages.error(request, " ".join([*left, *left.told]), extra_tags=mark + trace if may_try_again else "")
    else:
        messages.success(request, " ".join([_("Undone."), *left.told]))


def _has_written() -> bool:
    current = scope.current()
    return History.unscoped.filter(tenant_id=current.tenant_id, trace=current.trace).exists()
