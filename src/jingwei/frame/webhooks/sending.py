"""How what waits goes out: claimed durably before it is sent, acknowledged after the answer; what was not taken is tried for about three days."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from jingwei.frame import secrets
from jingwei.frame.models import Sending, Webhook
from jingwei.frame.telling import notices
from jingwei.frame.telling import outbox as outgoing
from jingwei.frame.telling.notices import Notice
from jingwei.frame.telling.wording import Said
from jingwei.frame.walls import egress
from jingwei.frame.webhooks import bodies, bounding, outbox, saving, signing
from jingwei.frame.work import jobs, scheduler

log = structlog.get_logger(__name__)
rest = timedelta(seconds=30)  # of a webhook that answered nothing or late, or refused several in a row
slow_ms = 5_000  # whoever takes so long keeps others waiting, also when he takes it
longest_wait = timedelta(days=1)  # of what a receiver may ask for
given_up_after = timedelta(days=5)
failures_in_a_row = 5
seconds_each = 15.0
turn_seconds = 20.0
batch = 50
answer_characters = 1_000
answer_bytes = 1_000_000
is_off = Notice(
    "webhook.off", gettext_lazy("The webhook “%(name)s” was switched off: %(why)s"), gettext_lazy("A webhook was switched off"), "alarm", mail="once"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try. `said` is what we say of it ourselves; `wait` is what the receiver asked for; `is_silent`: there was no answer at all;
    `is_ours`: the fault is not the receiver's."""

    status: int | None
    answer: str
    took_ms: int
    wait: timedelta | None = None
    is_silent: bool = False
    is_ours: bool = False
    said: Said | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300


def due() -> int:
    """Queue a turn for every webhook for which something is due (scheduler, each second)."""
    now = timezone.now()
    hooks = Webhook.objects.filter(Q(paused_until=None) | Q(paused_until__lte=now), is_active=True)
    waiting = Sending.objects.filter(webhook__in=hooks, state=Sending.State.WAITING, due_at__lte=now).order_by().values_list("webhook_id", flat=True)
    return sum(outbox.ask_for(pk) for pk in waiting.distinct())


scheduler.every(1, "frame.webhooks")(due)


@jobs.job(outbox.job, queue=outbox.queue, retry=jobs.prompt)
def turn(hook_id: int, *, seconds: float = turn_seconds) -> int:
    """Send what is due of one webhook, oldest first, until nothing is left or the time is up; returns how many were taken."""
    hook = Webhook.objects.select_related("secret", "former").filter(pk=hook_id).first()
    if hook is None:
        return 0
    deadline, taken, refused = time.monotonic() + seconds, 0, 0
    with_way = _way_to(hook.url)
    try:
        for sending in _due_of(hook):
            if time.monotonic() > deadline or not _is_as_known(hook):
                break
            outcome = _tried(hook, sending, with_way)
            if outcome is None:
                continue
            taken, refused = taken + outcome.is_taken, 0 if outcome.is_taken else refused + 1
            if not _goes_on(hook, outcome, refused):
                break
    finally:
        with_way.close()
    return taken


def _due_of(hook: Webhook) -> list[Sending]:
    """What is due now, unless the webhook is off; while it rests only tests, which a person waits for. What is more waits for the next second's turn."""
    now = timezone.now()
    if not hook.is_active:
        return []
    bounding.fold(hook)
    waiting = Sending.objects.filter(webhook=hook, state=Sending.State.WAITING, due_at__lte=now)
    if hook.paused_until is not None and hook.paused_until > now:
        waiting = waiting.filter(fact=outbox.test_fact)
    return list(waiting.order_by("due_at", "id")[:batch])


def _is_as_known(hook: Webhook) -> bool:
    """Whether nobody has changed, switched off or paused it since this turn began; and whether somebody answers for it still. One that nobody answers for
    is switched off, and what waits goes on waiting."""
    now = Webhook.objects.filter(pk=hook.pk).values_list("version", "is_active", "paused_until").first()
    if not hook.is_active or now != (hook.version, True, hook.paused_until):
        return False
    if bodies.access_for(hook).roles:
        return True
    switch_off(hook, Webhook.Off.NOBODY)
    return False


def _way_to(url: str) -> egress.Egress:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = f"{parts.hostname}:{port}"
    return egress.Egress(
        hosts=(f"https://{host}" if parts.scheme == "https" else host,), timeout_seconds=seconds_each, whole_seconds=seconds_each, limit_bytes=answer_bytes
    )


def _tried(hook: Webhook, sending: Sending, way: egress.Egress) -> Outcome | None:
    """Claim one, send it, keep the answer. None when it is not for these eyes: then nothing goes out, and what was never tried is no line of the log.

    Whatever goes wrong with one is a try of that one, so that it keeps none of the others.
    """
    is_of_the_log = sending.tried_at is not None
    with transaction.atomic():
        mine = Sending.objects.filter(pk=sending.pk, state=Sending.State.WAITING, attempts=sending.attempts)
        if not mine.update(attempts=F("attempts") + 1, due_at=timezone.now() + outgoing.lease, tried_at=timezone.now()):
            return None
    sending.attempts += 1
    try:
        with transaction.atomic():
            body = bodies.body_of(hook, sending, bodies.access_for(hook))
        outcome = None if body is None else sent(hook, sending.message, body, way)
    except Exception as problem:
        log.exception("webhook.not_made", webhook=hook.pk, sending=sending.pk)
        said = Said(gettext_lazy("It could not be made here (%(problem)s); the log of the server says more."), problem=type(problem).__name__)
        outcome = Outcome(None, "", 0, is_ours=True, said=said)
    if outcome is None:
        _put_aside(sending, is_of_the_log)
        return None
    _settle(hook, sending, outcome)
    return outcome


def _put_aside(sending: Sending, is_of_the_log: bool) -> None:
    """It is not for the eyes of now. What was sent before, and is sent again, stays in the log."""
    if is_of_the_log:
        said = Said(gettext_lazy("Who saved this webhook last may not see it any more."))
        Sending.objects.filter(pk=sending.pk).update(state=Sending.State.FAILED, answer="", said=said.plain)
    else:
        sending.delete()


def sent(hook: Webhook, message: str, body: bytes, way: egress.Egress, *, clock: Callable[[], float] = time.time) -> Outcome:
    """One request, signed for this moment."""
    begin = time.monotonic()
    try:
        keys = saving.secrets_of(hook, timezone.now())
        parts = urlsplit(hook.url)
        if parts.scheme == "http" and not egress.is_allowed_in_clear(parts.hostname or "", parts.port or 80):
            raise egress.EgressRefused("only https leaves this machine")
        answer = way.request("POST", hook.url, content=body, headers=signing.headers(keys, message, int(clock()), body), secrets=keys)
    except (egress.EgressRefused, egress.NotSent, egress.NoAnswer, secrets.CannotOpen) as problem:
        return Outcome(None, "", _since(begin), is_silent=True, said=_said_of(problem))
    if 300 <= answer.status < 400:
        said = Said(gettext_lazy("Redirects are not followed. Enter the address that answers itself."))
        return Outcome(answer.status, "", _since(begin), said=said)
    text = answer.body.decode("utf-8", "replace").replace("\x00", "")[:answer_characters]
    return Outcome(answer.status, text, _since(begin), _asked_to_wait(answer.status, answer.headers))


def _said_of(problem: Exception) -> Said:
    """Why there is no answer, for whoever reads the log."""
    if isinstance(problem, secrets.CannotOpen):
        return Said(gettext_lazy("The secret cannot be opened. Make a new one."))
    if isinstance(problem, egress.EgressRefused):
        return Said(gettext_lazy("It may not be sent there: %(why)s"), why=str(problem))
    if isinstance(problem, egress.NotSent):
        return Said(gettext_lazy("The receiver is not reached: %(why)s"), why=str(problem))
    return Said(gettext_lazy("There was no whole answer: %(why)s"), why=str(problem))


def _since(begin: float) -> int:
    return round((time.monotonic() - begin) * 1000)


def _asked_to_wait(status: int, headers: Mapping[str, str]) -> timedelta | None:
    """What Retry-After says, in seconds or as a moment."""
    text = {name.lower(): value for name, value in headers.items()}.get("retry-after", "").strip()
    if status not in (429, 503) or not text:
        return None
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=min(int(text[:9]), 10**8)), longest_wait)
    try:
        until = parsedate_to_datetime(text)
        until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
        return max(timedelta(), min(until - timezone.now(), longest_wait))
    except (ValueError, OverflowError, TypeError):  # a receiver may write there what it likes
        return None


@transaction.atomic
def _settle(hook: Webhook, sending: Sending, outcome: Outcome) -> None:
    now = timezone.now()
    said = outcome.said.plain if outcome.said is not None else None
    told = {"status": outcome.status, "answer": outcome.answer, "said": said, "took_ms": outcome.took_ms}
    rows, pause = Sending.objects.filter(pk=sending.pk), outgoing.pause_after(sending.attempts)
    if outcome.is_taken:
        rows.update(state=Sending.State.DONE, **told)
    elif outcome.status == 410 or pause is None:
        rows.update(state=Sending.State.FAILED, **told)
    else:
        rows.update(due_at=now + max(pause, outcome.wait or timedelta()), **told)


def _goes_on(hook: Webhook, outcome: Outcome, refused: int) -> bool:
    """Note how the webhook fares; whether the turn goes on."""
    now, rows = timezone.now(), Webhook.objects.filter(pk=hook.pk, url=hook.url)
    if outcome.is_ours:
        return True
    if outcome.is_taken:
        is_slow = outcome.took_ms > slow_ms
        if hook.failing_since is not None or hook.paused_until is not None or is_slow:
            hook.failing_since, hook.paused_until = None, now + rest if is_slow else None
            rows.update(failing_since=None, paused_until=hook.paused_until)
        return not is_slow
    if outcome.status == 410:
        switch_off(hook, Webhook.Off.GONE)
        return False
    if not Sending.objects.filter(webhook=hook, state=Sending.State.WAITING).exists():
        hook.failing_since = None  # given up, each by itself: the five days begin with what is not taken next
        rows.update(failing_since=None)
    elif hook.failing_since is None:
        hook.failing_since = now
        rows.update(failing_since=now)
    elif now - hook.failing_since >= given_up_after:
        switch_off(hook, Webhook.Off.FAILING)
        return False
    if outcome.wait is None and not outcome.is_silent and refused < failures_in_a_row:
        return True
    rows.update(paused_until=now + (rest if outcome.wait is None else outcome.wait))
    return False


@transaction.atomic
def switch_off(hook: Webhook, why: Webhook.Off) -> None:
    """It is not sent to any more, and administrators are told; what waits stays, and goes on when it is switched on again. Nothing is done when it has
    got another address, or somebody else to answer for it, in the meantime."""
    row = Webhook.objects.select_for_update(of=("self",)).filter(pk=hook.pk, is_active=True, url=hook.url, maker_id=hook.maker_id).first()
    hook.is_active = False
    if row is None:
        return
    row.is_active, row.off_because = False, why
    row.save(update_fields=["is_active", "off_because"])
    log.warning("webhook.switched_off", webhook=hook.pk, why=why)
    people, address = notices.people_of(0, "owner"), f"/settings/webhooks/{hook.pk}/"
    is_off.tell(people, url=address, key=f"webhook.off:{hook.pk}", needs="frame.webhook.view", name=hook.name, why=why.label)
