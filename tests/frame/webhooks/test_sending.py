"""Webhooks to a real receiver: signatures, retries, slowness, redirects, death between commit and sending."""

from __future__ import annotations

import json
import os
import signal
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from jingwei.frame.models import Sending, Webhook
from jingwei.frame.records.resource import resource
from jingwei.frame.telling import outbox as outgoing
from jingwei.frame.webhooks import outbox, saving, sending
from tests.frame.webhooks.conftest import Receiver, due_now, fresh, is_signed
from tests.house.conftest import House

pytestmark = pytest.mark.django_db


def test_what_arrives_is_signed_and_says_what_happened(hook: Webhook, house: House, receiver: Receiver) -> None:
    secret = saving.reveal(hook)
    risk = house.make(resource("risk.risk"))
    assert sending.turn(hook.pk) == 1
    ((headers, body),) = receiver.taken
    assert is_signed(secret, headers, body) and not is_signed(secret, headers, body + b" ")
    assert headers["content-type"] == "application/json" and headers["host"] == f"127.0.0.1:{receiver.port}"
    told = json.loads(body)
    assert told["type"] == "risk.risk.added" and told["data"]["id"] == risk.pk and told["timestamp"].endswith("Z")
    line = Sending.objects.get()
    assert (line.state, line.status, line.answer, line.attempts, line.message) == (
        "done",
        200,
        "thank you",
        1,
        headers["webhook-id"],
    ) and line.took_ms is not None
    assert sending.turn(hook.pk) == 0 and len(receiver.taken) == 1


def test_a_key_known_from_the_standard_gives_its_signature() -> None:
    from jingwei.frame.webhooks import signing

    known = signing.signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert known == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_a_key_is_changed_both_sign(hook: Webhook, receiver: Receiver) -> None:
    old = saving.reveal(hook)
    new = saving.rotate(hook)
    outbox.test(hook)
    sending.turn(hook.pk)
    assert old != new and is_signed(old, *receiver.taken[0]) and is_signed(new, *receiver.taken[0])
    Webhook.objects.update(former_until=timezone.now() - timedelta(seconds=1))
    outbox.test(hook)
    sending.turn(hook.pk)
    assert not is_signed(old, *receiver.taken[1]) and is_signed(new, *receiver.taken[1])


def test_what_is_refused_comes_again_under_the_same_id(hook: Webhook, house: House, receiver: Receiver) -> None:
    receiver.answers = [(500, {}, b"x" * 5000)]
    house.make(resource("risk.risk"))
    assert sending.turn(hook.pk) == 0
    line = Sending.objects.get()
    assert (line.state, line.status, len(line.answer)) == ("waiting", 500, 1000) and fresh(hook).failing_since is not None
    assert timedelta(seconds=2) < line.due_at - timezone.now() < timedelta(seconds=7)
    assert sending.turn(hook.pk) == 0 and len(receiver.taken) == 1, "not before its time"
    due_now()
    assert sending.turn(hook.pk) == 1
    assert receiver.taken[0][0]["webhook-id"] == receiver.taken[1][0]["webhook-id"]
    line.refresh_from_db()
    assert (line.state, line.attempts) == ("done", 2) and fresh(hook).failing_since is None


def test_a_process_that_dies_over_it_forgets_nothing(hook: Webhook, house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    house.make(resource("risk.risk"))

    def die(*_: Any, **__: Any) -> Any:
        raise SystemExit

    for place in ("_tried", "sent", "_settle"):  # between the commit and the claim, after the claim, after the answer
        with monkeypatch.context() as patch, pytest.raises(SystemExit):
            patch.setattr(sending, place, die)
            sending.turn(hook.pk)
        line = Sending.objects.get()
        assert line.state == "waiting"
        due_now()
    assert sending.turn(hook.pk) == 1
    assert Sending.objects.get().state == "done"
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 1 and len(receiver.taken) == 2, "twice at most, and known by its id"


@pytest.mark.django_db(transaction=True)
def test_a_process_that_is_killed_while_it_waits_for_the_answer_is_followed_by_another(hook: Webhook, house: House, receiver: Receiver) -> None:
    house.make(resource("risk.risk"))
    receiver.slow_seconds = 30
    child = os.fork()
    if child == 0:  # a worker of its own, with a connection of its own
        inherited = connection.connection
        connection.connection = None
        sending.turn(hook.pk)
        os._exit(int(inherited is None))
    while not receiver.taken:
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    line = Sending.objects.get()
    assert (line.state, line.attempts) == ("waiting", 1) and timezone.now() < line.due_at <= timezone.now() + outgoing.lease
    receiver.slow_seconds = 0
    assert sending.turn(hook.pk) == 0, "it may still be on its way"
    due_now()
    assert sending.turn(hook.pk) == 1
    assert len(receiver.taken) == 2 and len({headers["webhook-id"] for headers, _ in receiver.taken}) == 1


def test_what_is_claimed_is_not_taken_up_by_another_before_the_lease_is_over(hook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox.test(hook)
    inner: list[int] = []
    whole = sending.sent

    def meanwhile(*given: Any, **more: Any) -> Any:
        inner.append(sending.turn(hook.pk)) if not inner else None
        return whole(*given, **more)

    monkeypatch.setattr(sending, "sent", meanwhile)
    assert sending.turn(hook.pk) == 1 and inner == [0] and len(receiver.taken) == 1


def test_a_slow_receiver_is_left_alone_for_a_while(hook: Webhook, house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "seconds_each", 0.3)
    receiver.slow_seconds = 1.0
    for _ in range(3):
        house.make(resource("risk.risk"))
    begin = time.monotonic()
    assert sending.turn(hook.pk) == 0
    assert time.monotonic() - begin < 1.0 and len(receiver.taken) == 1, "one wait, not three"
    assert fresh(hook).paused_until is not None
    assert sending.turn(hook.pk) == 0 and len(receiver.taken) == 1
    receiver.slow_seconds = 0
    due_now()
    assert sending.turn(hook.pk) == 3


def test_redirects_are_not_followed(hook: Webhook, receiver: Receiver) -> None:
    receiver.answers = [(302, {"Location": f"http://127.0.0.1:{receiver.port}/else"}, b"")]
    outbox.test(hook)
    sending.turn(hook.pk)
    assert len(receiver.taken) == 1
    line = Sending.objects.get()
    assert line.state == "waiting" and line.status == 302 and line.said


def test_addresses_of_this_network_are_refused_unless_allowed(hook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINGWEI_EGRESS_ALLOW", "")
    for url in (receiver.url, f"https://127.0.0.1:{receiver.port}/", "https://10.0.0.1/", "https://[::ffff:169.254.169.254]/"):
        Webhook.objects.update(url=url, paused_until=None)
        outbox.test(hook)
        sending.turn(hook.pk)
        line = Sending.objects.order_by("pk").last()
        assert line.state == "waiting" and line.status is None and line.said
    assert not receiver.taken


@pytest.mark.parametrize(("status", "header"), [(429, "120"), (503, "120"), (503, "date")])
def test_retry_after_is_obeyed(status: int, header: str, hook: Webhook, receiver: Receiver) -> None:
    from email.utils import format_datetime

    text = format_datetime(timezone.now() + timedelta(seconds=120), usegmt=False) if header == "date" else header
    receiver.answers = [(status, {"Retry-After": text}, b"")]
    outbox.test(hook)
    outbox.test(hook)
    sending.turn(hook.pk)
    assert len(receiver.taken) == 1, "the other waits too"
    paused = fresh(hook).paused_until
    assert paused is not None and timedelta(seconds=110) < paused - timezone.now() < timedelta(seconds=125)
    assert Sending.objects.order_by("pk").first().due_at - timezone.now() > timedelta(seconds=110)
    assert sending.due() == 0
