"""Coming in: the one-time set-up link, and the language switch."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from django import forms
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from jingwei.frame.models import Membership, SetupLink, Tenant, User
from jingwei.frame.rights import passwords
from jingwei.frame.rights.access import roles_of
from jingwei.frame.rights.names import is_taken, told_when_taken


class SetupForm(forms.Form):
    """The first person chooses a name and a password; there is no default."""

    joining: Tenant | None = None

    organisation = forms.CharField(label=_("Organisation"), max_length=200)
    username = UsernameField(label=_("User name"), max_length=150)
    full_name = forms.CharField(label=_("Your name"), max_length=150, required=False)
    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))
    again = forms.CharField(label=_("Password again"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("password") != given.get("again"):
            self.add_error("again", _("The two passwords differ."))
        elif given.get("password"):
            try:
                user = User(username=given.get("username", ""))
                vars(user)["joining"] = self.joining
                validate_password(given["password"], user)
            except ValidationError as problem:
                self.add_error("password", problem)
        if is_taken(given.get("username", "")):
            self.add_error("username", _("This name is taken."))
        return given


@login_not_required
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest, token: str) -> HttpResponse:
    """Open the one-time link: it makes an administrator and is used up."""
    link = SetupLink.find(token)
    if link is None:
        return render(request, "frame/account/link_used.html", status=404)
    if link.user is not None:
        return _choose_password(request, link, link.user)
    form = SetupForm(request.POST or None, initial={"organisation": link.tenant.name if link.tenant else ""})
    form.joining = link.tenant
    form.fields["password"].help_text = passwords.told(passwords.strictest([link.tenant] if link.tenant else ()))
    if request.method == "POST" and form.is_valid() and (user := _admitted(link, form)) is not None:
        record_authentication(request, user, method="password", username=user.username)
        login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return redirect("/")
    return render(request, "frame/account/setup.html", {"form": form, "link": link}, status=422 if form.errors else 200)


class PasswordForm(forms.Form):
    """An invited person chooses a password, which is not his own name."""

    user: User

    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))
    again = forms.CharField(label=_("Password again"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("password") != given.get("again"):
            self.add_error("again", _("The two passwords differ."))
        elif given.get("password"):
            try:
                validate_password(given["password"], self.user)
            except ValidationError as problem:
                self.add_error("password", problem)
        return given


def _choose_password(request: HttpRequest, link: SetupLink, user: User) -> HttpResponse:
    form = PasswordForm(request.POST or None)
    form.user = user
    form.fields["password"].help_text = passwords.told(passwords.rules_of(user))
    if request.method == "POST" and form.is_valid() and SetupLink.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now()):
        user.set_password(form.cleaned_data["password"])
        user.save()
        record_authentication(request, user, method="password", username=user.username)
        login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return redirect("/")
    return render(request, "frame/account/setup.html", {"form": form, "link": link, "invited": user}, status=422 if form.errors else 200)


def _admitted(link: SetupLink, form: SetupForm) -> User | None:
    """The new administrator; what somebody else did in this very moment is told in the form, and the link is not used up by it."""
    try:
        with told_when_taken():
            return _admit(link, form.cleaned_data)
    except ValidationError as problem:
        form.add_error(None, problem)
        return None


@transaction.atomic
def _admit(link: SetupLink, given: dict[str, Any]) -> User:
    used = SetupLink.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now())
    if not used:
        raise ValidationError(_("The link was used in this moment."))
    tenant = link.tenant or Tenant.objects.create(code="main", name=given["organisation"])
    roles = roles_of(tenant)
    user = User(username=given["username"], first_name=given["full_name"], language=translation.get_language() or "")
    vars(user)["joining"] = tenant
    user.set_password(given["password"])
    user.save()
    Membership.objects.create(tenant=tenant, user=user, role=roles["owner"])
    return user


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language, for good when logged in."""
    chosen = request.POST.get("language", "")
    back = request.POST.get("next") or "/"
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = redirect(back)
    if chosen in ("zh-hans", "en"):
        if request.user.is_authenticated:
            User.objects.filter(pk=request.user.pk).update(language=chosen)
        response.set_cookie("django_language", chosen, max_age=365 * 86400, samesite="Lax", httponly=True)
    return response
