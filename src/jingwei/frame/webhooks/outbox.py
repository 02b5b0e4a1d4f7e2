"""What is on its way: steps and verbs are put there as they are done (what is written the database puts there by itself), and what failed once more."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db.models import F, Func, Value
from django.db.models.fields import BooleanField
from django.utils import timezone

from jingwei.frame.lives.lifecycle import StepTaken
from jingwei.frame.models import Sending, Webhook
from jingwei.frame.records import hearers
from jingwei.frame.records.resource import Resource
from jingwei.frame.telling import facts
from jingwei.frame.work import jobs

job = "frame.webhook"
queue = "outgoing"  # not patient: what does not end is given up
lanes = 2  # so many of the slots of the workers may wait for receivers
test_fact = "frame.webhook.test"


class _Listens(Func):
    """Whether one of the patterns of a webhook means the fact."""

    template = "%(expressions)s)"
    arg_joiner = " LIKE ANY ("
    output_field = BooleanField()


def put(fact: str, resource: str, row_id: int) -> None:
    """Put a fact on its way to every webhook that listens, inside the transaction that made it true."""
    listening = Webhook.objects.filter(is_active=True, full_since=None).alias(listens=_Listens(Value(fact), F("likes"))).filter(listens=True)
    now = timezone.now()
    made = [_made(pk, fact, resource, row_id, now) for pk in listening.values_list("pk", flat=True)]
    Sending.objects.bulk_create(made)


def _made(hook_id: int, fact: str, resource: str, row_id: int, now: datetime) -> Sending:
    made = Sending(webhook_id=hook_id, message=f"msg_{uuid.uuid4().hex}", fact=fact, resource=resource, row_id=row_id, at=now, due_at=now)
    made.belong()
    return made


@facts.reacts_to(StepTaken)
def step_taken(fact: StepTaken) -> None:
    """A row has moved on."""
    put(f"{fact.resource}.{fact.step}", fact.resource, fact.row_id)


def acted(resource: Resource, row: Any, verb: str) -> None:
    """Something was done to a row that is no step of its life."""
    if row.pk is not None and (resource.life is None or verb not in resource.life.names):
        put(f"{resource.key}.{verb}", resource.key, row.pk)


hearers.of_acted.append(acted)


def ask_for(hook_id: int) -> bool:
    """Queue a turn of a webhook."""
    return jobs.defer(job, once=str(hook_id), lane=str(hook_id % lanes), hook_id=hook_id)


def wake(hook: Webhook) -> None:
    """Send what is due soon after the commit; the scheduler looks every second anyway."""
    jobs.after_commit(lambda: ask_for(hook.pk))


def test(hook: Webhook) -> Sending:
    """Put a test on its way."""
    made = _made(hook.pk, test_fact, "frame.webhook", hook.pk, timezone.now())
    made.save()
    wake(hook)
    return made


def replay(hook: Webhook, *, pk: int | None = None, since: datetime | None = None) -> int:
    """Send one of the log once more, or all that failed since a moment; under the same id, by which a receiver knows them again."""
    rows = Sending.objects.filter(webhook=hook).exclude(state=Sending.State.WAITING)
    rows = rows.filter(pk=pk) if pk is not None else rows.filter(state=Sending.State.FAILED, at__gte=since)
    count: int = rows.update(state=Sending.State.WAITING, attempts=0, due_at=timezone.now())
    if count:
        wake(hook)
    return count
