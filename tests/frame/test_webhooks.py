"""Webhooks to a real receiver: signatures, retries, slowness, redirects, death between commit and sending, log and replay."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from jingwei.frame.models import Notification, Sending, Webhook
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import access_of
from jingwei.frame.telling import outbox as outgoing
from jingwei.frame.webhooks import outbox, saving, sending
from jingwei.frame.work import retention
from tests.house.conftest import House, house, inside  # noqa: F401  (fixtures)
from tests.house.test_webhooks import client_of

pytestmark = pytest.mark.django_db


class Receiver:
    """An address on loopback that answers as it is told, and remembers what came."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []  # for the next ones; then 200
        self.slow_seconds = 0.0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
                time.sleep(receiver.slow_seconds)
                status, headers, answer = receiver.answers.pop(0) if receiver.answers else (200, {}, b"thank you")
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}/in?a=b"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    made = Receiver()
    monkeypatch.setenv("JINGWEI_EGRESS_ALLOW", f"127.0.0.1:{made.port}")
    yield made
    made.close()


@pytest.fixture
def hook(house: House, inside: Any, receiver: Receiver) -> Iterator[Webhook]:  # noqa: F811
    """A webhook of the administrator's that hears of risks; the test works in the organisation's scope."""
    with inside():
        given = {"name": "BI", "url": receiver.url, "facts": "risk.risk.*"}
        yield commands.create(resource("frame.webhook"), given, access_of(house.owner, house.tenant))


def fresh(hook: Webhook) -> Webhook:
    return Webhook.objects.get(pk=hook.pk)


def is_signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As a receiver would check it, by the text of Standard Webhooks and nothing of ours."""
    key = base64.b64decode(secret.split("_", 1)[1])
    content = headers["webhook-id"].encode() + b"." + headers["webhook-timestamp"].encode() + b"." + body
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 300
    return any(hmac.compare_digest(each, f"v1,{expected}") for each in headers["webhook-signature"].split(" "))


def due_now(**what: Any) -> None:
    """The pause is over."""
    Sending.objects.filter(**what).update(due_at=timezone.now())
    Webhook.objects.update(paused_until=None)


def test_what_arrives_is_signed_and_says_what_happened(hook: Webhook, house: House, receiver: Receiver) -> None:  # noqa: F811
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


def test_what_is_refused_comes_again_under_the_same_id(hook: Webhook, house: House, receiver: Receiver) -> None:  # noqa: F811
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


def test_a_process_that_dies_over_it_forgets_nothing(hook: Webhook, house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
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
def test_a_process_that_is_killed_while_it_waits_for_the_answer_is_followed_by_another(hook: Webhook, house: House, receiver: Receiver) -> None:  # noqa: F811
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


def test_a_slow_receiver_is_left_alone_for_a_while(hook: Webhook, house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
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


def test_gone_switches_it_off_and_administrators_hear_of_it(hook: Webhook, house: House, receiver: Receiver) -> None:  # noqa: F811
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


def test_five_days_of_failures_switch_it_off(hook: Webhook, house: House, receiver: Receiver) -> None:  # noqa: F811
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


def test_what_is_too_large_is_told_without_its_values(hook: Webhook, house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
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


def test_one_that_nobody_answers_for_is_switched_off_and_loses_nothing(hook: Webhook, house: House, receiver: Receiver) -> None:  # noqa: F811
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


def test_what_changes_during_a_turn_ends_it(hook: Webhook, house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    for change in ({"url": f"http://127.0.0.1:{receiver.port}/new"}, {"is_active": False}):
        Sending.objects.all().delete()
        receiver.taken.clear()
        outbox.test(hook)
        outbox.test(hook)
        whole = sending.sent

        def meanwhile(*given: Any, change: dict[str, Any] = change, whole: Any = whole, **more: Any) -> Any:
            outcome = whole(*given, **more)
            commands.change(resource("frame.webhook"), fresh(hook), change, access_of(house.owner, house.tenant))
            return outcome

        with monkeypatch.context() as patch:
            patch.setattr(sending, "sent", meanwhile)
            sending.turn(hook.pk)
        assert len(receiver.taken) == 1, change


def test_gone_of_the_old_address_does_not_switch_the_new_one_off(hook: Webhook, receiver: Receiver) -> None:
    known = fresh(hook)
    Webhook.objects.update(url=f"http://127.0.0.1:{receiver.port}/new")
    sending.switch_off(known, Webhook.Off.GONE)
    assert fresh(hook).is_active


def test_what_was_sent_and_may_not_be_seen_any_more_stays_in_the_log(hook: Webhook, house: House, receiver: Receiver) -> None:  # noqa: F811
    house.make(resource("risk.risk"))
    assert sending.turn(hook.pk) == 1
    Webhook.objects.update(limits=[{"grants": ["work.*"], "projects": None}])
    assert outbox.replay(hook, pk=Sending.objects.get().pk) == 1 and sending.turn(hook.pk) == 0
    line = Sending.objects.get()
    assert (line.state, len(receiver.taken)) == ("failed", 1) and line.said


def test_who_takes_it_late_is_left_alone_for_a_while_as_well(hook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "slow_ms", 100)
    receiver.slow_seconds = 0.2
    outbox.test(hook)
    outbox.test(hook)
    assert sending.turn(hook.pk) == 1 and len(receiver.taken) == 1 and fresh(hook).paused_until is not None


def test_what_failed_once_long_ago_does_not_count_and_a_new_address_begins_anew(hook: Webhook, house: House, receiver: Receiver) -> None:  # noqa: F811
    outbox.test(hook)
    receiver.answers = [(500, {}, b"")]
    Sending.objects.update(attempts=len(outgoing.pauses))
    sending.turn(hook.pk)
    assert Sending.objects.get().state == "failed" and fresh(hook).failing_since is None, "nothing waits any more"
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=6), paused_until=timezone.now() + timedelta(days=1))
    commands.change(resource("frame.webhook"), fresh(hook), {"url": receiver.url + "&new"}, access_of(house.owner, house.tenant))
    assert (fresh(hook).failing_since, fresh(hook).paused_until) == (None, None)


def test_a_test_goes_past_the_pause(hook: Webhook, house: House, receiver: Receiver) -> None:  # noqa: F811
    Webhook.objects.update(paused_until=timezone.now() + timedelta(hours=1))
    house.make(resource("risk.risk"))
    outbox.test(hook)
    assert sending.turn(hook.pk) == 1 and b"frame.webhook.test" in receiver.taken[0][1]


def test_changes_of_one_row_are_told_once_and_what_waits_has_a_bound(hook: Webhook, house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    from jingwei.frame.webhooks import bounding

    risk = house.make(resource("risk.risk"))
    for number in range(4):
        commands.change(resource("risk.risk"), resource("risk.risk").model.objects.get(pk=risk.pk), {"title": f"T{number}"}, house.access)
    assert sending.turn(hook.pk) == 2 and json.loads(receiver.taken[1][1])["data"]["title"] == "T3"
    monkeypatch.setattr(bounding, "most_waiting", 2)
    monkeypatch.setattr(bounding, "goes_on_below", 1)
    for _ in range(3):
        house.make(resource("risk.risk"))
    bounding.look()
    assert fresh(hook).full_since is not None and Notification.objects.filter(key=f"webhook.full:{hook.pk}").exists()
    house.make(resource("risk.risk"))
    assert Sending.objects.filter(state="waiting").count() == 3
    assert client_of(house.owner).get(f"/settings/webhooks/{hook.pk}/").status_code == 200
    assert sending.turn(hook.pk) == 3
    bounding.look()
    assert fresh(hook).full_since is None
    Sending.objects.update(state="waiting", created_at=timezone.now() - timedelta(days=55))
    bounding.look_for_old()
    assert Notification.objects.filter(key=f"webhook.old:{hook.pk}").exists()


def test_receivers_hold_two_slots_of_the_workers_at_most(hook: Webhook, house: House) -> None:  # noqa: F811
    from jingwei.frame.work import worker

    for number in range(5):
        values = {"name": f"n{number}", "url": hook.url, "facts": "risk.risk.*"}
        outbox.test(commands.create(resource("frame.webhook"), values, access_of(house.owner, house.tenant)))
    assert sending.due() == 5
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT lock), min(queue_name) FROM procrastinate_jobs WHERE task_name = %s", (outbox.job,))
        assert cursor.fetchone() == (5, 2, outbox.queue)
    assert outbox.queue not in worker.patient_queues


@pytest.mark.django_db(transaction=True)
def test_a_webhook_that_is_deleted_undoes_nobodys_work(hook: Webhook, house: House, receiver: Receiver) -> None:  # noqa: F811
    from django.db import transaction

    from jingwei.frame.webhooks import bounding

    with transaction.atomic():
        made = Sending(webhook_id=10**9, message="msg_x", fact="a.b", resource="a", row_id=1, at=timezone.now(), due_at=timezone.now())
        made.save()
    assert Sending.objects.exists() and sending.due() == 0
    assert sum(sweep() for sweep in retention.sweeps if sweep is bounding.sweep) == 1 and not Sending.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_webhook_is_deleted_while_somebody_works(hook: Webhook, house: House, receiver: Receiver) -> None:  # noqa: F811
    from django.db import transaction

    from jingwei.frame import scope

    written, deleted, problems = threading.Event(), threading.Event(), []

    def work() -> None:
        try:
            with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)), transaction.atomic():
                house.make(resource("risk.risk"))
                written.set()
                deleted.wait(10)
        except Exception as problem:
            problems.append(problem)
        finally:
            written.set()
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    written.wait(10)
    commands.remove(resource("frame.webhook"), hook, access_of(house.owner, house.tenant))
    deleted.set()
    thread.join(10)
    assert problems == [] and resource("risk.risk").model.objects.exists()
    assert not Webhook.objects.exists() and sending.turn(hook.pk) == 0


def test_the_log_speaks_its_readers_language(hook: Webhook, house: House, receiver: Receiver) -> None:  # noqa: F811
    from jingwei.frame.models import User

    receiver.answers = [(302, {"Location": "/"}, b"")]
    outbox.test(hook)
    sending.turn(hook.pk)
    words = []
    for language in ("en", "zh-hans"):
        User.objects.filter(pk=house.owner.pk).update(language=language)
        words.append(client_of(User.objects.get(pk=house.owner.pk)).get(f"/settings/webhooks/{hook.pk}/").content.decode())
    assert "Redirects are not followed" in words[0] and "Redirects are not followed" not in words[1]


@contextmanager
def counted() -> Iterator[Callable[[], int]]:
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        yield lambda: len(seen)


def test_pages_work_for_the_administrator(hook: Webhook, house: House, receiver: Receiver) -> None:  # noqa: F811
    client = client_of(house.owner)
    assert client.post(f"/settings/webhooks/{hook.pk}/test/", follow=True).status_code == 200
    sending.turn(hook.pk)
    line = Sending.objects.get()
    with counted() as few:
        answer = client.get(f"/settings/webhooks/{hook.pk}/")
        asked = few()
    assert answer.status_code == 200 and "thank you" in answer.content.decode() and line.message in answer.content.decode()
    for _ in range(5):
        outbox.test(hook)
    sending.turn(hook.pk)
    with counted() as more:
        client.get(f"/settings/webhooks/{hook.pk}/")
        assert more() == asked
    client.post(f"/settings/webhooks/{hook.pk}/replay/", {"sending": line.pk})
    assert Sending.objects.filter(state="waiting").count() == 1
    Sending.objects.update(state="failed")
    client.post(f"/settings/webhooks/{hook.pk}/replay/", {"since": timezone.localdate().isoformat()})
    assert Sending.objects.filter(state="waiting").count() == 6
    for wrong in ("", "x", "9999-99-99", "0001-01-01"):
        assert client.post(f"/settings/webhooks/{hook.pk}/replay/", {"since": wrong}, follow=True).status_code == 200
    assert f'href="/settings/webhooks/{hook.pk}/"' in client.get(f"/w/frame.webhook/{hook.pk}/").content.decode()
