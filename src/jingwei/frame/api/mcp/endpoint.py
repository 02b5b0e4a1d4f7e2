"""The protocol over HTTP: one message a request, answered at once as JSON; a token says who asks. No session is kept and nothing is streamed."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from jingwei.frame.api.mcp import protocol
from jingwei.frame.api.mcp.tools import Caller
from jingwei.frame.walls import exactly


@csrf_exempt
@login_not_required
def endpoint(request: HttpRequest) -> HttpResponse:
    """One message in, its answer out; 202 for what wants none. Only a token opens it: a browser's log-in does not, so no page can use it behind somebody's back."""
    if getattr(request, "api_token", None) is None:
        refused = JsonResponse(
            protocol.failed(None, protocol.Refused(protocol.invalid_request, _("Send a valid API token: Authorization: Bearer jw_…"))), status=401
        )
        refused["WWW-Authenticate"] = "Bearer"
        return refused
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    try:
        message: Any = exactly.read(request.body)
    except (ValueError, RecursionError):
        return JsonResponse(protocol.failed(None, protocol.Refused(protocol.parse_error, _("This is no JSON."))), status=400)
    answer = protocol.answer(message, Caller.of(request.access))  # type: ignore[attr-defined]
    if answer is None:
        return HttpResponse(status=202)
    return JsonResponse(answer, status=400 if answer.get("id") is None else 200)
