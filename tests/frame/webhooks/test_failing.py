"""Receivers that fail, go away or are hostile: what switches a webhook off, what is tried again, what stays in the log."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jingwei.frame.models import Notification, Sending, Webhook
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import access_of
from jingwei.frame.telling import outbox as outgoing
from jingwei.frame.webhooks import outbox, saving, sending
from jingwei.frame.work import retention
from tests.frame.webhooks.conftest import Receiver, due_now, fresh
from tests.house.conftest import House

pytestmark = pytest.mark.django_db


def test_gone_switches_it_off_and_administrators_hear_of_it(hook: Webhook, house: House, receiver: Receiver) -> None:
    receiver.answers = [(410, {}, b"")]
    outbox.test(hook)
    outbox.test(hook)
    sending.turn(hook.pk)
    found = fresh(hook)
    assert not found.is_active and found.off_because == "gone" and len(receiver.taken) == 1
    assert Notification.objects.filter(user=house.owner, key=f"webhook.off:{hook.pk}").exists()
    house.make(resource("risk.risk"))
    assert Sending.objects.count() == 2, "nothing is put on its way to what is off"
    assert [s.state for s in Sending.objects.order_by("pk")] == ["failed", "waiting"] and sending.turn(hook.pk) == 0
    commands.change(resource("frame.webhook"), found, {"is_active": True}, access_of(house.owner, house.tenant))
    assert fresh(hook).off_because == "" and sending.turn(hook.pk) == 1


def test_five_days_of_failures_switch_it_off(hook: Webhook, house: House, receiver: Receiver) -> None:
    receiver.answers = [(500, {}, b"")] * 3
    outbox.test(hook)
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=4, hours=23))
    sending.turn(hook.pk)
    assert fresh(hook).is_active
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=5, seconds=1))
    due_now()
    sending.turn(hook.pk)
    assert not fresh(hook).is_active and Notification.objects.filter(user=house.owner, key=f"webhook.off:{hook.pk}").exists()


def test_it_is_tried_for_about_three_days_and_then_once_more_on_demand(hook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(0.8 * pause <= found <= 1.2 * pause for pause, found in zip(outgoing.pauses, map(outgoing.pause_after, range(1, 10)), strict=True) if found)
    monkeypatch.setattr(random, "uniform", lambda _least, _most: 1.0)  # the pauses themselves, without what keeps a crowd apart
    outbox.test(hook)
    waits = []
    for _ in range(10):
        receiver.answers = [(500, {}, b"")]
        due_now()
        sending.turn(hook.pk)
        line = Sending.objects.get()
        waits.append((line.due_at - timezone.now()).total_seconds())
    assert line.state == "failed" and line.attempts == 10
    assert waits[:9] == sorted(waits[:9]) and timedelta(days=3.0) < timedelta(seconds=sum(waits[:9])) < timedelta(days=3.3)
    assert outbox.replay(hook, since=timezone.now()) == 0 and outbox.replay(hook, since=line.at) == 1
    assert sending.turn(hook.pk) == 1 and len({headers["webhook-id"] for headers, _ in receiver.taken}) == 1
    assert outbox.replay(hook, pk=line.pk) == 1 and sending.turn(hook.pk) == 1


def test_what_is_too_large_is_told_without_its_values(hook: Webhook, house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    from jingwei.frame.webhooks import bodies

    monkeypatch.setattr(bodies, "body_bytes", 200)
    risk = house.make(resource("risk.risk"))
    sending.turn(hook.pk)
    data = json.loads(receiver.taken[0][1])["data"]
    assert data["id"] == risk.pk and data["is_cut"] and set(data) == {"id", "version", "natural_key", "is_cut"}


def test_a_receiver_that_repeats_the_secret_leaves_none_in_the_log(hook: Webhook, receiver: Receiver) -> None:
    secret = saving.reveal(hook)
    receiver.answers = [(500, {}, f"bad key {secret}".encode())]
    outbox.test(hook)
    sending.turn(hook.pk)
    assert secret not in Sending.objects.get().answer


def test_the_log_is_forgotten_after_a_month_but_what_waits_stays(hook: Webhook, receiver: Receiver) -> None:
    outbox.test(hook)
    sending.turn(hook.pk)
    outbox.test(hook)
    Sending.objects.update(created_at=timezone.now() - timedelta(days=31))
    retention.purge()
    assert [each.state for each in Sending.objects.all()] == ["waiting"]


@pytest.mark.parametrize(
    "text", ["Mon, 1 Jan 2020 00:00:00 +9999999999999999", "Mon, 1 Jan 0001 00:00:00 +2359", "x", "9" * 4000, "Mon, 99 Foo 99999999999 99:99:99"]
)
def test_a_hostile_retry_after_is_none(text: str, hook: Webhook, receiver: Receiver) -> None:
    receiver.answers = [(503, {"Retry-After": text}, b"")]
    outbox.test(hook)
    sending.turn(hook.pk)
    assert Sending.objects.get().status == 503


def test_one_that_cannot_be_made_keeps_none_of_the_others(hook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    from jingwei.frame.webhooks import bodies

    first, _second = outbox.test(hook), outbox.test(hook)
    whole = bodies.body_of

    def broken(hook: Webhook, each: Sending, access: Any) -> Any:
        if each.pk == first.pk:
            raise ZeroDivisionError
        return whole(hook, each, access)

    monkeypatch.setattr(bodies, "body_of", broken)
    assert sending.turn(hook.pk) == 1
    first.refresh_from_db()
    assert (first.state, first.attempts) == ("waiting", 1) and "ZeroDivisionError" in str(first.said) and fresh(hook).failing_since is None


def test_one_that_nobody_answers_for_is_switched_off_and_loses_nothing(hook: Webhook, house: House, receiver: Receiver) -> None:
    from jingwei.frame.models import Membership, User
    from tests.house.test_webhooks import member

    other = member(house, "other", "owner", None)
    house.make(resource("risk.risk"))
    Membership.objects.filter(user=house.owner).delete()
    assert sending.turn(hook.pk) == 0
    found = fresh(hook)
    assert not found.is_active and found.off_because == "nobody" and not receiver.taken
    assert Sending.objects.get().state == "waiting" and Notification.objects.filter(user=other, key=f"webhook.off:{hook.pk}").exists()
    Webhook.objects.update(is_active=True, off_because="", maker=None)
    assert sending.turn(hook.pk) == 0 and Sending.objects.get().state == "waiting"
    Webhook.objects.update(is_active=True, off_because="", maker=User.objects.get(pk=other.pk))
    assert sending.turn(hook.pk) == 1
