"""Error pages: what happened and what to do, in the person's language; one line of text for scripts."""

from __future__ import annotations

import structlog
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _

from jingwei.frame.models import Project
from jingwei.frame.troubles import Said
from jingwei.frame.ui import menu
from jingwei.frame.web import ProjectMissing

projects_at_most = 12


def _answer(request: HttpRequest, status: int, title: str, text: str, hint: str, **more: object) -> HttpResponse:
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
    title = _("The request is too large") if said.status == 413 else _("A value cannot be taken")
    return _answer(request, said.status, title, said.text, _("Go back, correct it and try again."))


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the missing right is named."""
    text = str(exception) if isinstance(exception, PermissionDenied) and str(exception) else _("You may not do this.")
    return _answer(request, 403, _("No right to this"), text, _("Somebody with more rights can do it, or give you the role that may."))


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
        _("The page was open for too long, or you logged in again elsewhere."),
        _("Go back, reload the page and try again."),
    )


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: also for what may not be known to exist. A missing project is named, with those there are."""
    if isinstance(exception, ProjectMissing) and getattr(request, "access", None) is not None:
        return _answer(
            request,
            404,
            _("No such project"),
            _("There is no project “%(code)s”, or you have no role in it.") % {"code": exception.code},
            _("Choose one of yours, or ask its manager for a role."),
            choices=[(menu.project_address(project), str(project)) for project in Project.objects.all()[:projects_at_most]],
        )
    return _answer(
        request,
        404,
        _("Not found"),
        _("This page or record does not exist, or it belongs to somebody else."),
        _("Check the address, or search for what you meant."),
    )


def failed(request: HttpRequest) -> HttpResponse:
    """500: stands on nothing that may be broken, and gives the number under which the log keeps the cause."""
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    if request.headers.get("HX-Request") or "text/html" not in request.headers.get("Accept", "text/html"):
        return HttpResponse(f"程序出错了 Something went wrong · {request_id}", status=500, content_type="text/plain; charset=utf-8")
    return HttpResponse(loader.render_to_string("frame/errors/500.html", {"request_id": request_id}), status=500)
