"""A value is only overwritten by somebody who had seen it; what becomes of it is asked about."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from jingwei.connectors.sandbox.tracker import TrackerConnector
from jingwei.domains.work.models import Task
from jingwei.hub import contract
from jingwei.hub.engine import cycle, decisions
from jingwei.hub.models import Conflict, OutboxEntry
from jingwei.hub.outbox import lanes
from tests.hub.conftest import Joined, status_table
from tests.hub.deeds import all_theirs, change, edit, issue, ours, publish, soon, theirs, with_status

pytestmark = pytest.mark.django_db(transaction=True)


def coerced(monkeypatch: pytest.MonkeyPatch, **made_of_it: Any) -> None:
    """The peer takes what it is sent and makes something else of it, in silence."""
    for name in ("create", "update"):
        sound = getattr(TrackerConnector, name)

        def bent(self: TrackerConnector, *args: Any, sound: Any = sound) -> contract.Record:
            session, stream = args[0], args[1]
            record = sound(self, *args)
            answer = session.request("PUT", f"/api/issues/{record.key}", json=made_of_it)
            assert answer.status == 200
            return self.fetch(session, stream, record.key)  # type: ignore[return-value]

        monkeypatch.setattr(TrackerConnector, name, bent)


def test_a_value_without_words_over_there_is_asked_about_and_never_set_back(joined: Joined) -> None:
    with_status(joined)  # “blocked” has no code over there
    made = issue(joined)
    joined.sync()
    change(joined, Task.objects.get(), status="blocked", percent=35)
    joined.sync()
    joined.sync()
    assert Task.objects.get().status == "blocked" and theirs(joined, made["id"])["status"] == "open"
    assert theirs(joined, made["id"])["done_ratio"] == 35, "the other fields go on"
    conflict = Conflict.objects.get(resolved_at=None)
    assert (conflict.field, conflict.reason, conflict.value_b) == ("status", "untranslatable", "blocked")
    with_status(joined, [*status_table, {"a": "in_progress", "b": "blocked"}])
    joined.sync()
    assert theirs(joined, made["id"])["status"] == "in_progress", "when the words are there it goes over by itself"


def test_what_the_peer_makes_of_a_create_is_asked_about_and_doubles_nothing(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    coerced(monkeypatch, done_ratio=0)
    ours(joined, code="T-1", name="进行中的任务", percent=30)
    joined.sync()
    joined.sync()
    (row,) = all_theirs(joined)
    assert row["done_ratio"] == 0 and Task.objects.get().percent == 30, "neither side is set back"
    conflict = Conflict.objects.get(resolved_at=None)
    assert (conflict.field, conflict.reason, conflict.value_a, conflict.value_b) == ("percent", "coerced", 0, 30)
    decisions.conflict_resolve(conflicts=[conflict], choice="a")
    joined.sync()
    assert Task.objects.get().percent == 0 and not Conflict.objects.filter(resolved_at=None).exists()


def test_what_our_own_side_makes_of_a_value_reaches_the_other(joined: Joined) -> None:
    made = issue(joined, description="  两边有空格")
    joined.sync()
    joined.sync()
    assert Task.objects.get().description == "两边有空格" == theirs(joined, made["id"])["description"]
    assert not Conflict.objects.exists()


def test_what_our_own_side_changes_beside_a_write_reaches_the_other(joined: Joined) -> None:
    with_status(joined)
    made = issue(joined)
    joined.sync()
    edit(joined, made["id"], done_ratio=100)
    joined.sync()
    joined.sync()
    assert (Task.objects.get().status, theirs(joined, made["id"])["status"]) == ("done", "resolved")


def test_a_conflict_is_decided_on_what_is_there_now(joined: Joined) -> None:
    made = issue(joined, subject="s0")
    joined.sync()
    change(joined, Task.objects.get(), name="ours1")
    edit(joined, made["id"], subject="theirs1")
    joined.sync()
    question = Conflict.objects.get(resolved_at=None)
    change(joined, Task.objects.get(), name="ours2 newer")
    with pytest.raises(ValidationError, match="ours2 newer"):
        decisions.conflict_resolve(conflicts=[question], choice="a")
    assert Task.objects.get().name == "ours2 newer"
    edit(joined, made["id"], subject="theirs2 newer")
    question = Conflict.objects.get(resolved_at=None)
    assert question.value_b == "ours2 newer", "the question now shows what is there"
    with pytest.raises(ValidationError, match="theirs2 newer"):
        decisions.conflict_resolve(conflicts=[question], choice="b")
    assert theirs(joined, made["id"])["subject"] == "theirs2 newer"
    decisions.conflict_resolve(conflicts=[Conflict.objects.get(resolved_at=None)], choice="b")
    joined.sync()
    assert theirs(joined, made["id"])["subject"] == "ours2 newer" == Task.objects.get().name


def test_both_values_may_stay_as_they_are(joined: Joined) -> None:
    made = issue(joined, subject="s0")
    joined.sync()
    change(joined, Task.objects.get(), name="ours")
    edit(joined, made["id"], subject="theirs")
    joined.sync()
    decisions.conflict_resolve(conflicts=[Conflict.objects.get(resolved_at=None)], choice="accept")
    joined.sync()
    assert (Task.objects.get().name, theirs(joined, made["id"])["subject"]) == ("ours", "theirs")
    assert not Conflict.objects.filter(resolved_at=None).exists()
    edit(joined, made["id"], subject="theirs again")
    joined.sync()
    assert Task.objects.get().name == "theirs again", "a later edit goes over as always"


def test_what_an_unanswered_write_replaced_is_kept_when_another_write_follows(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a write that had its effect and whose answer could not be read, when another one is planned for the record, then what the first replaced stays on record."""
    publish(joined, description={"policy": "b"})
    made = issue(joined, description="开始")
    joined.sync()
    edit(joined, made["id"], description="他们的")
    change(joined, Task.objects.get(), description="我们的")
    call = lanes.Lane.call

    def done_and_garbled(lane: lanes.Lane, entry: OutboxEntry) -> Any:
        call(lane, entry)
        raise contract.BrokenAnswer("half an answer")

    with monkeypatch.context() as broken:
        broken.setattr(lanes.Lane, "call", done_and_garbled)
        cycle.cycle(joined.interface.pk)
    assert theirs(joined, made["id"])["description"] == "我们的"
    change(joined, Task.objects.get(), name="另起一名")
    soon(joined)
    joined.sync()
    assert theirs(joined, made["id"])["subject"] == "另起一名"
    replaced = [entry.before["description"] for entry in OutboxEntry.objects.filter(side="a") if entry.before and "description" in entry.values]
    assert "他们的" in replaced, "ours won, and what it replaced is found with the write"
