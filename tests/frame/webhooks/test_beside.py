"""Webhooks beside other work: turns, bounds, slots, deletion while somebody works, the log and its pages."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from jingwei.frame.models import Notification, Sending, Webhook
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import access_of
from jingwei.frame.telling import outbox as outgoing
from jingwei.frame.webhooks import outbox, sending
from jingwei.frame.work import retention
from tests.frame.webhooks.conftest import Receiver, fresh
from tests.house.conftest import House
from tests.house.test_webhooks import client_of

pytestmark = pytest.mark.django_db


def test_what_changes_during_a_turn_ends_it(hook: Webhook, house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_what_was_sent_and_may_not_be_seen_any_more_stays_in_the_log(hook: Webhook, house: House, receiver: Receiver) -> None:
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


def test_what_failed_once_long_ago_does_not_count_and_a_new_address_begins_anew(hook: Webhook, house: House, receiver: Receiver) -> None:
    outbox.test(hook)
    receiver.answers = [(500, {}, b"")]
    Sending.objects.update(attempts=len(outgoing.pauses))
    sending.turn(hook.pk)
    assert Sending.objects.get().state == "failed" and fresh(hook).failing_since is None, "nothing waits any more"
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=6), paused_until=timezone.now() + timedelta(days=1))
    commands.change(resource("frame.webhook"), fresh(hook), {"url": receiver.url + "&new"}, access_of(house.owner, house.tenant))
    assert (fresh(hook).failing_since, fresh(hook).paused_until) == (None, None)


def test_a_test_goes_past_the_pause(hook: Webhook, house: House, receiver: Receiver) -> None:
    Webhook.objects.update(paused_until=timezone.now() + timedelta(hours=1))
    house.make(resource("risk.risk"))
    outbox.test(hook)
    assert sending.turn(hook.pk) == 1 and b"frame.webhook.test" in receiver.taken[0][1]


def test_changes_of_one_row_are_told_once_and_what_waits_has_a_bound(hook: Webhook, house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_receivers_hold_two_slots_of_the_workers_at_most(hook: Webhook, house: House) -> None:
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
def test_a_webhook_that_is_deleted_undoes_nobodys_work(hook: Webhook, house: House, receiver: Receiver) -> None:
    from django.db import transaction

    from jingwei.frame.webhooks import bounding

    with transaction.atomic():
        made = Sending(webhook_id=10**9, message="msg_x", fact="a.b", resource="a", row_id=1, at=timezone.now(), due_at=timezone.now())
        made.save()
    assert Sending.objects.exists() and sending.due() == 0
    assert sum(sweep() for sweep in retention.sweeps if sweep is bounding.sweep) == 1 and not Sending.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_webhook_is_deleted_while_somebody_works(hook: Webhook, house: House, receiver: Receiver) -> None:
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


def test_the_log_speaks_its_readers_language(hook: Webhook, house: House, receiver: Receiver) -> None:
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


def test_pages_work_for_the_administrator(hook: Webhook, house: House, receiver: Receiver) -> None:
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
