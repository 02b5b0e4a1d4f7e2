"""What a person hears of, where and when: a page of the account, for each organisation."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from jingwei.frame.models import NoticeChoices
from jingwei.frame.telling import letters
from jingwei.frame.telling.choices import Chosen, choices_of, digest_at, kinds, mail_choices
from jingwei.frame.web import Request

mail_titles = dict(zip(mail_choices, (gettext_lazy("At once"), gettext_lazy("Once a day"), gettext_lazy("Never")), strict=True))


@require_http_methods(["GET", "POST"])
def page(request: Request) -> HttpResponse:
    """Look and choose."""
    if request.access is None:
        raise Http404
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            _save(request)
        except ValidationError as problem:
            errors = problem.message_dict
        else:
            messages.success(request, _("Saved."))
            return redirect("notice-choices")
    return render(request, "frame/notice_choices.html", _shown(request, errors), status=422 if errors else 200)


def _save(request: Request) -> None:
    """Keep what differs from what is declared; what is wrong is told at its field."""
    row = NoticeChoices.objects.filter(user=request.user).first() or NoticeChoices(user=request.user)
    given, errors = request.POST, {}
    row.zone = given.get("zone", "").strip() or None
    for name, title in (("digest_at", _("hour")), ("quiet_from", _("quiet from")), ("quiet_until", _("quiet until"))):
        try:
            setattr(row, name, time.fromisoformat(text).replace(tzinfo=None) if (text := given.get(name, "").strip()) else None)
        except ValueError:
            errors[name] = [_("“%(title)s” is a time such as 08:00.") % {"title": title}]
    row.digest_at = row.digest_at or digest_at
    if (row.quiet_from is None) != (row.quiet_until is None):
        errors["quiet_until"] = [_("Quiet hours need a beginning and an end. Give both, or none.")]
    row.kinds = {key: chosen for key, kind in kinds.items() if (chosen := _of(request, key, kind.mail))}
    if errors:
        raise ValidationError(errors)
    row.clean_fields(exclude=["tenant", "user"])
    row.save()
    letters.reschedule(request.user)


def _of(request: Request, key: str, declared: str) -> dict[str, Any]:
    """What was chosen of one kind, as far as it differs."""
    chosen: dict[str, Any] = {} if f"app-{key}" in request.POST else {"app": False}
    mail = request.POST.get(f"mail-{key}", "")
    if not mail:  # there is no mail server now: what was chosen before stays
        before = choices_of([request.user])[request.user.pk].of(key)[1]
        mail = before
    if mail in mail_choices and mail != declared:
        chosen["mail"] = mail
    return chosen


def _shown(request: Request, errors: dict[str, list[str]]) -> dict[str, Any]:
    chosen: Chosen = choices_of([request.user])[request.user.pk]
    row = NoticeChoices.objects.filter(user=request.user).first()
    posted = request.POST if errors else None

    def value(name: str, kept: Any) -> Any:
        return posted.get(name, "") if posted is not None else kept

    lines = [
        {"key": key, "title": kind.title, "app": (f"app-{key}" in posted) if posted is not None else chosen.of(key)[0], "mail": value(f"mail-{key}", chosen.of(key)[1])}
        for key, kind in kinds.items()
    ]  # fmt: skip
    return {
        "lines": sorted(lines, key=lambda line: str(line["title"])), "mails": mail_titles.items(), "errors": errors, "has_mail": letters.is_configured(), "email": request.user.email,
        "zone": value("zone", (row.zone if row is not None else None) or ""), "zone_of_all": request.tenant.zone, "digest_at": value("digest_at", f"{chosen.digest_at:%H:%M}"),
        "quiet_from": value("quiet_from", f"{chosen.quiet_from:%H:%M}" if chosen.quiet_from is not None else ""),
        "quiet_until": value("quiet_until", f"{chosen.quiet_until:%H:%M}" if chosen.quiet_until is not None else ""),
    }  # fmt: skip
