"""Accounts: nobody signs up by themselves; wrong passwords lock, by account and by address; second steps are sealed."""

from __future__ import annotations

import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ChangePasswordForm, ResetPasswordKeyForm
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jingwei.frame import secrets
from jingwei.frame.models import AccessEvent, User
from jingwei.frame.rights import accesslog, lockout, passwords

purpose = "mfa"
password_is_weak = "password_is_weak"  # in the session, from the log-in to the change


def locked_page(request: HttpRequest, until: Any) -> HttpResponse:
    """429: when it may be tried again; the same whether there is such an account or not."""
    return render(request, "frame/account/locked.html", {"until": until}, status=429)


def _named(credentials: dict[str, Any]) -> tuple[str, User | None]:
    """Whom a log-in means: what was typed, and the one it belongs to, by name or by e-mail, so that both count together."""
    typed = str(credentials.get("username") or credentials.get("email") or "")
    if "\0" in typed:
        return typed, None
    return typed, User.objects.filter(Q(username__iexact=typed) | Q(email__iexact=typed)).order_by("pk").first() if typed else None


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closed registration; log-ins are counted."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **more: Any) -> None:
        """Who has come in sees that without being told, in the language that he came in with; everything else is said."""
        if message_template != "account/messages/logged_in.txt":
            super().add_message(request, level, message_template, *args, **more)

    def get_client_ip(self, request: HttpRequest) -> str:
        return lockout.address_of(request)

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """Who has just come in by a password need not repeat it to add a second step."""
        records = get_authentication_records(self.request, self.request.user)
        is_fresh = bool(records) and time.time() - records[-1]["at"] < app_settings.REAUTHENTICATION_TIMEOUT
        if app == "allauth.mfa" and is_fresh and not is_mfa_enabled(self.request.user):
            return False
        return bool(super().is_reauthentication_required(app=app, **more))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Count, then look; a locked account or address is told so without looking."""
        typed, owner = _named(credentials)
        rules = passwords.rules_of(owner)
        account = lockout.of_account("password", f"id {owner.pk}" if owner else f"name {typed}", rules.window)
        try:
            attempt = lockout.admit(account, lockout.of_address(request))
        except lockout.Locked as locked:
            accesslog.note(AccessEvent.Kind.LOCKED, request, user=owner, name=typed)
            raise ImmediateHttpResponse(locked_page(request, locked.until)) from None
        user = super().authenticate(request, **credentials)
        if user is not None:
            attempt.passed()
            request.session[password_is_weak] = bool(passwords.problems_of(str(credentials.get("password") or ""), rules))
            return user
        accesslog.note(AccessEvent.Kind.REFUSED, request, user=owner, name=typed)
        if attempt.locks:
            accesslog.note(AccessEvent.Kind.LOCKED, request, user=owner, name=typed)
        return None


class CountedPasswordChange(ChangePasswordForm):  # type: ignore[misc]
    """The old password is asked here too: guessing it counts like guessing it at the door."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = passwords.told(passwords.rules_of(self.user))

    def clean_oldpassword(self) -> str:
        try:
            account = lockout.of_account("password", f"id {self.user.pk}", passwords.rules_of(self.user).window)
            attempt = lockout.admit(account, lockout.of_address(context.request))
        except lockout.Locked as locked:
            accesslog.note(AccessEvent.Kind.LOCKED, context.request, user=self.user, detail="password change")
            raise ImmediateHttpResponse(locked_page(context.request, locked.until)) from None
        try:
            given: str = super().clean_oldpassword()
        except ValidationError:
            accesslog.note(AccessEvent.Kind.REFUSED, context.request, user=self.user, detail="password change")
            raise
        attempt.passed()
        return given


class ChosenAnew(ResetPasswordKeyForm):  # type: ignore[misc]
    """A forgotten password is replaced: the form says what the organisation asks of a new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = passwords.told(passwords.rules_of(self.user))


class SealedSecondSteps(DefaultMFAAdapter):  # type: ignore[misc]
    """Seeds of second steps lie sealed in the database."""

    def encrypt(self, text: str) -> str:
        return secrets.seal_text(purpose, text)

    def decrypt(self, encrypted_text: str) -> str:
        return secrets.open_text(purpose, encrypted_text)
