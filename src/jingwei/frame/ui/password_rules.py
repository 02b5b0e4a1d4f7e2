"""The organisation's rules for passwords and log-in: what each profile asks, and the one that is chosen."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from jingwei.frame.models import AccessEvent, Tenant
from jingwei.frame.rights import accesslog, passwords
from jingwei.frame.ui.menu import MenuItem, register
from jingwei.frame.ui.second_step import permission
from jingwei.frame.web import Request

register(MenuItem("settings", gettext_lazy("Password rules"), "/settings/passwords/", "lock", permission, 15, is_whole=True))


@require_http_methods(["GET", "POST"])
def page(request: Request) -> HttpResponse:
    """Look and choose; only with the right organisation-wide."""
    request.access.require(permission)
    if request.method == "POST":
        chosen = request.POST.get("profile", "")
        if chosen not in Tenant.PasswordProfile.values:
            messages.error(request, _("Choose one of the profiles."))
            return render(request, "frame/password_rules.html", _shown(request), status=422)
        if chosen != request.tenant.password_profile:
            Tenant.objects.filter(pk=request.tenant.pk).update(password_profile=chosen)
            detail = f"{request.tenant.password_profile} → {chosen}"
            accesslog.note(AccessEvent.Kind.RULES, request, user=request.user, detail=detail, tenant=request.tenant)
        messages.success(request, _("Saved."))
        return redirect("password-rules")
    return render(request, "frame/password_rules.html", _shown(request))


def _shown(request: Request) -> dict[str, object]:
    titles = dict(Tenant.PasswordProfile.choices)
    return {
        "profiles": [
            {"key": rules.key, "title": titles[rules.key], "lines": passwords.summary(rules), "is_chosen": rules.key == request.tenant.password_profile}
            for rules in passwords.profiles
        ]
    }
