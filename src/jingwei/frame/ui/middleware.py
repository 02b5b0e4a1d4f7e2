"""What every request passes: a log line with an id, the language, and the scope of the person who asks."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.db.models import Min, Q
from django.http import HttpRequest, HttpResponse, JsonResponse, RawPostDataException
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.models import ApiToken, Tenant
from jingwei.frame.narrowing import shows_everything
from jingwei.frame.postgres.prepared import Prepared, given
from jingwei.frame.rights.access import access_of
from jingwei.frame.rights.tokens import acting, is_of_token, token_of
from jingwei.frame.telling.events import feed
from jingwei.frame.ui.errors import busy, homeless, malformed, refused_value, without_room
from jingwei.frame.walls import limits
from jingwei.frame.walls.heavy import Busy, answering
from jingwei.frame.walls.troubles import Said, said_of
from jingwei.frame.work import disk
from jingwei.kernels import bounds
from jingwei.kernels.bounds import whole

Handler = Callable[[HttpRequest], HttpResponse]
_tenants_of = Prepared(
    lambda: (
        Tenant.objects.filter(memberships__user_id=given("user"))
        .annotate(since=Min("memberships__pk", filter=Q(memberships__user_id=given("user"))))
        .order_by("since")
    )
)
log = structlog.get_logger("jingwei.request")
open_to_all = ("/accounts/", "/language/", "/setup/", "/api/", "/health/", "/static/", "/metrics")  # need a log-in at most, no organisation
for_persons_only = ("/accounts/", "/setup/", "/organisation/")  # passwords, second steps, sessions: not for programs
own_desk = re.compile(r"/(language|notices|settings/notices|home)/|/w/[^/]+/views/")  # language, what was read, kept views
quiet_paths = ("/static/", "/health/", "/metrics", "/events/")


class RequestLog:
    """One line a request: method, path, status, milliseconds, user; the id goes back in a header."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid.uuid4().hex[:16]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        vars(request)["events_cursor"] = feed.cursor  # before anything is read: what is told from now on reaches the page that is being made
        response = self.handler(request)
        response["X-Request-Id"] = request_id
        if not request.path.startswith(quiet_paths):
            user = getattr(request, "user", None)
            log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                ms=round((time.perf_counter() - started) * 1000, 1),
                user_id=getattr(user, "pk", None),
            )
        return response


class Readable:
    """What can be kept nowhere or is too much is refused before anything else looks at it: a NUL, JSON nested too deep, a body or an address too large."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        most, announced = limits.bytes_allowed(request.path, request.META.get("CONTENT_TYPE", "").lower()), whole(request.META.get("CONTENT_LENGTH") or "0")
        if announced is None or announced > most:
            text = _("The request is larger than %(most)s bytes. Send less, or in parts.") % {"most": most}
            return _refused(request, Said(413, "too_large", text))
        if len(request.META.get("QUERY_STRING", "")) > limits.query_bytes:  # pages write it out again in each of their links
            text = _("The part of the address after “?” is longer than %(most)s bytes. Ask for fewer columns, filters or values.")
            return _refused(request, Said(414, "too_long", text % {"most": limits.query_bytes}))
        if request.content_type == "application/json" and bounds.is_too_deep(request.body):
            return _refused(
                request, Said(400, "malformed", _("The JSON is nested more than %(most)s levels deep. Make it flatter.") % {"most": bounds.deepest_json})
            )
        is_form = request.content_type == "application/x-www-form-urlencoded"
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", "") or (is_form and b"%00" in request.body):
            if request.path.startswith("/api/"):
                problem = {"field": "", "code": "malformed", "message": "the address or form contains the character NUL (%00)"}
                return JsonResponse({"errors": [problem]}, status=400)
            return malformed(request, SuspiciousOperation("NUL"))
        return self.handler(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """The last net: a value that the database refuses is a refusal and no failure; who has to wait is told so."""
        if isinstance(problem, Busy):
            return busy(request, problem)
        if isinstance(problem, RawPostDataException):  # read as a form already: it was sent as one
            return _refused(request, Said(400, "malformed", _("The request cannot be read: send it as JSON (Content-Type: application/json).")))
        if isinstance(problem, ValidationError):  # what the page itself has no place to say
            return _refused(request, Said(422, "invalid", " ".join(problem.messages)))
        said = said_of(problem)
        if said is None:
            return None
        log.warning("request.value_refused", path=request.path, problem=f"{type(problem).__name__}: {problem}"[:300])
        return _refused(request, said)


def _refused(request: HttpRequest, said: Said) -> HttpResponse:
    if said.code == "busy":
        return busy(request, said.text, said.status)
    if limits.is_programs(request.path):
        return JsonResponse({"errors": [{"field": "", "code": said.code, "message": said.text}]}, status=said.status)
    return refused_value(request, said)


class RoomToWrite:
    """While the disk is full nothing new is taken, because it could not be kept: reading goes on, writing is refused with the reason."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_low = disk.is_low()
        vars(request)["disk_is_low"] = is_low
        if is_low and request.method not in ("GET", "HEAD", "OPTIONS") and not request.path.startswith(("/accounts/", "/language/")):
            return without_room(request)
        return self.handler(request)


class Language:
    """The language: the person's own choice, then the cookie, then the browser's, then Chinese."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", "") if request.user.is_authenticated else ""
        language = chosen or translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.handler(request)
        response.headers.setdefault("Content-Language", language)
        return response


class ScopeOfRequest:
    """Loads the person's rights and works inside their organisation; anonymous requests have no scope at all."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        vars(request).update(access=None, tenant=None)
        if (token := token_of(request)) is not None:
            return self._by_token(request, token)
        user = request.user
        if not user.is_authenticated:
            is_told_there = request.path.startswith("/api/")  # by the door itself, in the words of its protocol
            return dead_token() if is_of_token(request) and not is_told_there else self.handler(request)
        # his first organisation comes first: whoever gives him a role elsewhere does not move him there
        tenants = _tenants_of(user=user.pk)
        if not tenants and request.path.startswith("/api/v1/"):
            return no_organisation()
        if not tenants:
            return self.handler(request) if request.path == "/" or request.path.startswith(open_to_all) else homeless(request)
        wanted = request.session.get("tenant_id")
        tenant = next((t for t in tenants if t.pk == wanted), tenants[0])
        access = access_of(user, tenant)
        vars(request).update(tenant=tenant, tenants=tenants, access=access)
        with scope.within(scope.Scope(tenant.pk, user.pk, access.project_ids, origin="web")):
            return self._answered(request)

    def _by_token(self, request: HttpRequest, token: ApiToken) -> HttpResponse:
        """A program with a token: no session, no cookie, so no forgery to guard against."""
        if request.path.startswith(for_persons_only):
            return JsonResponse({"errors": [{"field": "", "code": "denied", "message": _("A token does not reach a person's own account.")}]}, status=403)
        if request.method not in ("GET", "HEAD", "OPTIONS") and own_desk.match(request.path):
            return JsonResponse(
                {"errors": [{"field": "", "code": "denied", "message": _("A token does not change what its owner has laid out for himself.")}]}, status=403
            )
        held, bound = acting(token)
        if not held.roles and request.path != "/graphql":  # which says so in its own form
            return no_organisation()
        access = held.narrowed(bound.limits)
        if request.path.startswith("/notices/") and not shows_everything(bound.limits):
            text = _("A limited token does not read its owner's notifications: they are about everything he may see.")
            return JsonResponse({"errors": [{"field": "", "code": "denied", "message": text}]}, status=403)
        vars(request).update(
            user=token.user, api_token=token, tenant=token.tenant, tenants=[token.tenant], access=access, owner_access=held, _dont_enforce_csrf_checks=True
        )  # fmt: skip
        with scope.within(bound):
            return self._answered(request)

    def _answered(self, request: HttpRequest) -> HttpResponse:
        """Nobody waits for ever for what others are writing; programs may keep the database busy neither for long nor in many places at once."""
        with limits.waited_for():
            return self._answered_in_time(request) if limits.is_programs(request.path) else self.handler(request)

    def _answered_in_time(self, request: HttpRequest) -> HttpResponse:
        try:
            with answering(request.user.pk or 0), limits.hurried():
                return self.handler(request)
        except Busy as problem:
            return busy(request, problem)


def no_organisation() -> JsonResponse:
    """What a program hears whose owner has no role any more."""
    problem = {"field": "", "code": "denied", "message": _("You belong to no organisation any more. Ask an administrator for a role.")}
    return JsonResponse({"errors": [problem]}, status=403)


def dead_token() -> JsonResponse:
    """What a program hears whose token opens nothing any more."""
    problem = {"field": "", "code": "unauthorized", "message": _("The token is wrong, has ended or was revoked. Make a new one under your name, “API tokens”.")}
    return JsonResponse({"errors": [problem]}, status=401, headers={"WWW-Authenticate": "Bearer"})


class LoginRequired(LoginRequiredMiddleware):
    """Everything needs a log-in unless it says otherwise; the API answers 401 by itself instead of leading to a page."""

    def process_view(self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any) -> HttpResponseBase | None:
        if request.path.startswith("/api/v1/"):
            return None
        answer: HttpResponseBase | None = super().process_view(request, view_func, view_args, view_kwargs)
        return answer
