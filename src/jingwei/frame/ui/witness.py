"""What is seen of coming and going, for the access log; and when a session began."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from jingwei.frame.models import AccessEvent, User
from jingwei.frame.rights import accesslog
from jingwei.frame.ui.account import password_is_weak
from jingwei.frame.ui.limits import began, seen


@receiver(user_logged_in, dispatch_uid="frame.logged_in")
def _came(request: HttpRequest, user: User, **_: Any) -> None:
    request.session[began] = request.session[seen] = int(time.time())
    if user.last_tenant_id is not None:
        request.session["tenant_id"] = user.last_tenant_id
    accesslog.note(AccessEvent.Kind.LOGIN, request, user=user)


@receiver(user_logged_out, dispatch_uid="frame.logged_out")
def _went(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        accesslog.note(AccessEvent.Kind.LOGOUT, request, user=user)


@receiver((password_changed, password_reset, password_set), dispatch_uid="frame.password")
def _changed(request: HttpRequest, user: User, **_: Any) -> None:
    request.session.pop(password_is_weak, None)
    accesslog.note(AccessEvent.Kind.PASSWORD, request, user=user)


@receiver(authenticator_added, dispatch_uid="frame.enrolled")
def _enrolled(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    counter = getattr(request, "second_step_counter", None)
    if authenticator.type == Authenticator.Type.TOTP and counter is not None:
        authenticator.data["used"] = counter  # the code that enrolled does not log in as well
        authenticator.save(update_fields=["data"])
        # who has just shown a code need not show another to see the recovery codes
        record_authentication(request, user, method="mfa", id=authenticator.pk, type=str(authenticator.type), reauthenticated=True)
    accesslog.note(AccessEvent.Kind.ENROLLED, request, user=user, detail=str(authenticator.type))


@receiver(authenticator_removed, dispatch_uid="frame.unenrolled")
def _unenrolled(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    accesslog.note(AccessEvent.Kind.REMOVED, request, user=user, detail=str(authenticator.type))
