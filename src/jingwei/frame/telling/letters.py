"""Notices by mail, through an outbox: kept until the server took them; those of a person that are due are one mail."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from jingwei.frame import environment, scope
from jingwei.frame.models import Letter, Tenant, User
from jingwei.frame.rights.access import access_of
from jingwei.frame.telling import outbox
from jingwei.frame.telling.choices import Chosen, choices_of, kind_of
from jingwei.frame.telling.wording import words_of

log = structlog.get_logger(__name__)
at_most = 200  # lines of one mail
unsent = "jingwei.frame.telling.mail.Unsent"
local_hosts = ("localhost", "127.0.0.1", "[::1]", "*")


def is_configured() -> bool:
    """Whether there is a mail server."""
    return bool(unsent != settings.EMAIL_BACKEND)


def put(user: User, chosen: Chosen, when: str, *, key: str, values: dict[str, Any], **given: Any) -> None:
    """Put a notice on its way by mail, in the transaction of its cause. One of the same key that still waits is renewed."""
    if not user.email or not is_configured():
        return
    now = timezone.now()
    due = chosen.next_digest(now) if when == "daily" else chosen.loud(now)
    if key and Letter.objects.filter(user=user, key=key, state=Letter.State.WAITING, attempts=0).update(values=values, at=now, **given):
        return
    Letter(user=user, key=key, values=values, at=now, due_at=due, is_digest=when == "daily", **given).save()


def people_due() -> list[int]:
    """For whom something is due in this organisation."""
    due = Letter.objects.filter(state=Letter.State.WAITING, due_at__lte=timezone.now())
    return list(due.order_by().values_list("user_id", flat=True).distinct())


def send_due(user_id: int) -> int:
    """Send what is due to a person as one mail; returns of how many notices."""
    user = User.objects.filter(pk=user_id).first()
    rows = list(Letter.objects.filter(user_id=user_id, state=Letter.State.WAITING, due_at__lte=timezone.now()).order_by("id")[:at_most])
    if user is None or not rows:
        return 0
    chosen = choices_of([user])[user.pk]
    rows = _wanted(user, chosen, rows)
    if not rows or not is_configured():
        return 0
    ids = [row.pk for row in rows]
    with transaction.atomic():  # claimed durably before it is sent: whoever dies over it is followed by another after the lease
        mine = set(
            Letter.objects.select_for_update(skip_locked=True)
            .filter(pk__in=ids, state=Letter.State.WAITING, due_at__lte=timezone.now())
            .values_list("pk", flat=True)
        )
        Letter.objects.filter(pk__in=mine).update(attempts=F("attempts") + 1, due_at=timezone.now() + outbox.lease)
    rows = [row for row in rows if row.pk in mine]
    if not rows:
        return 0
    try:
        mail_of(user, chosen, rows).send()
    except (OSError, smtplib.SMTPException) as problem:
        _wait(rows, problem)
        return 0
    Letter.objects.filter(pk__in=mine).update(state=Letter.State.DONE, problem="")
    return len(rows)


def _wanted(user: User, chosen: Chosen, rows: Sequence[Letter]) -> list[Letter]:
    """Those that he may still see and still wants, at this hour; the others are dropped or wait."""
    access, now = access_of(user, scope.current().tenant_id), timezone.now()
    seen = access.project_ids
    gone, quiet, out = [], [], []
    for row in rows:
        kind = kind_of.get(row.notice)
        is_seen = bool(access.roles) and (row.project_id is None or seen is None or row.project_id in seen)
        if kind is None or not user.email or not is_seen or chosen.of(kind)[1] == "never":
            gone.append(row.pk)
        elif not row.is_digest and chosen.loud(now) > now:
            quiet.append(row.pk)
        else:
            out.append(row)
    Letter.objects.filter(pk__in=gone).delete()
    if quiet:
        Letter.objects.filter(pk__in=quiet).update(due_at=chosen.loud(now))
    return out


def _wait(rows: Sequence[Letter], problem: Exception) -> None:
    """Nothing was taken: all wait, each as long as its own attempts say."""
    log.warning("letters.not_sent", count=len(rows), problem=f"{type(problem).__name__}: {problem}"[:200])
    for row in rows:
        pause = outbox.pause_after(row.attempts + 1)
        told = {"problem": f"{type(problem).__name__}: {problem}"[:300]}
        if pause is None:
            Letter.objects.filter(pk=row.pk).update(state=Letter.State.FAILED, **told)
        else:
            Letter.objects.filter(pk=row.pk).update(due_at=timezone.now() + pause, **told)


def mail_of(user: User, chosen: Chosen, rows: Sequence[Letter]) -> EmailMessage:
    """The mail, in the reader's language and zone."""
    language = user.language or Tenant.objects.values_list("language", flat=True).get(pk=scope.current().tenant_id)
    with translation.override(language), timezone.override(chosen.zone):
        lines = [" ".join(words_of(row).split()) for row in rows]
        subject = lines[0][:120] if len(rows) == 1 else _("Jingwei: %(count)s notices") % {"count": len(rows)}
        texts = [_line(row, line) for row, line in zip(rows, lines, strict=True)]
        foot = _("You choose what you hear of by mail, and when, under “Notices” in your account.")
        return EmailMessage(subject, "\n\n".join([*texts, f"-- \n{foot}\n{address('/settings/notices/')}".rstrip()]), to=[user.email])


def _line(row: Letter, words: str) -> str:
    at: datetime = timezone.localtime(row.at)
    return "\n".join(filter(None, (f"{at:%Y-%m-%d %H:%M}  {words}", address(row.url))))


def address(path: str) -> str:
    """Where a page of ours is found from outside; empty when the installation has no name there."""
    hosts = [host for host in settings.ALLOWED_HOSTS if host not in local_hosts and not host.startswith(".")]
    if not path or not hosts:
        return ""
    scheme, port = ("https", "") if environment.value("JINGWEI_HTTPS") else ("http", f":{environment.number('JINGWEI_PORT')}")
    return f"{scheme}://{hosts[0]}{port}{path}"
