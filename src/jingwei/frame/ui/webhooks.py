"""The page of a webhook: its secret once, a test, the log of what was sent, and sending once more."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from jingwei.frame.models import Sending, Webhook
from jingwei.frame.models.values import whole
from jingwei.frame.telling.wording import worded
from jingwei.frame.ui.records import found, row_of
from jingwei.frame.web import Request
from jingwei.frame.webhooks import outbox, saving
from jingwei.kernels import bounds

page_rows = 50


def _hook(request: Request, pk: int) -> Webhook:
    """The webhook, for whoever may change it in the organisation as a whole."""
    hook: Webhook = row_of(request, found(request, "frame.webhook", "change"), pk, "change")
    return hook


def _shown(request: Request, hook: Webhook, secret: str = "", status: int = 200) -> HttpResponse:
    rows = Sending.objects.filter(webhook=hook).order_by("-id")
    state, before = request.GET.get("state", ""), whole(request.GET.get("before", ""))
    if state in Sending.State.values:
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    lines = list(rows[: page_rows + 1])
    for line in lines:
        line.answer = worded(line.said) if line.said else line.answer
    context: dict[str, Any] = {
        "row": hook, "lines": lines[:page_rows], "older": lines[page_rows - 1].pk if len(lines) > page_rows else "", "state": state,
        "states": Sending.State.choices, "secret": secret, "today": timezone.localdate(), "is_former": hook.former_until is not None and hook.former_until > timezone.now(),
    }  # fmt: skip
    return render(request, "frame/webhook.html", context, status=status)


@require_GET
def page(request: Request, pk: int) -> HttpResponse:
    """The log, the newest first."""
    return _shown(request, _hook(request, pk))


@require_POST
def secret(request: Request, pk: int) -> HttpResponse:
    """Show the secret the first time; afterwards only a new one. To persons: a token that made a webhook is handed no key to what it sends."""
    hook = _hook(request, pk)
    if getattr(request, "api_token", None) is not None:
        raise PermissionDenied(_("A token is shown no secrets. Open the page of the webhook."))
    try:
        shown = saving.rotate(hook) if "rotate" in request.POST else saving.reveal(hook)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect("webhook-log", pk)
    answer = _shown(request, _hook(request, pk), shown)
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
def test(request: Request, pk: int) -> HttpResponse:
    """Put a test on its way."""
    hook = _hook(request, pk)
    if hook.is_active:
        outbox.test(hook)
        messages.success(request, _("A test is on its way. Look at the log in a moment."))
    else:
        messages.error(request, _("It is switched off. Edit it and switch it on first."))
    return redirect("webhook-log", pk)


@require_POST
def replay(request: Request, pk: int) -> HttpResponse:
    """Send one once more, or all that failed since a moment."""
    hook = _hook(request, pk)
    if (one := whole(request.POST.get("sending", ""))) is not None:
        count = outbox.replay(hook, pk=one)
    else:
        since = _moment(request.POST.get("since", ""))
        if since is None:
            messages.error(request, _("Say since when: a day, or a day and a time."))
            return redirect("webhook-log", pk)
        count = outbox.replay(hook, since=since)
    messages.success(request, _("On their way once more: %(count)s") % {"count": count})
    if not hook.is_active:
        messages.warning(request, _("It is switched off: what waits goes out when it is switched on again."))
    elif hook.paused_until is not None and hook.paused_until > timezone.now():
        messages.warning(
            request,
            _("It rests until %(moment)s, as its receiver asked for time, or answered late or not at all.")
            % {"moment": f"{timezone.localtime(hook.paused_until):%Y-%m-%d %H:%M}"},
        )
    return redirect("webhook-log", pk)


def _moment(text: str) -> datetime | None:
    """A day, or a day and a time, by the clock of the page."""
    try:
        found = parse_datetime(text) or (datetime.combine(datetime.fromisoformat(text).date(), time()) if text else None)
    except ValueError:
        return None
    if found is None or not bounds.first_day < found.date() < bounds.last_day:
        return None
    return timezone.make_aware(found) if timezone.is_naive(found) else found
