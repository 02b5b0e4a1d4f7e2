"""What is odd parks one record, with its raw payload, and stops no other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone

from jingwei.connectors.sandbox.tracker import TrackerConnector
from jingwei.domains.work.models import Task
from jingwei.hub import contract
from jingwei.hub.engine import cycle, decisions
from jingwei.hub.inbox import unpack
from jingwei.hub.models import Checkpoint, Conflict, Connection, DeadLetter, Delivery, Interface, Link, Quarantine
from jingwei.hub.register import services
from tests.hub.conftest import Joined, status_table
from tests.hub.deeds import change, edit, fresh, issue, ours, soon, theirs, with_status

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_odd_record_stops_no_other(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    read = TrackerConnector.read

    def odd(self: TrackerConnector, session: Any, stream: str, cursor: Any, limit: int) -> contract.Page:
        page = read(self, session, stream, cursor, limit)
        rows = [
            contract.Record(r.stream, r.key, {**r.values, "description": "a\x00b"}, r.modified_at, version=r.version) if r.values.get("subject") == "坏" else r
            for r in page.records
        ]
        return contract.Page(tuple(rows), page.cursor, page.more)

    monkeypatch.setattr(TrackerConnector, "read", odd)
    bad = issue(joined, subject="坏")
    issue(joined, subject="好", external_ref="zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz")
    joined.sync()
    assert [task.name for task in Task.objects.all()] == ["好"]
    parked = Quarantine.objects.get(released_at=None)
    assert (parked.record_key, parked.code) == (str(bad["id"]), "hub.unstorable") and b"\\u0000" in bytes(parked.delivery.raw)
    assert "quarantine" in {reason["code"] for reason in fresh(joined).state_detail}
    monkeypatch.setattr(TrackerConnector, "read", read)
    decisions.quarantine_release(rows=[parked])
    joined.sync()
    assert {task.name for task in Task.objects.all()} == {"好", "坏"} and not Quarantine.objects.filter(released_at=None).exists()


def test_one_that_cannot_be_looked_up_keeps_no_other_waiting(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six issues are deleted over there and looked up together; for the first the peer has nothing but an error."""
    made = [issue(joined, subject=f"第 {number} 条") for number in range(6)]
    Interface.objects.update(on_delete="propagate", delete_limit_percent=100)
    joined.sync()
    fetch, bad = TrackerConnector.fetch, str(made[0]["id"])

    def failing(self: TrackerConnector, session: Any, stream: str, key: str) -> contract.Record | None:
        if key == bad:
            raise contract.ServerFault("500")
        return fetch(self, session, stream, key)

    monkeypatch.setattr(TrackerConnector, "fetch", failing)
    for each in made:
        joined.program.call("DELETE", f"/api/issues/{each['id']}")
    joined.sync()
    assert [task.name for task in Task.objects.all()] == ["第 0 条"]
    assert [each.record_key for each in Delivery.objects.filter(state="waiting")] == [bad]
    monkeypatch.setattr(TrackerConnector, "fetch", fetch)
    soon(joined)
    joined.sync()
    assert Link.objects.get(key_a=bad).gone_a and not Delivery.objects.filter(state="waiting").exists()


def test_an_answer_nobody_foresaw_fails_its_side_and_not_the_cycle(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrackerConnector, "read", lambda *given: [][1])
    ours(joined, name="照样写出去")
    joined.sync()
    assert "cannot be read" in Checkpoint.objects.get(side="a").problem


def test_edits_on_both_sides_with_an_unknown_code_park_and_heal_without_help(joined: Joined) -> None:
    table = [row for row in status_table if row["a"] != "resolved"]
    with_status(joined, table)
    made = issue(joined)
    joined.sync()
    edit(joined, made["id"], status="resolved")
    change(joined, Task.objects.get(), percent=10)
    joined.sync()
    change(joined, Task.objects.get(), percent=20)
    issue(joined, subject="之后的")
    joined.sync()
    assert Task.objects.filter(name="之后的").exists()
    assert Quarantine.objects.get(released_at=None).code == "mapping.unmapped_code"
    with_status(joined)
    joined.sync()
    joined.sync()
    assert not Quarantine.objects.filter(released_at=None).exists()
    assert theirs(joined, made["id"])["done_ratio"] == 20
    asked = Conflict.objects.get(resolved_at=None)  # our progress began the task, they resolved it: both changed
    assert (asked.field, asked.value_a, asked.value_b) == ("status", "done", "doing")


def test_what_cannot_be_foreseen_parks_its_record_only(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    from jingwei.hub.sync.terms import Wording

    sound = Wording.is_meant

    def broken(self: Wording, side: str, record: contract.Record) -> bool:
        if record.values.get("subject") == "怪":
            raise RuntimeError("nobody thought of this")
        return sound(self, side, record)

    monkeypatch.setattr(Wording, "is_meant", broken)
    for name in ("一", "怪", "二", "三"):
        issue(joined, subject=name)
    joined.sync()
    assert {task.name for task in Task.objects.all()} == {"一", "二", "三"}
    assert "nobody thought of this" in Quarantine.objects.get(released_at=None).problems[0]["en"]


def test_webhooks_that_cannot_be_read_or_come_in_a_pause_are_kept(joined: Joined) -> None:
    made = issue(joined)
    joined.sync()
    connection = Connection.objects.get(system__key="tracker")
    services.interface_pause(instance=fresh(joined))
    edit(joined, made["id"], subject="在暂停中改的")
    bodies = {
        "form": b"a=1&b=2", "odd": json.dumps({"type": "issue.updated", "data": {"id": {"x": 1}, "subject": "y"}}).encode(),
        "told": json.dumps({"type": "issue.updated", "data": theirs(joined, made["id"])}).encode(),
    }  # fmt: skip
    for name, body in bodies.items():
        Delivery.objects.create(connection=connection, source="webhook", event_id=name, raw=body, headers={}, tenant_id=joined.tenant.pk)
    unpack.unpack(connection)
    parked = Quarantine.objects.filter(released_at=None)
    assert "hub.not_json" in set(parked.values_list("code", flat=True)) and bytes(parked.get(code="hub.not_json").delivery.raw) == b"a=1&b=2"
    assert Delivery.objects.filter(interface=joined.interface, state="waiting").count() >= 1
    services.interface_switch_on(instance=fresh(joined))
    cycle.cycle(joined.interface.pk, sides=())
    assert Task.objects.get().name == "在暂停中改的"


def test_a_record_that_the_connector_cannot_read_is_parked_and_the_page_goes_on(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    from jingwei.connectors.sandbox import tracker

    sound = tracker._record

    def odd(row: Any, session: Any) -> contract.Record:
        if row["subject"] == "怪":
            raise contract.BrokenAnswer("a date of the year 0000")
        return sound(row, session)

    monkeypatch.setattr(tracker, "_record", odd)
    for name in ("一", "怪", "二"):
        issue(joined, subject=name)
    joined.sync()
    assert {task.name for task in Task.objects.all()} == {"一", "二"}
    parked = Quarantine.objects.get(released_at=None)
    assert parked.code == "hub.unreadable" and parked.delivery.record["values"]["subject"] == "怪"
    monkeypatch.setattr(tracker, "_record", sound)
    decisions.quarantine_release(rows=[parked])
    joined.sync()
    assert Task.objects.filter(name="怪").exists()


def test_a_key_that_cannot_be_stored_stops_nothing(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    read = TrackerConnector.read

    def odd(self: TrackerConnector, session: Any, stream: str, cursor: Any, limit: int) -> contract.Page:
        page = read(self, session, stream, cursor, limit)
        mad = [contract.Record(stream, key, {"project": "MES-ROLL", "subject": "坏编号"}, timezone.now()) for key in ("a\x00b", "k" * 5000, "")]
        return contract.Page((*mad, *page.records), page.cursor, page.more)

    monkeypatch.setattr(TrackerConnector, "read", odd)
    issue(joined, subject="好")
    joined.sync(2)
    assert "好" in {task.name for task in Task.objects.all()}
    assert Quarantine.objects.filter(released_at=None).count() >= 2


def test_a_link_that_cannot_be_planned_stops_no_other(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    from jingwei.hub.sync import carrying

    for name in ("一", "怪", "二"):
        issue(joined, subject=name)
    sound = carrying.merge.plan

    def broken(pair: Any, terms: Any) -> Any:
        if terms.is_paired and (pair.a.seen or {}).get("name") == "怪":
            raise RuntimeError("nobody thought of this")
        return sound(pair, terms)

    monkeypatch.setattr(carrying.merge, "plan", broken)
    joined.sync(3)
    assert {task.name for task in Task.objects.all()} == {"一", "二"}
    assert "nobody thought of this" in DeadLetter.objects.get(settled_at=None).message_en
