"""Notices by mail, through an outbox: kept until the server took them; those of a person that are due are one mail."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from jingwei.frame import environment, scope
from jingwei.frame.models import Letter, Tenant, User
from jingwei.frame.rights.access import access_of
from jingwei.frame.telling import outbox
from jingwei.frame.telling.choices import Chosen, choices_of, kind_of
from jingwei.frame.telling.inbox import may_know, show
from jingwei.frame.telling.wording import words_of

log = structlog.get_logger(__name__)
at_most = 200  # lines of one mail; of what is more only the number is told
claimed_at_most = 5_000
rest = timedelta(seconds=30)  # of all mail, when the server is not there
given_up: list[Callable[[str], None]] = []  # called, in the transaction, when something is given up
unsent = "jingwei.frame.telling.mail.Unsent"
local_hosts = ("localhost", "127.0.0.1", "[::1]", "*")


def is_configured() -> bool:
    """Whether there is a mail server."""
    return bool(unsent != settings.EMAIL_BACKEND)


def put(user: User, chosen: Chosen, when: str, *, key: str, values: dict[str, Any], **given: Any) -> bool:
    """Put a notice on its way by mail, in the transaction of its cause. One of the same key that still waits is renewed. False when no mail reaches him."""
    if not user.email or not is_configured():
        return False
    now = timezone.now()
    due = chosen.next_digest(now) if when == "daily" else chosen.loud(now)
    if key and Letter.objects.filter(user=user, key=key, state=Letter.State.WAITING, attempts=0).update(values=values, at=now, **given):
        return True
    Letter(user=user, key=key, values=values, at=now, due_at=due, is_digest=when == "daily", **given).save()
    return True


def reschedule(user: User) -> None:
    """The hour of his daily mail, or his zone, was changed: what waits for it waits for the new one."""
    chosen = choices_of([user])[user.pk]
    waiting = Letter.objects.filter(user=user, state=Letter.State.WAITING, is_digest=True, attempts=0)
    waiting.update(due_at=chosen.next_digest(timezone.now()))


def people_due() -> list[int]:
    """For whom something is due in this organisation."""
    due = Letter.objects.filter(state=Letter.State.WAITING, due_at__lte=timezone.now())
    return list(due.order_by().values_list("user_id", flat=True).distinct())


def send_due(user_id: int) -> int:
    """Send what is due to a person as one mail; returns of how many notices."""
    user = User.objects.filter(pk=user_id).first()
    if user is None or not is_configured():
        return 0
    chosen = choices_of([user])[user.pk]
    rows = _claimed(user, chosen)
    if not rows:
        return 0
    try:
        mail_of(user, chosen, rows).send()
    except Exception as problem:  # whatever it is, it is tried again, and no notice keeps the others
        _wait(user, chosen, rows, problem)
        return 0
    Letter.objects.filter(pk__in=[row.pk for row in rows]).update(state=Letter.State.DONE, problem="", sent_at=timezone.now())
    return len(rows)


@transaction.atomic
def _claimed(user: User, chosen: Chosen) -> list[Letter]:
    """What is sent now, as it stands: claimed durably before it is sent, so that whoever dies over it is followed by another after the lease, and what is
    renewed from now on is a letter of its own."""
    due = Letter.objects.filter(user=user, state=Letter.State.WAITING, due_at__lte=timezone.now())
    rows = _wanted(user, chosen, list(due.select_for_update(skip_locked=True, of=("self",)).order_by("id")[:claimed_at_most]))
    claimed = Letter.objects.filter(pk__in=[row.pk for row in rows])
    claimed.update(attempts=F("attempts") + 1, due_at=timezone.now() + outbox.lease)
    return rows


def _wanted(user: User, chosen: Chosen, rows: Sequence[Letter]) -> list[Letter]:
    """Those that he may still know and still wants, at this hour; the others are dropped or wait."""
    if not rows:
        return []
    access, now = access_of(user, scope.current().tenant_id), timezone.now()
    last = Letter.objects.filter(user=user, is_digest=True, state=Letter.State.DONE).aggregate(at=Max("sent_at"))["at"]
    gone, quiet, late, out = [], [], [], []
    for row in rows:
        kind = kind_of.get(row.notice)
        if kind is None or not user.email or not may_know(access, row.needs, row.project_id) or chosen.of(kind)[1] == "never":
            gone.append(row.pk)
        elif not row.is_digest and chosen.loud(now) > now:
            quiet.append(row.pk)
        elif row.is_digest and not row.attempts and last is not None and row.due_at <= last:
            late.append(row.pk)  # written down before the daily mail and saved after it: the next one has it
        else:
            out.append(row)
    Letter.objects.filter(pk__in=gone).delete()
    if quiet:
        Letter.objects.filter(pk__in=quiet).update(due_at=chosen.loud(now))
    if late:
        Letter.objects.filter(pk__in=late).update(due_at=chosen.next_digest(now))
    return out


def _wait(user: User, chosen: Chosen, rows: Sequence[Letter], problem: Exception) -> None:
    """Nothing was taken: all wait as long, so that they stay one mail. What was tried often enough is given up, and shown where it can be."""
    said = f"{type(problem).__name__}: {problem}"
    log.warning("letters.not_sent", count=len(rows), problem=said[:200])
    lost = [row for row in rows if outbox.pause_after(row.attempts + 1) is None]
    left = [row for row in rows if row not in lost]
    if left:
        pause = outbox.pause_after(max(row.attempts for row in left) + 1)
        assert pause is not None
        Letter.objects.filter(pk__in=[row.pk for row in left]).update(due_at=timezone.now() + pause, problem=said[:300])
    if lost:
        _give_up(user, chosen, lost, said[:300])
    if is_down(problem):
        until = timezone.now() + rest
        Letter.objects.filter(state=Letter.State.WAITING, due_at__lt=until).update(due_at=until)


@transaction.atomic
def _give_up(user: User, chosen: Chosen, rows: Sequence[Letter], said: str) -> None:
    Letter.objects.filter(pk__in=[row.pk for row in rows]).update(state=Letter.State.FAILED, problem=said)
    for row in rows:
        if not chosen.of(kind_of[row.notice])[0]:  # he sees it nowhere else
            show(
                user, notice=row.notice, values=row.values, level=row.level, url=row.url, key=row.key, project_id=row.project_id, needs=row.needs
            )  # fmt: skip
    for hear in given_up:
        hear(said)


def is_down(problem: Exception) -> bool:
    """Whether the server itself is not there: then nobody's mail is tried for a while, for each try may take long."""
    return isinstance(problem, (smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError)) or (
        isinstance(problem, OSError) and not isinstance(problem, smtplib.SMTPException)
    )


def mail_of(user: User, chosen: Chosen, rows: Sequence[Letter]) -> EmailMessage:
    """The mail, in the reader's language and zone."""
    language = user.language or Tenant.objects.values_list("language", flat=True).get(pk=scope.current().tenant_id)
    with translation.override(language), timezone.override(chosen.zone):
        lines = [" ".join(words_of(row).split()) for row in rows[:at_most]]
        subject = lines[0][:120] if len(rows) == 1 else _("Jingwei: %(count)s notices") % {"count": len(rows)}
        texts = [_line(row, line) for row, line in zip(rows[:at_most], lines, strict=True)]
        if len(rows) > at_most:
            texts.append(_("… and %(count)s more") % {"count": len(rows) - at_most})
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
