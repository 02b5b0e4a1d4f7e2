"""The offer to take back what a person just did: a message with a button, and what the button undoes."""

from __future__ import annotations

from django.contrib import messages

from jingwei.frame import scope
from jingwei.frame.web import Request


def offer_undo(request: Request, text: str, trace: str = "") -> None:
    """Say what was done and offer to undo it; without a trace, everything that this request wrote."""
    request.session["undo"] = trace or scope.current().trace
    messages.success(request, text, extra_tags="undo")
