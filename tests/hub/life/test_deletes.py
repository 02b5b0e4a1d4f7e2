"""A record is deleted only after its disappearance is confirmed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jingwei.connectors.sandbox.tracker import TrackerConnector
from jingwei.domains.work.models import Task
from jingwei.hub import contract
from jingwei.hub.engine import cycle, decisions, reconcile
from jingwei.hub.inbox import deliveries, unpack
from jingwei.hub.models import Conflict, Connection, DeadLetter, Delivery, Interface, Link, OutboxEntry, Quarantine, Run
from jingwei.hub.monitor import health
from jingwei.hub.outbox import sending
from tests.hub.conftest import Joined
from tests.hub.deeds import all_theirs, answering, change, edit, fresh, issue, ours, remove, soon, theirs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("who", ["a", "b"])
def test_a_question_about_a_delete_is_carried_out_as_answered(joined: Joined, who: str) -> None:
    made = issue(joined, subject="删除之问")
    joined.sync()
    joined.program.call("DELETE", f"/api/issues/{made['id']}")
    joined.sync()
    question = Conflict.objects.get(resolved_at=None, field="")
    decisions.conflict_resolve(conflicts=[question], choice=who)
    joined.sync()
    rows = [row["subject"] for row in all_theirs(joined)]
    assert (Task.objects.count(), rows) == ((0, []) if who == "a" else (1, ["删除之问"]))
    assert not Conflict.objects.filter(resolved_at=None).exists() and not DeadLetter.objects.exists()


def test_our_delete_can_be_taken_back_from_what_they_still_have(joined: Joined) -> None:
    issue(joined, subject="他们还有")
    joined.sync()
    remove(joined, Task.objects.get())
    joined.sync()
    decisions.conflict_resolve(conflicts=[Conflict.objects.get(resolved_at=None)], choice="a")
    joined.sync()
    assert Task.objects.get().name == "他们还有" and len(all_theirs(joined)) == 1


def test_an_empty_list_of_keys_deletes_nothing(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(12):
        issue(joined, subject=f"事项 {number}")
    Interface.objects.update(on_delete="propagate")
    joined.sync()
    monkeypatch.setattr(TrackerConnector, "keys", lambda self, session, stream: iter(()))
    for _day in range(3):
        reconcile.reconcile(joined.interface.pk)
        joined.sync()
    assert Task.objects.count() == 12 and not OutboxEntry.objects.filter(action="delete").exists()


def test_a_record_we_may_not_see_any_more_is_not_deleted(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    made = issue(joined)
    Interface.objects.update(on_delete="propagate")
    joined.sync()
    monkeypatch.setattr(TrackerConnector, "keys", lambda self, session, stream: iter(()))
    monkeypatch.setattr(TrackerConnector, "lookup", lambda self, session, stream, keys: dict.fromkeys(keys, contract.Absence.NOT_VISIBLE))
    reconcile.reconcile(joined.interface.pk)
    joined.sync()
    assert Task.objects.count() == 1
    assert Quarantine.objects.get(released_at=None).code == "hub.not_visible"
    assert made["id"] and fresh(joined).state != Interface.State.OK


def test_a_side_that_cannot_be_read_is_not_asked_what_it_lacks(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands before the peer answers, and not the peer: its list fails, and each record is "not found"."""
    made = issue(joined)
    Interface.objects.update(on_delete="propagate")
    joined.sync()

    def failing(*given: Any) -> contract.Page:
        raise contract.ServerFault("default backend")

    with monkeypatch.context() as away:
        away.setattr(TrackerConnector, "read", failing)
        away.setattr(TrackerConnector, "lookup", lambda self, session, stream, keys: dict.fromkeys(keys, contract.Absence.MISSING))
        deliveries.ask(fresh(joined), "a", [str(made["id"])], "told so", None)
        joined.sync(2)
    assert Task.objects.count() == 1
    soon(joined)
    joined.sync()
    assert Task.objects.count() == 1 and not Delivery.objects.filter(state="waiting").exists()


def test_what_leaves_the_filter_is_unlinked_and_comes_back_as_the_same(joined: Joined) -> None:
    made = issue(joined, subject="会移走")
    joined.sync()
    edit(joined, made["id"], project="ERP-JOIN")
    joined.sync()
    change(joined, Task.objects.get(), percent=70)
    edit(joined, made["id"], subject="在别的项目里改名")
    joined.sync()
    assert theirs(joined, made["id"])["done_ratio"] == 0 and Task.objects.get().name == "会移走"
    assert Link.objects.get().state == Link.State.UNLINKED
    edit(joined, made["id"], project="MES-ROLL")
    joined.sync()
    assert theirs(joined, made["id"])["done_ratio"] == 70 and Task.objects.get().name == "在别的项目里改名"


def test_what_leaves_the_filter_can_count_as_deleted(joined: Joined) -> None:
    made = issue(joined)
    Interface.objects.update(on_leave="delete", on_delete="propagate")
    joined.sync()
    edit(joined, made["id"], project="ERP-JOIN")
    joined.sync()
    assert Task.objects.count() == 0 and theirs(joined, made["id"])["project"] == "ERP-JOIN"


def test_a_delete_told_and_taken_back_deletes_nothing(joined: Joined) -> None:
    """A webhook says deleted; the record is there."""
    made = issue(joined)
    Interface.objects.update(on_delete="propagate")
    joined.sync()
    connection = Connection.objects.get(system__key="tracker")
    body = json.dumps({"type": "issue.deleted", "data": {"id": made["id"]}}).encode()
    Delivery.objects.create(connection=connection, source="webhook", event_id="lie", raw=body, headers={}, tenant_id=joined.tenant.pk)
    for pk in unpack.unpack(connection):
        cycle.cycle(pk, kind="webhook", sides=())
    joined.sync()
    assert Task.objects.count() == 1 and not OutboxEntry.objects.filter(action="delete").exists()


def test_many_deletes_go_in_bulk(joined: Joined) -> None:
    for number in range(120):
        ours(joined, code=f"B-{number}", name=f"批量 {number}")
    Interface.objects.update(on_delete="propagate", delete_limit_percent=100)
    joined.sync()
    assert len(all_theirs(joined)) == 120
    for row in all_theirs(joined):
        joined.program.call("DELETE", f"/api/issues/{row['id']}")
    joined.sync()
    assert Task.objects.count() == 0
    assert timezone.now() - OutboxEntry.objects.filter(action="delete").latest("id").created_at < timedelta(minutes=1)


def test_an_edit_nobody_here_has_seen_is_not_deleted_with_its_record(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both issues are to be deleted; one is edited after the poll and before the delete is sent."""
    edited, left_alone = issue(joined, subject="会被改"), issue(joined, subject="没人动")
    Interface.objects.update(on_delete="propagate", delete_limit_percent=100)
    joined.sync()
    for task in Task.objects.all():
        remove(joined, task)
    send = sending.send

    def just_before(*given: Any) -> Any:
        if theirs(joined, edited["id"])["done_ratio"] == 0:
            edit(joined, edited["id"], done_ratio=40)
        return send(*given)

    monkeypatch.setattr(sending, "send", just_before)
    for _ in range(3):
        joined.sync()
        soon(joined)
    assert [(row["subject"], row["done_ratio"]) for row in all_theirs(joined)] == [("会被改", 40)], left_alone
    assert Conflict.objects.get(resolved_at=None).reason == "deleted"


def test_deletes_that_a_failed_look_missed_are_found_by_the_next(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve of twelve gone over there; the first look cannot read, the second can: all are held and shown, none is passed over."""
    made = [issue(joined, subject=f"第 {number} 条") for number in range(12)]
    Interface.objects.filter(pk=joined.interface.pk).update(on_delete="propagate")
    joined.sync()
    for each in made:
        joined.program.call("DELETE", f"/api/issues/{each['id']}")
    with monkeypatch.context() as patched:
        answering(patched, ("GET",), contract.ServerFault("busy"))
        reconcile.reconcile(joined.interface.pk)
        assert "busy" in reconcile.unread(joined.interface)
    row = fresh(joined)
    assert row.reconciled_at is None and not reconcile.is_due(row), "not done, and not tried again at once"
    looks = Run.objects.filter(interface=row, kind=Run.Kind.RECONCILE)
    for took, after in ((0.1, 15), (3, 60), (30, 120)):  # as soon as its cost allows, and never later than two minutes, however often it failed
        for age, is_due in ((after + 1, True), (after - 3, False)):
            ended = timezone.now() - timedelta(seconds=age)
            looks.update(started_at=ended - timedelta(seconds=took), finished_at=ended)
            assert reconcile.is_due(row) == is_due, (took, age)
    with monkeypatch.context() as patched:
        answering(patched, ("GET",), contract.ServerFault("busy"))
        for _ in range(5):
            reconcile.reconcile(joined.interface.pk)
    assert looks.count() == 1, "a long outage leaves one row, not one each quarter of a minute"
    health.judge(row)
    assert "keys_unread" in {each["code"] for each in row.state_detail}
    assert reconcile.reconcile(joined.interface.pk)["gone"] == 12
    joined.sync()
    assert Task.objects.count() == 12 and OutboxEntry.objects.filter(state="held").count() == 12
    health.judge(fresh(joined))
    assert "deletes_held" in {each["code"] for each in fresh(joined).state_detail}
