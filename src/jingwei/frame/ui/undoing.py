"""The offer to take back what a person just did: a message with a button, and what the button undoes."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpResponse

from jingwei.frame import scope
from jingwei.frame.models import History
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
        answer["HX-Trigger"] = json.dumps({"jingwei:undoable": {"text": text}})
    return answer


def _has_written() -> bool:
    current = scope.current()
    return History.unscoped.filter(tenant_id=current.tenant_id, trace=current.trace).exists()
