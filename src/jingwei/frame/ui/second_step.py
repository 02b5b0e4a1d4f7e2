"""The second step of a log-in: codes are counted against guessing, work once, and are demanded of administrators."""

from __future__ import annotations

from typing import Any

import structlog
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.base import forms as base
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from allauth.mfa.totp.internal import auth
from allauth.mfa.utils import decrypt
from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jingwei.frame import secrets
from jingwei.frame.models import AccessEvent, User
from jingwei.frame.rights import accesslog, lockout, passwords
from jingwei.frame.rights.access import Access
from jingwei.frame.ui.account import locked_page

log = structlog.get_logger("jingwei.access")
permission = "frame.membership.change"
_pending = "second_step"  # the seed of an enrolment that is not finished, sealed, in the session
_purpose = "enrolment"


def is_administrator(access: Access) -> bool:
    """Whoever may give roles in the whole organisation, or is administrator anywhere."""
    return "owner" in access.roles or access.projects(permission) is None


def has_second_step(user: User) -> bool:
    """Whether a second step is asked of this person."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists())


def counter_of(seed: str, code: str) -> int | None:
    """The time step whose code this is, None for a wrong one."""
    for counter in auth.yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=auth.format_hotp_value(auth.hotp_value(seed, counter))):
            return int(counter)
    return None


def _used_now(authenticator: Authenticator, code: str) -> bool:
    """Whether a code is right and newer than every one that was used: each works once, here and on any other server."""
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
        counter = counter_of(decrypt(row.data["secret"]), code)
        if counter is None or counter <= row.data.get("used", -1):
            return False
        row.data["used"] = counter
        row.save(update_fields=["data"])
    return True


def _is_right(authenticator: Authenticator, code: str) -> bool:
    try:
        if authenticator.type == Authenticator.Type.TOTP:
            return _used_now(authenticator, code)
        return bool(authenticator.wrap().validate_code(code))
    except secrets.CannotOpen as problem:  # its key is lost: no code can be right, and nobody shall be locked out for trying
        log.error("second_step.sealed", user_id=authenticator.user_id, problem=str(problem))
        raise forms.ValidationError(
            _("The second step cannot be checked: the key that sealed it is missing on the server. Ask whoever runs it (jingwei doctor)."), code="sealed"
        ) from problem


def _admitted(user: User) -> lockout.Try:
    try:
        return lockout.admit(lockout.of_account("code", f"id {user.pk}", passwords.rules_of(user).window), lockout.of_address(context.request))
    except lockout.Locked as locked:
        accesslog.note(AccessEvent.Kind.LOCKED, context.request, user=user, detail="second step")
        raise ImmediateHttpResponse(locked_page(context.request, locked.until)) from None


def _refused(user: User, attempt: lockout.Try) -> forms.ValidationError:
    accesslog.note(AccessEvent.Kind.CODE_REFUSED, context.request, user=user)
    if attempt.locks:
        accesslog.note(AccessEvent.Kind.LOCKED, context.request, user=user, detail="second step")
    return forms.ValidationError(_("This code is wrong, or was used already. Wait for the next one."), code="incorrect_code")


class _Counted:
    """A code of any of the person's second steps, counted."""

    user: User
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        attempt = _admitted(self.user)
        for each in Authenticator.objects.filter(user=self.user, type__in=(Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)):
            try:
                is_right = _is_right(each, code)
            except forms.ValidationError:
                attempt.passed()  # not this person's fault
                raise
            if is_right:
                each.refresh_from_db()
                each.user = self.user
                self.authenticator = each
                attempt.passed()
                return code
        raise _refused(self.user, attempt)


class AuthenticateForm(_Counted, base.AuthenticateForm):  # type: ignore[misc]
    """After the password."""


class ReauthenticateForm(_Counted, base.ReauthenticateForm):  # type: ignore[misc]
    """Once more, before something dangerous."""


class ActivateForm(totp.ActivateTOTPForm):  # type: ignore[misc]
    """Enrolment: the seed waits sealed in the session until its first code was right."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.user = kwargs.pop("user")
        forms.Form.__init__(self, *args, **kwargs)
        session = context.request.session
        sealed = session.get(_pending) if self.is_bound else None
        if sealed is None:
            self.secret = auth.generate_totp_secret()
            session[_pending] = secrets.seal_text(_purpose, self.secret)
        else:
            self.secret = secrets.open_text(_purpose, sealed)

    def clean_code(self) -> str:
        totp.validate_can_add_authenticator(self.user)
        attempt = _admitted(self.user)
        code: str = self.cleaned_data["code"]
        counter = counter_of(self.secret, code)
        if counter is None:
            raise _refused(self.user, attempt)
        attempt.passed()
        context.request.session.pop(_pending, None)
        context.request.second_step_counter = counter
        return code
