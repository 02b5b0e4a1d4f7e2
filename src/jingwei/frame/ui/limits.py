"""How long a session lasts, who must have a second step first, and that no page is kept by browsers or proxies."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from jingwei.frame.models import AccessEvent
from jingwei.frame.rights import accesslog, passwords
from jingwei.frame.ui.account import password_is_weak
from jingwei.frame.ui.second_step import has_second_step, is_administrator

Handler = Callable[[HttpRequest], HttpResponse]
began, seen = "session_began", "session_seen"  # seconds since 1970, in the session
absolute_seconds = 12 * 3600
idle_seconds = 30 * 60
administrator_idle_seconds = 15 * 60
noted_every_seconds = 30
# what an open page asks by itself is no sign that anybody sits there
unattended_paths = ("/events/", "/running/", "/static/", "/health/")
# all that somebody may do who must choose a new password first
renewing = ("/accounts/password/", "/accounts/reauthenticate/", "/accounts/logout/", "/language/", "/static/", "/health/")
# all that somebody may do who must add a second step first
enrolling = ("/accounts/2fa/", "/accounts/reauthenticate/", "/accounts/logout/", "/accounts/password/change/", "/language/", "/static/", "/health/")


class Unstored:
    """Pages hold data of the person who asked: no browser and no proxy keeps them."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.handler(request)
        response.headers["Cache-Control"] = "no-store"
        return response


class SessionLimits:
    """Ends a session that is too old or was left alone; inside of ScopeOfRequest, which knows who asks."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if getattr(request, "api_token", None) is None and request.user.is_authenticated and self._is_over(request):
            return self._ended(request)
        if text := password_due(request):
            if not request.path.startswith(renewing):
                return _first(request, text, "password_due", "account_change_password")
            vars(request).update(is_enrolling=True, password_due=text)
        elif must_enrol(request):
            if not request.path.startswith(enrolling):
                text = _("Administrators add a second step to their log-in before they do anything else.")
                return _first(request, text, "second_step", "mfa_activate_totp")
            vars(request)["is_enrolling"] = True
        return self.handler(request)

    @staticmethod
    def _is_over(request: HttpRequest) -> bool:
        now, session = int(time.time()), request.session
        access = getattr(request, "access", None)
        idle = administrator_idle_seconds if access is not None and is_administrator(access) else idle_seconds
        rules = passwords.strictest(getattr(request, "tenants", ()))
        idle = min(idle, rules.idle_seconds or idle)
        if now - session.get(began, now) > absolute_seconds or now - session.get(seen, now) > idle:
            return True
        is_attended = not request.path.startswith(unattended_paths) and "X-Unattended" not in request.headers
        if began not in session or (is_attended and now - session.get(seen, 0) >= noted_every_seconds):
            session.setdefault(began, now)
            session[seen] = now
        return False

    @staticmethod
    def _ended(request: HttpRequest) -> HttpResponse:
        accesslog.note(AccessEvent.Kind.ENDED, request, user=request.user)  # type: ignore[arg-type]
        logout(request)
        if request.path.startswith("/api/") or request.path == "/graphql":
            return JsonResponse({"errors": [{"field": "", "code": "ended", "message": _("The session has ended. Log in again.")}]}, status=401)
        if request.headers.get("HX-Request"):
            answer = HttpResponse(status=401)
            answer["HX-Redirect"] = reverse("account_login")
            return answer
        messages.info(request, _("You were logged out because nothing was done for a while, or after twelve hours. Log in again."))
        back = request.get_full_path() if request.method == "GET" else "/"
        return redirect(f"{reverse('account_login')}?{urlencode({'next': back})}")


def must_enrol(request: HttpRequest) -> bool:
    """An administrator who has no second step yet."""
    if not settings.REQUIRE_TOTP or request.path.startswith(("/static/", "/health/")):
        return False
    access = getattr(request, "owner_access", None) or getattr(request, "access", None)
    return access is not None and is_administrator(access) and not has_second_step(request.user)  # type: ignore[arg-type]


def password_due(request: HttpRequest) -> str:
    """Why a person must choose a new password before anything else; empty when he need not. Programs have tokens, which end by themselves."""
    if getattr(request, "api_token", None) is not None or not request.user.is_authenticated or request.path.startswith(("/static/", "/health/")):
        return ""
    rules = passwords.strictest(getattr(request, "tenants", ()))
    return passwords.due(request.user, rules, is_weak=bool(request.session.get(password_is_weak)))


def _first(request: HttpRequest, text: str, code: str, page: str) -> HttpResponse:
    """Something else comes first: programs are told, people are led there."""
    if request.path.startswith("/api/") or request.path == "/graphql" or getattr(request, "api_token", None) is not None:
        return JsonResponse({"errors": [{"field": "", "code": code, "message": text}]}, status=403)
    if request.headers.get("HX-Request") or request.path.startswith("/events/"):
        return HttpResponse(text, status=403, content_type="text/plain; charset=utf-8")
    if page == "mfa_activate_totp":  # the page of a due password says it by itself
        messages.info(request, text)
    return redirect(page)
