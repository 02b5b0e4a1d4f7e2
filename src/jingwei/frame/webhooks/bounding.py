"""How much may wait for a receiver: changes of one row are told once, no more than so many facts wait, and nothing that waits is removed untold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy

from jingwei.frame.models import Sending, Webhook
from jingwei.frame.telling import notices
from jingwei.frame.telling.notices import Notice
from jingwei.frame.work import retention, scheduler

most_waiting = 20_000
goes_on_below = 15_000
removed_after = timedelta(days=60)  # as `keeping` declares
told_before = timedelta(days=7)
is_full = Notice(
    "webhook.full", gettext_lazy("For the webhook “%(name)s” %(most)s facts wait; more are not kept for it until its receiver takes them"),
    gettext_lazy("Too much waits for a webhook"), "alarm", mail="once",
)  # fmt: skip
is_old = Notice(
    "webhook.old", gettext_lazy("What waits for the webhook “%(name)s” is removed in %(days)s days; switch it on, or delete it"), level="warning",
    under="webhook.full",
)  # fmt: skip


def fold(hook: Webhook) -> int:
    """Of the changes of one row that were never tried the newest is enough, for the row is told as it is when it is sent."""
    untried = Sending.objects.filter(webhook=hook, state=Sending.State.WAITING, tried_at=None, fact__endswith=".changed")
    newer = untried.filter(fact=OuterRef("fact"), row_id=OuterRef("row_id"), pk__gt=OuterRef("pk"))
    return int(untried.filter(Exists(newer)).delete()[0])


def look() -> None:
    """Mark those for which too much waits (the database puts no more on its way to them), and those that go on."""
    for hook in Webhook.objects.filter(is_active=True):
        waits = Sending.objects.filter(webhook=hook, state=Sending.State.WAITING).order_by()[: most_waiting + 1].count()
        rows = Webhook.objects.filter(pk=hook.pk)
        if hook.full_since is None and waits > most_waiting:
            rows.update(full_since=timezone.now())
            _tell(is_full, hook, most=most_waiting)
        elif hook.full_since is not None and waits < goes_on_below:
            rows.update(full_since=None)


def look_for_old() -> None:
    """Tell of what waits that is removed soon."""
    old = Sending.objects.filter(state=Sending.State.WAITING, created_at__lt=timezone.now() - removed_after + told_before)
    for hook in Webhook.objects.filter(pk__in=old.values("webhook_id")):
        _tell(is_old, hook, days=told_before.days)


def _tell(notice: Notice, hook: Webhook, **values: Any) -> None:
    people, address = notices.people_of(0, "owner"), f"/settings/webhooks/{hook.pk}/"
    notice.tell(people, url=address, key=f"{notice.key}:{hook.pk}", needs="frame.webhook.view", name=hook.name, **values)


def sweep() -> int:
    """Remove what is left on its way to webhooks that are gone: facts that were told while theirs was deleted."""
    return int(Sending.objects.filter(~Exists(Webhook.objects.filter(pk=OuterRef("webhook_id")))).delete()[0])


scheduler.every(10, "frame.webhooks_full")(look)
scheduler.at("07:00", "frame.webhooks_old")(look_for_old)
retention.sweeps.append(sweep)
