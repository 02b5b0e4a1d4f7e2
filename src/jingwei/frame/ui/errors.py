"""Error pages: what happened and what to do, in the person's language; one line of text for scripts."""

from __future__ import annotations

import sys

import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _

from jingwei.frame.ui import menu
from jingwei.frame.walls import heavy, limits
from jingwei.frame.walls.troubles import Said
from jingwei.frame.web import ProjectMissing

projects_at_most = 12


def asks_json(request: HttpRequest) -> bool:
    """Whether a script or a program asks for JSON and for no page."""
    accepted = request.headers.get("Accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def _answer(request: HttpRequest, status: int, title: str, text: str, hint: str, code: str = "", **more: object) -> HttpResponse:
    if asks_json(request) and request.method == "POST":  # what is sent is answered as it is asked; what is only looked at is told in a line
        return JsonResponse({"errors": [{"field": "", "code": code or str(status), "message": text}]}, status=status)
    if request.headers.get("HX-Request") or "text/html" not in request.headers.get("Accept", "text/html"):
        return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    return render(request, "frame/errors/page.html", {"status": status, "title": title, "text": text, "hint": hint, **more}, status=status)


def malformed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return _answer(
        request, 400, _("The request cannot be read"), _("The browser sent something that the server does not understand."), _("Go back and try again.")
    )


def refused_value(request: HttpRequest, said: Said) -> HttpResponse:
    """4xx: a value that cannot be, or too much of it."""
    title = _("The request is too large") if said.status in (413, 414) else _("A value cannot be taken")
    return _answer(request, said.status, title, said.text, _("Go back, correct it and try again."), said.code)


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the missing right is named."""
    text = str(exception) if isinstance(exception, PermissionDenied) and str(exception) else _("You may not do this.")
    return _answer(request, 403, _("No right to this"), text, _("Somebody with more rights can do it, or give you the role that may."), "denied")


def homeless(request: HttpRequest) -> HttpResponse:
    """403: logged in, but nobody has given this person a role in any organisation yet."""
    return _answer(
        request,
        403,
        _("You are not a member of any organisation yet"),
        _("You are logged in as %(name)s, but no organisation has given you a role.") % {"name": request.user},
        _("Ask an administrator to invite you under this name, then reload this page. Or log out and come back as somebody else."),
        is_homeless=True,
    )


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form was not one of ours, or is too old."""
    return _answer(
        request,
        403,
        _("The form is too old"),
        _("The page was open for too long, or you logged in again or changed to another organisation meanwhile."),
        _("Go back, reload the page and try again."),
        "forged",
    )


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: also for what may not be known to exist. A missing project is named, with those there are."""
    access = getattr(request, "access", None)
    if isinstance(exception, ProjectMissing) and access is not None:
        return _answer(
            request,
            404,
            _("No such project"),
            _("There is no project “%(code)s”, or you have no role in it.") % {"code": exception.code},
            _("Choose one of yours, or ask its manager for a role."),
            choices=[(menu.project_address(project), str(project)) for project in menu.projects_shown(access)[:projects_at_most]],
        )
    return _answer(
        request,
        404,
        _("Not found"),
        _("This page or record does not exist, or it belongs to somebody else."),
        _("Check the address, or search for what you meant."),
        "not_found",
    )


def busy(request: HttpRequest, problem: heavy.Busy | str, status: int = 429) -> HttpResponse:
    """429: costly things take turns, and so do those who write in one project; 503: others were in the way. In a moment it is possible."""
    if limits.is_programs(request.path) or asks_json(request):
        answer: HttpResponse = JsonResponse({"errors": [{"field": "", "code": "busy", "message": str(problem)}]}, status=status)
    else:
        hint = _("Nothing is lost: go back or reload this page in a moment.")
        answer = _answer(request, status, _("One after the other"), str(problem), hint)
    answer["Retry-After"] = str(heavy.retry_after_seconds)
    return answer


def without_room(request: HttpRequest) -> HttpResponse:
    """503: the disk is full; nothing was written."""
    text = _("The server's disk is full. Nothing can be saved until there is room again; what is stored already is safe.")
    if request.path.startswith("/api/") or asks_json(request):
        answer: HttpResponse = JsonResponse({"errors": [{"field": "", "code": "disk_full", "message": text}]}, status=503)
    else:
        answer = _answer(request, 503, _("No room on the disk"), text, _("Make room on the server (jingwei doctor says where), then try again."))
    answer["Retry-After"] = "30"
    return answer


def _is_database_away(problem: BaseException | None) -> bool:
    """Whether that came of a server that is gone, restarting, full or out of connections, and not of what was asked of it."""
    while problem is not None:
        if isinstance(problem, InterfaceError):
            return True
        if isinstance(problem, OperationalError):
            state = str(getattr(problem.__cause__, "sqlstate", None) or "")
            return not state or state.startswith(("08", "53", "57P", "58"))
        problem = problem.__cause__
    return False


def _away(request: HttpRequest) -> HttpResponse:
    """503: the database is being restarted; the page asks again by itself."""
    if request.path.startswith("/api/") or asks_json(request):
        answer: HttpResponse = JsonResponse({"errors": [{"field": "", "code": "database_away", "message": "the database is away; try again"}]}, status=503)
    elif request.headers.get("HX-Request") or "text/html" not in request.headers.get("Accept", "text/html"):
        answer = HttpResponse("数据库正在恢复，请稍候 The database is coming back", status=503, content_type="text/plain; charset=utf-8")
    else:
        answer = HttpResponse(loader.render_to_string("frame/errors/503.html", {"again": request.method == "GET"}), status=503)
    answer["Retry-After"] = "5"
    return answer


def failed(request: HttpRequest) -> HttpResponse:
    """500, or 503 while the database is away: stands on nothing that may be broken, and gives the number under which the log keeps the cause."""
    if _is_database_away(sys.exc_info()[1]):
        return _away(request)
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    if asks_json(request) and request.method == "POST":
        text = f"程序出错了 Something went wrong · {request_id}"
        return JsonResponse({"errors": [{"field": "", "code": "failed", "message": text}]}, status=500)
    if request.headers.get("HX-Request") or "text/html" not in request.headers.get("Accept", "text/html"):
        return HttpResponse(f"程序出错了 Something went wrong · {request_id}", status=500, content_type="text/plain; charset=utf-8")
    return HttpResponse(loader.render_to_string("frame/errors/500.html", {"request_id": request_id}), status=500)
